"""Build archives for tests: valid ones, and one with every defect that real ones may have.

The faces are those of the packaged demo archive.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

DISTRIBUTED = ("Images", "Frame_Labels/PSPI", "Frame_Labels/FACS", "Sequence_Labels")
REPACKAGED = ("images/Images", "labels/PSPI", "labels/FACS", "labels")
WIDTH, HEIGHT = 320, 240


@cache
def demo_frames() -> tuple[bytes, ...]:
    """Return every tenth frame of the demo archive as JPEG bytes, all different."""
    with zipfile.ZipFile(
        io.BytesIO((resources.files("wince.archive.demo") / "archive.zip").read_bytes())
    ) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        return tuple(archive.read(name) for name in names[::10])


@cache
def frame_image(number: int, form: str = "PNG") -> bytes:
    """Return a face in a frame of 320 x 240, as in UNBC; each number gives another image."""
    faces = demo_frames()
    with Image.open(io.BytesIO(faces[number % len(faces)])) as face:
        frame = Image.new("RGB", (WIDTH, HEIGHT), (40 + number % 50, 90, 120))
        frame.paste(face.convert("RGB"), (48, 8))
    file = io.BytesIO()
    frame.save(file, form, **({"quality": 90} if form == "JPEG" else {"compress_level": 1}))
    return file.getvalue()


@cache
def black(form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT)).save(file, form)
    return file.getvalue()


@cache
def without_face(number: int) -> bytes:
    """Return an image without a face: coloured noise in large squares."""
    noise = np.random.default_rng(number).integers(0, 255, (6, 8, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((WIDTH, HEIGHT), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def score(value: float) -> str:
    return f"  {value:.7e}\n"


def facs(**units: float) -> str:
    """Return FACS rows in the format of UNBC, where AU43 has no intensity."""
    return "".join(
        f"  {int(name[2:]):.7e}  {0 if name == 'AU43' else value:.7e}  {0:.7e}  {0:.7e}\n"
        for name, value in units.items()
    )


def facs_of(pspi: int) -> str:
    """Return FACS rows from which PSPI is `pspi`, at most 16."""
    rows: dict[str, float] = {}
    for name, maximum in (("AU43", 1), ("AU4", 5), ("AU7", 5), ("AU10", 5)):
        value = min(pspi, maximum)
        if value:
            rows[name] = value
        pspi -= value
    return facs(**rows)


@dataclass
class Unbc:
    """An archive in the layout of UNBC-McMaster, to which tests add frames.

    Attributes:
        root: Its folder.
        places: Subfolders of images, scores, FACS rows and ratings.
        frame_count: Number of frames written.
        expected: For every file that must be left out its path and the reason.
    """

    root: Path
    places: tuple[str, str, str, str] = DISTRIBUTED
    frame_count: int = 0
    expected: dict[str, str] = field(default_factory=dict)

    def frame(
        self,
        subject: str,
        sequence: str,
        number: int,
        pspi: float = 0,
        *,
        image: bytes | None = None,
        suffix: str = ".png",
        label: str | None = "",
        rows: str | None = "",
        reason: str = "",
        label_suffix: str = "_facs.txt",
    ) -> str:
        """Write a frame with its label and its FACS rows.

        Args:
            subject: Name of the subject's folder.
            sequence: Name of the sequence's folder.
            number: Number of the frame in its sequence.
            pspi: Its score.
            image: Content of the image file; by default a face.
            suffix: Ending of the image's name.
            label: Content of the label file, None for no file; by default the score.
            rows: Content of the FACS file, None for no file; by default rows for the score.
            reason: Why the frame must be left out; by default it must be kept.
            label_suffix: Ending of the label's name.
        """
        images, scores, units, _ = self.places
        stem = f"{sequence}{number:03d}"
        form = "JPEG" if suffix.lower() in (".jpg", ".jpeg") else "PNG"
        name = f"{images}/{subject}/{sequence}/{stem}{suffix}"
        self.write(name, frame_image(self.frame_count, form) if image is None else image)
        self.frame_count += 1
        if label is not None:
            text = label if label else score(pspi)
            self.write(f"{scores}/{subject}/{sequence}/{stem}{label_suffix}", text.encode())
        if rows is not None:
            text = rows if rows else facs_of(int(pspi))
            self.write(f"{units}/{subject}/{sequence}/{stem}_facs.txt", text.encode())
        if reason:
            self.expected[name] = reason
        return name

    def rating(self, kind: str, subject: str, sequence: str, text: str) -> None:
        self.write(f"{self.places[3]}/{kind}/{subject}/{sequence}.txt", text.encode())

    def write(self, name: str, data: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path


SUBJECTS = {
    "042-ll042": (0, 3, 12, 7),
    "047-jl047": (0, 1, 2, 11),
    "048-aa048": (0, 0, 6, 1),
    "052-dr052": (0, 2, 8, 15),
    "064-ak064": (0, 5, 1, 0),
    "101-mg101": (0, 0, 0, 0),
}


def valid(root: Path, places: tuple[str, str, str, str] = DISTRIBUTED) -> Unbc:
    """Write six subjects with two sequences of four valid frames each, of all levels."""
    archive = Unbc(root, places)
    for subject, scores in SUBJECTS.items():
        code = subject.partition("-")[2]
        for sequence in (f"{code}t1aaaff", f"{code}t2aeunaff"):
            for number, pspi in enumerate(scores, start=1):
                archive.frame(subject, sequence, number, pspi)
            archive.rating("VAS", subject, sequence, score(max(scores) / 2))
            archive.rating("OPR", subject, sequence, score(min(5, max(scores))))
            archive.rating("SEN", subject, sequence, score(7))
            archive.rating("AFF", subject, sequence, score(4))
    return archive


def defective(root: Path, places: tuple[str, str, str, str] = DISTRIBUTED) -> Unbc:
    """Write the valid archive with every defect added."""
    archive = valid(root, places)
    add = archive.frame
    subject, sequence = "042-ll042", "ll042t1aaaff"
    for suffix in (".bmp", ".txt", ""):
        add(subject, sequence, 10, suffix=suffix, reason="not a picture file")
    kept_capitals = add(subject, sequence, 11, suffix=".PNG")
    kept_jpeg = add(subject, sequence, 12, suffix=".Jpeg")
    assert kept_capitals not in archive.expected
    assert kept_jpeg not in archive.expected
    add(subject, sequence, 13, image=b"", reason="unreadable picture")
    add(subject, sequence, 14, image=b"not an image", reason="unreadable picture")
    add(subject, sequence, 15, image=frame_image(15)[:2000], reason="unreadable picture")
    add(subject, sequence, 16, label=None, reason="no label")
    add(subject, sequence, 17, label_suffix=".txt", reason="no label")
    add(subject, sequence, 18, label_suffix="_FACS.txt", reason="no label")
    for number, text in enumerate(BAD_SCORES, start=20):
        add(subject, sequence, number, label=text, reason="bad score")
    add(subject, sequence, 40, 12, label="  1.2e+01  \n")
    jpeg = frame_image(50, "JPEG")
    add(
        subject, sequence, 50, image=jpeg[: len(jpeg) // 2], suffix=".jpg", reason="damaged picture"
    )
    for number in range(1, 8):
        add("095-tv095", "tv095t2aeunaff", number, image=black(), reason="blank picture")
    add("095-tv095", "tv095t2aeunaff", 8, 1)
    add(
        "095-tv095", "tv095t2aeunaff", 9, image=black("JPEG"), suffix=".jpg", reason="blank picture"
    )
    for number in range(1, 4):
        add("059-fn059", "fn059t1aaaff", number, number, image=without_face(number))
    add("059-fn059", "fn059t1aaaff", 4, 0)
    add("064-ak064", "ak064t1aaaff", 60, 3, rows=facs(AU4=1))
    add("064-ak064", "ak064t1aaaff", 61, 3, rows="  4.0000000e+00  nonsense  0  0\n")
    add("064-ak064", "ak064t1aaaff", 62, 3, rows=None)
    duplicate = frame_image(777)
    add("047-jl047", "jl047t1aaaff", 70, 0, image=duplicate)
    add("048-aa048", "aa048t1aaaff", 70, 0, image=duplicate)
    archive.rating("VAS", "059-fn059", "fn059t1aaaff", "eleven\n")
    return archive


BAD_SCORES = ("\n1.0\n", " \n", "abc", "17", "-1", "nan", "inf", "1,5", "1_0", "\x00\x01")
DOUBTFUL = 2  # frames of `defective` whose FACS rows contradict the score or cannot be read


def pain3d(root: Path) -> None:
    """Write four subjects of 3D-Pain, each with two expressions in two views, and four defects."""
    for subject in range(4):
        for place, expression in enumerate(("neutral", "pain_1")):
            base = f"flame_sample_{subject:04d}_{expression}"
            units = {"AU4": 2, "AU6": 1, "AU7": 3, "AU9": 0, "AU10": 1, "AU43": 1}
            data = {name: value * place for name, value in units.items()}
            _json(root, base, {**data, "PSPI": 7 * place})
            for view in range(2):
                _view(root, base, subject * 4 + place * 2 + view, view)
    _json(root, "flame_sample_0100_neutral", {"AU4": 0})
    (root / "annotations" / "flame_sample_0101_neutral_annotations.json").write_text(
        '{\n"PSPI": 3,'
    )
    _json(root, "flame_sample_0102_neutral", {"PSPI": 21})
    for subject in (100, 101, 102, 103):
        _view(root, f"flame_sample_{subject:04d}_neutral", 40 + subject, 0)
    (root / "meshes_inpainted" / "readme.jpg").write_bytes(frame_image(60, "JPEG"))


def _json(root: Path, base: str, data: dict[str, float]) -> None:
    folder = root / "annotations"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{base}_annotations.json").write_text(json.dumps(data, indent=1))


def _view(root: Path, base: str, number: int, view: int) -> None:
    folder = root / "meshes_inpainted"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{base}_textured_view_{view:03d}_inpainted.jpg"
    (folder / name).write_bytes(frame_image(number, "JPEG"))


def rated(root: Path) -> None:
    """Write six images rated twice, one of them rated unusable once, and one without a rating."""
    (root / "images").mkdir(parents=True)
    columns = ["au4", "au6", "au7", "au9", "au10", "au43", "quality"]
    header = ["image", "subject", "expression"]
    header += [f"{name}_{rating}" for rating in "ab" for name in columns] + ["box", "picked"]
    lines = [",".join(header)]
    for number in range(6):
        (root / "images" / f"face_{number:04d}.jpg").write_bytes(frame_image(number, "JPEG"))
        first, second = [number % 6, 1, 2, 0, 1, 0, 2], [number % 6, 2, 1, 1, 0, 1, 2]
        second[-1] = 0 if number == 4 else 2
        cells = [f"face_{number:04d}.jpg", f"s{number // 2}", "anger" if number % 2 else "neutral"]
        cells += [str(value) for value in first + second] + [
            "60.0 10.0 260.0 230.0",
            "by expression",
        ]
        lines.append(",".join(cells))
    (root / "images" / "stranger.jpg").write_bytes(frame_image(9, "JPEG"))
    (root / "ratings.csv").write_text("\n".join(lines) + "\n")


def table(root: Path, change: Callable[[str], str] = str) -> Path:
    """Write a table of eight images of four subjects with age and skin tone; return its path."""
    (root / "photos").mkdir(parents=True)
    lines = ["Image,Subject,PSPI,age,skin tone"]
    for number in range(8):
        (root / "photos" / f"p{number}.jpg").write_bytes(frame_image(number, "JPEG"))
        lines.append(f"photos/p{number}.jpg,person {number // 2},{number % 5},{30 + number},III")
    path = root / "labels.csv"
    path.write_text(change("\n".join(lines) + "\n"), encoding="utf-8")
    return path
