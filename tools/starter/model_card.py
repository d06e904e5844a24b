"""The starter model's MODEL_CARD.md; every measured number comes from model.json."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tools.starter.card_metrics import GRIMACE
from wince import files, scale

_GROUPS = {
    "neutral": "labelled neutral, picked by expression",
    "happiness": "smiles, picked by expression",
    "grimaces": f"rated {GRIMACE:g} or more",
    "severe": "rated severe",
}


def write(folder: Path) -> None:
    """Write MODEL_CARD.md from the folder's model.json."""
    card = json.loads((folder / "model.json").read_text("utf-8"))
    files.write_text(folder / "MODEL_CARD.md", text(card))


def text(card: Mapping[str, Any]) -> str:
    """Return the card's Markdown."""
    figures, trained = card["figures"], card["trained_on"]
    every, picked = figures["all"], figures["picked_by_expression"]
    sure, plain = figures["calibration"], figures["without_stretch"]
    beside = figures["beside_the_rater"]
    smiles, grey = figures["grimaces_against_smiles"], figures["grey"]
    knots, size = card["calibration"]["score_map"], card["face_spec"]["size"]
    units = " | ".join(_p(figures["action_units_pcc"][name], 2) for name in scale.UNIT_NAMES)
    costs = ", ".join(f"{name} {_p(pcc, 4)}" for name, pcc in figures["export"]["pcc"].items())
    beaten = all(
        fold["brier"] < fold["brier_of_prior"] and fold["rps"] < fold["rps_of_prior"]
        for fold in figures["folds"]
    )
    return f"""# {card["name"]} {card["version"]}

Reads six facial action units and PSPI, the Prkachin and Solomon Pain Intensity, from an aligned
{size} x {size} crop of a face. **Research software, not a medical device.** It scores an
expression, not what a person feels: a low score does not rule pain out.

## What it was trained on

{trained["faces"]:,} photographs of {trained["subjects"]:,} people from an Apache-2.0 collection of
facial expressions, compiled from Labeled Faces in the Wild and film stills; most are grey and
350 x 350. The rights of the photographers and of the people shown stand; no photograph is part of
this package. Before that the network learned the landmarks and blendshapes that MediaPipe's face
models (Apache-2.0, Google) give for these and for further photographs of the same collection; it
went on predicting the blendshapes while it learned the action units. At last it learned its own
answers about all these photographs, each the mean of what it said of the picture and of its mirror
image, beside the ratings.

The ratings are **not FACS codes**. An automated vision rater looked at each face twice and gave
the six action units by their FACS descriptions; the label is the mean of both. The two passes agree
with ICC(3,1) {_p(beside["icc"], 2)} on PSPI, but they are one rater: that is repeatability, and
shared mistakes stay hidden.
{_once(trained)}
`python -m tools.starter.train` trains it again from the data folders; that took
{figures["hours"]:g} hours on two processor cores, by the clock.

## How well it reads people it never saw

The shipped model has seen every rated face. So these figures are of {trained["folds_read"]} more
models, each trained in the same way without one of {trained["folds"]} folds of the people (nor in
its first lesson), each reading that fold's faces through its exported file: {
        every["faces"]:,} faces
against the mean of the two ratings, ± the standard deviation over the folds.{_unread(trained)}

| | PCC | MAE | AUC, PSPI >= 4 | AUC, PSPI >= 6 |
|---|---|---|---|---|
| always the mean of the other folds | undefined | {
        figures["always_mean"]["mae"]:.2f} | .500 | .500 |
| ridge regression on landmarks and blendshapes | {_row(figures["landmark_ridge"])} |
| **this model** | {_row(every)} |
| this model, the {picked["faces"]:,} faces picked by expression | {_row(picked)} |

The faces that were not picked by expression were chosen because earlier models found them strong,
unclear or closed-eyed, or to cover their scores evenly; they are harder.

{
        _table(
            (
                "fold",
                "faces",
                "PCC",
                "MAE",
                "AUC >= 4",
                "AUC >= 6",
                "in the 90 % interval",
                "Brier (constant prior)",
                "RPS (constant prior)",
            ),
            (
                (
                    str(number),
                    str(fold["faces"]),
                    *_cells(fold),
                    f"{fold['interval_coverage']:.1%}",
                    f"{_p(fold['brier'])} ({_p(fold['brier_of_prior'])})",
                    f"{_p(fold['rps'])} ({_p(fold['rps_of_prior'])})",
                )
                for number, fold in enumerate(figures["folds"], 1)
            ),
        )
    }

| | AU4 | AU6 | AU7 | AU9 | AU10 | AU43 |
|---|---|---|---|---|---|---|
| PCC | {units} |

Faces rated {GRIMACE:g} or more are read {_signed(figures["mean_error_of_grimaces"])} on average.
As the network leaves training its scores vary less than the ratings; each action unit is therefore
stretched around its mean by a factor found on unseen faces. Without that the same faces are read
{_signed(plain["mean_error_of_grimaces"])}, at PCC {_p(plain["pcc"])} and MAE {plain["mae"]:.2f}.

Smiles raise the cheeks (AU6), which is part of PSPI, so they rightly score, but below grimaces: the
AUC of {smiles["grimaces"]} faces rated {GRIMACE:g} or more against {
        smiles["smiles"]
    } with AU6 of at
least 2 and AU4 below 0.5 is {_p(smiles["auc"])}.

### Beside the rater itself

How far could a model get? The two passes are of the same faces by the same rater. Taking one as
what is to be met, this is how well the other one meets it, and how well this model does, over all
faces, each figure the mean of both ways round:

{_beside({"the rater's other pass": beside["rater"], "this model": beside["model"]})}
{_fresh(figures.get("beside_a_fresh_rating"))}
## From rated score to PSPI

The rater sees traces of action in neutral faces, where a FACS coder would give 0. So a raw score is
mapped before a level is read: raw {", ".join(f"{v:.3g}" for v in knots["raw"])} becomes PSPI
{", ".join(f"{v:g}" for v in knots["pspi"])}, straight lines between. The knee at
{knots["raw"][1]:.3g} is the score below which the ratings of {
        figures["calm_share"]:.0%} of the faces
labelled neutral lie.
Unseen faces then read, the map made without their fold:

{
        _table(
            ("", *map(str, scale.LEVELS)),
            (
                (f"{_GROUPS[name]} ({one['faces']})", *(f"{one[str(n)]:.1%}" for n in scale.LEVELS))
                for name, one in figures["levels"].items()
            ),
        )
    }

"Severe" has {_severe(figures["levels"].get("severe"))}. Take it
as "at least moderate, and stronger than nearly all that the model knows"; no figure here supports
telling severe from moderate. Nor does its absence say that an expression is not severe.

## How sure it is

Confidence and the 90 % interval rest on all these readings (in the figures, on those of the other
folds): the mean error grows with the score, and the residuals, in units of it, give the
distribution, measured on the exported models. The interval holds
{sure["interval_coverage"]:.1%} of the ratings; its width is {
        sure["interval_width_median"]:.1f} points
in the middle and {sure["interval_width_p5"]:.1f} to {
        sure["interval_width_p95"]:.1f} for nine faces in
ten. By the level rated it holds {_coverage(figures["coverage_by_level"])}. Stated confidence is
{sure["confidence_mean"]:.2f} on average and the level is right in {
        sure["accuracy"]:.1%}. Brier score
{_p(sure["brier"])}, ranked probability score {
        _p(sure["rps"])
    }; always stating the level frequencies
gives {_p(sure["brier_of_prior"])} and {_p(sure["rps_of_prior"])}.
{
        "Both are beaten on every fold."
        if beaten
        else "Not on every fold are both beaten: see the table."
    }

## Worse pictures

The faces picked by expression, altered, read by the models that had not seen the people:

{
        _table(
            ("", "faces", "PCC", "MAE", "AUC >= 4", "AUC >= 6", "mean change of the score"),
            (
                (
                    row["condition"],
                    str(row["faces"]),
                    *_cells(row),
                    f"{row['shift']:+.2f}" if "shift" in row else "",
                )
                for row in figures["worse_conditions"]
            ),
        )
    }

Taking the colour out of the {grey["faces"]} photographs that have some moves the score by
{grey["mean_absolute_difference"]:.2f} points on average ({
        grey["mean_difference"]:+.2f} with its sign).
{_another(figures.get("another_archive"))}
## Limits

- Calibrated to one automated rater on photographs, not to FACS coders, not to patients, not to
  video. Nothing here says how it does on people in pain, on the UNBC-McMaster archive, or by age,
  skin tone, sex or dementia: the data names none of these.
- A moustache, deep furrows, or a face turned or half covered can read as action.
- One picture is one moment. Closed eyes may be a blink.

## What it must not be used for

Diagnosis, triage, deciding on treatment, withholding relief, monitoring without a person who
answers for it, surveillance, or judging whether somebody tells the truth about their pain.

## Files

`model.onnx` ({figures["export"]["precision"]}; PCC on unseen faces: {costs}) gives the six units
and, as a second output, the share of each cell of the last grid in each unit, exact but for the
bias. `model.json` holds everything that using it needs. Licence of the weights: WEIGHTS-LICENSE.md.
"""


