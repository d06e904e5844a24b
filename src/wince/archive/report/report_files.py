"""Write the preparation report: report.json for programs, report.html for people.

Neither contains a face.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import wince
from wince import files as output
from wince.archive import crops
from wince.archive.frame_check import CheckSettings
from wince.archive.layouts.known_layouts import Layout
from wince.archive.report import report_page
from wince.archive.report.summary import Summary
from wince.file_names import REPORT, REPORT_DATA
from wince.protocol_names import EXCLUSIVE, OPTIMISTIC

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class SplitUsed:
    """How the frames of a run were split.

    Attributes:
        protocol: "by-subject", "random-frames" or "split-file".
        subjects_overlap: Whether a subject is in more than one part.
        seed: Random seed.
        split_file: The file or folder of a split made before, None if there is none.
    """

    protocol: str
    subjects_overlap: bool
    seed: int
    split_file: Path | None

    @property
    def mark(self) -> str:
        """The words that mark results of this split."""
        return OPTIMISTIC if self.subjects_overlap else EXCLUSIVE


def describe_preparation(
    counts: Summary,
    *,
    layout: Layout,
    about: Mapping[str, Any],
    settings: CheckSettings,
    split: SplitUsed,
    warnings: Sequence[str],
    files: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the content of report.json; docs/prepare.md describes each key.

    It contains no time and no duration, so the same archive and seed give the same bytes.

    Args:
        counts: Counts of the run.
        layout: The archive's layout.
        about: Provenance of the archive, and the options with which it was read.
        settings: The run's settings.
        split: How the frames were split.
        warnings: See `report_warnings`.
        files: See `file_entries`.
    """
    return {
        "schema": SCHEMA,
        "wince": wince.__version__,
        "archive": {
            "layout": layout.NAME,
            "title": layout.TITLE,
            "folder": str(settings.folder),
            "files_found": counts.files,
            **about,
        },
        "strict": settings.strict,
        "min_score": settings.min_score,
        "checks": counts.checks,
        "kept": counts.kept,
        "examples": counts.examples,
        "warnings": list(warnings),
        "scale": settings.scale.to_dict(),
        f"{settings.scale.column}_histogram": counts.histogram,
        "split": _split(split, counts),
        "folds": counts.folds,
        "subjects": counts.subjects,
        "groups": counts.groups,
        "labels": counts.labels,
        "image_warnings": counts.image_warnings,
        "sequences_rated": counts.ratings,
        "faces": counts.faces,
        "crops": {
            "folder": crops.FOLDER,
            "format": "JPEG",
            "quality": crops.QUALITY,
            "margin": crops.MARGIN,
            "face_spec": settings.spec.to_dict(),
            **counts.crops,
        },
        "duplicates": counts.duplicates,
        "recordings": counts.recordings,
        "files": dict(files),
    }


def _split(split: SplitUsed, counts: Summary) -> dict[str, Any]:
    return {
        "protocol": split.protocol,
        "subjects_overlap": split.subjects_overlap,
        "caution": OPTIMISTIC if split.subjects_overlap else "",
        "words": split.mark,
        "seed": split.seed,
        "split_file": str(split.split_file) if split.split_file else None,
        "parts": counts.parts,
        "unassigned": counts.unassigned,
    }


def file_entries(folder: Path, row_counts: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Return rows and SHA-256 of each table in a folder, by file name."""
    return {
        name: {"rows": rows, "sha256": output.sha256(folder / name)}
        for name, rows in row_counts.items()
    }


def write(folder: Path, report: Mapping[str, Any]) -> None:
    """Write report.json and report.html into a folder."""
    output.write_json(folder / REPORT_DATA, report)
    output.write_text(folder / REPORT, report_page.render_page(report))
