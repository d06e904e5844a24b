"""The files of an evaluation: metrics.json, report.html, subjects.csv and plots/*.png."""

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wince import files, spreadsheet_cells
from wince.evaluation.predictions import Predictions
from wince.evaluation.report.plots import draw
from wince.evaluation.report.report_page import render_report


def write_results(metrics: Mapping[str, Any], table: Predictions, out: Path | str) -> Path:
    """Write metrics.json, report.html, subjects.csv and plots/*.png; return the report's path.

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
    report = render_report(metrics, plots)
    _remove_old(folder, keep=set(plots))
    for name, png in plots.items():
        files.write_bytes(folder / "plots" / f"{name}.png", png)
    files.write_text(folder / "subjects.csv", _subjects_csv(metrics))
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


def _subjects_csv(metrics: Mapping[str, Any]) -> str:
    rows = without_nan(metrics["by_subject"])
    if metrics["overlap"]["label"]:
        rows = [{**row, "protocol": metrics["overlap"]["label"]} for row in rows]
    text = io.StringIO()
    writer = spreadsheet_cells.Writer(text)
    writer.write(rows[0], *(row.values() for row in rows))
    return text.getvalue()


def _remove_old(folder: Path, keep: set[str]) -> None:
    """Remove metrics.json, and the plots that not every evaluation draws, except those in `keep`.

    Args:
        folder: The folder of the results.
        keep: Names of plots that are written next.

    Raises:
        FileWriteError: A file cannot be removed.
    """
    try:
        (folder / "metrics.json").unlink(missing_ok=True)
        for pattern in (
            "groups-*.png",
            "traces-*.png",
            "against.png",
            "reliability.png",
            "coverage.png",
        ):
            for path in (folder / "plots").glob(pattern):
                if path.stem not in keep:
                    path.unlink()
    except OSError as error:
        raise files.write_error(folder, error) from error
