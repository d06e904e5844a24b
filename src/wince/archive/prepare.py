"""Prepare an archive: check every frame, cut out the faces, split the subjects, write a report.

There are two passes. The first one checks the frames in several processes and writes the results
into the folder's database. The second one reads the database and writes the tables and the report.
Memory contains a few batches of frames and one line for each subject.
"""

import pickle
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from wince import csv_reader, subject_ids
from wince.archive import (
    assign_split,
    checks,
    crops,
    first_pass,
    given_split,
    manifest,
    provenance,
    replace_files,
    subject_groups,
    target_label,
    video_frames,
)
from wince.archive.annotations import annotation_files, known_forms, unit_names
from wince.archive.first_pass import Progress
from wince.archive.frame_check import CheckSettings
from wince.archive.frame_database import FrameDatabase, open_database
from wince.archive.frame_file import FrameFile
from wince.archive.layouts import known_layouts
from wince.archive.layouts.known_layouts import Layout
from wince.archive.report import faces_page, report_files, summary
from wince.archive.report.report_warnings import report_warnings
from wince.archive.table_options import TableOptions
from wince.errors import ArchiveError, FileWriteError
from wince.faces import MIN_SCORE
from wince.faces.spec import FaceSpec
from wince.file_names import EXCLUDED, MANIFEST
from wince.output_lock import locked_folder

COUNT_EVERY = 1_000
"""Frames between two reports of how many were found so far."""


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """How an archive is prepared.

    Attributes:
        layout: Name of the layout, None to recognise it.
        split: How the frames are split, unless `split_file` is given.
        split_file: A CSV file or a folder with a split made before.
        groups: A CSV file of groups by subject.
        table: How the archive is read and its target; its `renames` hold for the other files too.
        distinct_subjects: Whether names that are spelled differently are different subjects.
        provenance: Where the data come from, None for what the archive states.
        seed: Random seed of the split and the folds.
        workers: Number of processes, 0 for one per core.
        cluster: Address of the Dask scheduler whose workers check the frames; None for processes.
        strict: Leave out frames whose PSPI and action units disagree.
        with_faces: Write faces.html.
        fresh: Check every image again, even if it has not changed.
        spec: What a model is shown.
        min_score: Minimum score of the face detector, above 0 and below 1.
    """

    layout: str | None = None
    split: Literal["by-subject", "random-frames"] = "by-subject"
    split_file: Path | None = None
    groups: Path | None = None
    table: TableOptions = field(default_factory=TableOptions)
    distinct_subjects: bool = False
    provenance: str | None = None
    seed: int = 42
    workers: int = 0
    cluster: str | None = None
    strict: bool = False
    with_faces: bool = False
    fresh: bool = False
    spec: FaceSpec = field(default_factory=FaceSpec)
    min_score: float = MIN_SCORE


@dataclass(frozen=True, slots=True)
class PrepareResult:
    """A finished preparation.

    Attributes:
        out: The prepared folder.
        report: Content of report.json.
        backup: Where the old files are, None if there were none.
        reused: Number of images that were unchanged since an earlier run.
    """

    out: Path
    report: dict[str, Any]
    backup: Path | None
    reused: int


