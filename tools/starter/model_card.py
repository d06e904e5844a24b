"""MODEL_CARD.md of the packaged model; every measured number comes from its model.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.markdown_template import render, table
from tools.starter.score_metrics import GRIMACE
from wince import file_names, scale
from wince.files import write_text
from wince.number_format import UNDEFINED, decimal, whole

TEMPLATE = Path(__file__).parent / "templates" / file_names.MODEL_CARD
_METRICS = {"pcc": "PCC", "mae": "MAE", "auc_at_4": "AUC >= 4", "auc_at_6": "AUC >= 6"}
_GROUPS = {
    "neutral": "labelled neutral, picked by expression",
    "happiness": "smiles, picked by expression",
    "grimaces": f"rated {GRIMACE:g} or more",
    "severe": "rated severe",
}


def write(folder: Path) -> None:
    """Write MODEL_CARD.md from the model.json of a folder."""
    manifest = json.loads((folder / file_names.MODEL_MANIFEST).read_text("utf-8"))
    write_text(folder / file_names.MODEL_CARD, text(manifest))


def text(manifest: Mapping[str, Any]) -> str:
    """Return the model card as Markdown.

    Args:
        manifest: The contents of model.json.
    """
    figures = manifest["figures"]
    knots = manifest["calibration"]["score_map"]
    return render(
        TEMPLATE,
        {"fraction": fraction, "percent": percent, "signed": _signed},
        name=manifest["name"],
        version=manifest["version"],
        size=manifest["face_spec"]["size"],
        trained=manifest["trained_on"],
        figures=figures,
        every=figures["all"],
        beside=figures["beside_the_rater"],
        fresh=figures.get("beside_a_fresh_rating"),
        smiles=figures["grimaces_against_smiles"],
        grimace=GRIMACE,
        certainty=figures["calibration"],
        severe=figures["levels"].get("severe"),
        grey=figures["grey"],
        other=figures.get("another_archive"),
        knots={
            "raw": ", ".join(f"{value:.3g}" for value in knots["raw"]),
            "pspi": ", ".join(f"{value:g}" for value in knots["pspi"]),
            "knee": f"{knots['raw'][1]:.3g}",
        },
        subject_coverage=figures["coverage_mean_of_subjects"],
        calibrated_subjects=manifest["calibration"]["subjects"],
        shift=manifest["calibration"]["shift"],
        coverage=_coverage(figures["coverage_by_level"]),
        better_than_prior=all(
            fold["brier"] < fold["brier_of_prior"] and fold["rps"] < fold["rps_of_prior"]
            for fold in figures["folds"]
        ),
        export_pcc=", ".join(
            f"{precision} {fraction(pcc, 4)}" for precision, pcc in figures["export"]["pcc"].items()
        ),
        tables=_tables(figures),
    )


def fraction(value: float | None, digits: int = 3) -> str:
    """Return a number below 1 the way the field prints it, without the leading zero."""
    return decimal(value, digits).removeprefix("0")


def percent(share: float, digits: int) -> str:
    """Return a share as a percentage, such as "89.8%"."""
    return f"{share:.{digits}%}"


def _signed(error: float | None) -> str:
    """Return a mean error in words, such as "0.49 points too low"."""
    if error is None:
        return UNDEFINED
    return f"{abs(error):.2f} points too {'low' if error < 0 else 'high'}"


def _coverage(levels: Mapping[str, Mapping[str, float]]) -> str:
    return ", ".join(
        f"{row['coverage']:.0%} of {name} ({row['faces']:g} faces)" for name, row in levels.items()
    )


def _tables(figures: Mapping[str, Any]) -> dict[str, str]:
    beside, fresh = figures["beside_the_rater"], figures.get("beside_a_fresh_rating")
    rater = {"the rater's other pass": beside["rater"], "this model": beside["model"]}
    return {
        "overall": _overall_table(figures),
        "folds": _folds_table(figures["folds"]),
        "units": table(
            ("", *scale.UNIT_NAMES),
            [["PCC", *(fraction(figures["action_units_pcc"][n], 2) for n in scale.UNIT_NAMES)]],
        ),
        "rater": _rater_table(rater),
        "fresh": _fresh_table(fresh) if fresh else "",
        "levels": _levels_table(figures["levels"]),
        "conditions": _conditions_table(figures["worse_conditions"]),
    }


def _overall_table(figures: Mapping[str, Any]) -> str:
    always_mean, picked = figures["always_mean"], figures["picked_by_expression"]
    rows = {
        "ridge regression on landmarks and blendshapes": figures["landmark_ridge"],
        "**this model**": figures["all"],
        f"this model, the {whole(picked['faces'])} faces picked by expression": picked,
    }
    return table(
        ("", "PCC", "MAE", "AUC, PSPI >= 4", "AUC, PSPI >= 6"),
        [
            [
                "always the mean of the other folds",
                *(UNDEFINED, decimal(always_mean["mae"], 2), ".500", ".500"),
            ],
            *([name, *_cells_with_spread(metrics)] for name, metrics in rows.items()),
        ],
    )


def _folds_table(folds: list[Mapping[str, Any]]) -> str:
    return table(
        (
            *("fold", "faces", *_METRICS.values(), "in the 90 % interval"),
            *("Brier (constant prior)", "RPS (constant prior)"),
        ),
        (
            (
                str(number),
                str(fold["faces"]),
                *_cells(fold),
                percent(fold["interval_coverage"], 1),
                f"{fraction(fold['brier'])} ({fraction(fold['brier_of_prior'])})",
                f"{fraction(fold['rps'])} ({fraction(fold['rps_of_prior'])})",
            )
            for number, fold in enumerate(folds, 1)
        ),
    )


def _fresh_table(fresh: Mapping[str, Any]) -> str:
    return _rater_table(
        {
            "the third rating": fresh["fresh"],
            "this model": fresh["model"],
            "this model, against the mean of all three": fresh["model_against_all_three"],
        }
    )


def _rater_table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the metrics on PSPI and the PCC of each action unit, a row for each name."""
    return table(
        ("", *_METRICS.values(), *(f"{unit} PCC" for unit in scale.UNIT_NAMES)),
        (
            (name, *_cells(metrics), *(fraction(metrics[unit], 2) for unit in scale.UNIT_NAMES))
            for name, metrics in rows.items()
        ),
    )


def _levels_table(groups: Mapping[str, Mapping[str, Any]]) -> str:
    levels = [str(level) for level in scale.LEVELS]
    return table(
        ("", *levels),
        (
            (f"{_GROUPS[name]} ({row['faces']})", *(percent(row[level], 1) for level in levels))
            for name, row in groups.items()
        ),
    )


def _conditions_table(conditions: list[Mapping[str, Any]]) -> str:
    return table(
        ("", "faces", *_METRICS.values(), "mean change of the score"),
        (
            (
                row["condition"],
                str(row["faces"]),
                *_cells(row),
                f"{row['shift']:+.2f}" if "shift" in row else "",
            )
            for row in conditions
        ),
    )


def _cells(metrics: Mapping[str, Any]) -> list[str]:
    return [
        decimal(metrics[name], 2) if name == "mae" else fraction(metrics[name]) for name in _METRICS
    ]


def _cells_with_spread(metrics: Mapping[str, Any]) -> list[str]:
    """Return the cells, each with ± its standard deviation over the folds where there is one."""
    return [
        cell + (f" ± {fraction(metrics[key])}" if (key := f"{name}_spread") in metrics else "")
        for name, cell in zip(_METRICS, _cells(metrics), strict=True)
    ]
