"""Training of models of time: models of time on folds by subject, beside models of single frames.

OUT/config.json               data and settings
OUT/<model>/predictions.csv   every frame once, scored by a model that has not seen its subject
OUT/<kind>/network.pt         the network fitted to all subjects, to be exported
OUT/over_time.csv, .json      the table, see `time_table`
OUT/record.json               how all of it was made, see `run_record`
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

import wince
from wince import file_names, subject_ids
from wince.errors import DataError, ModelError
from wince.evaluation import run_record
from wince.evaluation.predictions import Predictions
from wince.files import replacing, write_json
from wince.protocol_names import OPTIMISTIC
from wince.runtime.estimator import Estimator
from wince.runtime.network_outputs import units_and_score
from wince.training.data import folds
from wince.training.data.folds import Split, subject_list
from wince.training.data.prepared import ModelData, manifest_sha256, open_data
from wince.training.over_time import features, time_table
from wince.training.over_time.fit_time_network import Floats, TimeData, fit, score
from wince.training.over_time.sequences import by_sequence, step_seconds
from wince.training.over_time.time_network import PER_FRAME, Kind, KindOrSingle
from wince.training.over_time.time_settings import TimeSettings
from wince.training.over_time.time_table import TimeTable
from wince.training.predictions import prediction_table, subject_calibration
from wince.training.predictions.cross_fitted import cross_fitted
from wince.training.predictions.frame_scores import FrameScores
from wince.training.run import Reporter

NETWORK = "network"
"""The model whose features are used, with its own score for each frame."""
MEAN = "mean of 11"
"""Added to a name: the scores averaged over a frame, five before it and five after it."""
HALF_WIDTH = 5
NETWORK_FILE, EPOCHS_FILE = "network.pt", "epochs.json"


@dataclass(frozen=True, slots=True)
class _Training:
    """What all models of a training share; `step` is the usual time between frames in seconds."""

    estimator: Estimator
    data: ModelData
    time_data: TimeData
    splits: Sequence[Split]
    settings: TimeSettings
    seen_subjects: frozenset[str]
    network_scores: Floats
    step: float | None


def train_over_time(
    prepared_folder: Path, out: Path, settings: TimeSettings, reporter: Reporter | None = None
) -> TimeTable:
    """Train models of time on folds by subject, and compare them with models of single frames.

    When the same call is made again, finished models are kept.

    Args:
        prepared_folder: A folder that `wince prepare` wrote.
        out: Where all is written.
        settings: Settings of the training.
        reporter: Where progress is reported.

    Raises:
        DataError: There are too few subjects, no sequences, or nothing to learn.
        ModelError: The model cannot be used, or `out` has another training.
        FileWriteError: A file cannot be written.
    """
    reporter = reporter or Reporter()
    training, notes = _open(prepared_folder, settings, reporter)
    _claim(out, _config(training))
    start = run_record.begin(
        out / file_names.RECORD,
        [out / _slug(kind) / file_names.PREDICTIONS for kind in settings.kinds],
    )
    for note in notes:
        reporter.message(note)
    tables = _baselines(training, out, reporter)
    for kind in settings.kinds:
        tables[kind] = _table_of(kind, training, out, reporter)
        _write_final(kind, training, out)
    after = {name: HALF_WIDTH if name.endswith(MEAN) else 0 for name in tables}
    after |= dict.fromkeys(settings.kinds, settings.look_ahead)
    table = time_table.compare(
        tables,
        after,
        settings.kinds,
        (NETWORK, PER_FRAME),
        OPTIMISTIC if training.seen_subjects else "",
        notes,
    )
    time_table.write(table, out)
    hashes = {
        "manifest": manifest_sha256(training.data.prepared),
        "split": folds.sha256_of_folds(training.splits, training.data.frames),
        "model": str(training.estimator.manifest["sha256"]),
    }
    frames = run_record.data_record(
        training.data.prepared.folder,
        [training.estimator.spec],
        kind="folds",
        folds=settings.folds,
        first=None,
        seed=settings.seed,
    )
    run_record.finish(start, {"folds and training": settings.seed}, hashes, data=frames)
    return table


def _open(
    prepared_folder: Path, settings: TimeSettings, reporter: Reporter
) -> tuple[_Training, list[str]]:
    """Return what the models share, and what a reader must know."""
    estimator = Estimator(Path(settings.init))
    data = open_data(prepared_folder, estimator.spec)
    if not data.prepared.scale.is_pspi:
        raise DataError(
            f"{prepared_folder} has labels of {data.prepared.scale.words}. Models of time learn "
            "PSPI: prepare the archive without --target."
        )
    if not estimator.scale.is_pspi:
        raise ModelError(
            f"{settings.init} gives {estimator.scale.words}. Models of time learn PSPI: name a "
            "model of PSPI with --init."
        )
    splits = folds.make_folds(data.frames, settings.folds, settings.seed)
    for split in splits:
        folds.check(split, data.frames)
    rows = np.arange(len(data.frames))
    if max(map(len, by_sequence(data.frames, rows))) == 1:
        raise DataError(
            f"{prepared_folder} has one frame in each sequence, so there is no time to learn from. "
            "Prepare an archive of sequences or videos."
        )
    head = str(estimator.manifest["head"])
    if head != "pspi" and not data.frames.units_known.any():
        raise DataError(
            f"The model {estimator.model['name']} gives action units, and no frame of "
            f"{prepared_folder} has all six as labels. Use a model that was trained with "
            "--head pspi, or prepare an archive with FACS labels."
        )
    computed = features.load(estimator, data, partial(reporter.progress, "Computing features"))
    seen_subjects = subject_ids.common(
        set(data.frames.subject.tolist()),
        estimator.manifest.get("subjects_seen", ()),
        distinct=data.prepared.distinct_subjects,
    )
    notes = [f"Protocol: {splits[0].protocol}. {_origin(estimator)}", *_left_out(data)]
    step = step_seconds(data.frames, rows, settings.fps)
    notes.append(_step_note(step))
    if seen_subjects:
        notes.append(
            f"{OPTIMISTIC.capitalize()}: the network was trained on {subject_list(seen_subjects)}, "
            "who are among the held-out subjects here. Use a network that has not seen them."
        )
    time_data = TimeData(computed.features, data.frames, head)
    raw = units_and_score(computed.outputs, head)[1]
    subjects = frozenset(seen_subjects)
    return _Training(estimator, data, time_data, splits, settings, subjects, raw, step), notes


def _left_out(data: ModelData) -> list[str]:
    """Return how many labelled frames the models do not see, in a sentence, if there are any."""
    missing = len(data.unscorable)
    if not missing:
        return []
    counts = Counter(data.unscorable.reason.tolist())
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in counts.most_common())
    return [
        f"{missing:,} of {missing + len(data.frames):,} labelled frames have no score ({reasons}). "
        "They are left out of their sequences and of the table."
    ]


def _step_note(step: float | None) -> str:
    if step is None:
        return (
            "The time between two frames is not known, so an exported model takes every frame as "
            "a step. State the rate of the sequences with --fps."
        )
    return f"One step is {step:.3g} s, {1 / step:.3g} frames a second."


def _origin(estimator: Estimator) -> str:
    return f"Features: {estimator.model['name']} {estimator.model['version']}."


def _baselines(training: _Training, out: Path, reporter: Reporter) -> dict[str, Predictions]:
    """Return the predictions of models of single frames, alone and averaged over eleven frames."""
    raw = training.network_scores
    tables = {NETWORK: _predictions(NETWORK, training, out, raw)}
    tables[PER_FRAME] = _table_of(PER_FRAME, training, out, reporter)
    by_name = {NETWORK: raw, PER_FRAME: _raw_scores(out / _slug(PER_FRAME), training)}
    for name, scores in by_name.items():
        averaged = f"{name}, {MEAN}"
        tables[averaged] = _predictions(averaged, training, out, _centred(training, scores))
    return tables


def _table_of(
    kind: KindOrSingle, training: _Training, out: Path, reporter: Reporter
) -> Predictions:
    """Return the held-out predictions of a network that is fitted on each fold."""
    folder, data, settings = out / _slug(kind), training.time_data, training.settings
    if not (folder / file_names.PREDICTIONS).is_file():
        raw = np.zeros(len(data.frames), np.float32)
        after = settings.look_ahead if kind != PER_FRAME else 0
        fold_settings = replace(settings, look_ahead=after)
        epochs = []
        for number, split in enumerate(training.splits, start=1):
            reporter.progress(f"{kind}: folds", number - 1, len(training.splits))
            fitted = fit(kind, data, split.train, split.validation, fold_settings)
            raw[split.test] = score(fitted.network, data, split.test, after)
            epochs.append(fitted.epoch)
        reporter.progress(f"{kind}: folds", len(training.splits), len(training.splits))
        write_json(folder / EPOCHS_FILE, epochs)
        return _predictions(kind, training, out, raw)
    return _predictions(kind, training, out, _raw_scores(folder, training))


def _write_final(kind: Kind, training: _Training, out: Path) -> None:
    """Fit a network to all subjects, for the median number of epochs of the folds."""
    path = out / kind / NETWORK_FILE
    if path.is_file():
        return
    epochs = json.loads((path.parent / EPOCHS_FILE).read_text("utf-8"))
    rows = np.arange(len(training.data.frames))
    fitted = fit(kind, training.time_data, rows, None, training.settings, round(median(epochs)))
    with replacing(path) as temporary:
        torch.save(fitted.network.state_dict(), temporary)


def _predictions(name: str, training: _Training, out: Path, raw: Floats) -> Predictions:
    """Write predictions.csv of a model, each fold calibrated on the subjects of the others."""
    frames = training.data.frames
    fitted = subject_calibration.uncalibrated()
    tables = []
    for split in training.splits:
        scores = FrameScores(split.test, raw[split.test], np.zeros(len(split.test), np.float32))
        table = prediction_table.columns(
            scores, frames, fitted, seen_subjects=training.seen_subjects, fold=split.name
        )
        del table["milliseconds"]
        tables.append(table)
    table = cross_fitted(prediction_table.concatenate(tables))
    return prediction_table.write(out / _slug(name) / file_names.PREDICTIONS, table)


def _raw_scores(folder: Path, training: _Training) -> Floats:
    """Return the raw score of each frame from a model's predictions.csv."""
    table = prediction_table.read(folder / file_names.PREDICTIONS)
    rows = np.concatenate([split.test for split in training.splits])
    raw = np.zeros(len(training.data.frames), np.float32)
    raw[rows] = np.array(table["raw"], np.float32)
    return raw


