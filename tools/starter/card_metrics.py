"""Every figure of the starter model's card, from readings of faces that a model had not seen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tools.starter.altered_faces import ALTERATIONS, altered, grey, in_colour, yaws
from tools.starter.rated_faces import Faces, Ratings, with_one_rating
from wince import scale
from wince.evaluation import agreement
from wince.evaluation import calibration as judged
from wince.runtime.calibration import Calibration
from wince.runtime.estimator import Estimate

Scores = NDArray[np.floating[Any]]
Reader = Callable[[Faces, NDArray[np.intp]], Estimate]
GRIMACE = 6.0  # rated PSPI from which a face counts as a grimace
TURNS = ((0, 15), (15, 30), (30, 45))  # degrees
_LEVELS = [str(level) for level in scale.LEVELS]


def measure(
    found: Estimate, faces: Faces, fold: NDArray[np.intp], fitted: Sequence[Calibration]
) -> dict[str, Any]:
    """Return figures of the readings of all faces, pooled and by fold, rounded to three places.

    found: what each fold's model says about that fold's faces, in the faces' order. fitted: the
    calibration for each fold, made on the others.
    """
    assert found.action_units is not None
    picked = faces.picked == "by expression"
    rating, raw = faces.pspi, found.raw
    held = [fold == number for number in np.unique(fold)]
    given = Given.by(fitted, raw, rating, fold)
    return {
        "all": {**_fit(raw, rating), **_spread(_fit(raw[h], rating[h]) for h in held)},
        "picked_by_expression": {
            **_fit(raw[picked], rating[picked]),
            **_spread(_fit(raw[h & picked], rating[h & picked]) for h in held),
        },
        "folds": [{**_fit(raw[h], rating[h]), **_certainty(given[h])} for h in held],
        "always_mean": {"mae": _round(np.abs(_of_others(rating, fold) - rating).mean())},
        "landmark_ridge": _fit(_ridge(faces, fold), rating),
        "action_units_pcc": _by_unit(found.action_units, faces.units),
        "beside_the_rater": beside_the_rater(raw, found.action_units, faces),
        "mean_error_of_grimaces": brief(found, faces)["mean_error_of_grimaces"],
        "grimaces_against_smiles": _against_smiles(raw, faces),
        "levels": _levels(given, faces),
        "calibration": _certainty(given),
        "coverage_by_level": _by_level(given),
    }


def brief(found: Estimate, faces: Faces) -> dict[str, Any]:
    """Return the few figures that tell one way of reading the same faces from another."""
    error = found.raw - faces.pspi
    return {
        **_fit(found.raw, faces.pspi),
        "mean_error_of_grimaces": mean(error[faces.pspi >= GRIMACE]),
    }


def pcc(one: Scores, other: Scores) -> float | None:
    """Return Pearson's correlation to three places, None (JSON's null) where it is undefined."""
    return _round(agreement.pcc(one, other)) if len(one) else None


def mean(values: Scores) -> float | None:
    """Return the mean to three places, None without any value."""
    return _round(values.mean()) if len(values) else None


def beside_the_rater(raw: Scores, units: Scores, faces: Faces) -> dict[str, Any]:
    """Return how well a single rating is met by the other one of the same face, and by a model.

    Each figure is the mean over both ratings as the one to be met; beside them stands the ICC(3,1)
    of their PSPI. raw: what the model says (N,). units: its action units (N, 6).
    """
    pspi, each = faces.pspi_by_rating, faces.ratings
    return {
        "icc": _round(agreement.icc(*pspi.T)),
        "rater": _mean_fit(
            _fit_to_one(pspi[:, 1 - one], each[:, 1 - one], pspi[:, one], each[:, one])
            for one in (0, 1)
        ),
        "model": _mean_fit(_fit_to_one(raw, units, pspi[:, one], each[:, one]) for one in (0, 1)),
    }


def beside_a_fresh_rating(
    found: Estimate, faces: Faces, fold: NDArray[np.intp], once: Ratings
) -> dict[str, Any] | None:
    """Return how well somebody who looks anew meets the mean rating, and the model on those faces.

    The model is set beside the mean of all three ratings too, which errs less than that of two.
    once: one more rating by image, brought to the scale of the two on the people of the other
    folds. None without any.
    """
    assert found.action_units is not None
    fresh = np.full((len(faces), len(scale.UNIT_NAMES)), np.nan, np.float32)
    anew = np.isin(faces.image, list(once))
    for number in np.unique(fold):
        rows = np.flatnonzero(anew & (fold == number))
        again = with_one_rating(faces[rows], faces[anew & (fold != number)], once)
        fresh[rows[again.once]] = again.units[again.once]
    known = ~np.isnan(fresh).any(axis=1)
    if not known.any():
        return None
    fresh, units, rating = fresh[known], faces.units[known], faces.pspi[known]
    pspi = scale.pspi_formula(*fresh.T, maximum=np.maximum)
    raw, read = found.raw[known], found.action_units[known]
    return {
        "subjects": len(np.unique(faces.subject[known])),
        "fresh": _fit_to_one(pspi, fresh, rating, units),
        "model": _fit_to_one(raw, read, rating, units),
        "model_against_all_three": _fit_to_one(
            raw, read, (2 * rating + pspi) / 3, (2 * units + fresh) / 3
        ),
        "pcc_of_fresh_with": {
            "model": pcc(pspi, raw),
            "each_rating": [pcc(pspi, one) for one in faces.pspi_by_rating[known].T],
        },
    }


def under_worse_conditions(
    read: Reader, faces: Faces, fold: NDArray[np.intp], before: Scores
) -> list[dict[str, Any]]:
    """Return how well altered faces are read, those picked by expression.

    read: faces and their folds to an estimate. before: raw scores (N,) of the faces as they are.
    """
    picked = faces.picked == "by expression"
    own, of_fold, plain = faces[picked], fold[picked], before[picked]
    turned = np.abs(yaws(own))
    rows = [{"condition": "as they are", **_fit(plain, own.pspi), "shift": 0.0}]
    for name, alter in ALTERATIONS.items():
        raw = read(altered(own, alter), of_fold).raw
        shift = _round((raw - plain).mean())
        rows.append({"condition": name, **_fit(raw, own.pspi), "shift": shift})
    for low, high in TURNS:
        mask = (turned >= low) & (turned < high)
        if mask.any():
            name = f"turned {low} to {high} degrees"
            rows.append({"condition": name, **_fit(plain[mask], own.pspi[mask])})
    return rows


def grey_against_colour(
    read: Reader, faces: Faces, fold: NDArray[np.intp], before: Scores
) -> dict[str, Any]:
    """Return how far the scores of photographs in colour move when the colour is taken away."""
    colour = in_colour(faces)
    gap = read(altered(faces[colour], grey), fold[colour]).raw - before[colour]
    return {
        "faces": int(colour.sum()),
        "mean_difference": mean(gap),
        "mean_absolute_difference": mean(np.abs(gap)),
    }


@dataclass(frozen=True, slots=True)
class Given:
    """What calibrations say of N scores beside what was rated, on the PSPI scale.

    target: rated PSPI (N,). level, said: number of the level rated and of the level read (N,).
    interval: (N, 2). shares, prior: probabilities of the levels, stated and constant (N, 4).
    """

    target: Scores
    level: NDArray[np.intp]
    said: NDArray[np.intp]
    interval: NDArray[np.float64]
    shares: Scores
    prior: Scores

    @classmethod
    def by(
        cls, fitted: Sequence[Calibration], raw: Scores, rating: Scores, fold: NDArray[np.intp]
    ) -> "Given":
        """Ask each fold's calibration about that fold's scores."""
        own = [fitted[number] for number in fold]
        verdicts = [one(float(score)) for one, score in zip(own, raw, strict=True)]
        target = np.array([c.score_map(float(v)) for c, v in zip(own, rating, strict=True)])
        return cls(
            target,
            np.array([scale.LEVELS.index(scale.level(value)) for value in target]),
            np.array([scale.LEVELS.index(verdict.level) for verdict in verdicts]),
            np.array([verdict.interval for verdict in verdicts]),
            np.array([[v.level_probabilities[name] for name in _LEVELS] for v in verdicts]),
            np.array([one.prior for one in own]),
        )

    def __getitem__(self, rows: NDArray[np.bool_]) -> "Given":
        return Given(*(getattr(self, name)[rows] for name in self.__slots__))


def _fit(score: Scores, rating: Scores) -> dict[str, Any]:
    return {
        "faces": len(rating),
        "pcc": pcc(score, rating),
        "mae": _round(np.abs(score - rating).mean()),
        "auc_at_4": _area(rating >= 4, score),
        "auc_at_6": _area(rating >= GRIMACE, score),
    }


def _fit_to_one(raw: Scores, units: Scores, pspi: Scores, rated: Scores) -> dict[str, Any]:
    return {**_fit(raw, pspi), **_by_unit(units, rated)}


def _by_unit(units: Scores, rated: Scores) -> dict[str, float | None]:
    return {name: pcc(units[:, i], rated[:, i]) for i, name in enumerate(scale.UNIT_NAMES)}


def _mean_fit(fits: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of each figure, None where one of them is undefined."""
    return {name: _round(column.mean()) for name, column in _columns(fits).items()}


