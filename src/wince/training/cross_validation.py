"""Cross-validation by subject: a run for each fold, then one table and one evaluation of all.

OUT/fold-1/ ...      a run folder for each fold, without checkpoints once it is finished
OUT/predictions.csv  every frame once, scored by the model that has not seen its subject
OUT/folds.csv        metrics of each fold and of all frames, and their means
OUT/evaluation/      metrics.json, report.html
OUT/seed-K/ ...      the same with a further seed; OUT/seeds.json, see `seed_summary`
OUT/record.json      how all of it was made, see `run_record`
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wince import file_names
from wince.evaluation import run_record, seed_summary
from wince.evaluation.all_metrics import auc_metrics, error_metrics
from wince.evaluation.arrays import Floats
from wince.evaluation.bootstrap import estimate_metric
from wince.evaluation.evaluate import evaluate
from wince.evaluation.predictions import Predictions
from wince.evaluation.report.result_files import write_results
from wince.evaluation.seed_summary import METRICS, SeedSummary
from wince.files import write_text
from wince.training import cluster_folds, fold_runs, seed_runs
from wince.training.data import folds as splits
from wince.training.data.folds import Split
from wince.training.data.prepared import ModelData, manifest_sha256, open_data
from wince.training.data.unscorable import Unscorable
from wince.training.export import model_card, model_manifest
from wince.training.fitting import launch, run_config
from wince.training.fitting.run_settings import Settings
from wince.training.fold_runs import FoldProtocol, TrainFold
from wince.training.networks import initial_weights
from wince.training.predictions import prediction_table
from wince.training.predictions.cross_fitted import cross_fitted
from wince.training.run import Reporter, Run

FOLDS = "folds.csv"
POOLED, MEAN, BY_SUBJECT = "all frames", "mean of folds", "mean of subjects"


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """A finished cross-validation.

    Attributes:
        folder: Its folder.
        rows: Rows of folds.csv by column; undefined values are NaN.
        metrics: Evaluation of all predictions together.
        predictions: All predictions, None in helper processes.
        fold_labels: The labels that each fold's model was trained on, by name of the fold.
        is_main: False in the helper processes of a training on several devices; they have no
            results.
        seeds: Means and standard deviations over seeds and folds; None for one seed.
    """

    folder: Path
    rows: tuple[Mapping[str, Any], ...]
    metrics: Mapping[str, Any]
    predictions: Predictions | None
    fold_labels: Mapping[str, Floats]
    is_main: bool = True
    seeds: SeedSummary | None = None


def cross_validate(
    prepared_folder: Path,
    out: Path,
    settings: Settings,
    *,
    folds: str = "5",
    first: int | None = None,
    seeds: int = 1,
    cluster: str | None = None,
    reporter: Reporter | None = None,
) -> CrossValidation:
    """Train and test a model on each fold of a prepared folder.

    When the same call is made again, finished folds are kept and an unfinished one is continued.

    Args:
        prepared_folder: A folder that `wince prepare` wrote.
        out: Where all is written.
        settings: Settings of each run.
        folds: A number of folds, or "loso" to leave one subject out at a time.
        first: Train only this many of the folds, None for all.
        seeds: Number of seeds, from that of `settings` on. All have the folds of the first.
        cluster: Address of the Dask scheduler whose workers train the folds; None for this process.
        reporter: Where progress is reported.

    Raises:
        DataError: There are too few subjects, or a fold has nothing to learn.
        ModelError: `out` has another cross-validation.
        FileWriteError: A file cannot be written.
        ClusterError: The cluster does not answer, or its workers cannot be used.
    """
    launch.check(settings.devices)
    settings = next(
        (
            run_config.resumed(settings, path.parent)
            for path in out.glob(f"fold-*/{file_names.CONFIG}")
        ),
        settings,
    )
    data = open_data(prepared_folder, settings.spec)
    settings = settings.for_scale(data.prepared.scale)
    reporter = reporter or Reporter()
    starts = None
    if cluster is not None:
        fold_set = cluster_folds.FoldSet("", data, out, settings, fold_runs.NETWORK_FOLD)
        starts = cluster_folds.train(
            cluster, out, [fold_set], folds, first, seeds=seeds, reporter=reporter
        )
    return cross_validate_data(
        data, out, settings, folds, first, reporter, seeds=seeds, starts=starts
    )


def cross_validate_data(
    data: ModelData,
    out: Path,
    settings: Settings,
    folds: str,
    first: int | None,
    reporter: Reporter,
    train_fold: TrainFold = fold_runs.NETWORK_FOLD,
    *,
    seeds: int = 1,
    part: bool = False,
    starts: Mapping[Path, run_record.Start] | None = None,
) -> CrossValidation:
    """Train and test a model on each fold of prepared data, as `cross_validate` does.

    Args:
        data: The prepared data.
        out: As for `cross_validate`.
        settings: As for `cross_validate`.
        folds: As for `cross_validate`.
        first: As for `cross_validate`.
        reporter: Where progress is reported.
        train_fold: Trains a model on one fold and returns its run.
        seeds: As for `cross_validate`.
        part: Whether it is a part of a comparison.
        starts: The beginning of each seed by its folder, if a cluster has trained its folds.
    """
    protocol = fold_runs.make_protocol(data.frames, folds, first, settings.seed)

    def validate(seed: int, folder: Path, reporter: Reporter) -> CrossValidation:
        seed_settings = replace(settings, seed=seed)
        is_part = part or seed != settings.seed
        start = (starts or {}).get(folder)
        return _validate(
            data, folder, seed_settings, protocol, reporter, train_fold, is_part, start
        )

    by_seed, folders = seed_runs.repeat(out, settings.seed, seeds, reporter, validate)
    validated = by_seed[settings.seed]
    if seeds == 1 or not validated.is_main:
        return validated
    count = len(protocol.chosen)
    summary = seed_summary.summarise(
        folders,
        {seed: each.rows[count] for seed, each in by_seed.items()},
        {seed: each.rows[:count] for seed, each in by_seed.items()},
        caution=validated.metrics["overlap"]["label"] or "",
    )
    seed_summary.write(summary, out, validated.metrics)
    run_record.state_command(out / file_names.RECORD)
    return replace(validated, seeds=summary)


def _validate(
    data: ModelData,
    out: Path,
    settings: Settings,
    protocol: FoldProtocol,
    reporter: Reporter,
    train_fold: TrainFold,
    part: bool,
    start: run_record.Start | None,
) -> CrossValidation:
    """Train and test a model on each fold with one seed, as `cross_validate_data` does."""
    chosen = protocol.chosen
    start = start or fold_runs.begin(data.frames, out, protocol)
    runs = []
    for number, fold in enumerate(chosen, start=1):
        reporter.message(f"Fold {fold.name} ({number} of {len(chosen)}): {_sizes(fold)}.")
        run = out / fold_runs.folder_name(fold)
        with launch.locked(run):  # a worker of a cluster may still train it for an earlier command
            runs.append(train_fold(data, fold, settings, run, _for_fold(reporter, fold)))
    if not all(run.is_main for run in runs):
        return CrossValidation(out, (), {}, None, {}, is_main=False)
    about = _about(data, chosen, len(protocol.every_fold), runs[0])
    labels = {fold.name: splits.training_labels(data.frames, fold.train).pspi for fold in chosen}
    without_fold = set(data.unscorable.frames.subject.tolist()) - set(data.frames.subject.tolist())
    unscorable = data.unscorable.of_subjects(without_fold)
    validated = _evaluate_all(out, labels, runs, unscorable, about)
    hashes = {
        "manifest": manifest_sha256(data.prepared),
        "split": splits.sha256_of_folds(chosen, data.frames),
        "initial weights": initial_weights.sha256(settings.init),
    }
    frames = run_record.data_record(
        data.prepared.folder,
        [settings.spec],
        kind="folds",
        folds=protocol.folds,
        first=protocol.first,
        seed=protocol.seed,
    )
    seeds = {"folds and training": settings.seed}
    if settings.seed != protocol.seed:
        seeds = {"folds": protocol.seed, "training": settings.seed}
    run_record.finish(start, seeds, hashes, data=frames, part=part)
    return validated


def _for_fold(reporter: Reporter, fold: Split) -> Reporter:
    """Return a reporter that names the fold in its progress."""

    def progress(step: str, done: int, total: int) -> None:
        reporter.progress(f"Fold {fold.name}: {step}", done, total)

    return replace(reporter, progress=progress)


def _evaluate_all(
    out: Path,
    fold_labels: Mapping[str, Floats],
    runs: Sequence[Run],
    unscorable: Unscorable,
    about: Sequence[str],
) -> CrossValidation:
    """Merge the folds' predictions; write predictions.csv, evaluation/ and folds.csv.

    Each fold is calibrated on the scores of the other folds.

    Args:
        out: The folder of the cross-validation.
        fold_labels: The labels that each fold's model was trained on, by name of the fold.
        runs: The runs of the folds.
        unscorable: Labelled frames of subjects of whom no frame can be scored. They are in no fold.
        about: Sentences on the model and the data.
    """
    tables = [run.predictions for run in runs if run.predictions]
    if len(unscorable):
        tables.append(prediction_table.without_scores(tables[0], unscorable))
    columns = cross_fitted(prediction_table.concatenate(tables))
    predictions = prediction_table.write(out / file_names.PREDICTIONS, columns)
    metrics = evaluate(predictions, fold_labels=fold_labels, about=about)
    write_results(metrics, predictions, out / file_names.EVALUATION)
    rows = _rows(predictions, list(fold_labels))
    _write_table(out / FOLDS, rows, metrics["overlap"]["label"])
    return CrossValidation(out, tuple(rows), metrics, predictions, fold_labels)


def _rows(predictions: Predictions, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each fold, one for all frames, and the means of folds and of subjects."""
    assert predictions.fold is not None
    folds = [_row(name, _of_fold(predictions, name)) for name in names]
    no_counts = {"subjects": None, "frames": None, "not_scored": None}
    mean: dict[str, Any] = {"fold": MEAN, **no_counts}
    by_subject: dict[str, Any] = {"fold": BY_SUBJECT, **no_counts}
    metrics = {
        metric.key: metric for metric in (*error_metrics(predictions), *auc_metrics(predictions))
    }
    no_resamples = np.empty((0, len(predictions.subjects)))
    for key in (key for key in METRICS if key in metrics):
        defined = [row[key] for row in folds if row[key] == row[key]]
        mean[key] = float(np.mean(defined)) if defined else float("nan")
        by_subject[key] = estimate_metric(metrics[key], no_resamples).subject_mean
    return [*folds, _row(POOLED, predictions), mean, by_subject]


