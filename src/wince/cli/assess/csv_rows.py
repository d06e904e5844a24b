"""The CSV of `wince assess`: one row per face of a file or frame."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from wince.cli import score_columns
from wince.cli.assess.outcome import Outcome
from wince.runtime.assessment import Assessment
from wince.scale import UNIT_NAMES
from wince.score_scale import Scale
from wince.spreadsheet_cells import guarded

COLUMNS = (
    "file",
    "frame",
    "seconds",
    "face",
    "faces",
    "level",
    "between",
    "pspi",
    "pspi_low",
    "pspi_high",
    "confidence",
    *UNIT_NAMES,
    "usable",
    "reasons",
    "warnings",
    "change",
    "neutral_pspi",
    "model",
    "model_version",
    "min_score",
    "annotated",
    "error",
)
"""The columns for PSPI."""


def header(scale: Scale) -> str:
    """Return the CSV record with the names of the columns."""
    return line(score_columns.columns(COLUMNS, scale))


def line(values: Iterable[Any]) -> str:
    """Return the values as one CSV record that ends in a line feed."""
    text = io.StringIO()
    # With CR LF as line end, both are quoted within values.
    csv.writer(text).writerow(map(guarded, values))
    return text.getvalue().removesuffix("\r\n") + "\n"


def row(outcome: Outcome, scale: Scale) -> str:
    """Return the CSV record of an outcome; columns that do not apply are empty."""
    values: dict[str, Any] = {
        "file": outcome.file,
        "frame": outcome.frame,
        "seconds": outcome.seconds,
        "min_score": outcome.min_score,
        "annotated": outcome.annotated,
        "error": outcome.error,
    }
    if outcome.assessment is not None:
        values |= _assessment_values(outcome.assessment)
    cells = score_columns.cells(values, scale)
    return line(cells.get(column) for column in score_columns.columns(COLUMNS, scale))


def _assessment_values(assessment: Assessment) -> dict[str, Any]:
    return {
        "face": assessment.face.index + 1,
        "faces": len(assessment.faces),
        "usable": str(assessment.quality.usable).lower(),
        "reasons": ";".join(assessment.quality.reasons),
        "warnings": " | ".join(assessment.quality.warnings),
        "model": assessment.model["name"],
        "model_version": assessment.model["version"],
        **_score_values(assessment),
    }


def _score_values(assessment: Assessment) -> dict[str, Any]:
    """Return the scores; none for a face that cannot be judged."""
    score = assessment.calibrated
    if score is None:
        return {}
    values = {
        "level": score.level and str(score.level),
        "between": ";".join(score.between or ()),
        "pspi": score.score,
        "pspi_low": score.interval[0],
        "pspi_high": score.interval[1],
        "confidence": score.confidence,
        **(assessment.action_units or {}),
    }
    if assessment.change is not None:
        values |= {
            "change": assessment.change.score,
            "neutral_pspi": score.scale.from_raw(assessment.change.neutral.raw_score),
        }
    return values