def prepare(
    root: Path, out: Path, options: PrepareOptions | None = None, progress: Progress | None = None
) -> PrepareResult:
    """Prepare an archive into a folder.

    Args:
        root: The archive as it was downloaded, or a CSV file. It is only read.
        out: The prepared folder. Files of an earlier run are moved to out/backup/.
        options: How to prepare it.
        progress: Called with (frames done, frames in all), and before with (frames found, 0).

    Raises:
        ArchiveError: The archive has no known layout, no frame passes the checks, or writing
            stops.
        DataError: A table, split file or group file cannot be used.
        FileWriteError: The folder cannot be written, is inside the archive, or is being written
            by another process.
        ClusterError: The cluster does not answer, or its workers cannot be used.
    """
    options = options or PrepareOptions()
    root, out = root.resolve(), out.resolve()
    layout, base = known_layouts.recognise(root, options.layout, options.table)
    target = options.table.target
    target_label.refuse_missing(layout, target, base)
    _check_columns(base, options)
    renames, distinct = options.table.renames, options.distinct_subjects
    groups = subject_groups.read(options.groups, renames, distinct=distinct)
    group_names = (*layout.group_names(base, options.table), *groups.names)
    manifest.columns(group_names, target)  # refuse a name that is taken now, not after an hour
    given = given_split.read(options.split_file, renames) if options.split_file else None
    settings = _settings_of_checks(layout, base, out, options)
    _refuse_inside(out, root)
    with locked_folder(out):
        database = open_database(out, target)
        try:
            if options.fresh:
                database.clear_cache()
            staged = replace_files.stage(out)
            subjects: set[str] = set()
            recordings: list[Mapping[str, Any]] = []
            all_files = layout.files(base, options.table)
            spooled = _spooled(all_files, out, subjects, recordings, progress)
            with spooled as (count, files):
                subject_ids.refuse_alike(subjects, root, distinct=distinct)
                matches = groups.match(subjects)
                with first_pass.open_pool(options.workers, options.cluster, base, out) as pool:
                    reused = first_pass.check_all(
                        database, settings, groups, files, count, pool, progress
                    )
            _refuse_no_frames(database, root)
            notes = assign_split.split(
                database, options.split, options.seed, given, distinct_subjects=distinct
            )
            notes = [*layout.notes(base, options.table), *groups.notes(matches), *notes]
            about = _describe_archive(layout, settings, root, options)
            if groups.source:
                about["groups_file"] = {"name": groups.source, **matches}
            report = _write_files(
                database, staged, layout, settings, group_names, options, notes, about, recordings
            )
            backup = replace_files.replace_files(out, staged)
            _remove_unused_crops(database, out)
            return PrepareResult(out, report, backup, reused)
        except (OSError, FileWriteError, sqlite3.OperationalError) as error:
            reason = str(error).partition(". ")[0]
            raise ArchiveError(
                f"Preparing into {out} stopped ({reason}). Check the free space and the "
                "permissions, and run the same command again: it continues where it stopped. The "
                "files of the run before are still there or in backup/."
            ) from error
        finally:
            video_frames.close()
            database.close()


def _check_columns(base: Path, options: PrepareOptions) -> None:
    """Raise DataError if `--column` names a column that no file has."""
    paths = [base] if base.is_file() else sorted(base.glob("*.[cC][sS][vV]"))
    folder = (base.parent if base.is_file() else base) / annotation_files.FOLDER
    paths += (path for path in sorted(folder.rglob("*")) if path.suffix in known_forms.SUFFIXES)
    others = (options.groups, options.split_file)
    paths += [path for path in others if path is not None and path.is_file()]
    # The name of an action unit may also be a cell of an annotation.
    columns = {
        column: name
        for column, name in options.table.renames.items()
        if not unit_names.parse_codes(name, {})
    }
    csv_reader.check_renames(columns, paths)


def _describe_archive(
    layout: Layout, settings: CheckSettings, root: Path, options: PrepareOptions
) -> dict[str, Any]:
    """Return what report.json states about the archive beside its layout and folder."""
    table = options.table.to_dict()
    return {
        "provenance": provenance.find(layout, settings.folder, root, options.provenance),
        **({"table": table} if table else {}),
        **({"distinct_subjects": True} if options.distinct_subjects else {}),
    }


def _refuse_inside(out: Path, root: Path) -> None:
    """Raise FileWriteError if the prepared folder would be part of the archive."""
    if root in (out, *out.parents):
        raise FileWriteError(
            f"{out} is inside the archive {root}, which is only read; the next run would take the "
            "crops for frames. Choose an --out outside the archive."
        )


def _settings_of_checks(
    layout: Layout, base: Path, out: Path, options: PrepareOptions
) -> CheckSettings:
    if options.spec.kind != "aligned":
        raise ArchiveError("Crops need a FaceSpec of aligned faces, found one of whole images.")
    folder = base if base.is_dir() else base.parent
    return CheckSettings(
        layout.NAME,
        base,
        folder,
        out,
        options.spec,
        options.strict,
        options.min_score,
        options.table.target,
    )


