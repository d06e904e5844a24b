"""Makes the demo archive of wince from the full synthetic archive.

    python -m tools.make_demo_archive SYNTHETIC_ARCHIVE src/wince/archive/demo/archive.zip

It has the two sequences with most pain of each subject, and of each the 25 neighbouring frames in
which pain changes most. Images are encoded again at lower quality. The zip contains no times, so
the same archive gives the same file.
"""

import io
import sys
import zipfile
from pathlib import Path

from PIL import Image

FRAMES = 25
SEQUENCES = 2
JPEG_QUALITY = 80


def main(source: Path, target: Path) -> None:
    """Write the zip.

    Args:
        source: The full archive, in the layout of UNBC-McMaster.
        target: The zip file.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for subject in sorted((source / "Images").iterdir()):
            sequences = sorted(
                subject.iterdir(), key=lambda folder: (-max(_scores(source, folder)), folder)
            )
            for sequence in sorted(sequences[:SEQUENCES]):
                _add_sequence(archive, source, sequence)


def _add_sequence(archive: zipfile.ZipFile, source: Path, sequence: Path) -> None:
    scores = _scores(source, sequence)
    starts = range(max(1, len(scores) - FRAMES + 1))
    start = max(starts, key=lambda first: (_variety(scores[first : first + FRAMES]), -first))
    below = sequence.relative_to(source / "Images")
    for frame in sorted(sequence.iterdir())[start : start + FRAMES]:
        _add_file(archive, f"Images/{below}/{frame.name}", _recompressed(frame))
        for kind in ("PSPI", "FACS"):
            name = f"Frame_Labels/{kind}/{below}/{frame.stem}_facs.txt"
            _add_file(archive, name, (source / name).read_bytes())
    for kind in ("VAS", "OPR", "SEN", "AFF"):
        name = f"Sequence_Labels/{kind}/{below}.txt"
        _add_file(archive, name, (source / name).read_bytes())


def _scores(source: Path, sequence: Path) -> list[float]:
    folder = source / "Frame_Labels" / "PSPI" / sequence.relative_to(source / "Images")
    return [float(path.read_text().split()[0]) for path in sorted(folder.iterdir())]


def _variety(scores: list[float]) -> float:
    """Return how much some frames show: many different scores, high ones, and some at rest."""
    at_rest = sum(score == 0 for score in scores)
    return len(set(scores)) + sum(score >= 6 for score in scores) / 2 + min(at_rest, 8)


def _recompressed(frame: Path) -> bytes:
    file = io.BytesIO()
    with Image.open(frame) as image:
        image.convert("RGB").save(file, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return file.getvalue()


def _add_file(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    # Images are compressed already; the thousand small labels compress to almost nothing.
    is_image = name.startswith("Images/")
    entry.compress_type = zipfile.ZIP_STORED if is_image else zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
