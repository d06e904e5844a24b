"""Shared fixtures: one public-domain portrait and a handful of rendered faces with their labels."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wince.scale import UNIT_NAMES

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Frame:
    """A rendered face and its label: PSPI 0 to 16 and the six action units behind it."""

    path: Path
    subject: str
    sequence: str
    pspi: float
    action_units: dict[str, float]


def read_frames() -> list[Frame]:
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


@pytest.fixture(scope="session")
def frames() -> list[Frame]:
    """The 21 rendered faces of tests/data, twelve subjects."""
    return read_frames()


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """NASA's portrait of Eileen Collins, public domain: uint8 (512, 512, 3), a frontal face."""
    data = pytest.importorskip("skimage.data", reason="needs scikit-image for its portrait")
    picture = np.asarray(data.astronaut())
    picture.setflags(write=False)
    return picture
