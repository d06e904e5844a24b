"""across.csv and across.html: one model on several data sets."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wince import files, spreadsheet_cells
from wince.evaluation.report.interval_text import interval_text, t_interval_text
from wince.evaluation.report.metric_rows import HEAD, Row, of_estimates
from wince.evaluation.report.result_files import without_nan
from wince.html_templates import render

TABLE, PAGE = "across.csv", "across.html"
SIZES = {
    "frames": "Frames",
    "subjects": "Subjects",
    "sequences": "Sequences",
    "not_scored": "Labelled frames without a score",
}


def remove_old(folder: Path) -> None:
    """Remove the comparison of an earlier evaluation.

    Raises:
        FileWriteError: A file cannot be removed.
    """
    try:
        for name in (TABLE, PAGE):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise files.write_error(folder, error) from error


def write(comparison: Mapping[str, Any], folder: Path) -> Path:
    """Write the comparison of data sets; return the path of the page.

    Args:
        comparison: The result of `data_sets.compare`.
        folder: The folder with a folder of results for each data set.

    Raises:
        FileWriteError: The folder cannot be written.
    """
    text = io.StringIO()
    rows = without_nan(list(_rows(comparison)))
    head = (*HEAD, "protocol")
    spreadsheet_cells.Writer(text).write(head, *([row[name] for name in head] for row in rows))
    files.write_text(folder / TABLE, text.getvalue())
    page = render(
        "wince.evaluation.report",
        "across.html",
        comparison=comparison,
        keys=shown_keys(comparison),
        sizes=SIZES,
        interval_text=interval_text,
        t_interval_text=t_interval_text,
    )
    files.write_text(folder / PAGE, page)
    return folder / PAGE


def shown_keys(comparison: Mapping[str, Any]) -> list[str]:
    """Return the metrics that some data set has, in the order of the tables."""
    present = {key for entry in comparison["data"].values() for key in entry["model"]["pooled"]}
    return [key for key in comparison["titles"] if key in present]


def _rows(comparison: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the rows of across.csv, in the form of metrics.csv."""
    names, data = comparison["titles"], comparison["data"]
    for name, entry in data.items():
        mark = {"protocol": entry["label"]}
        for key, title in SIZES.items():
            cells = {"metric": key, "title": title, "over": "frames", "value": entry[key]}
            place = {"predictor": "model", "column": "data", "group": name}
            yield {**dict.fromkeys(HEAD), **place, **cells, **mark}
        for row in of_estimates(entry["model"], "model", "data", name, names):
            yield {**row, **mark}
    for difference in comparison["differences"]:
        labels = [data[name]["label"] for name in difference["data"]]
        group = " minus ".join(difference["data"])
        for row in of_estimates(difference, "difference", "data", group, names):
            yield {**row, "protocol": next(filter(None, labels), None)}
