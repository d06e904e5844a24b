"""The results of two runs compared: predictions, metrics and the files of models."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from wince import file_names, spreadsheet_cells
from wince.errors import DataError
from wince.evaluation.metrics.agreement import pcc
from wince.evaluation.reproduction.record_file import Record
from wince.files import sha256

TIMES = ("milliseconds",)
"""Columns of predictions.csv that differ between any two runs."""
KEY = ("subject", "sequence", "frame")
TOLERANCE = 0.001
"""Largest difference of a prediction or metric that counts as the same."""
SAME, CLOSE, DIFFERENT = "same to the byte", "same within the tolerance", "different"


@dataclass(frozen=True, slots=True)
class PredictionDifference:
    """Two tables of predictions of the same frames.

    Attributes:
        file: Path in the folder of the run.
        frames: Frames of the first table.
        unmatched: Frames that only one of them has, or has a score for.
        changed_labels: Frames whose label differs.
        largest: Largest difference of a prediction; NaN if no frame has two scores.
        pcc: PCC between the two, NaN if either does not vary.
        identical: Whether all columns but TIMES have the same text in the same order.
    """

    file: str
    frames: int
    unmatched: int
    changed_labels: int
    largest: float
    pcc: float
    identical: bool


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """A metric of two runs, pooled over all frames.

    Attributes:
        file: Path in the folder of the run.
        key: Key of the metric.
        recorded: Its value then, NaN if undefined or absent.
        now: Its value now, the same.
        low: Lower end of its 95 % interval then, NaN if there is none.
        high: Upper end.
    """

    file: str
    key: str
    recorded: float
    now: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """Now minus then; 0 if both are undefined, NaN if one is."""
        if math.isnan(self.recorded) and math.isnan(self.now):
            return 0.0
        return self.now - self.recorded

    @property
    def share_of_interval(self) -> float:
        """The size of the difference as a share of the width of the interval, NaN without one."""
        width = self.high - self.low
        return abs(self.difference) / width if width > 0 else math.nan


@dataclass(frozen=True, slots=True)
class Comparison:
    """The results of a run and those of its reproduction.

    Attributes:
        predictions: Differences of each table of predictions.
        metrics: Differences of each metric.
        models: Whether the bytes of each model.onnx are the same, by its path in the run.
        missing: Results of the run that the reproduction does not have.
        tolerance: Largest difference that counts as the same.
        other_folders: Folders of the run that its command does not make, but an earlier one made,
            as with more seeds; they are not compared.
    """

    predictions: tuple[PredictionDifference, ...]
    metrics: tuple[MetricDifference, ...]
    models: Mapping[str, bool]
    missing: tuple[str, ...]
    tolerance: float
    other_folders: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """SAME, CLOSE or DIFFERENT."""
        tables = self.predictions
        changes = [row.difference for row in self.metrics]
        is_same = all(table.identical for table in tables) and not any(changes)
        if is_same and not self.missing and all(self.models.values()):
            return SAME
        if self.missing or any(table.unmatched or table.changed_labels for table in tables):
            return DIFFERENT
        sizes = [abs(change) for change in changes]
        sizes += [table.largest for table in tables if table.frames and not table.identical]
        if not tables and not self.metrics:  # a model is all there is
            return DIFFERENT
        return CLOSE if all(size <= self.tolerance for size in sizes) else DIFFERENT

    @property
    def sentence(self) -> str:
        """The outcome in a sentence, and what is not compared."""
        if not self.other_folders:
            return self._outcome_sentence
        return (
            f"{self._outcome_sentence} Not compared, because the recorded command does not make "
            f"them: {', '.join(self.other_folders)}."
        )

    @property
    def _outcome_sentence(self) -> str:
        if self.outcome == SAME:
            frames = sum(table.frames for table in self.predictions)
            counts = (
                (frames, "predictions"),
                (len(self.metrics), "metrics"),
                (len(self.models), "model.onnx"),
            )
            same = ", ".join(f"{count:,} {name}" for count, name in counts if count)
            return f"The same to the byte: {same}. Times are not compared."
        begin = f"The same within {self.tolerance:g}" if self.outcome == CLOSE else "Different"
        return f"{begin}: {'; '.join(self._reasons())}."

    def _reasons(self) -> Iterator[str]:
        if self.missing:
            yield f"{', '.join(self.missing)} was not made again"
        for count, words in (
            (sum(table.unmatched for table in self.predictions), "frames have no partner"),
            (sum(table.changed_labels for table in self.predictions), "frames have another label"),
        ):
            if count:
                yield f"{count:,} {words}"
        table = max(self.predictions, key=lambda row: _size(row.largest), default=None)
        if table is not None:
            yield f"predictions differ by at most {table.largest:.2g} (PCC {table.pcc:.6g})"
        metric = max(self.metrics, key=lambda row: _size(row.difference), default=None)
        if metric is not None:
            yield f"metrics by at most {_size(metric.difference):.2g} ({metric.key})"
        changed = sum(not same for same in self.models.values())
        if changed:
            yield f"{changed} of {len(self.models)} model.onnx has other bytes"
        if self.outcome == DIFFERENT:
            yield f"the tolerance is {self.tolerance:g}"

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data, which may contain NaN."""
        return {
            "outcome": self.outcome,
            "sentence": self.sentence,
            "tolerance": self.tolerance,
            "predictions": [asdict(table) for table in self.predictions],
            "metrics": [
                {
                    **asdict(row),
                    "difference": row.difference,
                    "share_of_interval": row.share_of_interval,
                }
                for row in self.metrics
            ],
            "models": dict(self.models),
            "missing": list(self.missing),
            "other_folders": list(self.other_folders),
        }


