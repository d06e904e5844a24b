"""What became of each file given to `wince assess`, written as a table, JSON or CSV."""

import csv
import io
import itertools
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wince.cli.messages import complain, one_line
from wince.cli.tables import plain_table
from wince.errors import WinceError
from wince.level_colours import TERMINAL
from wince.runtime.assessment import Assessment
from wince.scale import UNIT_NAMES

if TYPE_CHECKING:
    from rich.text import Text

PAGE = 200  # rows of a table; it is written when they are known


@dataclass(frozen=True, slots=True)
class Outcome:
    """One file: its name as given, and either its assessment or the error that stood in the way.

    annotated: where the annotated copy was written, if it was asked for. frame, seconds: for a
    frame of a video, its number from 0 and its time since the first.
    """

    file: str
    assessment: Assessment | None = None
    error: WinceError | None = None
    annotated: str | None = None
    frame: int | None = None
    seconds: float | None = None

    @property
    def name(self) -> str:
        """The file, and the time in it where it is a video."""
        return self.file if self.seconds is None else f"{self.file} at {self.seconds:.2f} s"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: `file`, and `assessment` or `error` with its type and its sentence."""
        data: dict[str, Any] = {"file": self.file}
        if self.frame is not None:
            data |= {"frame": self.frame, "seconds": self.seconds}
        if self.assessment is not None:
            data["assessment"] = self.assessment.to_dict()
        if self.error is not None:
            data["error"] = {"type": type(self.error).__name__, "message": str(self.error)}
        if self.annotated is not None:
            data["annotated"] = self.annotated
        return data


def write_json(outcomes: Iterable[Outcome]) -> int:
    """Write one JSON array to stdout, an object per file as it is done; return the failures."""
    failures, before = 0, "[\n"
    try:
        for outcome in outcomes:
            text = before + json.dumps(outcome.to_dict(), allow_nan=False)
            before = ",\n"  # first, for Ctrl+C may come as soon as something is written
            sys.stdout.write(text)
            failures += complained(outcome)
    finally:  # the array is closed even when the run is stopped half-way
        sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")
    return failures


CSV_COLUMNS = (
    "file",
    "frame",
    "seconds",
    "face",
    "faces",
    "level",
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
    "annotated",
    "error",
)


def write_csv(outcomes: Iterable[Outcome]) -> int:
    """Write CSV with a header to stdout, a row per file as it is done; return the failures."""
    failures = 0
    sys.stdout.write(csv_line(list(CSV_COLUMNS)))
    for outcome in outcomes:
        row = csv_row(outcome)
        sys.stdout.write(csv_line([row.get(column) for column in CSV_COLUMNS]))
        failures += complained(outcome)
    return failures


def csv_line(values: list[Any]) -> str:
    """Return the values as one record of CSV, its line end, a line feed, included."""
    text = io.StringIO()
    csv.writer(text).writerow(values)  # ends in CR LF, so that either within a value is quoted
    return text.getvalue().removesuffix("\r\n") + "\n"


def csv_row(outcome: Outcome) -> dict[str, Any]:
    """Return the values by column; columns that do not apply are missing."""
    row: dict[str, Any] = {
        "file": outcome.file,
        "frame": outcome.frame,
        "seconds": outcome.seconds,
        "annotated": outcome.annotated,
        "error": outcome.error,
    }
    found = outcome.assessment
    if found is not None:
        row |= {
            "usable": str(found.quality.usable).lower(),
            "reasons": " | ".join(found.quality.reasons),
            "warnings": " | ".join(found.quality.warnings),
            "model": found.model["name"],
            "model_version": found.model["version"],
            **_csv_result(found),
        }
        if found.face is not None:
            row |= {"face": found.face.index + 1, "faces": found.face.count}
    return row


def _csv_result(found: Assessment) -> dict[str, Any]:
    """Return the numbers; a picture that cannot be judged has none, lest somebody average them."""
    if found.level is None or found.interval is None or found.confidence is None:
        return {}
    row = {
        "level": str(found.level),
        "pspi": round(found.pspi, 3),
        "pspi_low": round(found.interval[0], 3),
        "pspi_high": round(found.interval[1], 3),
        "confidence": round(found.confidence, 4),
        **{name: round(value, 3) for name, value in (found.action_units or {}).items()},
    }
    if found.change is not None:
        row |= {"change": found.change.pspi, "neutral_pspi": found.change.neutral.raw_score}
    return row


def write_table(outcomes: Iterable[Outcome]) -> int:
    """Write a table to stdout, warnings below it, a new one every PAGE files; return the failures.

    The widths of the columns come from the rows, so a table is written when its rows are known.
    """
    failures = 0
    left = iter(outcomes)
    while page := list(itertools.islice(left, PAGE)):
        failures += _write_page(page)
    return failures


def _write_page(outcomes: list[Outcome]) -> int:
    from rich.console import Console
    from rich.text import Text

    table = plain_table()
    table.add_column("File", overflow="fold", ratio=1)
    table.add_column("Level")
    for title in ("PSPI", "90 %\nrange", "Conf.", *UNIT_NAMES):
        table.add_column(title, justify="right", no_wrap=True)
    failures, copies, notes = 0, 0, []
    for outcome in outcomes:
        failures += complained(outcome)
        found = outcome.assessment
        if found is None:
            continue
        name = one_line(outcome.name)
        table.add_row(Text(name), *_cells(found))
        notes += [f"{name}: {said}" for said in _notes(found)]
        copies += outcome.annotated is not None
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 10_000  # in a pipe every file keeps its one line
    if copies:
        notes.append(f"Annotated copies: {copies}.")
    if table.row_count:
        console.print(table)
        for note in notes:
            console.print(Text(note), soft_wrap=True)
    return failures


def _notes(found: Assessment) -> list[str]:
    """Return what stands below the table about one file."""
    notes = [*found.quality.reasons.values(), *found.quality.warnings]
    if found.change is not None:
        neutral = found.change.neutral
        images = "1 image" if neutral.images == 1 else f"{neutral.images} images"
        notes.append(
            f"{found.change.pspi:.1f} points above the person's neutral face, which reads "
            f"{neutral.raw_score:.1f} ({images})."
        )
    return notes


def _cells(found: Assessment) -> "list[Text | str]":
    from rich.text import Text

    if found.level is None or found.interval is None or found.confidence is None:
        return [Text("not judged", "dim"), *[""] * (3 + len(UNIT_NAMES))]
    low, high = found.interval
    units = found.action_units
    return [
        Text(found.level, TERMINAL[found.level]),
        f"{found.pspi:.1f}",
        f"{low:.1f}-{high:.1f}",
        f"{100 * found.confidence:.0f} %",
        *(f"{units[name]:.1f}" if units else "" for name in UNIT_NAMES),
    ]


def complained(outcome: Outcome) -> int:
    """Say why a file could not be assessed; return 1 for such a file and 0 for the others."""
    if outcome.error is None:
        return 0
    reason = str(outcome.error)
    named = outcome.frame is None and outcome.file in reason
    complain(reason if named else f"{outcome.name}: {reason}")
    return 1
