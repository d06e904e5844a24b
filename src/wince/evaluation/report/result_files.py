"""The files of an evaluation: metrics.json, report.html, two CSV files, plots/ and tables/."""

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wince import files, spreadsheet_cells
from wince.evaluation.predictions import Predictions
from wince.evaluation.report import metric_rows
from wince.evaluation.report.paper_tables import latex, markdown, paper_tables
from wince.evaluation.report.plot_style import FORMATS
from wince.evaluation.report.plots import draw
from wince.evaluation.report.report_page import render_fairness, render_report


def write_results(metrics: Mapping[str, Any], table: Predictions, out: Path | str) -> Path:
    """Write the files of an evaluation; return the report's path.

    Results of an earlier evaluation in the folder are replaced or removed. metrics.json is written
    last: when it exists, the other files do too.

    Args:
        metrics: The result of `evaluate.evaluate`.
        table: The predictions that were evaluated.
        out: The folder, which is made when it is missing.

    Raises:
        FileWriteError: The folder cannot be written.
    """
    folder = Path(out)
    plots = draw(metrics, table)
    report, fairness = render_report(metrics, plots), render_fairness(metrics, plots)
    tables = paper_tables(metrics)
    contents = {
        f"{name}.{form}": content
        for name, forms in plots.items()
        for form, content in forms.items()
    }
    _remove_old(folder, keep=set(contents))
    for name, content in contents.items():
        files.write_bytes(folder / "plots" / name, content)
    files.write_text(folder / "subjects.csv", _subjects_csv(metrics))
    files.write_text(folder / "metrics.csv", _metrics_csv(metrics))
    for name, paper_table in tables.items():
        files.write_text(folder / "tables" / f"{name}.tex", latex(paper_table))
        files.write_text(folder / "tables" / f"{name}.md", markdown(paper_table))
    if fairness:
        files.write_text(folder / FAIRNESS_PAGE, fairness)
    files.write_text(folder / "report.html", report)
    files.write_json(folder / "metrics.json", without_nan(metrics))
    return folder / "report.html"


def without_nan(value: Any) -> Any:
    """Return plain data with NaN and infinity as None, which JSON writes as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return value


def _metrics_csv(metrics: Mapping[str, Any]) -> str:
    """Return every number of the report as long-form CSV with full values."""
    rows = without_nan(metric_rows.rows(metrics))
    head: tuple[str, ...] = metric_rows.HEAD
    if label := metrics["overlap"]["label"]:
        head = (*head, "protocol")
        rows = [{**row, "protocol": label} for row in rows]
    text = io.StringIO()
    writer = spreadsheet_cells.Writer(text)
    writer.write(head, *([row[name] for name in head] for row in rows))
    return text.getvalue()


def _subjects_csv(metrics: Mapping[str, Any]) -> str:
    rows = without_nan(metrics["by_subject"])
    if metrics["overlap"]["label"]:
        rows = [{**row, "protocol": metrics["overlap"]["label"]} for row in rows]
    text = io.StringIO()
    writer = spreadsheet_cells.Writer(text)
    writer.write(rows[0], *(row.values() for row in rows))
    return text.getvalue()


FAIRNESS_PAGE = "fairness.html"
PLOTS = (
    *("flow", "scatter", "bland-altman", "calibration", "scores", "errors", "subjects"),
    *("sequences", "roc", "precision-recall", "confusion", "confusion-*", "reliability"),
    *("coverage", "groups-*", "fairness-*", "against", "traces-*"),
)
"""Names of plots of this version and of earlier ones."""


TABLES = (
    "pooled.*",
    "action-units.*",
    "subject-mean.*",
    "classes-*",
    "groups-*",
    "fairness-*",
    "against.*",
)
"""Names of tables."""


def _remove_old(folder: Path, keep: set[str]) -> None:
    """Remove metrics.json and the plots of an earlier evaluation that are not written again.

    Args:
        folder: The folder of the results.
        keep: File names of plots that are written next.

    Raises:
        FileWriteError: A file cannot be removed.
    """
    try:
        for name in ("metrics.json", FAIRNESS_PAGE):
            (folder / name).unlink(missing_ok=True)
        for name in PLOTS:
            for form in FORMATS:
                for path in (folder / "plots").glob(f"{name}.{form}"):
                    if path.name not in keep:
                        path.unlink()
        for name in TABLES:
            for path in (folder / "tables").glob(name):
                path.unlink()
    except OSError as error:
        raise files.write_error(folder, error) from error
