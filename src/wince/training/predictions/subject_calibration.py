"""Fits a calibration by subject, on scores of subjects that the model was not trained on.

Each subject has the same weight, however many frames there are. The spread by which a subject's
errors are divided is fitted on the other subjects, in folds. `wince.runtime.calibration` has the
formulas and their sources.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince.runtime.calibration import FEWEST_SUBJECTS, Calibration, ScoreMap, interval_tail
from wince.scale import LEVEL_CUTS, PSPI, RAW_MAXIMUM, Scale

FOLDS = 10
"""Number of folds in which the spread is fitted; with fewer subjects a fold for each."""

MAX_SLOPE = 1.0
"""Points by which the mean error may grow with each point of the score, at most."""

SMALLEST_SPREAD = 0.1
"""Mean absolute error at score 0, at least, in points."""

EXTREME_FACTOR = 0.5
"""Share by which the extreme residuals are widened: a new face may be beyond all of the fit."""

_EVEN = [0.025 * step for step in range(1, 40)]
_GRID = [0.0, 0.005, 0.01, *_EVEN, 0.99, 0.995, 1.0]
_ROUNDING = 1e-9

Floats = NDArray[np.floating[Any]]


def fit_on(scale: Scale, raw: Floats, rating: Floats, subject: NDArray[Any]) -> Calibration:
    """Return the calibration of raw scores of a network that learned ratings on a scale.

    Args:
        scale: The scale.
        raw: Raw scores (N,), of a model that was not trained on the subjects.
        rating: Ratings (N,) of the same faces, on the scale.
        subject: Subject of each face (N,).
    """
    return fit(raw, scale.to_raw(rating), subject, ScoreMap.of_scale(scale), scale)


def fit(
    raw: Floats,
    rating: Floats,
    subject: NDArray[Any],
    score_map: ScoreMap,
    scale: Scale = PSPI,
) -> Calibration:
    """Return the calibration of raw scores.

    Args:
        raw: Raw scores (N,), of a model that was not trained on the subjects.
        rating: Ratings (N,) of the same faces, as raw scores.
        subject: Subject of each face (N,).
        score_map: From raw score to the scale.
        scale: The scale of the scores.
    """
    names, number = np.unique(subject, return_inverse=True)
    count = len(names)
    weight = 1.0 / (count * np.bincount(number)[number])
    raw, rating = raw.astype(np.float64), rating.astype(np.float64)
    shift = float(_quantiles(rating - raw, weight, [0.5])[0])
    error = rating - raw - shift
    base, slope = _spread(raw, np.abs(error), weight)
    residual = error / _held_out_spread(raw, np.abs(error), weight, number % FOLDS)
    grid = _probabilities(count)
    quantiles = _quantiles(residual, weight, grid)
    quantiles[0] -= EXTREME_FACTOR * abs(quantiles[0])
    quantiles[-1] += EXTREME_FACTOR * abs(quantiles[-1])
    return Calibration(
        shift=shift,
        spread_base=base,
        spread_slope=slope,
        probabilities=tuple(grid),
        residual_quantiles=tuple(quantiles.tolist()),
        prior=_level_frequencies(rating, weight, count, score_map, scale),
        faces=len(rating),
        subjects=count,
        score_map=score_map,
        scale=scale,
    )


def uncalibrated(scale: Scale = PSPI) -> Calibration:
    """Return the calibration of a model whose errors are unknown: all errors are as likely."""
    top = RAW_MAXIMUM
    probabilities = tuple(np.linspace(0, 1, 5).tolist())
    residuals = tuple(np.linspace(-top, top, 5).tolist())
    levels = len(scale.cuts) + 1
    return Calibration(
        shift=0.0,
        spread_base=1.0,
        spread_slope=0.0,
        probabilities=probabilities,
        residual_quantiles=residuals,
        prior=(1 / levels,) * levels,
        faces=0,
        subjects=0,
        score_map=ScoreMap.of_scale(scale),
        scale=scale,
    )


def neutral_map(knee: float) -> ScoreMap:
    """Return the map that takes raw scores below `knee` to PSPI below 0.5, the level "none".

    Raters see traces of action in neutral faces, so ratings of neutral faces are above 0. From the
    upper cut of "mild" the map is the identity.

    Args:
        knee: Raw score that most neutral faces do not reach.

    Raises:
        ValueError: `knee` is not between 0 and the upper cut of "mild".
    """
    mild_ends = LEVEL_CUTS[1]
    if not 0 < knee < mild_ends:
        raise ValueError(f"expected a knee between 0 and {mild_ends}, found {knee}")
    top = RAW_MAXIMUM
    return ScoreMap((0.0, knee, mild_ends, top), (0.0, LEVEL_CUTS[0], mild_ends, top))


def _spread(raw: Floats, error: Floats, weight: Floats) -> tuple[float, float]:
    """Return base and slope of the mean absolute error over the score.

    The slope is a least-squares fit. The base is then chosen so that the line has the same mean as
    the errors, but at least SMALLEST_SPREAD.
    """
    score, root = np.maximum(raw, 0), np.sqrt(weight)
    columns = np.column_stack([root, root * score])
    fitted = np.linalg.lstsq(columns, root * error, rcond=None)[0][1]
    # The fit of scores that hardly vary is arbitrary, so the slope is limited.
    slope = float(np.clip(fitted, 0.0, MAX_SLOPE))
    mean_error, mean_score = (
        float(np.average(values, weights=weight)) for values in (error, score)
    )
    return max(mean_error - slope * mean_score, SMALLEST_SPREAD), slope


def _held_out_spread(
    raw: Floats, error: Floats, weight: Floats, fold: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the spread of each face (N,), fitted on the subjects of the other folds.

    With one subject there are no others, and the subject's own spread is returned.
    """
    spread = np.empty(len(raw))
    for number in np.unique(fold):
        test = fold == number
        others = ~test if not test.all() else test
        base, slope = _spread(raw[others], error[others], weight[others])
        spread[test] = base + slope * np.maximum(raw[test], 0)
    return spread


