"""Make the demo archive that ships with wince from the full synthetic archive.

    python -m tools.make_demo_archive SYNTHETIC_ARCHIVE src/wince/archive/demo/archive.zip

Of each subject the two sequences with most pain, of each the 25 neighbouring frames in which pain
comes and goes most; pictures encoded again at lower quality. The zip holds no times, so that the
same archive gives the same file.
"""

import io
import sys
import zipfile
from pathlib import Path

from PIL import Image

FRAMES = 25
SEQUENCES = 2
QUALITY = 80


def main(source: Path, target: Path) -> None:
    """Write the zip."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for subject in sorted((source / "Images").iterdir()):
            sequences = sorted(subject.iterdir(), key=lambda one: (-max(_scores(source, one)), one))
            for sequence in sorted(sequences[:SEQUENCES]):
                _add_sequence(archive, source, sequence)


def _add_sequence(archive: zipfile.ZipFile, source: Path, sequence: Path) -> None:
    scores = _scores(source, sequence)
    starts = range(max(1, len(scores) - FRAMES + 1))
    start = max(starts, key=lambda first: (_interest(scores[first : first + FRAMES]), -first))
    below = sequence.relative_to(source / "Images")
    for frame in sorted(sequence.iterdir())[start : start + FRAMES]:
        _put(archive, f"Images/{below}/{frame.name}", _smaller(frame))
        for kind in ("PSPI", "FACS"):
            name = f"Frame_Labels/{kind}/{below}/{frame.stem}_facs.txt"
            _put(archive, name, (source / name).read_bytes())
    for kind in ("VAS", "OPR", "SEN", "AFF"):
        name = f"Sequence_Labels/{kind}/{below}.txt"
        _put(archive, name, (source / name).read_bytes())


def _scores(source: Path, sequence: Path) -> list[float]:
    folder = source / "Frame_Labels" / "PSPI" / sequence.relative_to(source / "Images")
    return [float(path.read_text().split()[0]) for path in sorted(folder.iterdir())]


def _interest(scores: list[float]) -> float:
    """Return how much a stretch shows: many different scores, high ones, and some calm."""
    calm = sum(score == 0 for score in scores)
    return len(set(scores)) + sum(score >= 6 for score in scores) / 2 + min(calm, 8)


def _smaller(frame: Path) -> bytes:
    file = io.BytesIO()
    with Image.open(frame) as image:
        image.convert("RGB").save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    # Pictures are packed already; of the thousand small labels nearly nothing is left.
    packed = name.startswith("Images/")
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
