"""A prepared folder with labelled frames that a model cannot score."""

import csv
from pathlib import Path

from tests.support import archive_builder, training_sample
from tests.support.frames import Frame
from wince.archive.prepare import PrepareOptions, prepare


def prepared(folder: Path, frames: list[Frame]) -> tuple[Path, dict[str, str]]:
    """Prepare an archive of the table layout with further images that cannot be scored.

    Returns:
        The prepared folder, and the reason by name of each of these images.
    """
    root = training_sample.write_archive(folder / "archive", frames)
    whole = frames[0].path.read_bytes()
    images = {
        "no-face": (archive_builder.without_face(1), "no face found"),
        "cut-off": (whole[: len(whole) // 2], "damaged picture"),
        "text": (b"no image", "unreadable picture"),
        "black": (archive_builder.black(), "blank picture"),
    }
    subjects = sorted({frame.subject for frame in frames})
    reasons = {}
    with (root / "frames.csv").open("a", newline="") as file:
        table = csv.writer(file)
        for subject in (*subjects, "nobody"):
            for name, (content, reason) in images.items():
                image = f"{name}-{subject}.png"
                (root / image).write_bytes(content)
                table.writerow([image, subject, "missing", name, 9, "female", *[""] * 6])
                reasons[image] = reason
            # A second, damaged file of a frame that is kept: this frame is not missing.
            for frame in [frame for frame in frames if frame.subject == subject][:1]:
                (root / f"twin-{subject}.png").write_bytes(b"no image")
                number = frames.index(frame)
                row = [f"twin-{subject}.png", subject, frame.sequence, number, frame.pspi, "female"]
                table.writerow([*row, *[""] * 6])
    prepare(root, folder / "prepared", PrepareOptions(workers=1))
    return folder / "prepared", reasons