def _centred(training: _Training, raw: Floats) -> Floats:
    """Return the mean of the scores of a frame, the five before it and the five after it."""
    averaged = raw.copy()
    for rows in by_sequence(training.data.frames, np.arange(len(raw))):
        values = raw[rows]
        averaged[rows] = [
            values[max(0, i - HALF_WIDTH) : i + HALF_WIDTH + 1].mean() for i in range(len(rows))
        ]
    return averaged


def _slug(name: str) -> str:
    return name.replace(",", "").replace(" ", "-")


def _config(training: _Training) -> dict[str, Any]:
    prepared = training.data.prepared
    return {
        "wince": wince.__version__,
        "over_time": training.settings.to_dict(),
        "network": str(training.estimator.manifest["sha256"]),
        "data": {
            "folder": str(prepared.folder.resolve()),
            "manifest_sha256": manifest_sha256(prepared),
            "subjects": sorted(set(training.data.frames.subject.tolist())),
            "provenance": prepared.provenance,
            "step": training.step,
        },
    }


def read_config(out: Path) -> Mapping[str, Any]:
    """Return config.json of a training of models of time.

    Raises:
        ModelError: The folder has none.
    """
    path = out / file_names.CONFIG
    try:
        config = json.loads(path.read_text("utf-8"))
        if not isinstance(config, dict) or "over_time" not in config:
            raise ValueError("it is of something else")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} cannot be read ({error}): expected a folder that `wince train --over-time` "
            "wrote."
        ) from error
    return config


def _claim(out: Path, config: Mapping[str, Any]) -> None:
    """Write config.json, or check that the folder has this training. Kinds may be added."""
    if (out / file_names.CONFIG).is_file():
        existing = read_config(out)
        kinds = {"kinds": None}
        same = {**existing["over_time"], **kinds} == {**config["over_time"], **kinds}
        if not same or any(existing[key] != config[key] for key in ("network", "data")):
            raise ModelError(
                f"{out} has a training of models of time with other settings, data or another "
                "network. Choose another --out."
            )
    write_json(out / file_names.CONFIG, config)
