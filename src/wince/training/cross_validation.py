"""Cross-validation by subject: a run for each fold, and one table and one evaluation of them all.

OUT/fold-1/ ...      each a run folder, without checkpoints once it is finished
OUT/predictions.csv  every frame once, scored by the model that has not seen its subject
OUT/folds.csv        figures of each fold, of all frames together, and means
OUT/evaluation/      metrics.json, report.html
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wince.errors import ModelError
from wince.evaluation.bootstrap import estimate
from wince.evaluation.evaluate import evaluate
from wince.evaluation.metrics import auc_metrics, error_metrics
from wince.evaluation.prediction_files import read_predictions
from wince.evaluation.predictions import Predictions
from wince.evaluation.result_files import write_results
from wince.training import checkpoints, model_card, predictions
from wince.training import folds as parts
from wince.training.folder import Loaded, open_folder
from wince.training.folds import Parts
from wince.training.package import EVALUATION, PREDICTIONS
from wince.training.run import Run, Watch, train_parts
from wince.training.run_settings import CONFIG, Settings

FOLDS = "folds.csv"
FIGURES = ("mae", "rmse", "wmae", "pcc", "icc", "ccc", "auc_1", "auc_2", "auc_3")
POOLED, MEAN, BY_SUBJECT = "all frames", "mean of folds", "mean of subjects"


@dataclass(frozen=True, slots=True)
class Validated:
    """A finished cross-validation.

    rows: folds.csv, a mapping by column; undefined is NaN. metrics: of all predictions together.
    main: False in the helper processes of a training on several devices, which have nothing.
    """

    folder: Path
    rows: tuple[Mapping[str, Any], ...]
    metrics: Mapping[str, Any]
    main: bool = True


def cross_validate(
    folder: Path,
    out: Path,
    settings: Settings,
    *,
    folds: str = "5",
    first: int | None = None,
    watch: Watch | None = None,
) -> Validated:
    """Train and test a model on each fold of a prepared folder.

    folds: how many, or "loso". first: only so many of them, for a quick look. Finished folds are
    kept when the same call is made again, and an unfinished one goes on.

    Raises DataError for too few subjects or a fold that has nothing to learn, and ModelError when
    `out` holds another cross-validation.
    """
    watch = watch or Watch()
    loaded = open_folder(folder, settings.spec)
    every = parts.folds(loaded.frames, folds, settings.seed)
    chosen = every[:first]
    for fold in chosen:  # better said now than after hours
        parts.check(fold, loaded.frames)
    _claim(out, folds, first)
    runs = []
    for number, fold in enumerate(chosen, start=1):
        watch.tell(f"Fold {fold.name} ({number} of {len(chosen)}): {_in_words(fold)}.")
        own = replace(
            watch,
            progress=lambda what, done, total, n=fold.name: watch.progress(  # type: ignore[misc]  # a default binds the name
                f"Fold {n}: {what}", done, total
            ),
        )
        runs.append(train_parts(loaded, fold, settings, out / place(fold), own, lean=True))
    if not all(run.main for run in runs):
        return Validated(out, (), {}, main=False)
    return _merged(out, chosen, runs, _about(loaded, chosen, len(every), runs[0].folder))


def place(fold: Parts) -> str:
    """Return the folder of a fold below the cross-validation's."""
    return "fold-" + re.sub(r"[^A-Za-z0-9_-]+", "_", fold.name)


def _merged(
    out: Path, folds: Sequence[Parts], runs: Sequence[Run], about: Sequence[str]
) -> Validated:
    tables = [predictions.read(run.folder / PREDICTIONS) for run in runs]
    predictions.write(out / PREDICTIONS, predictions.joined(tables))
    table = read_predictions(out / PREDICTIONS)
    metrics = evaluate(table, about=about)
    write_results(metrics, table, out / EVALUATION)
    rows = _rows(table, [fold.name for fold in folds])
    _write(out / FOLDS, rows, metrics["overlap"]["label"])
    return Validated(out, tuple(rows), metrics)


def _rows(table: Predictions, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each fold, then all frames together, the mean of folds and of subjects."""
    assert table.fold is not None
    folds = [_row(name, table.take(np.flatnonzero(table.fold == name))) for name in names]
    mean: dict[str, Any] = {"fold": MEAN, "subjects": None, "frames": None}
    by_subject: dict[str, Any] = {"fold": BY_SUBJECT, "subjects": None, "frames": None}
    found = {one.key: one for one in (*error_metrics(table), *auc_metrics(table))}
    none = np.empty((0, len(table.subjects)))
    for key in FIGURES:
        known = [row[key] for row in folds if row[key] == row[key]]
        mean[key] = float(np.mean(known)) if known else float("nan")
        by_subject[key] = estimate(found[key], none).subject_mean
    return [*folds, _row(POOLED, table), mean, by_subject]


def _row(name: str, table: Predictions) -> dict[str, Any]:
    none = np.empty((0, len(table.subjects)))
    found = {one.key: one for one in (*error_metrics(table), *auc_metrics(table))}
    return {
        "fold": name,
        "subjects": len(table.subjects),
        "frames": len(table),
        **{key: estimate(found[key], none).pooled for key in FIGURES},
    }


def _write(path: Path, rows: Sequence[Mapping[str, Any]], caution: str | None) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*rows[0], *(["protocol"] if caution else [])])
    for row in rows:
        cells = [
            "" if value is None or value != value else f"{value:.5g}" if key in FIGURES else value
            for key, value in row.items()
        ]
        writer.writerow([*cells, *([caution] if caution else [])])
    checkpoints.write_text(path, text.getvalue())


def _claim(out: Path, folds: str, first: int | None) -> None:
    """Make a folder this cross-validation's own; each fold's run checks the other settings."""
    path = out / CONFIG
    wanted = {"folds": folds, "first": first}
    if not path.is_file():
        checkpoints.write_json(path, wanted)
        return
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Give another --out.") from error
    if found.get("folds") != folds:
        raise ModelError(
            f"{out} holds something else (folds: {found.get('folds', 'none, a single run')}; now "
            f"{folds}). Give another --out."
        )


def _about(loaded: Loaded, chosen: Sequence[Parts], every: int, run: Path) -> list[str]:
    """Return what the report says of a cross-validation, its settings from the first fold's run."""
    of_first = json.loads((run / "model.json").read_text("utf-8"))
    folder = loaded.prepared
    few = "" if len(chosen) == every else f" Only {len(chosen)} of the {every} folds are here."
    return [
        model_card.about(of_first)[0].replace("The model:", "A model for each fold:"),
        f"Protocol: {chosen[0].protocol}; each model is tested on the subjects of its fold, and "
        f"was trained on others.{few}",
        f"Measured on: {folder.folder.resolve().name}, prepared from an archive of the layout "
        f"{folder.report['archive']['title']}.",
    ]


def _in_words(fold: Parts) -> str:
    return (
        f"{len(fold.train):,} frames to train on, {len(fold.validation):,} to choose by, "
        f"{len(fold.test):,} to test on"
    )
