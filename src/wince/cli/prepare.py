"""`wince prepare`: an archive in, a data set that can be trusted out."""

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli.tables import plain_table

if TYPE_CHECKING:
    from wince.archive.prepare import PrepareOptions, PrepareResult

SHOW_EVERY = 0.25  # seconds between two looks at the progress


class Split(StrEnum):
    """How frames are parted; the values of `--split`."""

    BY_SUBJECT = "by-subject"
    RANDOM_FRAMES = "random-frames"


class LayoutName(StrEnum):
    """The layouts by name after "auto", which recognises them; the values of `--layout`."""

    AUTO = "auto"
    UNBC = "unbc"
    PAIN3D = "3d-pain"
    RATED = "rated-faces"
    TABLE = "table"


def prepare(
    root: Annotated[
        Path,
        typer.Argument(
            metavar="ROOT",
            help="The archive's folder as it was downloaded, or a CSV file. It is only read.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Where the prepared data go; what is there is moved to DIR/backup/ first.",
            show_default=False,
        ),
    ],
    layout: Annotated[
        LayoutName, typer.Option(help="What the archive is; auto recognises it.")
    ] = LayoutName.AUTO,
    split: Annotated[
        Split,
        typer.Option(help="Part by subject, or frames at random (subjects overlap: optimistic)."),
    ] = Split.BY_SUBJECT,
    split_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="A split made before: a CSV file, or a folder with train.csv, val.csv, test.csv.",
        ),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A CSV file: subject, then age, sex, ... as you like."),
    ] = None,
    seed: Annotated[int, typer.Option(help="What the split is drawn by.")] = 42,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out frames whose PSPI and FACS rows disagree.")
    ] = False,
    workers: Annotated[int, typer.Option(min=0, max=256, help="Processes; 0 for one a core.")] = 0,
    with_faces: Annotated[
        bool,
        typer.Option(
            "--with-faces", help="Write faces.html too, to look at locally and never to pass on."
        ),
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Look at every picture again, changed or not.")
    ] = False,
) -> None:
    """Prepare an archive: check every frame, cut out the faces, split by subject, and report.

    Writes manifest.csv, train.csv, val.csv, test.csv, excluded.csv, duplicates.csv, report.json,
    report.html and crops/ into DIR. Run again, it only looks at what has changed.
    """
    if split_file is not None and split is Split.RANDOM_FRAMES:
        raise typer.BadParameter("--split-file and --split random-frames exclude each other")
    from wince.archive.prepare import PrepareOptions

    options = PrepareOptions(
        layout=None if layout is LayoutName.AUTO else layout.value,
        split="random-frames" if split is Split.RANDOM_FRAMES else "by-subject",
        split_file=split_file,
        groups=groups,
        seed=seed,
        workers=workers,
        strict=strict,
        with_faces=with_faces,
        fresh=fresh,
    )
    _show(_with_bar(root, out, options), out)


def _with_bar(root: Path, out: Path, options: "PrepareOptions") -> "PrepareResult":
    """Prepare behind a progress bar with the rate and the time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from wince.archive.prepare import prepare as run

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
    shown = 0.0
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("Checking frames", total=None, rate="")

        def progress(done: int, total: int) -> None:
            nonlocal shown
            now = time.monotonic()
            if now - shown < SHOW_EVERY and done < total:
                return  # frames come in batches: the rate within one would be far too high
            shown = now
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            rate = f"{speed:,.0f} frames/s" if speed else ""
            words = "Writing tables" if done == total else "Checking frames"
            bar.update(task, completed=done, total=total, rate=rate, description=words)

        return run(root, out, options, progress)


def _show(done: "PrepareResult", out: Path) -> None:
    """Print what was kept and left out, the parts, and the warnings.

    out: the folder as it was given, so that the paths shown are as short as the reader's own.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 100
    steps = plain_table()
    for title, side in (("Check", "left"), ("left out", "right"), ("kept", "right")):
        steps.add_column(title, justify="right" if side == "right" else "left")
    steps.add_row("Files found", "", f"{done.counts.found:,}")
    report_checks = sum(step["of_report"] for step in done.counts.steps)
    for place, step in enumerate(done.counts.steps, start=1):
        row = (f"{place}. {step['passes']}", f"{step['left_out']:,}", f"{step['kept']:,}")
        steps.add_row(*row, end_section=place == report_checks)
    console.print(steps)
    parts = plain_table()
    parts.add_column("Part")
    for title in ("subjects", "frames", "none", "mild", "moderate", "severe"):
        parts.add_column(title, justify="right")
    for name, part in done.counts.parts.items():
        numbers = (part["subjects"], part["frames"], *part["levels"].values())
        parts.add_row(name, *(f"{number:,}" for number in numbers))
    console.print(parts)
    for warning in done.report["warnings"]:
        console.print(Text(f"! {warning}"), soft_wrap=not console.is_terminal)
    if done.reused:
        console.print(f"{done.reused:,} pictures had been looked at before and are unchanged.")
    if done.backup:
        backup = out / done.backup.relative_to(done.out)
        console.print(Text(f"What was there before is in {backup}"), soft_wrap=True)
    console.print(Text(f"Report: {out / 'report.html'}"), soft_wrap=True)
