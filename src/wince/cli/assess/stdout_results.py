"""Results of `wince assess` on stdout: a table, JSON or CSV."""

import itertools
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from wince.cli.assess import csv_rows
from wince.cli.assess.outcome import Outcome
from wince.cli.messages import one_line
from wince.cli.tables import plain_table, table_console
from wince.level_colours import TERMINAL, of_scale
from wince.runtime.assessment import Assessment
from wince.scale import UNIT_NAMES
from wince.score_scale import Scale

if TYPE_CHECKING:
    from rich.text import Text

TABLE_ROWS = 200
"""Rows of one table. A table is printed when its rows are known."""
PIPE_WIDTH = 10_000  # characters; in a pipe every file is one line


def write_json(outcomes: Iterable[Outcome]) -> None:
    """Write one JSON array, an object per outcome as soon as it is known."""
    separator = "[\n"
    try:
        for outcome in outcomes:
            text = separator + json.dumps(outcome.to_dict(), allow_nan=False)
            separator = ",\n"  # set before writing, because Ctrl+C may come right after it
            sys.stdout.write(text)
    finally:  # close the array even if the run is interrupted
        sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def write_csv(outcomes: Iterable[Outcome], scale: Scale) -> None:
    """Write a CSV header and a row per outcome as soon as it is known."""
    sys.stdout.write(csv_rows.header(scale))
    for outcome in outcomes:
        sys.stdout.write(csv_rows.row(outcome, scale))


def write_table(outcomes: Iterable[Outcome], scale: Scale) -> None:
    """Write tables of TABLE_ROWS rows each, with the notes on the files below each table."""
    remaining = iter(outcomes)
    while page := list(itertools.islice(remaining, TABLE_ROWS)):
        _print_page(page, scale)


def _print_page(outcomes: list[Outcome], scale: Scale) -> None:
    from rich.text import Text

    table = plain_table()
    table.add_column("File", overflow="fold", ratio=1)
    if scale.levels:
        table.add_column("Level")
    confidence = ("Conf.",) if scale.levels else ()
    units = UNIT_NAMES if scale.is_pspi else ()
    for title in (scale.name, "90 %\nrange", *confidence, *units):
        table.add_column(title, justify="right", no_wrap=True)
    notes = []
    for outcome in outcomes:
        if outcome.assessment is not None:
            name = one_line(outcome.name)
            table.add_row(Text(name), *_cells(outcome.assessment)[: len(table.columns) - 1])
            notes += [f"{name}: {note}" for note in _notes(outcome.assessment)]
    copies = sum(outcome.annotated is not None for outcome in outcomes)
    if copies:
        notes.append(f"Annotated copies: {copies}.")
    if table.row_count:
        console = table_console(PIPE_WIDTH)
        console.print(table)
        for note in notes:
            console.print(Text(note), soft_wrap=True)


def _notes(assessment: Assessment) -> list[str]:
    """Return the notes below the table on one file."""
    notes = [*assessment.quality.reasons.values(), *assessment.quality.warnings]
    if assessment.change is not None:
        neutral = assessment.change.neutral
        images = "1 image" if neutral.images == 1 else f"{neutral.images} images"
        scale = assessment.scale
        notes.append(
            f"{scale.points(assessment.change.score)} points above the person's neutral face, "
            f"which scores {scale.points(scale.from_raw(neutral.raw_score))} ({images})."
        )
    return notes


def _cells(assessment: Assessment) -> "list[Text | str]":
    """Return the cells of a row after the file name, with those of action units for every scale."""
    from rich.text import Text

    score, units, scale = assessment.calibrated, assessment.action_units, assessment.scale
    if score is None:
        return [Text("not judged", "dim"), *[""] * (3 + len(UNIT_NAMES))]
    numbers = [scale.shown(score.score), "-".join(map(scale.points, score.interval))]
    if score.level is None or score.confidence is None:
        return [*numbers]
    levels = "/".join(score.between or [score.level])
    return [
        Text(levels, of_scale(TERMINAL, scale)[score.level]),
        *numbers,
        f"{100 * score.confidence:.0f} %",
        *(f"{units[name]:.1f}" if units else "" for name in UNIT_NAMES),
    ]
