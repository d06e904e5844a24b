"""From a model's raw score to its scale, such as PSPI, with an interval and level probabilities.

All of them come from one distribution, which `wince.training.predictions.subject_calibration` fits
on subjects that the model was not trained on, and which model.json contains:

1. The rating is `raw + shift + spread * residual`. `shift` is the median error of the raw score;
   its mean absolute error is `spread_base + spread_slope * raw`. The residual has one distribution
   for all scores, stored as quantiles, in which each of the K subjects has the same weight.
2. A monotone, piecewise linear map takes raw scores to the model's scale (the identity for models
   trained on PSPI). The ratings above are raw scores too.
3. The score is the median. A new subject may be unlike all K, so a share 1 / (K + 1) of the
   distribution is unknown. Each end of the interval takes the whole share as lying beyond it
   (`interval_tail`); the level probabilities divide it like the levels of the K subjects.

Frames of one subject are alike, so subjects are what is exchangeable, not frames. Hierarchical
conformal prediction gives the share 1 / (K + 1) (Lee, Barber & Willett 2023, arXiv:2306.06342; the
weights are the CDF pooling of Dunn, Wasserman & Ramdas 2018, arXiv:1809.07441); normalised
residuals are from Papadopoulos et al. 2002 and Lei et al. 2018, JASA 113:1094. The guarantee of
these papers assumes that nothing else was fitted on the K subjects. Here the spread is, by
cross-fitting, so a test simulates the coverage.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from typing import Any

from wince.errors import ModelError
from wince.score_scale import PSPI, RAW_MAXIMUM, LevelName, LevelPair, Scale

COVERAGE = 0.90
"""Probability that the score is in the interval."""

FEWEST_SUBJECTS = 19
"""Smallest number of subjects that allows an interval: (K + 1) * 0.05 is at least 1."""

CLEAR = 0.5
"""Probability that a level must reach to be stated alone."""

_REMEDY = "The model.json may be damaged: copy or export the model again."
_LARGEST = 1e300  # JSON may contain integers that are too large for a float
_TAIL = round((1 - COVERAGE) / 2, 9)
_UNKNOWN_SHARE = 0.01  # of the distribution, where the number of subjects is not known
_BY_FRAMES = {"shift": 0.0, "subjects": 0}  # what a calibration that was fitted by frames lacks


@dataclass(frozen=True, slots=True)
class ScoreMap:
    """Monotone, piecewise linear map from raw score to a scale; the default is the identity.

    Attributes:
        raw: Raw scores of the knots, 0 to 16, not decreasing.
        score: Scores of the knots on the scale, not decreasing.
    """

    raw: tuple[float, ...] = (0.0, RAW_MAXIMUM)
    score: tuple[float, ...] = (0.0, PSPI.high)

    @classmethod
    def of_scale(cls, scale: Scale) -> "ScoreMap":
        """Return the linear map from raw scores to a scale."""
        return cls((0.0, RAW_MAXIMUM), (scale.low, scale.high))

    def __call__(self, raw: float) -> float:
        """Return the score of a raw score, constant beyond the first and the last knot."""
        return _interpolate(raw, self.raw, self.score)

    def inverse(self, score: float) -> float:
        """Return the raw score that the map takes to this score."""
        return _interpolate(score, self.score, self.raw)


@dataclass(frozen=True, slots=True)
class CalibratedScore:
    """Score of a raw score, with its uncertainty.

    Attributes:
        score: The score.
        interval: Lower and upper end of the 90 % interval, on the same scale.
        level: The level of the score; None for a scale without levels.
        level_probabilities: Probability by level; they sum to 1. Empty without levels.
        scale: The scale.
    """

    score: float
    interval: tuple[float, float]
    level: LevelName | None
    level_probabilities: dict[str, float]
    scale: Scale = PSPI

    @property
    def confidence(self) -> float | None:
        """Probability of `level`, 0 to 1; None for a scale without levels."""
        return None if self.level is None else self.level_probabilities[self.level]

    @property
    def between(self) -> LevelPair | None:
        """`level` and the more probable level next to it, the lower first, if neither is clear.

        Neither is clear if another level is as probable as `level`, or if none reaches one half.
        None if `level` is clear.
        """
        if self.level is None or self.confidence is None:
            return None
        others = [share for name, share in self.level_probabilities.items() if name != self.level]
        if self.confidence >= CLEAR and max(others) < self.confidence:
            return None
        pairs = [pair for pair in self.scale.level_pairs if self.level in pair]
        return max(pairs, key=lambda pair: sum(self.level_probabilities[name] for name in pair))

    def rounded(self) -> "CalibratedScore":
        """Return the score as it is stated: PSPI to 0.001, probabilities to 0.0001.

        The level is that of the rounded score, so that no statement contradicts its own numbers.
        """
        score, low, high = (self.scale.rounded(number) for number in (self.score, *self.interval))
        return CalibratedScore(
            score,
            (low, high),
            self.scale.level(score),
            {name: round(share, 4) for name, share in self.level_probabilities.items()},
            self.scale,
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """Distribution of the error of a raw score, and the map from raw score to its scale.

    Attributes:
        shift: Median of rating - raw score, in points.
        spread_base: Mean absolute error around the median at raw score 0, in points.
        spread_slope: Growth of the mean absolute error per point of raw score, from 0.
        probabilities: Probabilities of `residual_quantiles`, ascending, 0 to 1.
        residual_quantiles: Quantiles of (rating - raw score - shift) / spread.
        prior: Frequency of each level, the mean over the subjects of the fit; () if the levels were
            stated later, and the unknown share is then divided like the rest.
        faces: Number of faces of the fit.
        subjects: Number of subjects of the fit; 0 if it is not known.
        score_map: From raw score to the scale.
        scale: The scale of the scores.
    """

    shift: float
    spread_base: float
    spread_slope: float
    probabilities: tuple[float, ...]
    residual_quantiles: tuple[float, ...]
    prior: tuple[float, ...]
    faces: int
    subjects: int
    score_map: ScoreMap
    scale: Scale = PSPI

    def __call__(self, raw: float) -> CalibratedScore:
        """Return score, interval and level probabilities for a raw score."""
        score = self.score(raw)
        below = [self._below(raw, self.score_map.inverse(cut)) for cut in self.scale.cuts]
        unknown = 1 / (self.subjects + 1) if self.subjects else _UNKNOWN_SHARE
        shares = [high - low for low, high in pairwise([0.0, *below, 1.0])]
        priors = self.prior or shares
        probabilities = {
            str(level): share * (1 - unknown) + prior * unknown
            for level, share, prior in zip(self.scale.levels, shares, priors, strict=False)
        }  # without levels there is one share, and no name
        level = self.scale.level(score)
        return CalibratedScore(score, self._interval(raw), level, probabilities, self.scale)

    def score(self, raw: float) -> float:
        """Return the score of a raw score: the median of its distribution."""
        return self.score_map(self.median_rating(raw))

    def with_levels(self, scale: Scale) -> "Calibration":
        """Return the calibration with the cuts and levels of a scale of the same name and range."""
        return self if scale == self.scale else replace(self, scale=scale, prior=())

    def median_rating(self, raw: float) -> float:
        """Return the median of the raw score, before the map to the scale."""
        return self._quantile(raw, 0.5)

    @property
    def note(self) -> str:
        """Why the interval is the whole scale, in sentences; "" where it is not."""
        if self.subjects >= FEWEST_SUBJECTS:
            return ""
        people = (
            f"the errors on only {self.subjects} are known"
            if self.subjects
            else "it is not known on how many they were measured"
        )
        return (
            "The 90 % interval is always the whole scale: it needs the errors on at least "
            f"{FEWEST_SUBJECTS} people, and {people}."
        )

    def _interval(self, raw: float) -> tuple[float, float]:
        if self.subjects < FEWEST_SUBJECTS:
            return self.scale.low, self.scale.high
        tail = interval_tail(self.subjects)
        low, high = (self.score_map(self._quantile(raw, p)) for p in (tail, 1 - tail))
        return low, high

    def spread(self, raw: float) -> float:
        """Return the mean absolute error at a raw score, in points of the raw score."""
        return self.spread_base + self.spread_slope * max(raw, 0.0)

    def _quantile(self, raw: float, probability: float) -> float:
        residual = _interpolate(probability, self.probabilities, self.residual_quantiles)
        return raw + self.shift + self.spread(raw) * residual

    def _below(self, raw: float, cut: float) -> float:
        """Return the probability that the rating is below a cut on the raw scale."""
        residual = (cut - raw - self.shift) / self.spread(raw)
        if residual < self.residual_quantiles[0]:
            return 0.0
        if residual > self.residual_quantiles[-1]:
            return 1.0
        return _interpolate(residual, self.residual_quantiles, self.probabilities)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for model.json; `from_dict` is the inverse."""
        data = asdict(self)
        del data["scale"]
        data["score_map"] = {"raw": self.score_map.raw, self.scale.column: self.score_map.score}
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], scale: Scale = PSPI) -> "Calibration":
        """Return the calibration from the data of `to_dict`, which lacks its scale.

        A calibration without `shift` and `subjects` was fitted by frames. Its interval was too
        narrow for new subjects, so it becomes the whole scale.

        Raises:
            ModelError: A key is missing or unknown, or a value is not possible.
        """
        if isinstance(data, Mapping):
            data = {**_BY_FRAMES, **data}
        _check(data, scale)
        knots = data["score_map"]
        return cls(
            shift=float(data["shift"]),
            spread_base=float(data["spread_base"]),
            spread_slope=float(data["spread_slope"]),
            probabilities=tuple(data["probabilities"]),
            residual_quantiles=tuple(data["residual_quantiles"]),
            prior=tuple(data["prior"]),
            faces=int(data["faces"]),
            subjects=int(data["subjects"]),
            score_map=ScoreMap(tuple(knots["raw"]), tuple(knots[scale.column])),
            scale=scale,
        )


