"""The settings of the packaged model: what is learned, at which size, on how many folds."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.starter.face_folders import table_sha256
from wince.errors import WinceError
from wince.files import write_text

RECIPE = "recipe.json"


@dataclass(frozen=True, slots=True)
class Stage:
    """Settings of one stage of training.

    Attributes:
        size: Side of the network's input, pixels.
        epochs: Passes over the faces.
        batch: Faces in a batch.
        body_rate: Highest learning rate of all layers but the head.
        head_rate: Highest learning rate of the head, the last linear layer.
    """

    size: int
    epochs: int
    batch: int
    body_rate: float
    head_rate: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """All stages in their order. The names of the attributes are keys of recipe.json.

    Attributes:
        seed: Random seed of the folds and of every network.
        folds: Number of folds of subjects.
        strangers: Landmarks and blendshapes of people in no fold. Every network starts from these.
        mesh: Landmarks and blendshapes of the subjects, rated and unrated faces together.
        units: Action units of the faces rated twice.
        further: Action units of the faces rated twice and those rated once.
        answers: Self-training: action units between the ratings and the network's own predictions.
            Its size is that of `units`, whose crops it uses again.
    """

    seed: int = 42
    folds: int = 5
    strangers: tuple[Stage, ...] = (
        Stage(size=56, epochs=40, batch=64, body_rate=2e-3, head_rate=2e-3),
        Stage(size=112, epochs=8, batch=64, body_rate=1e-3, head_rate=1e-3),
    )
    mesh: tuple[Stage, ...] = (
        Stage(size=112, epochs=10, batch=64, body_rate=1.5e-3, head_rate=1.5e-3),
    )
    units: Stage = Stage(size=112, epochs=14, batch=32, body_rate=4e-4, head_rate=2e-3)
    further: Stage = Stage(size=112, epochs=8, batch=32, body_rate=4e-4, head_rate=2e-3)
    answers: Stage = Stage(size=112, epochs=8, batch=32, body_rate=3e-4, head_rate=9e-4)


def claim(run: Path, recipe: Recipe, tables: Iterable[Path]) -> None:
    """Write recipe.json into a run folder, or check that the folder was started with the same one.

    Args:
        run: The run folder.
        recipe: The settings of this run.
        tables: The tables of ratings and of unrated faces; their SHA-256 is part of recipe.json.

    Raises:
        DataError: A table is missing.
        WinceError: The folder was started with another recipe or with other tables.
    """
    hashes = {table.name: table_sha256(table) for table in tables}
    text = json.dumps(asdict(recipe) | {"tables": hashes}, indent=1) + "\n"
    path = run / RECIPE
    if path.exists() and path.read_text("utf-8") != text:
        raise WinceError(
            f"{run} was started with another recipe or other tables, see {RECIPE} there. Choose "
            "another folder for --out."
        )
    write_text(path, text)
