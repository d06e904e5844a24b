"""The preparation report: report.json for programs, report.html for people. Neither has a face."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import wince
from wince.archive import crops
from wince.archive.frame_check import CheckSettings
from wince.archive.layouts.known_layouts import Layout
from wince.archive.report import report_page
from wince.archive.report.summary import Summary
from wince.files import sha256
from wince.protocol_names import EXCLUSIVE, OPTIMISTIC

SCHEMA = 1


def as_dict(
    counts: Summary,
    *,
    layout: Layout,
    task: CheckSettings,
    protocol: str,
    overlap: bool,
    seed: int,
    split_file: Path | None,
    warnings: Sequence[str],
    files: Mapping[str, int],
    folder: Path,
) -> dict[str, Any]:
    """Return the content of report.json; docs/prepare.md describes each key.

    It holds no time and no duration: the same archive and seed give the same bytes.
    files: the rows of each table that lies in `folder` by now.
    """
    return {
        "schema": SCHEMA,
        "wince": wince.__version__,
        "archive": {
            "layout": layout.NAME,
            "title": layout.TITLE,
            "folder": str(task.folder),
            "files_found": counts.found,
        },
        "strict": task.strict,
        "checks": counts.steps,
        "kept": counts.kept,
        "examples": counts.examples,
        "warnings": list(warnings),
        "pspi_histogram": counts.histogram,
        "split": {
            "protocol": protocol,
            "subjects_overlap": overlap,
            "caution": OPTIMISTIC if overlap else "",
            "words": OPTIMISTIC if overlap else EXCLUSIVE,
            "seed": seed,
            "split_file": str(split_file) if split_file else None,
            "parts": counts.parts,
            "unassigned": counts.unassigned,
        },
        "folds": counts.folds,
        "subjects": counts.subjects,
        "groups": counts.groups,
        "labels": counts.labels,
        "sequences_rated": counts.ratings,
        "faces": counts.faces,
        "crops": {
            "folder": crops.FOLDER,
            "format": "JPEG",
            "quality": crops.QUALITY,
            "margin": crops.MARGIN,
            "face_spec": task.spec.to_dict(),
            **counts.crops,
        },
        "duplicates": counts.duplicates,
        "files": {
            name: {"rows": rows, "sha256": sha256(folder / name)} for name, rows in files.items()
        },
    }


def write(folder: Path, report: Mapping[str, Any]) -> None:
    """Write report.json and report.html into a folder."""
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "report.json").write_text(text + "\n", "utf-8", errors="backslashreplace")
    page = report_page.page(report)
    (folder / "report.html").write_text(page, "utf-8", errors="backslashreplace")
