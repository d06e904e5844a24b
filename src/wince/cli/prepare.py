"""`wince prepare`: check an archive and write a folder to train and evaluate with."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wince.cli.cluster_option import ClusterAddress, refuse_both
from wince.cli.face_options import MinScore
from wince.cli.option_groups import with_option_groups
from wince.cli.scale_options import Cuts, LevelNames, Target
from wince.cli.table_options import Columns, DistinctSubjects, UnitRange
from wince.cli.tables import plain_table, table_console
from wince.faces import MIN_SCORE
from wince.remote_path import as_remote, parse_path

if TYPE_CHECKING:
    from rich.table import Table

    from wince.archive.prepare import PrepareOptions, PrepareResult
    from wince.archive.table_options import TableOptions

UPDATE_EVERY = 0.25
"""Seconds between two updates of the progress bar. Frames come in batches, and the rate within one
batch would be far too high."""
PIPE_WIDTH = 100


class Split(StrEnum):
    """Values of `--split`."""

    BY_SUBJECT = "by-subject"
    RANDOM_FRAMES = "random-frames"


class LayoutName(StrEnum):
    """Values of `--layout`: "auto", then the names of the layouts."""

    AUTO = "auto"
    UNBC = "unbc"
    PAIN3D = "3d-pain"
    RATED = "rated-faces"
    TABLE = "table"
    RECORDINGS = "recordings"


@dataclass(frozen=True, slots=True)
class PreparationOptions:
    """How an archive is prepared."""

    layout: Annotated[
        LayoutName, typer.Option(help="Layout of the archive; auto recognises it.")
    ] = LayoutName.AUTO
    split: Annotated[
        Split,
        typer.Option(help="Split by subject, or frames at random (subjects overlap: optimistic)."),
    ] = Split.BY_SUBJECT
    split_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            parser=parse_path,
            help="A split made before: a CSV file, or a folder with train.csv, val.csv, test.csv.",
        ),
    ] = None
    groups: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            parser=parse_path,
            help="A CSV file with the column subject and group columns: age, ...",
        ),
    ] = None
    group_column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="A column of the table that is a group. Can be repeated. The default is every "
            "further column of words or whole numbers that is not a known measurement.",
        ),
    ] = None
    distinct_subjects: DistinctSubjects = False
    column: Columns = None
    path_prefix: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OLD=NEW",
            help="How image paths in the table begin, and where that folder is on this machine "
            "(absolute, or relative to the table). Can be repeated.",
        ),
    ] = None
    range: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="LOW HIGH",
            help="With --target: the range of its scale. Otherwise the scale of the table's column "
            "pspi, such as 0 100; it is converted to 0 to 16.",
        ),
    ] = None
    fps: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            metavar="N",
            help="Frames to take of each second of a video. The default is every frame.",
        ),
    ] = None
    annotation_fps: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            metavar="N",
            help="Frame rate at which annotations by frame or timecode were made. The default is "
            "the video's.",
        ),
    ] = None
    first_frame: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1,
            metavar="0|1",
            help="Number of a video's first frame in annotations by frame, if they do not show it.",
        ),
    ] = None
    coded_unit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="UNIT",
            help="An action unit that was coded although no annotation contains it, such as AU43: "
            "it is 0 wherever something was coded. "
            "Can be repeated.",
        ),
    ] = None
    unit_range: UnitRange = None
    target: Target = None
    cuts: Cuts = None
    levels: LevelNames = None
    provenance: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Where the data come from, for reports and model cards. The default is the first "
            "line of PROVENANCE.txt in ROOT.",
        ),
    ] = None
    seed: Annotated[int, typer.Option(help="Random seed of the split.")] = 42
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out frames whose PSPI and FACS rows disagree.")
    ] = False
    min_score: MinScore = MIN_SCORE
    workers: Annotated[
        int, typer.Option(min=0, max=256, help="Number of processes; 0 for one per core.")
    ] = 0
    cluster: ClusterAddress = None
    with_faces: Annotated[
        bool,
        typer.Option(
            "--with-faces",
            help="Also write faces.html, to look at on this machine and never to pass on.",
        ),
    ] = False
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Check every image again, even if it has not changed.")
    ] = False

    def _table(self) -> "TableOptions":
        from wince import csv_reader
        from wince.archive.annotations.unit_names import parse_coded_units
        from wince.archive.table_options import TableOptions, parse_prefixes
        from wince.named_scales import ScaleOptions
        from wince.scale import PSPI

        target = ScaleOptions(self.target, self.range, self.cuts, self.levels).scale()
        if self.range is not None and not self.range[0] < self.range[1]:
            raise typer.BadParameter("--range: expected LOW to be below HIGH")
        return TableOptions(
            renames=csv_reader.parse_renames(self.column or ()),
            prefixes=parse_prefixes(self.path_prefix or ()),
            pspi_range=self.range if target is None else None,
            target=target or PSPI,
            groups=tuple(name.strip().lower() for name in self.group_column or ()),
            fps=self.fps,
            annotation_fps=self.annotation_fps,
            first_frame=self.first_frame,
            coded_units=parse_coded_units(self.coded_unit or ()),
            unit_range=self.unit_range,
        )

    def for_library(self) -> "PrepareOptions":
        """Return the options of `wince.archive.prepare.prepare`."""
        from wince.archive.prepare import PrepareOptions

        if self.split_file is not None and self.split is Split.RANDOM_FRAMES:
            raise typer.BadParameter("--split-file and --split random-frames exclude each other")
        refuse_both(self.workers, self.cluster)
        return PrepareOptions(
            layout=None if self.layout is LayoutName.AUTO else self.layout.value,
            split="random-frames" if self.split is Split.RANDOM_FRAMES else "by-subject",
            split_file=self.split_file,
            groups=self.groups,
            table=self._table(),
            distinct_subjects=self.distinct_subjects,
            provenance=self.provenance,
            seed=self.seed,
            workers=self.workers,
            cluster=self.cluster,
            strict=self.strict,
            min_score=self.min_score,
            with_faces=self.with_faces,
            fresh=self.fresh,
        )


@with_option_groups
def prepare(
    root: Annotated[
        Path,
        typer.Argument(
            metavar="ROOT",
            parser=parse_path,
            help="The archive's folder as it was downloaded, or a CSV file. It is only read. A URL "
            "such as s3://bucket/archive needs pip install 'wince[urls]'.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            parser=parse_path,
            help="Folder for the prepared data. Files of an earlier run go to DIR/backup/.",
            show_default=False,
        ),
    ],
    options: PreparationOptions,
) -> None:
    """Prepare an archive: check every frame, cut out the faces, split by subject, and report.

    Writes manifest.csv, train.csv, val.csv, test.csv, excluded.csv, duplicates.csv, report.json,
    report.html and crops/ into DIR. A second run only checks what has changed.
    """
    if as_remote(out) is not None:
        raise typer.BadParameter(
            "--out: expected a folder on this machine, because training maps its files into memory "
            "and the next run reads its database. Prepare into a local folder, and copy it to "
            f"{out} afterwards"
        )
    result = _prepare_with_bar(root, out, options.for_library())
    _print_result(result, out)


def _prepare_with_bar(root: Path, out: Path, options: "PrepareOptions") -> "PrepareResult":
    """Prepare with a progress bar that shows the rate and the time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from wince.archive.prepare import prepare as prepare_archive

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("took"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    updated = 0.0
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("Checking frames", total=None, rate="")

        def update(done: int, total: int) -> None:
            nonlocal updated
            now = time.monotonic()
            if now - updated < UPDATE_EVERY and done != total:
                return
            updated = now
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            rate = f"{speed:,.0f} frames/s" if speed else ""
            title = "Writing tables" if done == total else "Checking frames"
            if not total:
                title, rate = f"Found {done:,} frames", ""
            bar.update(
                task,
                completed=done if total else 0,
                total=total or None,
                rate=rate,
                description=title,
            )

        return prepare_archive(root, out, options, update)


def _print_result(result: "PrepareResult", out: Path) -> None:
    """Print the checks, the parts, the warnings and where the files are.

    Args:
        result: The finished preparation.
        out: The folder as the user gave it, to print short paths.
    """
    from rich.text import Text

    console = table_console(PIPE_WIDTH)
    console.print(_checks_table(result.report))
    console.print(_parts_table(result.report))
    for warning in result.report["warnings"]:
        console.print(Text(f"! {warning}"), soft_wrap=not console.is_terminal)
    if result.reused:
        console.print(f"{result.reused:,} images have not changed since an earlier run.")
    if result.backup:
        backup = out / result.backup.relative_to(result.out)
        console.print(Text(f"The files of the earlier run are in {backup}"), soft_wrap=True)
    console.print(Text(f"Report: {out / 'report.html'}"), soft_wrap=True)


def _checks_table(report: Mapping[str, Any]) -> "Table":
    """Return how many frames each check left out; a line is below the project report's checks."""
    table = plain_table()
    table.add_column("Check")
    for title in ("left out", "kept"):
        table.add_column(title, justify="right")
    title = "Frames found" if report["recordings"] else "Files found"
    table.add_row(title, "", f"{report['archive']['files_found']:,}")
    report_checks = sum(check["of_report"] for check in report["checks"])
    for place, check in enumerate(report["checks"], start=1):
        row = (f"{place}. {check['passes']}", f"{check['left_out']:,}", f"{check['kept']:,}")
        table.add_row(*row, end_section=place == report_checks)
    return table


def _parts_table(report: Mapping[str, Any]) -> "Table":
    """Return the subjects, frames and levels of each part."""
    parts = report["split"]["parts"]
    table = plain_table()
    table.add_column("Part")
    for title in ("subjects", "frames", *parts["train"]["levels"]):
        table.add_column(title, justify="right")
    for name, part in parts.items():
        numbers = (part["subjects"], part["frames"], *part["levels"].values())
        table.add_row(name, *(f"{number:,}" for number in numbers))
    return table
