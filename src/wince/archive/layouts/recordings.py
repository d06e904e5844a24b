"""Videos of people: a CSV file with the columns video and subject, one row for each video.

Paths of videos are relative to the CSV file. Optional columns are sequence, annotation (the file
with the video's annotation), annotation_fps (the rate of its frames), pspi (one score for the whole
video), vas, opr, sen, aff, nrs, the name of the target (another rating of the whole video), and box
(x0 y0 x1 y1 in pixels of the upright frame). Other columns may be groups, see `group_columns`.
`wince.archive.annotations` reads the annotations.
"""

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from wince import csv_reader
from wince.archive.annotations import annotation_files, known_forms
from wince.archive.annotations.annotation_files import AnnotationFiles
from wince.archive.annotations.known_forms import Reading
from wince.archive.frame_file import RATINGS, FrameFile, Label
from wince.archive.layouts import group_columns, label_scale, table
from wince.archive.layouts.unlisted_files import unlisted_files
from wince.archive.recording import Recording
from wince.archive.recording_frames import RecordingReader, Row
from wince.archive.table_options import DEFAULT, TableOptions
from wince.errors import DataError
from wince.files import file_type
from wince.video.files import SUFFIXES, require_av

NAME = "recordings"
TITLE = "A table of videos"
LAID_OUT = "a table of videos"
SIGNS = "one .csv file with the columns video, subject"
WARNING = ""
NEEDED = ("video", "subject")
KNOWN = (*NEEDED, "sequence", "annotation", "annotation_fps", "pspi", *RATINGS, "box")


def fits(base: Path, options: TableOptions = DEFAULT) -> bool:
    """Return whether a path is such a CSV file, or a folder with exactly one."""
    return len(table.tables(base, NEEDED, options)) == 1


def group_names(base: Path, options: TableOptions = DEFAULT) -> tuple[str, ...]:
    """Return the group columns, in the file's order; see `group_columns.names`."""
    return group_columns.names(_table(base, options), NEEDED, KNOWN, options)


def notes(base: Path, options: TableOptions = DEFAULT) -> list[str]:
    """Return how the table was read where that is not obvious, in sentences."""
    return group_columns.notes(_table(base, options), KNOWN, group_names(base, options), options)


def _table(base: Path, options: TableOptions) -> Path:
    return table.only_table(base, NEEDED, SIGNS, options)


def files(base: Path, options: TableOptions = DEFAULT) -> Iterator[FrameFile]:
    """Yield the frames of each row's video in the table's order, then the videos without a row.

    A video that cannot be used is yielded as one file. Only folders that rows point into are
    searched for videos without a row, the table's own folder without its subfolders.

    Raises:
        DataError: The table names a video or a sequence twice, neither it nor an annotation has a
            column of the target, or an annotation cannot be read.
        MissingExtraError: PyAV is not installed.
    """
    require_av()
    path = _table(base, options)
    rows = _rows(path, options)
    reading = Reading(options.renames, options.unit_range, options.target)
    annotations = AnnotationFiles(path.parent, reading)
    reader = RecordingReader(path, options, rows, annotations)
    if not (reader.has_scores or options.target.is_pspi or options.label_column in RATINGS):
        needed = (*NEEDED, options.label_column)
        next(csv_reader.read_rows(path, needed, options.renames), None)  # raises without it
    groups = group_names(base, options)
    unmatched = tuple(
        Recording("", label=name, problem="no row of the table has a video of this name").to_dict()
        for name in annotations.unmatched()
    )
    for row in rows:
        for file in reader.frames(row, groups, unmatched):
            yield file
            unmatched = ()
    yield from _unlisted(path, rows)


def labels_changed(base: Path, options: TableOptions, since: float) -> bool:
    """Return whether the table or an annotation was written after a time.

    Args:
        base: The archive.
        options: How it is read.
        since: Seconds since the epoch.
    """
    path = _table(base, options)
    stated = [row.cells.get("annotation", "") for row in _rows(path, options)]
    paths = [path, *(path.parent / name for name in stated if name)]
    paths += (path.parent / annotation_files.FOLDER).rglob("*")
    paths += (
        path.parent / PurePosixPath(row.video).with_suffix(suffix)
        for row in _rows(path, options)
        for suffix in known_forms.SUFFIXES
        if row.video
    )
    return any(path.is_file() and path.stat().st_mtime > since for path in paths)


def read_label(base: Path, file: FrameFile) -> Label:
    """Return the PSPI and action units of a frame; see `table.read_label`."""
    return table.read_label(base, file)


def _rows(path: Path, options: TableOptions) -> list[Row]:
    """Return the rows of the table.

    Raises:
        DataError: A video or a sequence occurs twice, or the values of the target or of PSPI are
            on another scale.
    """
    cells = list(csv_reader.read_rows(path, NEEDED, options.renames))
    if not options.target.is_pspi:
        scores = (row.get(options.label_column, "") for _, row in cells)
        label_scale.check_target(scores, path, options.target)
    elif options.pspi_range is None:
        label_scale.check((row.get("pspi", "") for _, row in cells), path)
    rows: list[Row] = []
    lines: dict[tuple[str, ...], int] = {}
    for line, row in cells:
        video = table.file_path(path, line, row["video"], options)
        row["pspi"] = label_scale.rescale(row.get("pspi", ""), options.pspi_range)
        sequence = row.get("sequence") or PurePosixPath(video).stem
        first = lines.setdefault((video,), line)
        if first != line:
            raise DataError(
                f"{path}: lines {first} and {line} are both of the video {video}. Keep one row for "
                "each video."
            )
        first = lines.setdefault((row["subject"], sequence), line)
        if first != line:
            raise DataError(
                f"{path}: lines {first} and {line} are both of the sequence {sequence} of subject "
                f"{row['subject']}. Name each sequence differently in the column sequence."
            )
        rows.append(Row(line, video, sequence, row))
    return rows


def _unlisted(path: Path, rows: Sequence[Row]) -> Iterator[FrameFile]:
    """Yield the videos without a row."""
    names = [row.video for row in rows]
    folders = {name.partition("/")[0] if "/" in name else "" for name in names if name[:1] != "/"}
    for folder in sorted(folders):
        if folder == ".." or file_type(path.parent / folder) != stat.S_IFDIR:
            continue
        for file in unlisted_files(
            path.parent, names, path, folder, deep=bool(folder), suffixes=SUFFIXES
        ):
            recording = Recording(file.name, problem=file.missing)
            yield FrameFile(
                file.name,
                "",
                file.sequence,
                "",
                missing=file.missing,
                video=file.name,
                recordings=(recording.to_dict(),),
            )
