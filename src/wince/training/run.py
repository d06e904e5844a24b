"""A run: training in one folder, resumed after a kill, that ends with a model to serve.

config.json          data and settings; the same command in the same folder continues the run
history.csv, .png    loss, MAE and accuracy by epoch
checkpoints/         last.ckpt to continue from, best.ckpt by the recipe's metric
...                  the model, see `model_folder`
record.json          how the run was made, see `run_record`
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from wince import file_names
from wince.evaluation import run_record
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_files import read_predictions
from wince.training.data import folds, pixel_cache, unscorable
from wince.training.data.folds import Split
from wince.training.data.prepared import ModelData, manifest_sha256, open_data
from wince.training.export import model_folder, run_description, trained_network
from wince.training.fitting import launch, run_config
from wince.training.fitting.fit import fit
from wince.training.fitting.run_settings import Settings
from wince.training.networks import checkpoints, initial_weights
from wince.training.predictions import prediction_table
from wince.training.predictions.prediction_table import Columns


@dataclass(frozen=True, slots=True)
class Reporter:
    """Where a run reports its progress.

    Attributes:
        message: Called with sentences and with a line for each epoch.
        progress: Called with (step, done, in all).
        bar: Whether Lightning draws its own progress bar.
    """

    message: Callable[[str], None] = lambda text: None
    progress: Callable[[str, int, int], None] = lambda step, done, total: None
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run.

    Attributes:
        folder: The run folder.
        metrics: Evaluation of its test part; None without one, and for a fold.
        predictions: Columns of predictions.csv, for a fold only.
        is_main: False in the helper processes of a training on several devices; they have no
            results.
    """

    folder: Path
    metrics: Mapping[str, Any] | None
    predictions: Columns | None
    is_main: bool = True


def train(
    prepared_folder: Path,
    out: Path,
    settings: Settings,
    reporter: Reporter | None = None,
    *,
    part: bool = False,
) -> Run:
    """Train on the split of a prepared folder.

    Interrupted at any point, the same call continues the run. When the run is finished, the call
    returns at once.

    Args:
        prepared_folder: A folder that `wince prepare` wrote.
        out: The run folder.
        settings: Settings of the run.
        reporter: Where progress is reported.
        part: Whether it is a further seed of a run.

    Raises:
        DataError: The prepared folder or its split cannot be used.
        ModelError: `out` has another run, or the settings cannot be used.
        FileWriteError: A file cannot be written.
    """
    launch.check(settings.devices)
    settings = run_config.resumed(settings, out)
    data = open_data(prepared_folder, settings.spec)
    settings = settings.for_scale(data.prepared.scale)
    split = folds.from_prepared(data)
    return train_split(data, split, settings, out, reporter or Reporter(), part=part)


def train_split(
    data: ModelData,
    split: Split,
    settings: Settings,
    out: Path,
    reporter: Reporter,
    *,
    is_fold: bool = False,
    part: bool = False,
) -> Run:
    """Train on one split of prepared data, as `train` does.

    A fold of a cross-validation keeps no checkpoints and has no evaluation/ of its own.
    """
    notes = folds.check(split, data.frames)
    if not is_fold:
        notes += unscorable.sentences(data.unscorable, data.frames)
    config = run_config.describe(data, split, settings, notes)
    config["notes"] = [*notes, *run_description.frames_without_units(config)]
    run_config.claim(out, config)
    if is_finished(out):
        return _finished_run(data, split, out, is_fold=is_fold)
    last = out / checkpoints.FOLDER / checkpoints.LAST
    start = run_record.begin(out / file_names.RECORD, [last, out / file_names.MODEL_CARD])
    for note in config["notes"]:
        reporter.message(note)

    decoding = partial(reporter.progress, "Decoding images, once")
    pixels = pixel_cache.load(data, settings.spec, decoding)
    is_main = fit(
        pixels, data.frames, split, settings, out, message=reporter.message, bar=reporter.bar
    )
    if not is_main:
        return Run(out, None, None, is_main=False)

    network = trained_network.load(out)
    description = run_description.describe(config, network, is_fold=is_fold)
    model = model_folder.write(
        network,
        description,
        out,
        data,
        split,
        made=run_record.made_with(),
        report=not is_fold,
        progress=reporter.progress,
    )
    run_record.finish(
        start,
        {"training": settings.seed},
        {
            "manifest": manifest_sha256(data.prepared),
            "split": split.sha256(data.frames),
            "initial weights": initial_weights.sha256(settings.init),
        },
        data=run_record.data_record(data.prepared.folder, [settings.spec], kind="split"),
        part=is_fold or part,
    )
    if is_fold:
        shutil.rmtree(out / checkpoints.FOLDER)
        return Run(out, None, model.predictions)
    checkpoints.keep_best_weights(out / checkpoints.FOLDER)
    return Run(out, model.metrics, None)


def is_finished(run: Path) -> bool:
    """Return whether a run folder has a complete model: its model card is written last."""
    return (run / file_names.MODEL_CARD).is_file()


def _finished_run(data: ModelData, split: Split, run: Path, *, is_fold: bool) -> Run:
    """Return a run that was finished earlier, from its predictions.csv."""
    if not len(split.test):
        return Run(run, None, None)
    path = run / file_names.PREDICTIONS
    if is_fold:
        return Run(run, None, prediction_table.read(path))
    training = folds.training_labels(data.frames, split.train)
    return Run(
        run, evaluate(read_predictions(path, distinct_subjects=True), training=training), None
    )