@contextmanager
def _spooled(
    files: Iterable[FrameFile],
    folder: Path,
    subjects: set[str],
    recordings: list[Mapping[str, Any]],
    progress: Progress | None,
) -> Iterator[tuple[int, Iterator[FrameFile]]]:
    """Yield the number of the files and the files again, walking through the archive once.

    The names of the subjects are added to `subjects`, what is known of videos to `recordings`.
    They are kept in a temporary file in `folder`, because an archive may have more of them than fit
    into memory.
    """
    with tempfile.TemporaryFile(dir=folder) as spool:
        count = 0
        for file in files:
            pickle.dump(file, spool)
            if file.subject:
                subjects.add(file.subject)
            recordings += file.recordings
            count += 1
            if progress and count % COUNT_EVERY == 0:
                progress(count, 0)
        spool.seek(0)
        yield count, (pickle.load(spool) for _ in range(count))  # noqa: S301 - written just above


def _refuse_no_frames(database: FrameDatabase, root: Path) -> None:
    """Raise ArchiveError, with the reasons and the first frame, if no frame passed the checks."""
    steps = summary.check_counts(database)
    if steps[-1]["kept"]:
        return
    reasons = ", ".join(
        f"{step['reason']}: {step['left_out']:,}" for step in steps if step["left_out"]
    )
    example = ""
    for name, reason, detail in database.rows(
        "SELECT name, reason, detail FROM frame ORDER BY reason = ?, number LIMIT 1",
        checks.NAME.reason,
    ):
        example = f" The first: {name} ({reason}: {detail})."
        if name.startswith("/"):
            example += " If its folder is at another place here, state it: --path-prefix OLD=NEW."
    raise ArchiveError(
        f"No frame of {root} passes the checks ({reasons or 'there is not one file'}).{example} "
        "Nothing was written; the files of an earlier run are unchanged."
    )


def _write_files(
    database: FrameDatabase,
    staged: Path,
    layout: Layout,
    settings: CheckSettings,
    groups: Sequence[str],
    options: PrepareOptions,
    notes: Sequence[str],
    about: Mapping[str, Any],
    recordings: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Write the tables, the report and, if asked for, faces.html; return the report."""
    counts = summary.summarise(database, groups, recordings)
    split = report_files.SplitUsed(
        protocol="split-file" if options.split_file else options.split,
        subjects_overlap=any(" " in subject["split"] for subject in counts.subjects),
        seed=options.seed,
        split_file=options.split_file,
    )
    row_counts = manifest.write_tables(
        staged,
        database,
        archive=settings.folder,
        groups=groups,
        loso={row["subject"]: place for place, row in enumerate(counts.subjects, start=1)},
        protocol=f"{split.protocol} ({split.mark})",
    )
    row_counts[EXCLUDED] = manifest.write_excluded(staged / EXCLUDED, database, groups)
    row_counts["duplicates.csv"] = manifest.write_duplicates(staged / "duplicates.csv", database)
    warnings = report_warnings(
        counts,
        layout_warning=layout.WARNING,
        subjects_overlap=split.subjects_overlap,
        strict=options.strict,
        split_notes=notes,
    )
    report = report_files.describe_preparation(
        counts,
        layout=layout,
        about=about,
        settings=settings,
        split=split,
        warnings=warnings,
        files=report_files.file_entries(staged, row_counts),
    )
    report_files.write(staged, report)
    if options.with_faces:
        faces_page.write(staged / "faces.html", database, settings)
    return report


_IS_USED = (
    "SELECT EXISTS (SELECT 1 FROM frame WHERE crop = ?1) "
    "OR EXISTS (SELECT 1 FROM old_crop WHERE name = ?1)"
)


def _remove_unused_crops(database: FrameDatabase, out: Path) -> None:
    """Remove crops that neither the new manifest nor one in backup/ names."""
    database.connection.execute("CREATE TEMP TABLE old_crop (name TEXT PRIMARY KEY)")
    for path in sorted((out / replace_files.BACKUP_FOLDER).glob(f"backup_*/{MANIFEST}")):
        database.connection.executemany(
            "INSERT OR IGNORE INTO old_crop VALUES (?)",
            ((crop,) for crop in manifest.crop_paths(path)),
        )
    crops.remove_unused(out, lambda crop: bool(database.only_row(_IS_USED, crop)[0]))
