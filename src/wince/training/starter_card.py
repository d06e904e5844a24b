"""The starter model's figures and its MODEL_CARD.md."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import pearsonr
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from wince import scale
from wince.runtime.calibration import Calibration
from wince.runtime.estimator import Estimate
from wince.training.rated import Faces

Scores = NDArray[np.floating[Any]]
GRIMACE = 6.0  # rated PSPI from which a face counts as a grimace


def measure(tested: Estimate, fitted: Calibration, train: Faces, test: Faces) -> dict[str, Any]:
    """Return every figure of the card, on test faces, rounded to three places.

    tested: what the exported model says about `test`. The trivial baseline always gives the mean
    of `train`; the ridge is fitted on the landmarks and blendshapes of `train`.
    """
    assert tested.action_units is not None
    picked = test.picked == "by expression"
    return {
        "all": _fit(tested.raw, test.pspi),
        "picked_by_expression": _fit(tested.raw[picked], test.pspi[picked]),
        "mean_of_training": {"mae": _round(np.abs(test.pspi - train.pspi.mean()).mean())},
        "landmark_ridge": _fit(_ridge(train, test), test.pspi),
        "action_units_pcc": {
            name: _round(pearsonr(tested.action_units[:, i], test.units[:, i])[0])
            for i, name in enumerate(scale.UNIT_NAMES)
        },
        "mean_error_of_grimaces": _round((tested.raw - test.pspi)[test.pspi >= GRIMACE].mean()),
        "levels": _levels(tested.raw, fitted, test),
        "calibration": _calibration(tested.raw, fitted, test.pspi),
    }


def _fit(score: Scores, rating: Scores) -> dict[str, float]:
    return {
        "faces": len(rating),
        "pcc": _round(pearsonr(score, rating)[0]),
        "mae": _round(np.abs(score - rating).mean()),
        "auc_at_4": _round(roc_auc_score(rating >= 4, score)),
        "auc_at_6": _round(roc_auc_score(rating >= GRIMACE, score)),
    }


def _ridge(train: Faces, test: Faces) -> Scores:
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(1, 5, 9)))
    inputs = (np.hstack([f.points.reshape(len(f), -1), f.blendshapes]) for f in (train, test))
    own, other = inputs
    return np.asarray(model.fit(own, train.pspi).predict(other))


def _levels(raw: Scores, fitted: Calibration, test: Faces) -> dict[str, dict[str, float]]:
    """Return which share of each kind of test face reads which level."""
    read = np.array([str(fitted(float(score)).level) for score in raw])
    picked = test.picked == "by expression"
    groups = {
        "neutral": picked & (test.expression == "neutral"),
        "happiness": picked & (test.expression == "happiness"),
        "grimaces": test.pspi >= GRIMACE,
    }
    return {
        name: {
            "faces": int(mask.sum()),
            **{str(level): _round((read[mask] == level).mean()) for level in scale.LEVELS},
        }
        for name, mask in groups.items()
    }


def _calibration(raw: Scores, fitted: Calibration, rating: Scores) -> dict[str, float]:
    verdicts = [fitted(float(score)) for score in raw]
    target = np.array([fitted.score_map(float(value)) for value in rating])
    low, high = np.array([verdict.interval for verdict in verdicts]).T
    actual = np.array([str(scale.level(value)) for value in target])
    names = [str(level) for level in scale.LEVELS]
    given = np.array(
        [[verdict.level_probabilities[name] for name in names] for verdict in verdicts]
    )
    happened = actual[:, None] == np.array(names)
    stated = np.array([verdict.confidence for verdict in verdicts])
    right = np.array([verdict.level for verdict in verdicts]) == actual
    prior = np.tile(fitted.prior, (len(raw), 1))
    return {
        "interval_coverage": _round(((target >= low) & (target <= high)).mean()),
        "interval_width_median": _round(np.median(high - low)),
        "interval_width_p5": _round(np.quantile(high - low, 0.05)),
        "interval_width_p95": _round(np.quantile(high - low, 0.95)),
        "confidence_mean": _round(stated.mean()),
        "accuracy": _round(right.mean()),
        "brier": _round(((given - happened) ** 2).sum(1).mean()),
        "brier_of_prior": _round(((prior - happened) ** 2).sum(1).mean()),
    }


def _round(value: Any) -> float:
    return round(float(value), 3)


def write(folder: Path) -> None:
    """Write MODEL_CARD.md from the folder's model.json."""
    card = json.loads((folder / "model.json").read_text("utf-8"))
    aside = folder / "MODEL_CARD.md.part"
    aside.write_text(text(card), "utf-8")
    aside.rename(folder / "MODEL_CARD.md")


