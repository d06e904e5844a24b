"""From a model's raw score to PSPI, and how sure that is.

Three steps, each measured on people the model was not trained on and written into model.json:

1. The raw score's error is on average `spread_base + spread_slope * score`, so its residual in
   units of that spread has one distribution, kept as quantiles.
2. A monotone, piecewise linear map takes the rated scale to PSPI (identity where there is none).
3. Interval and level probabilities follow from 1 through 2: a quantile of the residual becomes an
   end of the interval, a level's cuts become probabilities.

This is split-conformal prediction with normalised residuals (Papadopoulos et al. 2002; Lei et al.
2018, JASA 113:1094), read off as a distribution. It is pure Python and numpy.
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
STEEPEST = 1.0  # points by which the mean error may grow with each point of the score
PRIOR_SHARE = 0.01  # of the level frequencies, so that no level is ever called impossible
_AGAIN = "The model.json may be damaged: copy or export the model again."
_HUGE = 1e300  # JSON may hold whole numbers that no float can
_TOP = scale.PSPI_MAXIMUM
_GRID = np.concatenate([[0.0, 0.005, 0.01], np.arange(0.025, 0.98, 0.025), [0.99, 0.995, 1.0]])


@dataclass(frozen=True, slots=True)
class ScoreMap:
    """A monotone, piecewise linear map through knots (raw, PSPI), from 0 to 16 on both sides."""

    raw: tuple[float, ...] = (0.0, scale.PSPI_MAXIMUM)
    pspi: tuple[float, ...] = (0.0, scale.PSPI_MAXIMUM)

    def __call__(self, raw: float) -> float:
        """Return the PSPI of a raw score; beyond the ends it is held within 0 to 16."""
        return float(np.interp(raw, self.raw, self.pspi))

    def inverse(self, pspi: float) -> float:
        """Return the raw score of a PSPI."""
        return float(np.interp(pspi, self.pspi, self.raw))


@dataclass(frozen=True, slots=True)
class CalibratedScore:
    """A score with its level, the 90 % interval and the probability of each level."""

    pspi: float
    interval: tuple[float, float]
    level: scale.Level
    level_probabilities: dict[str, float]

    @property
    def confidence(self) -> float:
        """Probability of the stated level, 0 to 1."""
        return self.level_probabilities[self.level]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a raw score's error is distributed, and the map from raw score to PSPI.

    spread_base, spread_slope: mean absolute error at raw score 0, and its growth per point.
    residual_quantiles: of (rating - score) / spread, at `probabilities`. prior: frequency of each
    level among the faces it was measured on. faces: how many these were.
    """

    spread_base: float
    spread_slope: float
    probabilities: tuple[float, ...]
    residual_quantiles: tuple[float, ...]
    prior: tuple[float, ...]
    faces: int
    score_map: ScoreMap

    def __call__(self, raw: float) -> CalibratedScore:
        """Return the verdict on a raw score."""
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

    def _spread(self, raw: float) -> float:
        return self.spread_base + self.spread_slope * max(raw, 0.0)

    def _quantile(self, raw: float, probability: float) -> float:
        residual = np.interp(probability, self.probabilities, self.residual_quantiles)
        return raw + self._spread(raw) * float(residual)

    def _below(self, raw: float, cut: float) -> float:
        """Return the probability that the rating lies below a cut on the raw scale."""
        residual = (cut - raw) / self._spread(raw)
        return float(np.interp(residual, self.residual_quantiles, self.probabilities, 0.0, 1.0))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for model.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Calibration":
        """Return what `to_dict` wrote; raise ModelError when it is something else."""
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
    """Raise ModelError unless `data` has the form of a calibration, and numbers that can be one."""
    names = sorted(field.name for field in fields(Calibration))
    if not isinstance(data, Mapping) or sorted(data) != names:
        found = sorted(data) if isinstance(data, Mapping) else data
        raise ModelError(f"A calibration has the keys {names}, found {found}. {_AGAIN}")
    knots = data["score_map"]
    if not isinstance(knots, Mapping) or set(knots) != {"raw", "pspi"}:
        raise ModelError(f"A calibration's score_map has the keys raw and pspi. {_AGAIN}")
    raw, pspi = _listed(knots["raw"]), _listed(knots["pspi"])
    probabilities, quantiles, prior = (
        _listed(data[name]) for name in ("probabilities", "residual_quantiles", "prior")
    )
    checks = {
        "spread_base": _is_rising([0, data["spread_base"], _TOP]) and data["spread_base"] > 0,
        "spread_slope": _is_rising([0, data["spread_slope"], _TOP]),
        "probabilities": _is_rising([0, *probabilities, 1]),
        "residual_quantiles": _is_rising(quantiles) and len(quantiles) == len(probabilities) > 1,
        "prior": len(prior) == len(scale.LEVELS) and all(_is_rising([0, p, 1]) for p in prior),
        "faces": isinstance(data["faces"], int),
        "score_map": _is_rising(raw) and _is_rising([0, *pspi, _TOP]) and len(raw) == len(pspi) > 1,
    }
    for name in (name for name, right in checks.items() if not right):
        raise ModelError(f"A calibration cannot have {data[name]!r:.80} as its {name}. {_AGAIN}")


def _listed(values: object) -> Sequence[Any]:
    return values if isinstance(values, list | tuple) else ()


def _is_rising(values: object) -> bool:
    """Whether they are finite numbers, none smaller than the one before it."""
    listed = _listed(values)
    numbers = [v for v in listed if isinstance(v, int | float) and not isinstance(v, bool)]
    finite = len(numbers) == len(listed) > 0 and all(-_HUGE < number < _HUGE for number in numbers)
    return finite and all(low <= high for low, high in pairwise(numbers))


def fit(
    raw: NDArray[np.floating[Any]], rating: NDArray[np.floating[Any]], score_map: ScoreMap
) -> Calibration:
    """Return the calibration of raw scores (N,) against ratings (N,), both on the raw scale."""
    error, score = np.abs(rating - raw), np.maximum(raw, 0)
    fitted = np.linalg.lstsq(np.column_stack([np.ones_like(raw), score]), error, rcond=None)[0][1]
    # Scores that hardly vary say nothing of how the error grows, and could give any slope.
    slope = float(np.clip(fitted, 0.0, STEEPEST))
    base = max(float(error.mean() - slope * score.mean()), 0.1)
    residual = (rating - raw) / (base + slope * score)
    quantiles = np.quantile(residual, _GRID)
    quantiles[[0, -1]] *= 1.5  # the next face may lie beyond all that were seen
    levels = [scale.LEVELS.index(scale.level(score_map(value))) for value in rating.tolist()]
    # One face is added to each level, so that a level nobody reached is rare, not impossible.
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


def neutral_map(calm: float) -> ScoreMap:
    """Return the map under which raw scores up to `calm` read below 0.5, "none".

    Raters see traces in calm faces, so rated scores start too high; from mild's upper cut on the
    scale is left as it is.
    """
    mild_ends = scale.LEVEL_CUTS[1]
    if not 0 < calm < mild_ends:
        raise ValueError(f"calm scores must end between 0 and {mild_ends}, not at {calm}")
    top = scale.PSPI_MAXIMUM
    return ScoreMap((0.0, calm, mild_ends, top), (0.0, scale.LEVEL_CUTS[0], mild_ends, top))
