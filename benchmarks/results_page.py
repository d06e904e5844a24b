"""The text of docs/results.md: a section for each archive and each comparison."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import wince
from benchmarks.kept_results import Protocol
from tools.markdown_template import render, table
from wince.evaluation.evaluate import evaluate
from wince.evaluation.predictions import Predictions
from wince.number_format import decimal, whole

TEMPLATE = Path(__file__).parent / "templates" / "results.md"
METRICS = {
    "pcc": "PCC",
    "icc": "ICC(3,1)",
    "ccc": "CCC",
    "mae": "MAE",
    "wmae": "wMAE",
    "auc_1": "AUC ≥ 1",
    "auc_3": "AUC ≥ 3",
    "four_levels_balanced_accuracy": "Balanced accuracy",
}
"""The metrics of an archive's table, with their titles."""
FOLD_METRICS = ("pcc", "icc", "ccc", "mae", "rmse", "auc_1", "auc_2", "auc_3")
SPLITS = {"by-subject": "subject-exclusive", "random-frames": "at random*"}


def archive_section(
    name: str, recipes: Sequence[str], tables: Mapping[tuple[str, str], Predictions]
) -> str:
    """Return the metrics of both recipes on an archive, and how much random frames flatter.

    Args:
        name: The archive.
        recipes: Names of two recipes; the second one is compared with the first.
        tables: Predictions by recipe and split.
    """
    first, second = recipes
    table_of, against = common_frames(tables[second, "by-subject"], tables[first, "by-subject"])
    paired = evaluate(table_of, against=against)
    metrics = {
        (second, "by-subject"): paired["model"]["pooled"],
        (first, "by-subject"): paired["against"]["model"]["pooled"],
    }
    for recipe in recipes:
        random_frames = evaluate(tables[recipe, "random-frames"])
        metrics[recipe, "random-frames"] = random_frames["model"]["pooled"]
    rows = [
        [f"{recipe}, {title}", *cells(metrics[recipe, split])]
        for split, title in SPLITS.items()
        for recipe in recipes
    ]
    rows += [
        [f"always {value}", *cells(paired["baselines"][value]["pooled"])]
        for value in ("zero", "mean")
    ]
    return "\n".join(
        [
            f"## {name}",
            "",
            f"{whole(len(table_of))} frames of {whole(len(table_of.subjects))} subjects, each "
            "scored once by a model that has not seen the subject. With frames at random: the "
            "frames of their test part.",
            "",
            table(("recipe, frames", *METRICS.values()), rows),
            "",
            "\\* subjects overlap: optimistic. These are other test frames than above, and fewer: "
            "15 % of all.",
            "",
            *_recipe_differences(recipes, paired["against"]["difference"]),
            *(_flattery(recipe, metrics) for recipe in recipes),
        ]
    )


def _recipe_differences(recipes: Sequence[str], difference: Mapping[str, Any]) -> list[str]:
    first, second = recipes
    return [
        f"{second.capitalize()} minus {first} on held-out subjects, {METRICS[key]}: "
        f"{_difference(difference, key, '95 % interval ')}."
        for key in ("pcc", "mae")
    ]


def _flattery(recipe: str, metrics: Mapping[tuple[str, str], Mapping[str, float]]) -> str:
    at_random, by_subject = metrics[recipe, "random-frames"], metrics[recipe, "by-subject"]
    return (
        f"Frames at random against held-out subjects, {recipe}: "
        f"PCC {at_random['pcc'] - by_subject['pcc']:+.3f}, "
        f"MAE {at_random['mae'] - by_subject['mae']:+.3f}."
    )