def interval_tail(subjects: int) -> float:
    """Return the share of the residuals that lies beyond each end of the 90 % interval.

    It is ((K + 1) * 0.05 - 1) / K for K subjects, 0.05 in the limit: of the K + 1 subjects, the new
    one included, the new one is taken as lying beyond the end. So at most 0.05 of a new subject's
    frames do on average.

    Args:
        subjects: Number of subjects K, at least FEWEST_SUBJECTS.
    """
    return max((subjects + 1) * _TAIL - 1, 0.0) / subjects


def _interpolate(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return what `np.interp` returns for one number, without making arrays of the knots.

    Args:
        x: Where to interpolate. Before the first and after the last knot the result is constant.
        xs: Positions of the knots, not decreasing.
        ys: Their values.
    """
    if math.isnan(x):
        return x
    if x < xs[0]:
        return float(ys[0])
    index = bisect_right(xs, x) - 1
    if index >= len(xs) - 1:
        return float(ys[-1])
    slope = (ys[index + 1] - ys[index]) / (xs[index + 1] - xs[index])
    return float(slope * (x - xs[index]) + ys[index])


def _check(data: Any, scale: Scale) -> None:
    """Raise ModelError unless `data` has the keys of a calibration and possible values."""
    names = sorted(field.name for field in fields(Calibration) if field.name != "scale")
    top = RAW_MAXIMUM
    if not isinstance(data, Mapping) or sorted(data) != names:
        keys = sorted(data) if isinstance(data, Mapping) else data
        raise ModelError(f"A calibration has the keys {names}, found {keys}. {_REMEDY}")
    knots = data["score_map"]
    if not isinstance(knots, Mapping) or set(knots) != {"raw", scale.column}:
        raise ModelError(
            f"A calibration's score_map has the keys raw and {scale.column}. {_REMEDY}"
        )
    raw, score = _list_or_nothing(knots["raw"]), _list_or_nothing(knots[scale.column])
    probabilities, quantiles, prior = (
        _list_or_nothing(data[name]) for name in ("probabilities", "residual_quantiles", "prior")
    )
    checks = {
        "shift": _is_sorted([-top, data["shift"], top]),
        "spread_base": _is_sorted([0, data["spread_base"], top]) and data["spread_base"] > 0,
        "spread_slope": _is_sorted([0, data["spread_slope"], top]),
        "probabilities": _is_sorted([0, *probabilities, 1]),
        "residual_quantiles": _is_sorted(quantiles) and len(quantiles) == len(probabilities) > 1,
        "prior": len(prior) == len(scale.cuts) + 1 and all(_is_sorted([0, p, 1]) for p in prior),
        "faces": _is_count(data["faces"]),
        "subjects": _is_count(data["subjects"]),
        "score_map": _is_sorted(raw)
        and _is_sorted([scale.low, *score, scale.high])
        and len(raw) == len(score) > 1,
    }
    for name in (name for name, passed in checks.items() if not passed):
        raise ModelError(f"A calibration cannot have {data[name]!r:.80} as its {name}. {_REMEDY}")


def _list_or_nothing(values: object) -> Sequence[Any]:
    """Return a list or tuple as it is, and anything else as an empty one."""
    return values if isinstance(values, list | tuple) else ()


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_sorted(values: object) -> bool:
    """Return whether these are one or more finite numbers, none smaller than the one before."""
    items = _list_or_nothing(values)
    numbers = [v for v in items if isinstance(v, int | float) and not isinstance(v, bool)]
    finite = len(numbers) == len(items) > 0 and all(-_LARGEST < v < _LARGEST for v in numbers)
    return finite and all(low <= high for low, high in pairwise(numbers))