def text(card: dict[str, Any]) -> str:
    """Return the card's Markdown; every number in it comes from model.json."""
    figures, trained = card["figures"], card["trained_on"]
    every, picked = figures["all"], figures["picked_by_expression"]
    ridge, mean = figures["landmark_ridge"], figures["mean_of_training"]
    sure = figures["calibration"]
    knots = card["calibration"]["score_map"]
    size = card["face_spec"]["size"]
    rows = "\n".join(
        f"| {_GROUPS[name]} ({shares['faces']}) | "
        + " | ".join(f"{shares[str(level)]:.1%}" for level in scale.LEVELS)
        + " |"
        for name, shares in figures["levels"].items()
    )
    units = " | ".join(f"{figures['action_units_pcc'][name]:.2f}" for name in scale.UNIT_NAMES)
    costs = ", ".join(f"{name} {_p(pcc, 4)}" for name, pcc in figures["export"]["pcc"].items())
    return f"""# {card["name"]} {card["version"]}

Reads six facial action units and PSPI, the Prkachin and Solomon Pain Intensity, from an aligned
{size} x {size} crop of a face. **Research software, not a medical device.** It scores an
expression, not what a person feels: a low score does not rule pain out.

## What it was trained on

{trained["faces"]["train"]:,} photographs of {trained["subjects"]["train"]:,} people from an
Apache-2.0 collection of facial expressions, compiled from Labeled Faces in the Wild and film
stills; most are grey and 350 x 350. The rights of the photographers and of the people shown stand;
no photograph is part of this package. Before that the network learned the landmarks and blendshapes
that MediaPipe's face models (Apache-2.0, Google) give for these and for further photographs of the
same collection, people of the other parts left out.

The ratings are **not FACS codes**. An automated vision rater looked at each face twice and gave
the six action units by their FACS descriptions; the label is the mean of both. The two passes agree
with ICC(3,1) .83 on PSPI, but they are one rater: that is repeatability, and shared mistakes stay
hidden. People were split into training ({trained["subjects"]["train"]}), validation
({trained["subjects"]["validation"]}), calibration ({trained["subjects"]["calibration"]}) and test
({trained["subjects"]["test"]}) without overlap.

## How well it reads people it never saw

On {every["faces"]} test faces, against the mean of the two ratings, through the shipped file:

| | PCC | MAE | AUC, PSPI >= 4 | AUC, PSPI >= 6 |
|---|---|---|---|---|
| always the training mean | undefined | {mean["mae"]:.2f} | .500 | .500 |
| ridge regression on landmarks and blendshapes | {_row(ridge)} |
| **this model** | {_row(every)} |
| this model, the {picked["faces"]} faces picked by expression | {_row(picked)} |

The faces that were not picked by expression were chosen because earlier models found them strong,
unclear or closed-eyed; they are harder. Five folds over all the data gave the same kind of ridge
PCC .74 and AUC .88.

| | AU4 | AU6 | AU7 | AU9 | AU10 | AU43 |
|---|---|---|---|---|---|---|
| PCC | {units} |

Faces rated {GRIMACE:g} or more are read {abs(figures["mean_error_of_grimaces"]):.2f} points too
{"low" if figures["mean_error_of_grimaces"] < 0 else "high"} on average.

## From rated score to PSPI

The rater sees traces of action in calm faces, where a FACS coder would give 0. So a raw score is
mapped before a level is read: raw {", ".join(f"{v:g}" for v in knots["raw"])} becomes PSPI
{", ".join(f"{v:g}" for v in knots["pspi"])}, straight lines between. The knee at
{knots["raw"][1]:g} is the score below which {CALM_SHARE:.0%} of the training faces labelled neutral
were rated. Test faces then read:

| | none | mild | moderate | severe |
|---|---|---|---|---|
{rows}

Smiles raise the cheeks (AU6), which is part of PSPI, so they rightly score.

## How sure it is

Confidence and the 90 % interval come from the {card["calibration"]["faces"]} faces of the
calibration subjects: the mean error grows with the score, and the residuals, in units of it, give
the distribution. On the test subjects the interval holds {sure["interval_coverage"]:.1%} of the
ratings; its width is {sure["interval_width_median"]:.1f} points in the middle and
{sure["interval_width_p5"]:.1f} to {sure["interval_width_p95"]:.1f} for nine faces in ten. Stated
confidence is {sure["confidence_mean"]:.2f} on average and the level is right in
{sure["accuracy"]:.1%}. Brier score {sure["brier"]:.3f}; always stating the level frequencies gives
{sure["brier_of_prior"]:.3f}.

## Limits

- Calibrated to one automated rater on photographs, not to FACS coders, not to patients, not to
  video. Nothing here says how it does on people in pain, on the UNBC-McMaster archive, or by age,
  skin tone, sex or dementia: the data names none of these.
- Severe expressions are rare in the data (one face in three hundred), so "severe" rests on a
  handful of faces.
- A moustache, deep furrows, or a face turned or half covered can read as action.
- One picture is one moment. Closed eyes may be a blink.

## What it must not be used for

Diagnosis, triage, deciding on treatment, withholding relief, monitoring without a person who
answers for it, surveillance, or judging whether somebody tells the truth about their pain.

## Files

`model.onnx` ({figures["export"]["precision"]}; PCC on validation and calibration faces:
{costs}) gives the six units and, as a second output, the share of each cell of the last grid in
each unit, exact but for the bias. `model.json` holds everything that using it needs. Licence of the
weights: WEIGHTS-LICENSE.md.
"""


# More than the 80 % aimed for, since a score that errs carries some calm faces across the knee.
CALM_SHARE = 0.85
_GROUPS = {
    "neutral": "labelled neutral, picked by expression",
    "happiness": "smiles, picked by expression",
    "grimaces": f"rated {GRIMACE:g} or more",
}


def _row(fit: dict[str, float]) -> str:
    areas = " | ".join(_p(fit[name]) for name in ("auc_at_4", "auc_at_6"))
    return f"{_p(fit['pcc'])} | {fit['mae']:.2f} | {areas}"


def _p(value: float, places: int = 3) -> str:
    """Return a figure below 1 the way the field prints it, without the leading zero."""
    return f"{value:.{places}f}".removeprefix("0")