def _of_fold(predictions: Predictions, name: str) -> Predictions:
    """Return the predictions of a fold, with its frames that have none."""
    rows = np.flatnonzero(predictions.fold == name)
    return replace(predictions.take(rows), unscored=predictions.unscored.where("fold", name))


def _row(name: str, predictions: Predictions) -> dict[str, Any]:
    no_resamples = np.empty((0, len(predictions.subjects)))
    metrics = {
        metric.key: metric for metric in (*error_metrics(predictions), *auc_metrics(predictions))
    }
    return {
        "fold": name,
        "subjects": len(predictions.subjects),
        "frames": len(predictions),
        "not_scored": len(predictions.unscored),
        **{
            key: estimate_metric(metrics[key], no_resamples).pooled
            for key in METRICS
            if key in metrics
        },
    }


def _write_table(path: Path, rows: Sequence[Mapping[str, Any]], caution: str | None) -> None:
    """Write folds.csv; with a caution, each row has it in the column `protocol`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*rows[0], *(["protocol"] if caution else [])])
    for row in rows:
        cells = ["" if value is None or value != value else value for value in row.values()]
        writer.writerow([*cells, *([caution] if caution else [])])
    write_text(path, text.getvalue())


def _about(data: ModelData, chosen: Sequence[Split], count: int, run: Run) -> list[str]:
    """Return what the report states about a cross-validation; the settings are the first run's."""
    prepared = data.prepared
    only = "" if len(chosen) == count else f" Only {len(chosen)} of the {count} folds are here."
    return [
        _about_model(run.folder),
        f"Protocol: {chosen[0].protocol}; each model is tested on the subjects of its fold and "
        f"was trained on others. The subjects of the other folds calibrate it.{only}",
        f"Measured on: {prepared.folder.resolve().name} ({prepared.provenance}).",
    ]


def _about_model(run: Path) -> str:
    """Return what the models of the folds are, in a sentence."""
    if not (run / file_names.MODEL_MANIFEST).is_file():
        return f"A model for each fold: {run_config.read(run)['architecture']}."
    about = model_card.about(model_manifest.read(run))
    return about[0].replace("The model:", "A model for each fold:")


def _sizes(fold: Split) -> str:
    return (
        f"{len(fold.train):,} frames to train on, {len(fold.validation):,} to validate on, "
        f"{len(fold.test):,} to test on"
    )