def _unread(trained: Mapping[str, Any]) -> str:
    left = trained["folds"] - trained["folds_read"]
    return f" The other {left} folds were not read for this version." if left else ""


def _severe(read: Mapping[str, Any] | None) -> str:
    if read is None:
        return "no rated face"
    return f"only {read['faces']} rated faces, {read['severe']:.0%} of which were read so"


def _once(trained: Mapping[str, Any]) -> str:
    if not (count := trained.get("faces_rated_once", 0)):
        return ""
    return f"""
{count:,} further photographs of the collection have one rating each, by automated raters of the
same kind who also rated some of the others anew; by those, each level was brought to the scale of
the two passes. These ratings are learned from, and no figure below is against them.
"""


def _fresh(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return ""
    fresh, agreed = figures["fresh"], figures["pcc_of_fresh_with"]
    each = " and ".join(_p(pcc) for pcc in agreed["each_rating"])
    table = _beside(
        {
            "rated anew": fresh,
            "this model": figures["model"],
            "this model, against the mean of all three": figures["model_against_all_three"],
        }
    )
    return f"""
And how well does somebody do who looks anew? {fresh["faces"]:,} of these faces, of {
        figures["subjects"]:,}
people, were rated once more without knowing the earlier ratings. Brought to the scale of the two
passes on the people of the other folds, against their mean:

{table}

The fresh ratings correlate {each} with the two passes, and {_p(agreed["model"])} with this model.
"""


def _another(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return ""
    each = figures["pcc_by_subject"]
    listed = ", ".join(f"{name} {_p(value)}" for name, value in each.items())
    return f"""
Rendered faces of another kind, {figures["frames"]:,} frames of {len(each)} subjects in the
synthetic archive, of which nothing was trained on: PCC {_p(figures["pcc_mean_of_subjects"])} on
average within a subject, {_p(figures["pcc_pooled"])} pooled; by subject {listed}.
"""


def _coverage(levels: Mapping[str, Mapping[str, float]]) -> str:
    return ", ".join(
        f"{one['coverage']:.0%} of {name} ({one['faces']:g} faces)" for name, one in levels.items()
    )


def _beside(fits: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table of figures on PSPI and on each action unit, a row for each name."""
    return _table(
        ("", "PCC", "MAE", "AUC >= 4", "AUC >= 6", *(f"{unit} PCC" for unit in scale.UNIT_NAMES)),
        (
            (name, *_cells(one), *(_p(one[unit], 2) for unit in scale.UNIT_NAMES))
            for name, one in fits.items()
        ),
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(fit: Mapping[str, Any]) -> str:
    return " | ".join(
        cell + (f" ± {_p(fit[key])}" if (key := f"{name}_spread") in fit else "")
        for name, cell in zip(_NAMES, _cells(fit), strict=True)
    )


_NAMES = ("pcc", "mae", "auc_at_4", "auc_at_6")


def _cells(fit: Mapping[str, Any]) -> list[str]:
    return [f"{fit[name]:.2f}" if name == "mae" else _p(fit[name]) for name in _NAMES]


def _signed(error: float | None) -> str:
    if error is None:
        return "nowhere, for there are none"
    return f"{abs(error):.2f} points too {'low' if error < 0 else 'high'}"


def _p(value: float | None, places: int = 3) -> str:
    """Return a figure below 1 the way the field prints it, without the leading zero."""
    return "undefined" if value is None else f"{value:.{places}f}".removeprefix("0")
