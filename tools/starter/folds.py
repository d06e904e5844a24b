"""The folds of subjects, and what each fold's model predicts for the faces it has not seen."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tools.starter.network_training import train_network
from tools.starter.rated_faces import Faces, face_spec
from tools.starter.recipe import Recipe
from tools.starter.single_ratings import Ratings
from wince import file_names
from wince.files import replacing
from wince.training.data.calibration_images import calibration_rows
from wince.training.export import onnx_export
from wince.training.export.trained_network import HEADS

HEAD = HEADS["action-units"]
PRECISIONS: tuple[onnx_export.Precision, ...] = ("fp32", "int8")
SCORES = "scores.npz"

FoldScores = dict[onnx_export.Precision, NDArray[np.float32]]
"""Action units (N, 6) by the precision of the exported model."""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """All faces of a run.

    Attributes:
        rated: Faces rated twice.
        unrated: Further faces, of the same people or of others.
        as_in_use: The faces of `rated`, cut out exactly as the model sees them in use.
        ratings: One rating by image, of some of both.
    """

    rated: Faces
    unrated: Faces
    as_in_use: Faces
    ratings: Ratings


def folds(subjects: NDArray[np.str_], recipe: Recipe) -> NDArray[np.intp]:
    """Return the fold (N,), from 0, of each face; all faces of a subject are in the same fold."""
    names, rows = np.unique(subjects, return_inverse=True)
    fold_of_name = np.random.default_rng(recipe.seed).permutation(len(names)) % recipe.folds
    return np.asarray(fold_of_name[rows])


def fold_name(number: int) -> str:
    """Return the name of a fold's folder; number: from 0."""
    return f"fold{number + 1}"


def score_fold(
    data: TrainingData,
    held_out: NDArray[np.bool_],
    base: nn.Module | None,
    recipe: Recipe,
    folder: Path,
) -> FoldScores:
    """Train without some subjects and return the model's action units of those, (H, 6).

    Args:
        data: All faces.
        held_out: Which rated faces are held out, (N,). Unrated faces of their subjects are not
            used either.
        base: Network from `train_base`.
        recipe: Settings.
        folder: Where checkpoints, models and scores go. Scores that exist are read, not repeated.
    """
    path = folder / SCORES
    if not path.exists():
        others = data.unrated[~data.unrated.shares_subject(data.rated[held_out])]
        network = train_network(data.rated[~held_out], others, data.ratings, base, recipe, folder)
        scores = _exported_scores(network, data.as_in_use, held_out, recipe.units.size, folder)
        with replacing(path) as temporary:
            np.savez(temporary, **scores)
        for stage in folder.glob("mesh*"):  # 130 MB each, and not needed any more
            shutil.rmtree(stage)
    with np.load(path) as arrays:
        return {precision: arrays[precision] for precision in PRECISIONS}


def _exported_scores(
    network: nn.Module, faces: Faces, held_out: NDArray[np.bool_], size: int, folder: Path
) -> dict[str, Any]:
    """Export the network in each precision; return the models' scores of the held-out faces."""
    scores: dict[str, Any] = {}
    for precision in PRECISIONS:
        model = folder / precision
        model.mkdir(exist_ok=True)
        onnx_export.to_onnx(
            network,
            face_spec(size),
            HEAD,
            model / file_names.MODEL,
            precision=precision,
            calibration_images=faces.crops[calibration_rows(np.flatnonzero(~held_out))],
        )
        scores[precision] = onnx_export.scores(model, faces.crops[held_out])[0]
    return scores


def in_order_of_faces(
    parts: list[NDArray[np.float32]], fold: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Return the rows of all folds in the order of the faces.

    Args:
        parts: Rows (H, K) of each fold.
        fold: Fold of each face, (N,).
    """
    whole = np.empty((len(fold), *parts[0].shape[1:]), np.float32)
    for number, part in enumerate(parts):
        whole[fold == number] = part
    return whole