def leave_one_out_section(name: str, protocol: Protocol, path: Path) -> str:
    """Return the metrics of each left-out subject; path: folds.csv."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [
            [row["fold"], row["frames"], *(number(row[key]) for key in FOLD_METRICS)]
            for row in csv.DictReader(file)
        ]
    return "\n".join(
        [
            f"## {name}, leave one subject out",
            "",
            f"The default recipe, {protocol.loso_epochs} epochs.",
            "",
            table(("fold", "frames", *FOLD_METRICS), rows),
            "",
            "The baselines for the same frames are in the archive's first table.",
        ]
    )


def architectures_section(name: str, path: Path) -> str:
    """Return the comparison of the architectures; path: comparison.json."""
    comparison = json.loads(path.read_text("utf-8"))
    rows = [
        [
            row["architecture"],
            *(number(row[key]) for key in ("ccc", "pcc", "mae")),
            whole(row["parameters"]),
            decimal(row["megabytes"], 1),
            decimal(row["milliseconds"], 1),
        ]
        for row in comparison["rows"]
    ]
    columns = ("", "CCC", "PCC", "MAE", "parameters", "MB", "ms an image, one thread")
    return "\n".join(
        [f"## {name}, architectures", "", table(columns, rows), "", comparison["verdict"]]
    )


def methods_section(name: str, protocol: Mapping[str, Any], paths: Sequence[Path]) -> str:
    """Return the comparison of methods and losses on an archive.

    Args:
        name: The archive.
        protocol: The settings that all share, from protocol.json.
        paths: comparison.json of each seed.
    """
    by_seed = [json.loads(path.read_text("utf-8")) for path in paths]
    rows_by_seed = [{row["method"]: row for row in each["rows"]} for each in by_seed]
    names = sorted(rows_by_seed[0], key=lambda method: -_mean(rows_by_seed, method, "ccc"))
    rows = [_method_row(method, rows_by_seed, by_seed[0]["leads"]) for method in names]
    for title, metrics in by_seed[0]["trivial"].items():
        values = [number(metrics[key]) for key in METHOD_METRICS]
        rows.append([f"always {title}" if title != "majority" else "the majority", *values])
    columns = (
        *("", "CCC", "PCC", "MAE", "AUC ≥ 1", "CCC by seed"),
        *("below the first, CCC", "parameters", "ms a face", "hours"),
    )
    return "\n".join(
        [
            f"## {name}, published methods and losses",
            "",
            f"{protocol['size']} x {protocol['size']} pixels, {protocol['epochs']} epochs, "
            f"{protocol['folds']} folds by subject, random weights: a small budget, the same for "
            "all. It says which learns fast from few faces, not which is best with the time and "
            "the weights that its authors had; [training](training.md#cross-validation-and-"
            "comparison) says what each is. Means of two seeds; the first of each seed is compared "
            "with the others on the same frames, with 95 % intervals over subjects.",
            "",
            table(columns, [row + [""] * (len(columns) - len(row)) for row in rows]),
            "",
            *(f"Seed {seed}: {each['verdict']}" for seed, each in enumerate(by_seed)),
        ]
    )


METHOD_METRICS = ("ccc", "pcc", "mae", "auc_1")


def _method_row(
    method: str,
    rows_by_seed: Sequence[Mapping[str, Mapping[str, Any]]],
    leads: Mapping[str, Mapping[str, float]],
) -> list[str]:
    """Return a method's cells: means over seeds, and the first one's lead over it with seed 0."""
    rows = [each[method] for each in rows_by_seed]
    lead = leads.get(method)
    below = (
        f"{decimal(lead['value'])} ({decimal(lead['low'])} to {decimal(lead['high'])})"
        if lead
        else "the first"
    )
    return [
        method,
        *(number(_mean(rows_by_seed, method, key)) for key in METHOD_METRICS),
        " ".join(number(row["ccc"]) for row in rows),
        below,
        whole(rows[0]["parameters"]),
        decimal(rows[0]["milliseconds"], 1),
        decimal(sum(row["hours"] for row in rows), 2),
    ]


def _mean(rows_by_seed: Sequence[Mapping[str, Mapping[str, Any]]], method: str, key: str) -> float:
    """Return the mean of a method's metric over the seeds; what is undefined counts as -1."""
    values = [rows[method][key] for rows in rows_by_seed]
    return float(np.mean([-1.0 if value is None else value for value in values]))


def changes_section(
    name: str, protocol: Protocol, unchanged: Predictions, changed: Mapping[str, Predictions]
) -> str:
    """Return the metrics of the default recipe with one part changed at a time.

    Args:
        name: The archive.
        protocol: Settings.
        unchanged: Predictions of the recipe as it is.
        changed: Predictions by the title of the change.
    """
    rows = []
    for title, predictions in changed.items():
        predictions, same_frames = common_frames(predictions, unchanged)
        result = evaluate(predictions, against=same_frames)
        pooled, difference = result["model"]["pooled"], result["against"]["difference"]
        rows.append(
            [
                title,
                *(number(pooled[key]) for key in ("pcc", "mae")),
                *(_difference(difference, key) for key in ("pcc", "mae")),
            ]
        )
    return "\n".join(
        [
            f"## {name}, what each part of the default recipe adds",
            "",
            "The recipe with one part changed, on the first "
            f"{protocol.without_folds} of the same {protocol.folds} folds. The differences are to "
            "the recipe as it is, on the same frames, with 95 % intervals from resampling "
            "subjects.",
            "",
            table(("changed to", "PCC", "MAE", "PCC, difference", "MAE, difference"), rows),
        ]
    )


def page(
    sections: Sequence[str],
    protocol: Protocol,
    hours: Mapping[str, float],
    command: str,
    missing: Sequence[str],
) -> str:
    """Return the whole page.

    Args:
        sections: The sections so far.
        protocol: Settings.
        hours: Hours by step.
        command: The command that writes the page.
        missing: Titles of the sections that are not measured yet.
    """
    rows = [[step, decimal(spent, 2)] for step, spent in hours.items()]
    rows.append(["all", decimal(sum(hours.values()), 2)])
    return render(
        TEMPLATE,
        {},
        command=command,
        version=wince.__version__,
        protocol=protocol,
        sections=sections,
        missing=missing,
        hours=table(("step", "hours"), rows),
    )


def common_frames(first: Predictions, second: Predictions) -> tuple[Predictions, Predictions]:
    """Return two tables reduced to the frames that both have; in some no face was found."""

    def keys(predictions: Predictions) -> list[tuple[str, str]]:
        names = np.array(predictions.sequences)[predictions.sequence]
        return list(zip(names.tolist(), predictions.frame.tolist(), strict=True))

    shared = set(keys(first)) & set(keys(second))

    def reduced(predictions: Predictions) -> Predictions:
        return predictions.take(np.flatnonzero([key in shared for key in keys(predictions)]))

    return reduced(first), reduced(second)


def cells(metrics: Mapping[str, float]) -> list[str]:
    """Return the metrics of an archive's table as cells."""
    return [number(metrics[key]) for key in METRICS]


def number(value: float | str | None) -> str:
    """Return a metric with three decimals; None and an empty cell of a CSV file are undefined."""
    return decimal(None if value is None or value == "" else float(value))


def _difference(difference: Mapping[str, Any], key: str, prefix: str = "") -> str:
    low, high = difference["pooled_interval"][key]
    return f"{difference['pooled'][key]:+.3f} ({prefix}{low:+.3f} to {high:+.3f})"
