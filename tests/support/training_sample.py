"""A small prepared folder for the tests of training: the rendered faces of tests/data."""

import csv
from pathlib import Path

from tests.support.frames import Frame
from wince.archive.prepare import PrepareOptions, prepare
from wince.scale import UNIT_NAMES
from wince.training import recipe
from wince.training.recipe import Recipe
from wince.training.run_settings import Devices, Settings

CPU = Devices(accelerator="cpu", devices="1")


def write_archive(folder: Path, frames: list[Frame], *, units: bool = True) -> Path:
    """Write an archive of the table layout; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [name.lower() for name in UNIT_NAMES] if units else []
    with (folder / "frames.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "subject", "sequence", "frame", "pspi", "sex", *names])
        for number, frame in enumerate(frames):
            (folder / frame.path.name).write_bytes(frame.path.read_bytes())
            sex = "female" if number % 2 else "male"
            values = list(frame.action_units.values()) if units else []
            row = [frame.path.name, frame.subject, frame.sequence, number, frame.pspi, sex]
            table.writerow([*row, *values])
    return folder


def prepared(folder: Path, frames: list[Frame], **options: object) -> Path:
    """Prepare such an archive in `folder`; return the prepared folder."""
    root = write_archive(folder / "archive", frames)
    prepare(root, folder / "prepared", PrepareOptions(workers=1, **options))  # type: ignore[arg-type]
    return folder / "prepared"


def tiny(name: str = "strong", **changes: object) -> Recipe:
    """Return a recipe at a size that trains in a second."""
    wanted: dict[str, object] = {"size": 32, "epochs": 2, "batch": 4, "precision": "32-true"}
    return recipe.named(name, **{**wanted, **changes})


def settings(name: str = "strong", **changes: object) -> Settings:
    """Return tiny settings that begin from random weights on the CPU."""
    own = {key: changes.pop(key) for key in list(changes) if key in ("epochs", "size", "rate")}
    return Settings(
        recipe=tiny(name, **own),
        **{"init": "none", "devices": CPU, **changes},  # type: ignore[arg-type]
    )
