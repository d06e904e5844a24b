"""`wince score`: PSPI from tables of action units that other programs wrote."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli.table_options import Columns, UnitRange
from wince.cli.tables import plain_table, table_console

if TYPE_CHECKING:
    from wince.unit_tables.scores import TableScores
    from wince.unit_tables.table import UnitTable

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="Tables of OpenFace 1 or 2, FaceReader, LibreFace, py-feat or iMotions (FACET, "
        "AFFDEX), one recording each.",
    ),
]
Out = Annotated[Path, typer.Option(metavar="FILE", help="CSV file to write.")]
LabelFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV file with the columns subject, sequence, frame and pspi. Then --out gets the "
        "form that `wince evaluate --predictions` reads. A sequence is a file of the tables, "
        "without its ending.",
    ),
]
FaceNumber = Annotated[
    str | None,
    typer.Option("--face", metavar="ID", help="Which face, if a table has several."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file --out.")]


def score(
    files: Files,
    out: Out,
    labels: LabelFile = None,
    unit_range: UnitRange = None,
    face: FaceNumber = None,
    column: Columns = None,
    overwrite: Overwrite = False,
) -> None:
    """Compute PSPI over time from tables of action units that other programs wrote.

    PSPI is written only if a table has all four terms on the ranges of FACS. Otherwise it is an
    expression_index, with the missing units and the highest value that it can reach. Closures of
    the eyes shorter than half a second are blinks and do not count.
    """
    from wince import csv_reader
    from wince.errors import DataError
    from wince.files import refuse_existing
    from wince.output_lock import locked_file
    from wince.unit_tables import scores_file, table
    from wince.unit_tables.scores import score as score_table

    if not overwrite:
        refuse_existing(out, "Give another name, or --overwrite.")
    renames = csv_reader.parse_renames(column or ())
    known = scores_file.read_labels(labels, renames) if labels else None
    tables = [table.read(path, unit_range=unit_range, face=face) for path in files]
    scored = [(each, score_table(each)) for each in tables]
    if len({scores.name for _, scores in scored}) > 1:
        raise DataError(
            "Some tables give PSPI and others an expression index: "
            + "; ".join(f"{each.path} {scores.name}" for each, scores in scored)
            + ". Score them separately."
        )
    unmatched: dict[str, int] = {}
    with locked_file(out):
        if known is None:
            scores_file.write_scores(out, scored)
        else:
            unmatched = scores_file.write_predictions(out, scored, known)
    _show(scored)
    for what, count in unmatched.items():
        if count:
            typer.echo(f"{count:,} {what}.")
    typer.echo(f"Written: {out}")


def _show(scored: Sequence[tuple["UnitTable", "TableScores"]]) -> None:
    """Print what was read from each table, and what its scores are."""
    from wince.unit_tables.table import rows_without_values

    shown = plain_table()
    for name in ("File", "From", "Frames", "Scored", "Not scored", "Score", "Mean", "Highest"):
        shown.add_column(name, justify="left" if name in ("File", "From", "Score") else "right")
    for each, scores in scored:
        values = [value for value in scores.values if value is not None]
        refused = rows_without_values(each.rows)
        shown.add_row(
            str(each.path),
            each.tool.name,
            f"{len(each.rows):,}",
            f"{len(values):,}",
            "; ".join(f"{count:,} {reason}" for reason, count in refused.items()) or "0",
            f"{scores.name}, 0 to {scores.maximum:g}",
            f"{sum(values) / len(values):.2f}" if values else "",
            f"{max(values):.2f}" if values else "",
        )
    table_console().print(shown)
    for note in dict.fromkeys(note for pair in scored for note in _notes(*pair)):
        typer.echo(note)


def _notes(each: "UnitTable", scores: "TableScores") -> list[str]:
    """Return what has to be known about the scores of a table, in sentences."""
    name = each.tool.name
    notes = [f"{name}: {each.tool.caution}"] if each.tool.caution else []
    if scores.name == "expression_index":
        missing = f" It lacks {', '.join(scores.missing)}." if scores.missing else ""
        notes.append(
            f"{name}: the score is an expression index and not PSPI, because not every term is on "
            f"the range of FACS.{missing} It can reach {scores.maximum:g}."
        )
    if scores.blinks:
        notes.append(f"{each.path}: {scores.blinks:,} blinks were not counted.")
    if all(row.seconds is None for row in each.rows):
        notes.append(f"{each.path}: it has no times, so 25 frames a second are assumed for blinks.")
    return notes
