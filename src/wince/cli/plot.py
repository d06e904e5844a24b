"""`wince plot`: scores over time as drawings."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from wince.cli.table_options import Columns

if TYPE_CHECKING:
    from wince.evaluation.traces.trace import Trace

    Page: TypeAlias = tuple[str, list[Trace]]


class Format(StrEnum):
    """Values of `--format`."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


Target: TypeAlias = tuple[str, Format]
"""A page by the name of its file, and the format."""

Tables = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="CSV files of predictions, or of wince assess, watch --csv or score; or folders of "
        "such files. In a folder with a predictions.csv, only that is plotted.",
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    typer.Option(metavar="DIR", help="Folder of the plots.", show_default=False),
]
Formats = Annotated[
    list[Format] | None,
    typer.Option("--format", help="Can be repeated. PNG has 300 dots per inch. Default: svg."),
]
Events = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="CSV file of events to mark: sequence, start, end (may be empty), event. Times are "
        "those of the axis, seconds or frames.",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace plots of the same name.")]


def plot(
    tables: Tables,
    out: Out,
    formats: Formats = None,
    events: Events = None,
    column: Columns = None,
    overwrite: Overwrite = False,
) -> None:
    """Draw scores over time: a trace for each sequence, a page for each subject.

    A trace shows the score, and where there are any its label, its 90 % interval, the bands of the
    levels and events. Lines stop where frames have no score.
    """
    from wince import csv_reader, files
    from wince.cli.training_extra import require_plots
    from wince.errors import DataError
    from wince.output_lock import locked_folder

    require_plots("wince plot")
    from wince.evaluation.report import trace_plots
    from wince.evaluation.traces import trace_files

    renames = csv_reader.parse_renames(column or ())
    paths = [path for table in tables for path in _csv_files(table)]
    csv_reader.check_renames(renames, [*paths, *([events] if events else [])])
    traces_by_path = {path: list(trace_files.read_traces(path, renames)) for path in paths}
    if events:
        traces_by_path = _with_events(traces_by_path, events, renames)
    pages = _pages(traces_by_path)
    if not pages:
        raise DataError(
            f"No sequence has {trace_plots.LEAST_FRAMES} frames or more, so there is no trace to "
            f"plot in {', '.join(map(str, paths))}."
        )
    targets = {
        (name, form): out / f"{name}.{form}" for name in pages for form in formats or [Format.SVG]
    }
    if not overwrite:
        for target in targets.values():
            files.refuse_existing(target, "Give another folder, or --overwrite.")
    with locked_folder(out):
        for (name, form), target in _with_progress(targets):
            files.write_bytes(target, trace_plots.save(trace_plots.draw_page(*pages[name]), form))
    count = sum(len(traces) for _, traces in pages.values())
    short = sum(map(len, traces_by_path.values())) - count
    typer.echo(f"Traces: {count:,}. Pages: {len(pages):,}. Written to {out}")
    if short:
        typer.echo(
            f"{short:,} sequences of fewer than {trace_plots.LEAST_FRAMES} frames are left out."
        )


def _with_progress(targets: Mapping[Target, Path]) -> Iterable[tuple[Target, Path]]:
    """Return what is drawn, with a progress bar on stderr."""
    from rich.console import Console
    from rich.progress import track

    return track(
        targets.items(), "Drawing", console=Console(stderr=True), transient=True, total=len(targets)
    )


def _csv_files(path: Path) -> list[Path]:
    """Return the file, or the CSV files of a folder."""
    from wince import file_names
    from wince.errors import DataError

    if not path.is_dir():
        return [path]
    if (path / file_names.PREDICTIONS).is_file():
        return [path / file_names.PREDICTIONS]
    files = sorted(file for file in path.glob("*.csv") if file.is_file())
    if not files:
        raise DataError(f"{path} contains no CSV file. Name a file, or a folder of CSV files.")
    return files


def _with_events(
    traces_by_path: dict[Path, list["Trace"]], events: Path, renames: dict[str, str]
) -> dict[Path, list["Trace"]]:
    """Return the traces of all files with their events."""
    from wince.evaluation.traces.trace_files import add_events

    every_trace = [trace for traces in traces_by_path.values() for trace in traces]
    with_events = iter(add_events(every_trace, events, renames))
    return {path: [next(with_events) for _ in traces] for path, traces in traces_by_path.items()}


def _pages(traces_by_path: Mapping[Path, list["Trace"]]) -> dict[str, "Page"]:
    """Return the pages of all tables by the name of their file, without its ending."""
    from wince.evaluation.report.trace_plots import pages

    named: dict[str, Page] = {}
    for path, traces in traces_by_path.items():
        for title, of_page in pages(traces):
            words = [title] if title and len(traces_by_path) == 1 else [path.stem, title]
            stem = "-".join(filter(None, (re.sub(r"[^\w.-]+", "_", word) for word in words)))
            name, number = stem, 2
            while name in named:
                name, number = f"{stem}-{number}", number + 1
            named[name] = (title or path.name, of_page)
    return named
