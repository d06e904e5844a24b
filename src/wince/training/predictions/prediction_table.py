"""Predictions of a model as a table: the columns of predictions.csv and the table they make."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wince import files, spreadsheet_cells
from wince.archive.frame_file import RATINGS as USUAL_RATINGS
from wince.errors import DataError
from wince.evaluation.prediction_columns import (
    INTERVAL,
    RAW,
    SCALE,
    SECONDS,
    UNIT_LABELS,
    UNIT_PREDICTIONS,
    UNSCORED,
    from_columns,
    known_columns,
    probability_columns,
    required_columns,
    scale_of,
)
from wince.evaluation.predictions import Predictions
from wince.runtime.calibration import Calibration
from wince.training.data.frames import Frames
from wince.training.data.unscorable import Unscorable
from wince.training.predictions.frame_scores import FrameScores

Columns = Mapping[str, Sequence[str]]
"""Cells by column name, as in predictions.csv; all columns have one length."""


def columns(
    scores: FrameScores,
    frames: Frames,
    calibration: Calibration,
    *,
    unscorable: Unscorable | None = None,
    seen_subjects: Iterable[str] = (),
    fold: str | None = None,
) -> dict[str, list[str]]:
    """Return calibrated scores with their labels as columns of text.

    Frames that cannot be scored are in rows without a prediction, below the others.

    Args:
        scores: Scores of some rows of `frames`.
        frames: The frames.
        calibration: From a raw score to PSPI, interval and level probabilities.
        unscorable: Labelled frames that belong to the scored ones and have no score.
        seen_subjects: Subjects that the model was trained or chosen on. They are marked in the
            column `overlap`.
        fold: Name of the held-out fold; without it there is no column `fold`.
    """
    scored = frames.take(scores.rows)
    marked, ratings = set(seen_subjects), {"vas": scored.vas, "opr": scored.opr}
    table: dict[str, list[str]] = {
        "subject": scored.subject.tolist(),
        "sequence": scored.sequence.tolist(),
        "frame": scored.frame.tolist(),
        SECONDS: scored.seconds.tolist(),
        scored.scale.column: [f"{value:g}" for value in scored.score.tolist()],
        **calibrated_cells(calibration, scores.raw.tolist()),
        **{name: cells.tolist() for name, cells in ratings.items()},
        **_unit_cells(scores, scored),
        "milliseconds": [f"{value:.3f}" for value in scores.milliseconds.tolist()],
        "overlap": [str(int(subject in marked)) for subject in scored.subject.tolist()],
        **{
            name: cells.tolist()
            for name, cells in scored.groups.items()
            if name not in known_columns(scored.scale)
        },
    }
    if not scored.scale.is_pspi:
        table[SCALE] = [scored.scale.to_text()] * len(scored)
    table[UNSCORED] = [""] * len(scored)
    if unscorable is not None and len(unscorable):
        table = _with_unscorable(table, unscorable)
    if fold is not None:
        table["fold"] = [fold] * len(table["subject"])
    label = scored.scale.name.lower()
    if label in USUAL_RATINGS:  # the rating is the label itself
        table.pop(label, None)
    for name in ("vas", "opr"):
        if not any(table.get(name, ())):
            table.pop(name, None)
    if not any(table[SECONDS]):
        del table[SECONDS]
    return table


def _unit_cells(scores: FrameScores, scored: Frames) -> dict[str, list[str]]:
    """Return the columns of the action units, labelled and predicted; {} without predictions."""
    if scores.units is None:
        return {}
    labels = {
        name: [f"{value:g}" if value == value else "" for value in column]
        for name, column in zip(UNIT_LABELS, scored.units.T.tolist(), strict=True)
    }
    predicted = {
        name: [f"{value:.4f}" for value in column]
        for name, column in zip(UNIT_PREDICTIONS, scores.units.T.tolist(), strict=True)
    }
    return labels | predicted


def calibrated_cells(calibration: Calibration, raw: Sequence[float]) -> dict[str, list[str]]:
    """Return the columns that follow from raw scores: prediction, probabilities, interval."""
    results, scale = [calibration(score) for score in raw], calibration.scale
    return {
        "predicted": [f"{result.score:.5f}" for result in results],
        **{
            name: [f"{result.level_probabilities[level]:.5f}" for result in results]
            for name, level in zip(probability_columns(scale), scale.levels, strict=True)
        },
        **{
            name: [f"{result.interval[end]:.4f}" for result in results]
            for end, name in enumerate(INTERVAL)
        },
        RAW: [f"{score:.5f}" for score in raw],
    }


def _with_unscorable(
    table: Mapping[str, Sequence[str]], unscorable: Unscorable
) -> dict[str, list[str]]:
    """Return the table with a row for each frame that cannot be scored."""
    frames = unscorable.frames
    known: dict[str, list[str]] = {
        "subject": frames.subject.tolist(),
        "sequence": frames.sequence.tolist(),
        "frame": frames.frame.tolist(),
        SECONDS: frames.seconds.tolist(),
        frames.scale.column: [f"{value:g}" for value in frames.score.tolist()],
        SCALE: [frames.scale.to_text()] * len(frames),
        UNSCORED: unscorable.reason.tolist(),
        **{name: cells.tolist() for name, cells in frames.groups.items()},
    }
    empty = [""] * len(frames)
    return {name: [*cells, *known.get(name, empty)] for name, cells in table.items()}


def without_scores(names: Iterable[str], unscorable: Unscorable) -> dict[str, list[str]]:
    """Return a table with these columns that has only frames that cannot be scored."""
    return _with_unscorable({name: [] for name in names}, unscorable)


def concatenate(tables: Sequence[Columns]) -> dict[str, list[str]]:
    """Return tables one below the other; a column that one table lacks is left out."""
    names = [name for name in tables[0] if all(name in table for table in tables)]
    return {name: [cell for table in tables for cell in table[name]] for name in names}


def write(path: Path, table: Columns) -> Predictions:
    """Write predictions as CSV; return them as a checked table, ready to be evaluated.

    Args:
        path: The file to write.
        table: Columns as `evaluation.predictions.from_columns` describes them.

    Raises:
        DataError: A column is missing or a value is out of its range; nothing is written.
        FileWriteError: The file cannot be written.
    """
    predictions = from_columns(table, str(path))
    text = io.StringIO()
    writer = spreadsheet_cells.Writer(text)
    writer.write(table, *zip(*table.values(), strict=True))
    files.write_text(path, text.getvalue())
    return replace(predictions, sha256=files.sha256(path))


def read(path: Path) -> dict[str, list[str]]:
    """Return the columns that `write` wrote.

    Raises:
        DataError: The file cannot be read or is not a table of predictions.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = spreadsheet_cells.read_lists(file)
            names = next(rows, [])
            cells = list(zip(*rows, strict=True)) or [()] * len(names)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}). Delete it and run again.") from error
    table = {name: list(values) for name, values in zip(names, cells, strict=True)}
    missing = [name for name in required_columns(scale_of(table)) if name not in table]
    if missing:
        raise DataError(
            f"{path} is not a table of predictions: the column {missing[0]} is missing. Delete it "
            "and run again."
        )
    return table
