"""Scores of subjects that a network was not trained on, to calibrate its model with."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import file_names
from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.runtime.calibration import Calibration
from wince.scale import PSPI, Scale
from wince.training.data.folds import Split
from wince.training.data.prepared import ModelData
from wince.training.fitting import run_config
from wince.training.predictions import prediction_table, subject_calibration
from wince.training.predictions.cross_fitted import raw_fold_scores
from wince.training.predictions.frame_scores import Scorer, score_frames

_SAME = ("recipe", "architecture", "head", "init", "face_spec")
"""Settings in which the folds of a cross-validation agree with the run that they calibrate."""


@dataclass(frozen=True, slots=True)
class UnseenScores:
    """Scores of N frames of subjects that the scoring network was not trained on.

    Attributes:
        raw: Raw scores, (N,).
        rating: Labels, (N,).
        subject: Subject of each frame, (N,).
        words: Whose frames they are and who scored them, in sentences for the model card; "" for
            those of the validation part.
        scale: The scale of the labels.
    """

    raw: NDArray[np.floating[Any]]
    rating: NDArray[np.floating[Any]]
    subject: NDArray[np.str_]
    words: str = ""
    scale: Scale = PSPI

    def calibrate(self) -> Calibration:
        """Return the calibration by subject."""
        return subject_calibration.fit_on(self.scale, self.raw, self.rating, self.subject)


def of_validation_part(
    scorer: Scorer, spec: FaceSpec, data: ModelData, split: Split
) -> UnseenScores:
    """Return the scores of a split's validation part."""
    scores = score_frames(scorer, spec, data, split.validation)
    frames = data.frames.take(split.validation)
    return UnseenScores(scores.raw, frames.score, frames.subject, scale=frames.scale)


def of_cross_validation(
    folder: Path, config: Mapping[str, Any], tested: Collection[str]
) -> UnseenScores:
    """Return the scores of a cross-validation of a run's data with the run's settings.

    Args:
        folder: A folder that `wince cross-validate` wrote.
        config: The run's config.json.
        tested: Subjects of the run's test part. They are left out, so that the test stays one.

    Raises:
        ModelError: The folder is not a cross-validation, or is one of other data or settings.
        DataError: Its predictions cannot be read.
    """
    runs = sorted(path.parent for path in folder.glob(f"fold-*/{file_names.CONFIG}"))
    if not runs or not (folder / file_names.PREDICTIONS).is_file():
        raise ModelError(
            f"{folder} is not a finished cross-validation: expected folders fold-... and "
            f"{file_names.PREDICTIONS}. Run `wince cross-validate` on the data of the run first."
        )
    of_fold = run_config.read(runs[0])
    if of_fold["data"]["manifest_sha256"] != config["data"]["manifest_sha256"]:
        raise ModelError(f"{folder} was trained on other data than the run.")
    different = [name for name in _SAME if of_fold.get(name) != config.get(name)]
    if Scale.from_dict(of_fold.get("scale")) != Scale.from_dict(config.get("scale")):
        different.append("scale")
    if different:
        raise ModelError(
            f"{folder} has networks with another {different[0]} than the run, so its errors say "
            "nothing about the run's. Cross-validate with the run's options."
        )
    scores = raw_fold_scores(prediction_table.read(folder / file_names.PREDICTIONS))
    scores = scores[~np.isin(scores.subject, list(tested))]
    count = len(np.unique(scores.subject))
    scale = Scale.from_dict(config.get("scale"))
    words = (
        f"{scale.name}, interval and confidence were fitted on {len(scores.raw):,} frames of "
        f"{count} subjects, each with the same weight. Each frame was scored by a network of a "
        "cross-validation that was trained in the same way on other subjects, so on fewer than "
        "this network."
    )
    return UnseenScores(scores.raw, scores.rating, scores.subject, words, scale)
