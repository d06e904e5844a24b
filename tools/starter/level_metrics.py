"""How often the calibrated model is right about the level, and how good its probabilities are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tools.starter.score_metrics import GRIMACE, Scores, rounded
from wince import scale
from wince.evaluation.metrics import calibration_metrics
from wince.runtime.calibration import Calibration


class RatedFaces(Protocol):
    """What a calibration and its metrics need of the faces; `rated_faces.Faces` has it."""

    @property
    def subject(self) -> NDArray[np.str_]:
        """Who it is, text (N,)."""

    @property
    def expression(self) -> NDArray[np.str_]:
        """Expression that the collection names, text (N,)."""

    @property
    def by_expression(self) -> NDArray[np.bool_]:
        """Which faces were chosen for their labelled expression, (N,)."""

    @property
    def pspi(self) -> NDArray[np.float32]:
        """Rated PSPI, (N,)."""


LEVELS = [str(level) for level in scale.LEVELS]


@dataclass(frozen=True, slots=True)
class LevelPredictions:
    """Calibrated predictions and ratings of N faces, on the PSPI scale.

    Attributes:
        target: Rated PSPI after the score map, (N,).
        rated: Index of the rated level, (N,).
        predicted: Index of the predicted level, (N,).
        interval: Ends of the 90 % interval, (N, 2).
        probabilities: Probabilities of the levels, (N, 4).
        prior: Frequencies of the levels in the calibration, (N, 4).
    """

    target: Scores
    rated: NDArray[np.intp]
    predicted: NDArray[np.intp]
    interval: NDArray[np.float64]
    probabilities: Scores
    prior: Scores

    @classmethod
    def from_scores(
        cls,
        calibrations: Sequence[Calibration],
        raw: Scores,
        rating: Scores,
        fold: NDArray[np.intp],
    ) -> "LevelPredictions":
        """Apply each fold's calibration to that fold's scores.

        Args:
            calibrations: One for each fold.
            raw: Scores, (N,).
            rating: Rated PSPI, (N,).
            fold: Fold of each face, (N,).
        """
        of_face = [calibrations[number] for number in fold]
        verdicts = [apply(float(score)) for apply, score in zip(of_face, raw, strict=True)]
        target = np.array([c.score_map(float(v)) for c, v in zip(of_face, rating, strict=True)])
        return cls(
            target,
            np.array([scale.LEVELS.index(scale.level(value)) for value in target]),
            np.array([scale.LEVELS.index(verdict.level) for verdict in verdicts]),
            np.array([verdict.interval for verdict in verdicts]),
            np.array([[v.level_probabilities[name] for name in LEVELS] for v in verdicts]),
            np.array([calibration.prior for calibration in of_face]),
        )

    def __getitem__(self, rows: NDArray[np.bool_]) -> "LevelPredictions":
        return LevelPredictions(*(getattr(self, name)[rows] for name in self.__slots__))


def certainty(predictions: LevelPredictions) -> dict[str, Any]:
    """Return coverage and width of the interval, accuracy, and Brier and ranked scores."""
    width = predictions.interval[:, 1] - predictions.interval[:, 0]
    correct = predictions.predicted == predictions.rated
    confidence = predictions.probabilities[np.arange(len(correct)), predictions.predicted]
    probabilities, prior, rated = predictions.probabilities, predictions.prior, predictions.rated
    inside = calibration_metrics.covered(predictions.interval, predictions.target)
    ranked = calibration_metrics.ranked_probability_score
    return {
        "interval_coverage": rounded(inside.mean()),
        "interval_width_median": rounded(np.median(width)),
        "interval_width_p5": rounded(np.quantile(width, 0.05)),
        "interval_width_p95": rounded(np.quantile(width, 0.95)),
        "confidence_mean": rounded(confidence.mean()),
        "accuracy": rounded(correct.mean()),
        "brier": rounded(calibration_metrics.brier(probabilities, rated)),
        "brier_of_prior": rounded(calibration_metrics.brier(prior, rated)),
        "rps": rounded(ranked(probabilities, rated)),
        "rps_of_prior": rounded(ranked(prior, rated)),
    }


def coverage_by_subject(predictions: LevelPredictions, faces: RatedFaces) -> float | None:
    """Return how often the interval contains the rating, the mean over the subjects."""
    inside = calibration_metrics.covered(predictions.interval, predictions.target)
    _, subject = np.unique(faces.subject, return_inverse=True)
    return rounded((np.bincount(subject, inside) / np.bincount(subject)).mean())


def coverage_by_level(predictions: LevelPredictions) -> dict[str, dict[str, Any]]:
    """Return how often the interval contains the rating, by rated level."""
    inside = calibration_metrics.covered(predictions.interval, predictions.target)
    masks = {name: predictions.rated == i for i, name in enumerate(LEVELS)}
    return {
        name: {"faces": int(mask.sum()), "coverage": rounded(inside[mask].mean())}
        for name, mask in masks.items()
        if mask.any()
    }


def predicted_levels(predictions: LevelPredictions, faces: RatedFaces) -> dict[str, dict[str, Any]]:
    """Return the share of each predicted level, by kind of face."""
    groups = {
        "neutral": faces.by_expression & (faces.expression == "neutral"),
        "happiness": faces.by_expression & (faces.expression == "happiness"),
        "grimaces": faces.pspi >= GRIMACE,
        "severe": predictions.rated == len(LEVELS) - 1,
    }
    return {
        group: {
            "faces": int(mask.sum()),
            **{
                name: rounded((predictions.predicted[mask] == i).mean())
                for i, name in enumerate(LEVELS)
            },
        }
        for group, mask in groups.items()
        if mask.any()
    }