def _spread(fits: Iterable[Mapping[str, Any]]) -> dict[str, float | None]:
    """Return the standard deviation over folds of each figure."""
    return {
        f"{name}_spread": _round(np.std(column, ddof=1)) for name, column in _columns(fits).items()
    }


def _columns(fits: Iterable[Mapping[str, Any]]) -> dict[str, NDArray[np.float64]]:
    """Return each figure over all fits, NaN where undefined; the number of faces is left out."""
    rows = list(fits)
    return {
        name: np.array([row[name] for row in rows], float) for name in rows[0] if name != "faces"
    }


def _area(actual: NDArray[np.bool_], score: Scores) -> float | None:
    both = 0 < actual.sum() < len(actual)
    return _round(roc_auc_score(actual, score)) if both else None


def _of_others(rating: Scores, fold: NDArray[np.intp]) -> Scores:
    means = np.array([rating[fold != number].mean() for number in range(fold.max() + 1)])
    return np.asarray(means[fold])


def _ridge(faces: Faces, fold: NDArray[np.intp]) -> Scores:
    """Return what ridge regression on landmarks and blendshapes says, fitted on other folds."""
    inputs = np.hstack([faces.points.reshape(len(faces), -1), faces.blendshapes])
    said = np.empty(len(faces))
    for number in np.unique(fold):
        held = fold == number
        model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(1, 5, 9)))
        said[held] = model.fit(inputs[~held], faces.pspi[~held]).predict(inputs[held])
    return said


