"""What an evaluation leaves in its folder: metrics.json, report.html, subjects.csv and plots."""

import csv
import io
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wince.errors import DataError
from wince.evaluation.plots import draw
from wince.evaluation.predictions import Predictions
from wince.evaluation.report import render_report


def write_results(metrics: Mapping[str, Any], table: Predictions, out: Path | str) -> Path:
    """Write metrics.json, report.html, subjects.csv and plots/*.png; return the report's path.

    Each file is written to a temporary name and renamed; metrics.json comes last, so that its
    presence means that all is there. Raises DataError when the folder cannot be written.
    """
    folder = Path(out)
    pictures = draw(metrics, table)
    files = {f"plots/{name}.png": png for name, png in pictures.items()}
    files["subjects.csv"] = _subjects_csv(metrics).encode()
    files["report.html"] = render_report(metrics, pictures).encode()
    plain = json.dumps(without_nan(metrics), indent=1, allow_nan=False, ensure_ascii=False)
    files["metrics.json"] = (plain + "\n").encode()
    try:
        (folder / "plots").mkdir(parents=True, exist_ok=True)
        _remove_old(folder, keep=set(files))
        for name, content in files.items():
            _write(folder / name, content)
    except OSError as error:
        raise DataError(
            f"The results cannot be written to {folder} ({error.strerror or error}). Choose a "
            "folder that can be written, with room for about 5 MB."
        ) from error
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
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _remove_old(folder: Path, keep: set[str]) -> None:
    """Take away what an earlier evaluation left, so that nothing stale stands beside the new."""
    (folder / "metrics.json").unlink(missing_ok=True)
    for pattern in ("groups-*.png", "against.png", "reliability.png", "coverage.png"):
        for path in (folder / "plots").glob(pattern):
            if f"plots/{path.name}" not in keep:
                path.unlink()


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
