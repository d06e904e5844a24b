"""An archive prepared: every frame checked, faces cut out, subjects split, all of it reported.

Two passes. The first examines the frames, spread over processes, and keeps what it finds in the
folder's store; the second reads the store and writes the tables and the report. Memory holds a few
batches of frames and one line for each subject.
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
from wince.archive.detection import Look
from wince.archive.frame_check import Examined, Task, examine_all
from wince.archive.frame_database import Store, open_store
from wince.archive.frame_file import FrameFile
from wince.archive.layouts import known_layouts
from wince.archive.layouts.known_layouts import Layout
from wince.archive.report import faces_page, report_files, summary
from wince.archive.report.cautions import cautions
from wince.errors import ArchiveError
from wince.faces.spec import FaceSpec
from wince.protocol_names import EXCLUSIVE, OPTIMISTIC

KEEP_EVERY = 256  # frames; a kill loses no more than this
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Options:
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
class Done:
    """A finished preparation: its folder, its report, where the old files went, and the reuse.

    reused: how many pictures an earlier run had already looked at.
    """

    out: Path
    report: dict[str, Any]
    counts: summary.Counts
    backup: Path | None
    reused: int


def prepare(
    root: Path, out: Path, options: Options | None = None, progress: Progress | None = None
) -> Done:
    """Prepare an archive into a folder and return what was found.

    root: the archive as it was downloaded, or a CSV file; it is only read. out: the prepared
    folder; what it held is moved to out/backup/. progress: called with (frames done, in all).

    Raises ArchiveError when the archive has no known layout or no frame passes the checks, and
    DataError for a table, split file or group file that cannot be used.
    """
    options = options or Options()
    root, out = root.resolve(), out.resolve()
    layout, base = known_layouts.recognise(root, options.layout)
    joined = groups.read(options.groups)
    names = (*layout.group_names(base), *joined.names)
    manifest.columns(names)  # a name that is taken is better said now than after an hour
    given = given_split.read(options.split_file) if options.split_file else None
    task = _task(layout, base, out, options)
    store = open_store(_made(out))
    try:
        if options.fresh:
            store.forget()
        staged = folder_swap.stage(out)
        reused = _examine(store, layout, task, joined, options.workers, progress)
        _refuse_nothing(store, root)
        notes = assign_split.split(store, options.split, options.seed, given)
        found, counts = _write(store, staged, layout, task, names, options, notes)
        backup = folder_swap.publish(out, staged)
        _sweep(store, out)
        return Done(out, found, counts, backup, reused)
    except (OSError, sqlite3.OperationalError) as error:
        raise ArchiveError(
            f"Preparing into {out} stopped ({error}). Check the space left and the permissions, "
            "and run it again: it goes on where it stopped. The tables there are still whole."
        ) from error
    finally:
        store.close()


def _made(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"The folder {out} cannot be made ({error.strerror}). Choose another one with --out."
        ) from error
    return out


def _task(layout: Layout, base: Path, out: Path, options: Options) -> Task:
    folder = base if base.is_dir() else base.parent
    if options.spec.kind != "aligned":
        raise ArchiveError(
            "Crops are stored for an aligned FaceSpec; found one of the whole image."
        )
    return Task(layout.NAME, base, folder, out, options.spec, options.strict)


def _examine(
    store: Store,
    layout: Layout,
    task: Task,
    joined: groups.Groups,
    processes: int,
    progress: Progress | None,
) -> int:
    """Examine every frame into the store; return how many looks were an earlier run's."""
    total = sum(1 for _ in layout.files(task.base))
    reused = 0
    pairs: Iterator[tuple[FrameFile, Look | None]] = (
        (file, store.known(file.name)) for file in layout.files(task.base)
    )
    found: Examined
    results = workers.spread(partial(examine_all, task), pairs, processes or workers.available())
    for number, found in enumerate(results):
        store.add(number, found, (*found.file.groups, *joined.of(found.file.subject)))
        reused += found.reused
        if number % KEEP_EVERY == KEEP_EVERY - 1:
            store.keep()
        if progress:
            progress(number + 1, max(total, number + 1))
    store.finish()
    return reused


def _refuse_nothing(store: Store, root: Path) -> None:
    steps = summary.steps(store)
    if steps[-1]["kept"]:
        return
    reasons = ", ".join(
        f"{step['reason']}: {step['left_out']:,}" for step in steps if step["left_out"]
    )
    first = ""
    for name, reason, detail in store.rows(
        "SELECT name, reason, detail FROM frame ORDER BY reason = ?, number LIMIT 1",
        checks.NAME.reason,
    ):
        first = f" The first: {name} ({reason}: {detail})."
    raise ArchiveError(
        f"No frame of {root} passes the checks ({reasons or 'there is not one file'}).{first} "
        "Nothing was written; what the folder held before still stands."
    )


def _write(
    store: Store,
    staged: Path,
    layout: Layout,
    task: Task,
    names: Sequence[str],
    options: Options,
    notes: Sequence[str],
) -> tuple[dict[str, Any], summary.Counts]:
    counts = summary.count(store, names)
    overlap = any(" " in subject["split"] for subject in counts.subjects)
    protocol = "split-file" if options.split_file else options.split
    kind = OPTIMISTIC if overlap else EXCLUSIVE
    written = manifest.write_tables(
        staged,
        store,
        archive=task.folder,
        groups=names,
        loso={one["subject"]: place for place, one in enumerate(counts.subjects, start=1)},
        protocol=f"{protocol} ({kind})",
    )
    written["excluded.csv"] = manifest.write_excluded(staged / "excluded.csv", store)
    written["duplicates.csv"] = manifest.write_duplicates(staged / "duplicates.csv", store)
    warnings = cautions(
        counts, layout=layout.CAUTION, overlap=overlap, strict=options.strict, split_notes=notes
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
        faces_page.write(staged / "faces.html", store, task)
    return data, counts


_NAMED = (
    "SELECT EXISTS (SELECT 1 FROM frame WHERE crop = ?1) "
    "OR EXISTS (SELECT 1 FROM old WHERE crop = ?1)"
)


def _sweep(store: Store, out: Path) -> None:
    """Remove crops that neither this preparation nor one in backup/ names, and what a kill left."""
    store.database.execute("CREATE TEMP TABLE IF NOT EXISTS old (crop TEXT PRIMARY KEY)")
    for backup in sorted((out / folder_swap.BACKUP).glob("backup_*")):
        if (backup / "manifest.csv").is_file():
            store.database.executemany(
                "INSERT OR IGNORE INTO old VALUES (?)",
                manifest.crops_named(backup / "manifest.csv"),
            )
    for folder, _, names in os.walk(out / crops.FOLDER, topdown=False):
        for name in filter(crops.is_ours, names):
            path = Path(folder, name)
            if not store.one(_NAMED, path.relative_to(out).as_posix())[0]:
                path.unlink()
        with contextlib.suppress(OSError):
            Path(folder).rmdir()  # does nothing to a folder that still holds something