def _against_smiles(raw: Scores, faces: Faces) -> dict[str, Any]:
    units = faces.units
    smiles = (units[:, 1] >= 2) & (units[:, 0] < 0.5)
    grimaces = faces.pspi >= GRIMACE
    one = smiles ^ grimaces
    return {
        "grimaces": int((grimaces & one).sum()),
        "smiles": int((smiles & one).sum()),
        "auc": _area(grimaces[one], raw[one]),
    }


def _levels(given: Given, faces: Faces) -> dict[str, dict[str, Any]]:
    """Return which share of each kind of face reads which level."""
    picked = faces.picked == "by expression"
    groups = {
        "neutral": picked & (faces.expression == "neutral"),
        "happiness": picked & (faces.expression == "happiness"),
        "grimaces": faces.pspi >= GRIMACE,
        "severe": given.level == len(_LEVELS) - 1,
    }
    return {
        name: {
            "faces": int(mask.sum()),
            **{n: _round((given.said[mask] == i).mean()) for i, n in enumerate(_LEVELS)},
        }
        for name, mask in groups.items()
        if mask.any()
    }


def _certainty(given: Given) -> dict[str, Any]:
    width = given.interval[:, 1] - given.interval[:, 0]
    right = given.said == given.level
    stated = given.shares[np.arange(len(right)), given.said]
    return {
        "interval_coverage": _round(judged.covered(given.interval, given.target).mean()),
        "interval_width_median": _round(np.median(width)),
        "interval_width_p5": _round(np.quantile(width, 0.05)),
        "interval_width_p95": _round(np.quantile(width, 0.95)),
        "confidence_mean": _round(stated.mean()),
        "accuracy": _round(right.mean()),
        "brier": _round(judged.brier(given.shares, given.level)),
        "brier_of_prior": _round(judged.brier(given.prior, given.level)),
        "rps": _round(judged.ranked_probability_score(given.shares, given.level)),
        "rps_of_prior": _round(judged.ranked_probability_score(given.prior, given.level)),
    }


def _by_level(given: Given) -> dict[str, dict[str, Any]]:
    inside = judged.covered(given.interval, given.target)
    return {
        name: {
            "faces": int((given.level == i).sum()),
            "coverage": _round(inside[given.level == i].mean()),
        }
        for i, name in enumerate(_LEVELS)
        if (given.level == i).any()
    }


def _round(value: Any) -> float | None:
    """Return a figure to three places, None (JSON's null) where it is undefined."""
    return round(float(value), 3) if np.isfinite(value) else None
