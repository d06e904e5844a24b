"""Prepare an archive: check every frame, cut out the faces, split the subjects, write a report.

There are two passes. The first one checks the frames in several processes and writes the results
into the folder's database. The second one reads the database and writes the tables and the report.
Memory contains a few batches of frames and one line for each subject.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from wince import workers
from wince.archive import (
    assign_split,
    checks,
    crops,
    folder_swap,
    given_split,
    groups,
    manifest,
)
from wince.archive.detection import Detection
from wince.archive.frame_check import CheckSettings, FrameResult, check_frames
from wince.archive.frame_database import FrameDatabase, open_database
from wince.archive.frame_file import FrameFile
from wince.archive.layouts import known_layouts
from wince.archive.layouts.known_layouts import Layout
from wince.archive.report import faces_page, report_files, summary
from wince.archive.report.report_warnings import report_warnings
from wince.errors import ArchiveError
from wince.faces.spec import FaceSpec
from wince.protocol_names import EXCLUSIVE, OPTIMISTIC

KEEP_EVERY = 256  # frames; a kill loses no more than this
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """How an archive is prepared.

    layout: None to recognise it. split: "by-subject" or "random-frames"; split_file takes its
    place. groups: a CSV file of groups by subject. workers: processes, 0 for one a core. strict:
    leave out frames whose PSPI and action units disagree. with_faces: write faces.html. fresh: look
    at every picture again. spec: what a model will be shown.
    """

    layout: str | None = None
    split: Literal["by-subject", "random-frames"] = "by-subject"
    split_file: Path | None = None
    groups: Path | None = None
    seed: int = 42
    workers: int = 0
    strict: bool = False
    with_faces: bool = False
    fresh: bool = False
    spec: FaceSpec = field(default_factory=FaceSpec)


@dataclass(frozen=True, slots=True)
class PrepareResult:
    """A finished preparation: its folder, its report, where the old files went, and the reuse.

    reused: how many pictures an earlier run had already looked at.
    """

    out: Path
    report: dict[str, Any]
    counts: summary.Summary
    backup: Path | None
    reused: int


def prepare(
    root: Path, out: Path, options: PrepareOptions | None = None, progress: Progress | None = None
) -> PrepareResult:
    """Prepare an archive into a folder and return what was found.

    root: the archive as it was downloaded, or a CSV file; it is only read. out: the prepared
    folder; what it held is moved to out/backup/. progress: called with (frames done, in all).

    Raises ArchiveError when the archive has no known layout or no frame passes the checks, and
    DataError for a table, split file or group file that cannot be used.
    """
    options = options or PrepareOptions()
    root, out = root.resolve(), out.resolve()
    layout, base = known_layouts.recognise(root, options.layout)
    joined = groups.read(options.groups)
    names = (*layout.group_names(base), *joined.names)
    manifest.columns(names)  # a name that is taken is better said now than after an hour
    given = given_split.read(options.split_file) if options.split_file else None
    task = _task(layout, base, out, options)
    database = open_database(_made(out))
    try:
        if options.fresh:
            database.forget()
        staged = folder_swap.stage(out)
        reused = _examine(database, layout, task, joined, options.workers, progress)
        _refuse_nothing(database, root)
        notes = assign_split.split(database, options.split, options.seed, given)
        found, counts = _write(database, staged, layout, task, names, options, notes)
        backup = folder_swap.publish(out, staged)
        _sweep(database, out)
        return PrepareResult(out, found, counts, backup, reused)
    except (OSError, sqlite3.OperationalError) as error:
        raise ArchiveError(
            f"Preparing into {out} stopped ({error}). Check the space left and the permissions, "
            "and run it again: it goes on where it stopped. The tables there are still whole."
        ) from error
    finally:
        database.close()


def _made(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"The folder {out} cannot be made ({error.strerror}). Choose another one with --out."
        ) from error
    return out


def _task(layout: Layout, base: Path, out: Path, options: PrepareOptions) -> CheckSettings:
    folder = base if base.is_dir() else base.parent
    if options.spec.kind != "aligned":
        raise ArchiveError(
            "Crops are stored for an aligned FaceSpec; found one of the whole image."
        )
    return CheckSettings(layout.NAME, base, folder, out, options.spec, options.strict)


def _examine(
    database: FrameDatabase,
    layout: Layout,
    task: CheckSettings,
    joined: groups.SubjectGroups,
    processes: int,
    progress: Progress | None,
) -> int:
    """Examine every frame into the database; return how many looks were an earlier run's."""
    total = sum(1 for _ in layout.files(task.base))
    reused = 0
    pairs: Iterator[tuple[FrameFile, Detection | None]] = (
        (file, database.known(file.name)) for file in layout.files(task.base)
    )
    found: FrameResult
    results = workers.map_batches(
        partial(check_frames, task), pairs, processes or workers.core_count()
    )
    for number, found in enumerate(results):
        database.add(number, found, (*found.file.groups, *joined.of(found.file.subject)))
        reused += found.reused
        if number % KEEP_EVERY == KEEP_EVERY - 1:
            database.keep()
        if progress:
            progress(number + 1, max(total, number + 1))
    database.finish()
    return reused


