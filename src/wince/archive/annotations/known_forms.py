"""The known forms of annotations, and how a file's form is recognised."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wince import csv_reader
from wince.archive.annotations import elan, event_table, frame_table, observer, tool_table
from wince.archive.annotations.annotation import Annotation
from wince.archive.annotations.clock import Clock
from wince.archive.annotations.frame_table import Row
from wince.archive.annotations.video_rows import VideoRows
from wince.errors import DataError
from wince.scale import PSPI, Scale
from wince.unit_tables import table as unit_table
from wince.unit_tables.tools import PY_FEAT, recognise

SUFFIXES = (".csv", ".tsv", ".txt", elan.SUFFIX)
VIDEO = "video"
"""Column of a table for several videos that names the video."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How annotations are read.

    Attributes:
        renames: Names of columns and units in the files -> name in wince.
        unit_range: "0-5" or "0-1", for programs that write numbers of an unknown range.
        target: The scale of the scores. In a table of frames the column of its name has them.
    """

    renames: Mapping[str, str]
    unit_range: str | None = None
    target: Scale = PSPI


def rows_by_video(path: Path, reading: Reading) -> VideoRows | None:
    """Return the rows of a table for several videos, None for a file of one video."""
    if path.suffix.lower() == elan.SUFFIX:
        return None
    if VIDEO not in csv_reader.read_header(path, reading.renames):
        return None
    return VideoRows(_rows(path, reading), VIDEO)


def read(
    path: Path, video_rows: Sequence[Row] | None, clock: Clock, reading: Reading
) -> Annotation:
    """Return the annotation of a video.

    Args:
        path: The file.
        video_rows: The video's rows in a table for several videos, None for a file of one video.
        clock: Converts the times.
        reading: How annotations are read.

    Raises:
        DataError: The file has no known form, or cannot be read.
    """
    if path.suffix.lower() == elan.SUFFIX:
        return elan.read_file(path, reading.renames)
    if video_rows is None and _is_of_tool(path):
        return tool_table.read(path, clock, reading.unit_range)
    if video_rows is None and elan.fits_lines(path):
        return elan.read_lines(path, clock, reading.renames)
    header = csv_reader.read_header(path, reading.renames)
    rows = list(_rows(path, reading)) if video_rows is None else video_rows
    if not rows:
        raise DataError(f"{path} has a header but no row. Remove the file, or fill it.")
    if observer.fits(header):
        return observer.read(path, rows, clock, reading.renames)
    if elan.fits_export(header):
        return elan.read_export(path, rows, clock, reading.renames)
    if event_table.fits(header):
        return event_table.read(path, rows, clock, reading.renames)
    if frame_table.fits(header, reading.renames, reading.target):
        return frame_table.read(path, rows, clock, reading.renames, reading.target)
    raise DataError(
        f"{path} has no known form of annotation. Expected a table of events (onset, offset, unit, "
        "intensity), a table of frames (frame or seconds, and columns such as au4, pspi or that of "
        "--target), or an export of ELAN, Observer, FaceReader, OpenFace or LibreFace; found the "
        f"columns {', '.join(header[:12]) or 'none'}. If its columns have other names, state them: "
        "--column onset=NAME."
    )


def _rows(path: Path, reading: Reading) -> Iterator[Row]:
    return csv_reader.read_rows(path, (), reading.renames)


def _is_of_tool(path: Path) -> bool:
    """Return whether a table was written by a program for facial analysis.

    py-feat's columns could be anybody's; its tables also have the box of the face.
    """
    for header in csv_reader.first_lines(path, unit_table.LINES_ABOVE):
        tool = recognise(header)
        if tool is not None:
            return tool is not PY_FEAT or _has_box(header)
    return False


def _has_box(header: Sequence[str]) -> bool:
    return any(name.startswith("facerect") for name in header)
