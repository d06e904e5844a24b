"""The text of docs/results.md: a section for each archive and each comparison."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

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
COVERAGE = "coverage"
TRIVIAL = ("zero", "mean")


class About(NamedTuple):
    """What an archive is.

    Attributes:
        title: Its name with what its labels are.
        description: What must be known of it, in sentences.
    """

    title: str
    description: str


ABOUT = {
    "synthetic": About(
        "synthetic: rendered faces, labels of the renderer",
        "Twelve rendered people, four sequences each. The labels are those that the faces were "
        "rendered with, so they are exact, but they are not FACS codes.",
    ),
    "rated": About(
        "rated: photographs rated by a multimodal language model, two passes, one rater",
        "Photographs of faces from a public collection. A multimodal language model rated the six "
        "action units by their FACS descriptions, in two passes; the label is the mean of both. "
        "The passes agree with ICC(3,1) .83 on PSPI. Both are of one rater, so this is "
        "repeatability and no validity: nobody trained in FACS has seen these labels.",
    ),
}
"""The archives of the page by name."""
FOLD_METRICS = ("pcc", "icc", "ccc", "mae", "rmse", "auc_1", "auc_2", "auc_3")
FOLD_TITLES = ("PCC", "ICC(3,1)", "CCC", "MAE", "RMSE", "AUC ≥ 1", "AUC ≥ 2", "AUC ≥ 3")
SPLITS = {"by-subject": "subject-exclusive", "random-frames": "at random*"}


def archive_section(
    name: str,
    protocol: Protocol,
    recipes: Sequence[str],
    tables: Mapping[tuple[str, str], Predictions],
) -> str:
    """Return the metrics of both recipes on an archive, and how much random frames flatter.

    Args:
        name: The archive.
        protocol: Settings.
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
    baselines = {"by-subject": paired["baselines"]}
    for recipe in recipes:
        random_frames = evaluate(tables[recipe, "random-frames"])
        metrics[recipe, "random-frames"] = random_frames["model"]["pooled"]
        baselines["random-frames"] = random_frames["baselines"]
    rows = []
    for split, title in SPLITS.items():
        rows += [[f"{each}, {title}", *cells(metrics[each, split])] for each in recipes]
        rows += [
            [f"always {value}, {title}", *cells(baselines[split][value]["pooled"])]
            for value in TRIVIAL
        ]
    return "\n".join(
        [
            f"## {ABOUT[name].title}",
            "",
            ABOUT[name].description,
            "",
            f"{whole(len(table_of))} frames of {whole(len(table_of.subjects))} subjects, each "
            "scored once by a model that has not seen the subject. With frames at random: the "
            f"{whole(len(tables[second, 'random-frames']))} frames of their test part, other "
            "frames and fewer.",
            "",
            EQUAL_EPOCHS.format(epochs=protocol.epochs),
            "",
            table(("recipe, frames", *METRICS.values(), "in the 90 % interval"), rows),
            "",
            '\\* subjects overlap: optimistic. "Always mean" is the mean label of the other folds. '
            "It differs a little between folds, which gives it a correlation.",
            "",
            *_recipe_differences(recipes, paired["against"]["difference"]),
            *(_flattery(recipe, metrics) for recipe in recipes),
        ]
    )


EQUAL_EPOCHS = (
    "Both recipes have {epochs} epochs. The report asks for up to 50 at a low rate, so this is "
    "a comparison at one small budget, not of what each reaches in its own time."
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


def leave_one_out_section(
    name: str, protocol: Protocol, path: Path, same_frames: Predictions
) -> str:
    """Return the metrics of each left-out subject.

    Args:
        name: The archive.
        protocol: Settings.
        path: folds.csv.
        same_frames: Predictions of any model for the same frames, for the trivial rows.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = [
            [row["fold"], row["frames"], *(number(row[key]) for key in FOLD_METRICS)]
            for row in csv.DictReader(file)
            if row["fold"] != "mean of folds"  # a fold is a subject
        ]
    for value, pooled in leave_one_out_baselines(same_frames).items():
        rows.append(
            [f"always {value}, all frames", "", *(number(pooled[key]) for key in FOLD_METRICS)]
        )
    return "\n".join(
        [
            f"## {name}, leave one subject out",
            "",
            f"The default recipe with {protocol.loso_epochs} epochs, where the tables above have "
            f"{protocol.epochs}. So a lower metric here does not mean that leaving one subject out "
            "is harder. Intervals were not kept, so their coverage is not known.",
            "",
            table(("fold", "frames", *FOLD_TITLES), rows),
        ]
    )


def leave_one_out_baselines(predictions: Predictions) -> dict[str, Mapping[str, float]]:
    """Return the metrics of always zero, and of the mean label of the other subjects."""
    names = np.array(predictions.subjects)[predictions.subject]
    baselines = evaluate(replace(predictions, fold=names), resamples=0)["baselines"]
    return {value: baselines[value]["pooled"] for value in TRIVIAL}


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
    columns = (
        *("changed to", "PCC", "MAE", "PCC, difference", "MAE, difference"),
        "in the 90 % interval",
    )
    rows = []
    unchanged_part = unchanged
    for title, predictions in changed.items():
        predictions, unchanged_part = common_frames(predictions, unchanged)
        result = evaluate(predictions, against=unchanged_part)
        pooled, difference = result["model"]["pooled"], result["against"]["difference"]
        rows.append(
            [
                title,
                *(number(pooled[key]) for key in ("pcc", "mae")),
                *(_difference(difference, key) for key in ("pcc", "mae")),
                number(pooled[COVERAGE]),
            ]
        )
    result = evaluate(unchanged_part)
    pooled = result["model"]["pooled"]
    values = (number(pooled["pcc"]), number(pooled["mae"]))
    rows.insert(0, ["nothing", *values, "", "", number(pooled[COVERAGE])])
    for value in TRIVIAL:
        pooled = result["baselines"][value]["pooled"]
        rows.append([f"always {value}", number(pooled["pcc"]), number(pooled["mae"]), "", "", ""])
    return "\n".join(
        [
            f"## {name}, what each part of the default recipe adds",
            "",
            "The recipe with one part changed, on the first "
            f"{protocol.without_folds} of the same {protocol.folds} folds. The differences are to "
            "the recipe as it is, on the same frames, with 95 % intervals from resampling "
            f"subjects. Of {2 * len(changed)} such intervals about one misses 0 by chance, so one "
            "that barely misses it shows nothing. Each change was trained once, with one seed, "
            "and other random numbers alone change a result too.",
            "",
            table(columns, rows),
        ]
    )


def page(
    sections: Sequence[str],
    protocol: Protocol,
    hours: Mapping[str, float],
    command: str,
    missing: Sequence[str],
    time_baselines: Mapping[str, Mapping[str, float]],
) -> str:
    """Return the whole page.

    Args:
        sections: The sections so far.
        protocol: Settings.
        hours: Hours by step.
        command: The command that writes the page.
        missing: Titles of the sections that are not measured yet.
        time_baselines: Metrics of the trivial predictors for the frames of the models of time.
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
        time_baselines=time_baselines,
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
    return [number(metrics.get(key)) for key in (*METRICS, COVERAGE)]


def number(value: float | str | None) -> str:
    """Return a metric with three decimals; None and an empty cell of a CSV file are undefined."""
    return decimal(None if value is None or value == "" else float(value))


def _difference(difference: Mapping[str, Any], key: str, prefix: str = "") -> str:
    low, high = difference["pooled_interval"][key]
    return f"{difference['pooled'][key]:+.3f} ({prefix}{low:+.3f} to {high:+.3f})"
