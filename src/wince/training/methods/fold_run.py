"""A fold of a method that is no network of ours: learned once, kept as a table of predictions.

FOLD/config.json       data and settings; another run is refused
FOLD/costs.json        parameters, milliseconds a face, seconds of learning, initial weights
FOLD/predictions.csv   the fold's test part; written last
"""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from wince import file_names
from wince.errors import ModelError
from wince.files import write_json
from wince.runtime.calibration import ScoreMap
from wince.training.data import folds, pixel_cache
from wince.training.data.folds import Split
from wince.training.data.prepared import ModelData
from wince.training.fitting import run_config
from wince.training.fitting.run_settings import Settings
from wince.training.methods.fold_scorer import FoldScorer, FoldTask
from wince.training.predictions import prediction_table, subject_calibration
from wince.training.predictions.frame_scores import FrameScores
from wince.training.run import Reporter, Run

COSTS = "costs.json"


def train_fold(
    name: str,
    scorer: FoldScorer,
    data: ModelData,
    split: Split,
    settings: Settings,
    out: Path,
    reporter: Reporter,
) -> Run:
    """Learn from a fold and score its test part; what is finished is kept.

    Args:
        name: Name of the method.
        scorer: The method.
        data: Prepared data.
        split: The fold.
        settings: Settings of the run.
        out: Folder of the fold.
        reporter: Where progress is reported.

    Raises:
        DataError: The method cannot be used with this data.
        ModelError: `out` has another run.
        FileWriteError: A file cannot be written.
    """
    config = run_config.describe(data, split, settings, folds.check(split, data.frames))
    run_config.claim(out, {**config, "architecture": name})
    path = out / file_names.PREDICTIONS
    if path.is_file():
        return Run(out, None, prediction_table.read(path))

    def decoding(done: int, total: int) -> None:
        reporter.progress("Decoding images, once", done, total)

    pixels = pixel_cache.load(data, settings.spec, decoding)
    start = time.perf_counter()
    task = FoldTask(data, pixels, split, settings, reporter.progress, reporter.message)
    result = scorer(task)
    seconds = time.perf_counter() - start
    frames, rows = data.frames, split.validation
    calibration = subject_calibration.fit(
        result.validation, frames.score[rows], frames.subject[rows], ScoreMap()
    )
    times = np.full(len(split.test), result.milliseconds, np.float32)
    columns = prediction_table.columns(
        FrameScores(split.test, result.test.astype(np.float32), times),
        frames,
        calibration,
        unscorable=folds.unscorable_in_test(split, data),
        seen_subjects=split.seen_subjects(frames),
        fold=split.name,
    )
    costs = {
        "parameters": result.parameters,
        "milliseconds": result.milliseconds,
        "seconds": seconds,
        "began_from": result.began_from,
    }
    write_json(out / COSTS, costs)
    prediction_table.write(path, columns)
    return Run(out, None, columns)


def read_costs(fold: Path) -> dict[str, Any]:
    """Return the contents of a fold's costs.json.

    Raises:
        ModelError: The file is missing or damaged.
    """
    path = fold / COSTS
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Delete {fold} and run again.") from None