def _refuse_nothing(database: FrameDatabase, root: Path) -> None:
    steps = summary.steps(database)
    if steps[-1]["kept"]:
        return
    reasons = ", ".join(
        f"{step['reason']}: {step['left_out']:,}" for step in steps if step["left_out"]
    )
    first = ""
    for name, reason, detail in database.rows(
        "SELECT name, reason, detail FROM frame ORDER BY reason = ?, number LIMIT 1",
        checks.NAME.reason,
    ):
        first = f" The first: {name} ({reason}: {detail})."
    raise ArchiveError(
        f"No frame of {root} passes the checks ({reasons or 'there is not one file'}).{first} "
        "Nothing was written; what the folder held before still stands."
    )


def _write(
    database: FrameDatabase,
    staged: Path,
    layout: Layout,
    task: CheckSettings,
    names: Sequence[str],
    options: PrepareOptions,
    notes: Sequence[str],
) -> tuple[dict[str, Any], summary.Summary]:
    counts = summary.count(database, names)
    overlap = any(" " in subject["split"] for subject in counts.subjects)
    protocol = "split-file" if options.split_file else options.split
    kind = OPTIMISTIC if overlap else EXCLUSIVE
    written = manifest.write_tables(
        staged,
        database,
        archive=task.folder,
        groups=names,
        loso={one["subject"]: place for place, one in enumerate(counts.subjects, start=1)},
        protocol=f"{protocol} ({kind})",
    )
    written["excluded.csv"] = manifest.write_excluded(staged / "excluded.csv", database)
    written["duplicates.csv"] = manifest.write_duplicates(staged / "duplicates.csv", database)
    warnings = report_warnings(
        counts, layout=layout.WARNING, overlap=overlap, strict=options.strict, split_notes=notes
    )
    data = report_files.as_dict(
        counts,
        layout=layout,
        task=task,
        protocol=protocol,
        overlap=overlap,
        seed=options.seed,
        split_file=options.split_file,
        warnings=warnings,
        files=written,
        folder=staged,
    )
    report_files.write(staged, data)
    if options.with_faces:
        faces_page.write(staged / "faces.html", database, task)
    return data, counts


_NAMED = (
    "SELECT EXISTS (SELECT 1 FROM frame WHERE crop = ?1) "
    "OR EXISTS (SELECT 1 FROM old WHERE crop = ?1)"
)


def _sweep(database: FrameDatabase, out: Path) -> None:
    """Remove crops that neither this preparation nor one in backup/ names, and what a kill left."""
    database.connection.execute("CREATE TEMP TABLE IF NOT EXISTS old (crop TEXT PRIMARY KEY)")
    for backup in sorted((out / folder_swap.BACKUP).glob("backup_*")):
        if (backup / "manifest.csv").is_file():
            database.connection.executemany(
                "INSERT OR IGNORE INTO old VALUES (?)",
                manifest.crops_named(backup / "manifest.csv"),
            )
    for folder, _, names in os.walk(out / crops.FOLDER, topdown=False):
        for name in filter(crops.is_ours, names):
            path = Path(folder, name)
            if not database.one(_NAMED, path.relative_to(out).as_posix())[0]:
                path.unlink()
        with contextlib.suppress(OSError):
            Path(folder).rmdir()  # does nothing to a folder that still holds something
