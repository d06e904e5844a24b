"""From a model's raw score to PSPI, with an interval and level probabilities.

Three steps, each fitted on people the model was not trained on and stored in model.json:

1. The mean absolute error of the raw score is `spread_base + spread_slope * score`. The residual
   divided by it has one distribution for all scores, stored as quantiles.
2. A monotone, piecewise linear map takes the scale of the ratings to PSPI (the identity for models
   trained on PSPI).
3. The interval and the level probabilities follow from 1 and 2: quantiles of the residual give the
   ends of the interval, and the cuts between levels give the probabilities.

This is split conformal prediction with normalised residuals (Papadopoulos et al. 2002; Lei et al.
2018, JASA 113:1094), used as a predictive distribution.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import scale
from wince.errors import ModelError

COVERAGE = 0.90
"""Probability that PSPI is in the interval."""

MAX_SLOPE = 1.0
"""Points by which the mean error may grow with each point of the score, at most."""

CLEAR = 0.5
"""Probability that a level must reach to be stated alone."""

PRIOR_SHARE = 0.01
"""Weight of the level frequencies in the probabilities, so that no level has probability 0."""

EXTREME_FACTOR = 1.5
"""Factor on the extreme residuals, because a new face may be beyond all faces of the fit."""

_REMEDY = "The model.json may be damaged: copy or export the model again."
_LARGEST = 1e300  # JSON may contain integers that are too large for a float
_TOP = scale.PSPI_MAXIMUM
_GRID = np.concatenate([[0.0, 0.005, 0.01], np.arange(0.025, 0.98, 0.025), [0.99, 0.995, 1.0]])


@dataclass(frozen=True, slots=True)
class ScoreMap:
    """Monotone, piecewise linear map from raw score to PSPI; the default is the identity.

    Attributes:
        raw: Raw scores of the knots, 0 to 16, not decreasing.
        pspi: PSPI of the knots, 0 to 16, not decreasing.
    """

    raw: tuple[float, ...] = (0.0, scale.PSPI_MAXIMUM)
    pspi: tuple[float, ...] = (0.0, scale.PSPI_MAXIMUM)

    def __call__(self, raw: float) -> float:
        """Return the PSPI of a raw score, constant beyond the first and the last knot."""
        return float(np.interp(raw, self.raw, self.pspi))

    def inverse(self, pspi: float) -> float:
        """Return the raw score that the map takes to this PSPI."""
        return float(np.interp(pspi, self.pspi, self.raw))


@dataclass(frozen=True, slots=True)
class CalibratedScore:
    """PSPI of a raw score, with its uncertainty.

    Attributes:
        pspi: 0 to 16.
        interval: Lower and upper end of the 90 % interval, 0 to 16.
        level: The level of `pspi`.
        level_probabilities: Probability by level; they sum to 1.
    """

    pspi: float
    interval: tuple[float, float]
    level: scale.Level
    level_probabilities: dict[str, float]

    @property
    def confidence(self) -> float:
        """Probability of `level`, 0 to 1."""
        return self.level_probabilities[self.level]

    @property
    def between(self) -> tuple[scale.Level, scale.Level] | None:
        """`level` and the more probable level next to it, the lower first, if neither is clear.

        Neither is clear if another level is as probable as `level`, or if none reaches one half.
        None if `level` is clear.
        """
        others = [share for name, share in self.level_probabilities.items() if name != self.level]
        if self.confidence >= CLEAR and max(others) < self.confidence:
            return None
        index = scale.LEVELS.index(self.level)
        pairs = pairwise(scale.LEVELS[max(index - 1, 0) : index + 2])
        return max(pairs, key=lambda pair: sum(self.level_probabilities[name] for name in pair))

    def rounded(self) -> "CalibratedScore":
        """Return the score as it is stated: PSPI to 0.001, probabilities to 0.0001.

        The level is that of the rounded PSPI, so that no statement contradicts its own numbers.
        """
        pspi, (low, high) = round(self.pspi, 3), self.interval
        return CalibratedScore(
            pspi,
            (round(low, 3), round(high, 3)),
            scale.level(pspi),
            {name: round(share, 4) for name, share in self.level_probabilities.items()},
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """Distribution of the error of a raw score, and the map from raw score to PSPI.

    Attributes:
        spread_base: Mean absolute error at raw score 0, in points.
        spread_slope: Growth of the mean absolute error per point of raw score, from 0.
        probabilities: Probabilities of `residual_quantiles`, ascending, 0 to 1.
        residual_quantiles: Quantiles of (rating - score) / spread.
        prior: Frequency of each level among the faces of the fit.
        faces: Number of faces of the fit.
        score_map: From raw score to PSPI.
    """

    spread_base: float
    spread_slope: float
    probabilities: tuple[float, ...]
    residual_quantiles: tuple[float, ...]
    prior: tuple[float, ...]
    faces: int
    score_map: ScoreMap

    def __call__(self, raw: float) -> CalibratedScore:
        """Return PSPI, interval and level probabilities for a raw score."""
        pspi = self.score_map(raw)
        tail = (1 - COVERAGE) / 2
        low, high = (self.score_map(self._quantile(raw, p)) for p in (tail, 1 - tail))
        below = [self._below(raw, self.score_map.inverse(cut)) for cut in scale.LEVEL_CUTS]
        shares = (
            np.diff([0.0, *below, 1.0]) * (1 - PRIOR_SHARE) + np.array(self.prior) * PRIOR_SHARE
        )
        probabilities = dict(zip(map(str, scale.LEVELS), shares.tolist(), strict=True))
        interval = min(low, pspi), max(high, pspi)
        return CalibratedScore(pspi, interval, scale.level(pspi), probabilities)

    def spread(self, raw: float) -> float:
        """Return the mean absolute error at a raw score, in points of the raw score."""
        return self.spread_base + self.spread_slope * max(raw, 0.0)

    def _quantile(self, raw: float, probability: float) -> float:
        residual = np.interp(probability, self.probabilities, self.residual_quantiles)
        return raw + self.spread(raw) * float(residual)

    def _below(self, raw: float, cut: float) -> float:
        """Return the probability that the rating is below a cut on the raw scale."""
        residual = (cut - raw) / self.spread(raw)
        return float(np.interp(residual, self.residual_quantiles, self.probabilities, 0.0, 1.0))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for model.json; `from_dict` is the inverse."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Calibration":
        """Return the calibration from the data of `to_dict`.

        Raises:
            ModelError: A key is missing or unknown, or a value is not possible.
        """
        _check(data)
        knots = data["score_map"]
        return cls(
            spread_base=float(data["spread_base"]),
            spread_slope=float(data["spread_slope"]),
            probabilities=tuple(data["probabilities"]),
            residual_quantiles=tuple(data["residual_quantiles"]),
            prior=tuple(data["prior"]),
            faces=int(data["faces"]),
            score_map=ScoreMap(tuple(knots["raw"]), tuple(knots["pspi"])),
        )


def _check(data: Any) -> None:
    """Raise ModelError unless `data` has the keys of a calibration and possible values."""
    names = sorted(field.name for field in fields(Calibration))
    if not isinstance(data, Mapping) or sorted(data) != names:
        keys = sorted(data) if isinstance(data, Mapping) else data
        raise ModelError(f"A calibration has the keys {names}, found {keys}. {_REMEDY}")
    knots = data["score_map"]
    if not isinstance(knots, Mapping) or set(knots) != {"raw", "pspi"}:
        raise ModelError(f"A calibration's score_map has the keys raw and pspi. {_REMEDY}")
    raw, pspi = _sequence(knots["raw"]), _sequence(knots["pspi"])
    probabilities, quantiles, prior = (
        _sequence(data[name]) for name in ("probabilities", "residual_quantiles", "prior")
    )
    checks = {
        "spread_base": _is_sorted([0, data["spread_base"], _TOP]) and data["spread_base"] > 0,
        "spread_slope": _is_sorted([0, data["spread_slope"], _TOP]),
        "probabilities": _is_sorted([0, *probabilities, 1]),
        "residual_quantiles": _is_sorted(quantiles) and len(quantiles) == len(probabilities) > 1,
        "prior": len(prior) == len(scale.LEVELS) and all(_is_sorted([0, p, 1]) for p in prior),
        "faces": isinstance(data["faces"], int),
        "score_map": _is_sorted(raw) and _is_sorted([0, *pspi, _TOP]) and len(raw) == len(pspi) > 1,
    }
    for name in (name for name, passed in checks.items() if not passed):
        raise ModelError(f"A calibration cannot have {data[name]!r:.80} as its {name}. {_REMEDY}")


def _sequence(values: object) -> Sequence[Any]:
    """Return a list or tuple as it is, and anything else as an empty one."""
    return values if isinstance(values, list | tuple) else ()


def _is_sorted(values: object) -> bool:
    """Return whether these are one or more finite numbers, none smaller than the one before."""
    items = _sequence(values)
    numbers = [v for v in items if isinstance(v, int | float) and not isinstance(v, bool)]
    finite = len(numbers) == len(items) > 0 and all(-_LARGEST < v < _LARGEST for v in numbers)
    return finite and all(low <= high for low, high in pairwise(numbers))


def fit(
    raw: NDArray[np.floating[Any]], rating: NDArray[np.floating[Any]], score_map: ScoreMap
) -> Calibration:
    """Fit a calibration.

    The slope of the mean absolute error over the score is a least-squares fit. The base is then
    chosen so that the line has the same mean as the errors, but at least 0.1.

    Args:
        raw: Raw scores (N,).
        rating: Ratings (N,) of the same faces, on the scale of the raw scores.
        score_map: From raw score to PSPI.
    """
    error, score = np.abs(rating - raw), np.maximum(raw, 0)
    fitted = np.linalg.lstsq(np.column_stack([np.ones_like(raw), score]), error, rcond=None)[0][1]
    # The fit of scores that hardly vary is arbitrary, so the slope is limited.
    slope = float(np.clip(fitted, 0.0, MAX_SLOPE))
    base = max(float(error.mean() - slope * score.mean()), 0.1)
    residual = (rating - raw) / (base + slope * score)
    quantiles = np.quantile(residual, _GRID)
    quantiles[[0, -1]] *= EXTREME_FACTOR
    levels = [scale.LEVELS.index(scale.level(score_map(value))) for value in rating.tolist()]
    # One face is added to each level, so that a level without faces is rare, not impossible.
    counts = np.bincount(levels, minlength=len(scale.LEVELS)) + 1
    prior = counts / counts.sum()
    return Calibration(
        base,
        slope,
        tuple(_GRID.tolist()),
        tuple(np.maximum.accumulate(quantiles).tolist()),
        tuple(prior.tolist()),
        len(rating),
        score_map,
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
    mild_ends = scale.LEVEL_CUTS[1]
    if not 0 < knee < mild_ends:
        raise ValueError(f"expected a knee between 0 and {mild_ends}, found {knee}")
    top = scale.PSPI_MAXIMUM
    return ScoreMap((0.0, knee, mild_ends, top), (0.0, scale.LEVEL_CUTS[0], mild_ends, top))