def compare(run: Path, copy: Path, tolerance: float = TOLERANCE) -> Comparison:
    """Return how the results of a run and of its reproduction differ.

    Args:
        run: The folder of the run.
        copy: The folder of its reproduction.
        tolerance: Largest difference of a prediction, in points, or of a metric that counts as
            the same.

    Raises:
        DataError: There is nothing to compare, or a file cannot be read.
    """
    tables, metrics, models = results(run)
    every = [*tables, *metrics, *models]
    other_folders = sorted(
        {folder for file in every if not (copy / (folder := _folder(file))).is_dir()}
    )
    every = [file for file in every if _folder(file) not in other_folders]
    if not every:
        raise DataError(f"{copy} has none of the results of {run}. Remove it, and try again.")
    missing = tuple(file for file in every if not (copy / file).is_file())
    kept = [file for file in every if file not in missing]
    return Comparison(
        tuple(compare_predictions(run, copy, file) for file in tables if file in kept),
        tuple(row for file in metrics if file in kept for row in compare_metrics(run, copy, file)),
        {file: sha256(run / file) == sha256(copy / file) for file in models if file in kept},
        missing,
        tolerance,
        tuple(other_folders),
    )


def results(run: Path) -> tuple[list[str], list[str], list[str]]:
    """Return the tables of predictions, the metrics and the models of a run, as paths in it.

    Raises:
        DataError: There are none, or a record in the run cannot be read.
    """
    names = (file_names.PREDICTIONS, file_names.METRICS, file_names.MODEL)
    tables, metrics, models = (_results(run, name) for name in names)
    if not (tables or metrics or models):
        raise DataError(f"{run} has no results to compare with. Bring back its files.")
    return tables, metrics, models


def _folder(file: str) -> str:
    """Return the folder of the seed, model or data set that a result is of; "." for the run."""
    folder = PurePosixPath(file).parent
    return str(folder.parent if folder.name == file_names.EVALUATION else folder)


def _results(run: Path, name: str) -> list[str]:
    """Return the files of a name that are results of the run itself, as paths in its folder.

    Folds are left out, because the predictions of all folds are together in the folder above; and
    folders of other commands.
    """
    return sorted(
        path.relative_to(run).as_posix() for path in run.rglob(name) if _is_of(run, path.parent)
    )


def _is_of(run: Path, folder: Path) -> bool:
    """Return whether a folder in a run is a part of it, and not a fold or of another command."""
    while folder != run:
        records = [folder / file_names.RECORD, folder / file_names.EVALUATION_RECORD]
        if folder.name.startswith(("fold-", ".")) or any(map(_is_of_another_command, records)):
            return False
        folder = folder.parent
    return True


def _is_of_another_command(record: Path) -> bool:
    if not record.is_file():
        return False
    try:
        content = Record.model_validate_json(record.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(
            f"{record} is not a record that wince wrote. Bring back the file, or move its folder "
            "elsewhere."
        ) from error
    return content.arguments is not None and not content.part


def compare_predictions(run: Path, copy: Path, file: str) -> PredictionDifference:
    """Return how two tables of predictions differ; `file` is their path in both folders."""
    (columns, rows), (other_columns, other_rows) = (_read(folder / file) for folder in (run, copy))
    partners = {_key(row): row for row in other_rows}
    pairs = [(row, partners[_key(row)]) for row in rows if _key(row) in partners]
    scored = [(a, b) for a, b in pairs if a["predicted"] and b["predicted"]]
    unscored = [pair for pair in pairs if not (pair[0]["predicted"] or pair[1]["predicted"])]
    matched = len(scored) + len(unscored)
    first, second = ([float(pair[side]["predicted"]) for pair in scored] for side in (0, 1))
    label = next((name for name in ("pspi", "score") if name in columns), "")
    return PredictionDifference(
        file=file,
        frames=len(rows),
        unmatched=max(len(rows), len(other_rows)) - matched,
        changed_labels=sum(a.get(label) != b.get(label) for a, b in pairs),
        largest=max((abs(a - b) for a, b in zip(first, second, strict=True)), default=math.nan),
        pcc=float(pcc(first, second)) if len(first) > 1 else math.nan,
        identical=columns == other_columns and rows == other_rows,
    )


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns of predictions.csv and its rows, both without TIMES."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {name: cell for name, cell in row.items() if name not in TIMES}
                for row in spreadsheet_cells.read_dicts(file)
            ]
        columns = list(rows[0]) if rows else []
        if rows and not {*KEY, "predicted"} <= set(columns):
            raise ValueError("columns are missing")
        for row in rows:
            float(row["predicted"] or 0)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}). Bring back the file.") from error
    return columns, rows


def _key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in KEY)


def compare_metrics(run: Path, copy: Path, file: str) -> list[MetricDifference]:
    """Return how the pooled metrics of two evaluations differ; `file` is their path in both."""
    models = []
    for path in (run / file, copy / file):
        try:
            model = json.loads(path.read_text("utf-8"))["model"]
            model["pooled"], model["pooled_interval"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} cannot be read ({error!r}). Bring back the file.") from error
        models.append(model)
    first, second = models
    keys = dict.fromkeys([*first["pooled"], *second["pooled"]])
    rows = []
    for key in keys:
        low, high = first["pooled_interval"].get(key) or (None, None)
        values = (first["pooled"].get(key), second["pooled"].get(key), low, high)
        rows.append(MetricDifference(file, key, *map(_number, values)))
    return rows


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _size(value: float) -> float:
    """Return the size of a difference; one that is undefined is larger than any other."""
    return math.inf if math.isnan(value) else abs(value)
