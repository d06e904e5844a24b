"""MODEL_CARD.md of a trained run, every number of it from model.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wince.training.checkpoints import write_text

FILE = "MODEL_CARD.md"
_ROWS = (
    ("pcc", "PCC"),
    ("icc", "ICC(3,1)"),
    ("ccc", "CCC"),
    ("auc_1", "AUC, PSPI >= 1"),
    ("auc_2", "AUC, PSPI >= 2"),
    ("auc_3", "AUC, PSPI >= 3"),
    ("mae", "MAE, points"),
    ("wmae", "wMAE, points"),
    ("rmse", "RMSE, points"),
    ("four_levels_balanced_accuracy", "Balanced accuracy, four levels"),
    ("four_levels_accuracy", "Accuracy, four levels"),
)
_BASELINES = ("zero", "mean", "majority")


def write(folder: Path) -> None:
    """Write MODEL_CARD.md from a folder's model.json."""
    found = json.loads((folder / "model.json").read_text("utf-8"))
    write_text(folder / FILE, text(found))


def about(card: Mapping[str, Any]) -> list[str]:
    """Return what a model is, for the report of its evaluation: `card` as in model.json."""
    spec, trained = card["face_spec"], card["trained_on"]
    view = "aligned crops" if spec["kind"] == "aligned" else "whole pictures"
    name = " ".join(str(card[key]) for key in ("name", "version") if key in card)
    settings = "".join(f", {key} {value}" for key, value in trained.get("settings", {}).items())
    return [
        f"The model: {name}, {view} of {spec['size']} x {spec['size']} pixels{settings}.",
        f"Its training: {trained.get('words') or card['title']}",
    ]


def text(card: Mapping[str, Any]) -> str:
    """Return the card of a model as Markdown."""
    spec = card["face_spec"]
    view = (
        f"an aligned {spec['size']} x {spec['size']} crop of a face"
        if spec["kind"] == "aligned"
        else f"a whole picture squeezed to {spec['size']} x {spec['size']}"
    )
    reads = "six facial action units and PSPI" if card["head"] == "action-units" else "PSPI"
    parts = (
        f"# {card['name']} {card['version']}",
        _warning(card),
        f"Reads {reads}, the Prkachin and Solomon Pain Intensity (0 to 16), from {view}. "
        "**Research software, not a medical device.** It scores an expression, not what a person "
        "feels: a low score does not rule pain out.",
        _trained(card),
        _measured(card),
        _sure(card),
        _LIMITS,
        _files(card),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _warning(card: Mapping[str, Any]) -> str:
    overlap = (card["figures"].get("test") or {}).get("overlap")
    caution = card["trained_on"].get("caution") or overlap
    return f"> **{caution}.** Figures here say nothing about new people." if caution else ""


def _trained(card: Mapping[str, Any]) -> str:
    trained = card["trained_on"]
    rows = "\n".join(f"| {name} | {value} |" for name, value in trained.get("settings", {}).items())
    notes = "\n".join(f"- {note}" for note in trained.get("notes", ()))
    seen = len(card["subjects_seen"])
    return "\n\n".join(
        part
        for part in (
            f"## What it was trained on\n\n{trained['words']}",
            f"It has seen {seen:,} subjects, all named in model.json; scoring it on any of them is "
            "refused unless it is asked for, and then marked.",
            f"| | |\n|---|---|\n{rows}" if rows else "",
            notes,
        )
        if part
    )


def _measured(card: Mapping[str, Any]) -> str:
    test = card["figures"].get("test")
    if not test:
        return (
            "## How well it does\n\nNot measured: there was no test part. Use "
            "`wince evaluate` on people it has not seen."
        )
    pooled, mean = test["pooled"], test["subject_mean"]
    rows = "\n".join(
        f"| {title} | {_n(pooled.get(key))} | "
        + " | ".join(_n(test["baselines"][name].get(key)) for name in _BASELINES)
        + f" | {_n(mean.get(key))} |"
        for key, title in _ROWS
    )
    return f"""## How well it does

On {test["frames"]:,} frames of {test["subjects"]} subjects of the test part, all frames together,
beside always saying zero, the mean or the commonest of the training labels; and the mean over
subjects. Intervals and all other figures: evaluation/report.html where the model was trained.

| | model | zero | mean | majority | mean of subjects |
|---|---|---|---|---|---|
{rows}"""


def _sure(card: Mapping[str, Any]) -> str:
    words = card["trained_on"]["calibration"]
    pooled = (card["figures"].get("test") or {}).get("pooled", {})
    covered = pooled.get("coverage")
    held = (
        f" On the test part the interval holds {covered:.1%} of the labels and is "
        f"{_n(pooled['interval_width'], 1)} points wide on average; the calibration error of the "
        f"stated confidence is {_n(pooled['calibration_error'])}."
        if covered is not None
        else ""
    )
    return f"## How sure it is\n\n{words}{held}"


def _files(card: Mapping[str, Any]) -> str:
    export = card["figures"].get("export", {})
    costs = "; ".join(
        f"{name}: MAE {_n(one['mae'])}, PCC {_n(one['pcc'], 4)}, {one['megabytes']:g} MB"
        for name, one in export.get("costs", {}).items()
    )
    where = f" On the {export['held_out']} part: {costs}." if costs else ""
    return (
        "## Files\n\n`model.onnx` gives the score and, as a second output, the share of each cell "
        "of the last grid in it, exact but for the bias; `model.json` holds everything that using "
        f"it needs.{where}"
    )


_LIMITS = """## Limits

- It knows the people, the cameras and the pain of the data above. Error differs by age, dementia,
  skin tone and sex in published systems; measure it by group where the data says the group.
- PSPI is an expression's score. People in real pain often show none; other expressions share its
  actions.
- A face turned, half covered or small can read as action. Closed eyes may be a blink.
- It must not be used for diagnosis, triage, withholding relief, monitoring without a person who
  answers for it, surveillance, or judging whether somebody tells the truth about their pain."""


def _n(value: float | None, digits: int = 3) -> str:
    return "undefined" if value is None else f"{value:.{digits}f}"
