"""The rendered faces of tests/data with their labels, and the project's folders."""

import csv
from dataclasses import dataclass
from pathlib import Path

from wince.scale import UNIT_NAMES

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"


@dataclass(frozen=True)
class Frame:
    """A rendered face and its label: PSPI 0 to 16 and the six action units behind it."""

    path: Path
    subject: str
    sequence: str
    pspi: float
    action_units: dict[str, float]


def read_frames() -> list[Frame]:
    """Return the frames in tests/data/frames.csv."""
    with (DATA / "frames.csv").open(newline="") as file:
        return [
            Frame(
                DATA / "frames" / row["file"],
                row["subject"],
                row["sequence"],
                float(row["PSPI"]),
                {name: float(row[name]) for name in UNIT_NAMES},
            )
            for row in csv.DictReader(file)
        ]