def _quantiles(
    values: Floats, weight: Floats, probabilities: Sequence[float]
) -> NDArray[np.float64]:
    """Return weighted quantiles, each one of the values; below the median the lower of two."""
    wanted = np.array(probabilities)
    lower = -_upper_quantiles(-values, weight, 1 - wanted)
    return np.where(wanted < 0.5, lower, _upper_quantiles(values, weight, wanted))


def _upper_quantiles(values: Floats, weight: Floats, probabilities: Floats) -> NDArray[np.float64]:
    order = np.argsort(values)
    cumulative = np.cumsum(weight[order])
    target = probabilities * cumulative[-1] - _ROUNDING
    return np.asarray(values[order][np.searchsorted(cumulative, target)], np.float64)


def _probabilities(subjects: int) -> list[float]:
    """Return the probabilities of the stored quantiles, the ends of the interval among them."""
    if subjects < FEWEST_SUBJECTS:
        return list(map(float, _GRID))
    tail = interval_tail(subjects)
    return list(map(float, np.unique([*_GRID, tail, 1 - tail])))


def _level_frequencies(
    rating: Floats, weight: Floats, subjects: int, score_map: ScoreMap, scale: Scale
) -> tuple[float, ...]:
    """Return the frequency of each level; one subject with all levels is added.

    So a level without faces is rare, not impossible.
    """
    score, count = np.interp(rating, score_map.raw, score_map.score), len(scale.cuts) + 1
    levels = np.searchsorted(scale.cuts, score, side="right")
    shares = np.bincount(levels, weight, minlength=count)
    smoothed = (shares * subjects + 1 / count) / (subjects + 1)
    return tuple(smoothed.tolist())
