"""The frames of a recording with their labels, before any of them is decoded."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince.archive import frame_labels, labels
from wince.archive.annotations import frame_values
from wince.archive.annotations.annotation import SCORE, Annotation
from wince.archive.annotations.annotation_files import AnnotationFiles, Source
from wince.archive.annotations.clock import Clock
from wince.archive.annotations.frame_values import FrameValues
from wince.archive.frame_file import FRAME_MARK, FrameFile
from wince.archive.frame_labels import FrameLabels
from wince.archive.recording import Recording
from wince.archive.table_options import TableOptions
from wince.errors import DataError, VideoError
from wince.scale import Scale
from wince.video.frame_times import FrameTimes, frame_times


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table of videos.

    Attributes:
        line: Its line.
        video: Path of the video below the archive's folder.
        sequence: Name of the recording.
        cells: Its cells by column.
    """

    line: int
    video: str
    sequence: str
    cells: Mapping[str, str]


class RecordingReader:
    """Reads the times and annotations of all videos of a table, then gives the frames of each."""

    def __init__(
        self,
        table: Path,
        options: TableOptions,
        rows: Sequence[Row],
        annotations: AnnotationFiles,
    ) -> None:
        """Read the times of all videos and, once, all annotations.

        Args:
            table: The table of videos.
            options: How it is read.
            rows: Its rows.
            annotations: The annotations of the archive.

        Raises:
            DataError: An annotation cannot be read.
        """
        self._table, self._options, self._annotations = table, options, annotations
        self._times: dict[str, FrameTimes | str] = {}
        self._sources: dict[str, Source] = {}
        coded: set[str] = set(options.coded_units)
        self.has_scores = False
        for row in rows:
            self._times[row.video] = self._read_times(row)
            if not row.video:
                continue
            stated = row.cells.get("annotation", "")
            source = annotations.find(row.video, stated, f"{table}, line {row.line}")
            if source is not None:
                self._sources[row.video] = source
                annotation = self._annotation(row)
                if annotation is not None:
                    coded |= annotation.coded
                    self.has_scores |= _has_scores(annotation)
        self._coded = frozenset(coded)

    def _read_times(self, row: Row) -> FrameTimes | str:
        """Return the times of a row's video, or why there are none."""
        if not row.video:
            return "the column video is empty"
        path = self._table.parent / row.video
        if not path.is_file():
            return f"there is no file {row.video}"
        try:
            return frame_times(path)
        except VideoError as error:
            return str(error).replace(str(path), row.video)

    def _annotation(self, row: Row) -> Annotation | None:
        """Return the annotation of a row's video, None without one or without a video."""
        source, times = self._sources.get(row.video), self._times[row.video]
        if source is None or isinstance(times, str):
            return None
        path = self._table.parent / source.name
        rate, first = self._annotation_rate(row), self._options.first_frame
        clock = Clock(path, times.seconds, times.rate, rate, first)
        return self._annotations.read(source, clock)

    def _annotation_rate(self, row: Row) -> float | None:
        """Return the frame rate that is stated for a row's annotation, if any."""
        cell = row.cells.get("annotation_fps", "")
        if not cell:
            return self._options.annotation_fps
        try:
            return labels.number(cell, 0.1, 10_000, "annotation_fps", row.line)
        except labels.BadLabelError as error:
            raise DataError(f"{self._table}, line {row.line}: {error}.") from None

    def frames(
        self, row: Row, groups: Sequence[str], unmatched: tuple[Mapping[str, Any], ...]
    ) -> Iterator[FrameFile]:
        """Yield the frames of a row's video that `--fps` takes, or one file if it has none.

        Args:
            row: The row.
            groups: Names of the group columns.
            unmatched: What the report states besides, given to the first frame.

        Raises:
            DataError: The annotation cannot be read.
        """
        where = f"{self._table.name}, line {row.line}"
        ratings, remarks = labels.row_ratings(row.cells, where, self._options.target)
        recording = Recording(row.video, row.line, row.cells["subject"], row.sequence)
        file = FrameFile(
            row.video,
            row.cells["subject"],
            row.sequence,
            "",
            label=self._table.name,
            line=row.line,
            ratings=ratings,
            groups=tuple(row.cells[group] for group in groups),
            remarks=remarks,
            video=row.video,
        )
        times = self._times[row.video]
        if isinstance(times, str):
            recording = replace(recording, problem=times)
            yield replace(file, missing=times, recordings=(recording.to_dict(), *unmatched))
            return
        taken = _taken(times.seconds, self._options.fps)
        labels_of_frames, annotation, values = self._labels(row, times)
        recording = frame_labels.describe(
            recording, labels_of_frames, taken, times, annotation, values
        )
        recordings = (recording.to_dict(), *unmatched)
        for index in taken:
            yield replace(
                file,
                name=f"{row.video}{FRAME_MARK}{index}",
                frame=str(index),
                seconds=round(float(times.seconds[index]), 6),
                recordings=recordings,
                **labels_of_frames.of(index),
            )
            recordings = ()

    def _labels(
        self, row: Row, times: FrameTimes
    ) -> tuple[FrameLabels, Annotation | None, FrameValues | None]:
        """Return the labels of a row's frames, and the annotation of its video."""
        annotation, box = self._annotation(row), row.cells.get("box", "")
        column, count = self._options.label_column, len(times.seconds)
        if annotation is None:
            return self._labels_of_row(row, column, box, count), None, None
        coded = self._coded | annotation.coded
        stated = self._options.coded_units
        values = frame_values.at_frames(annotation, times.seconds, times.step, coded, stated)
        name = self._sources[row.video].name
        if self._options.target.is_pspi:
            frames = frame_labels.of_annotation(annotation, name, values, coded, box)
        elif _has_scores(annotation):
            frames = frame_labels.of_scores(name, values, box, column)
        else:
            frames = self._labels_of_row(row, column, box, count)
        return frames, annotation, values

    def _labels_of_row(self, row: Row, column: str, box: str, count: int) -> FrameLabels:
        """Return the labels of a video whose row has one score for all frames, or none."""
        scale, cell = self._options.target, row.cells.get(column, "")
        where = f"{self._table.name}, line {row.line}"
        if scale.is_pspi:
            missing = f"there is no annotation of this video, and {where}, states no pspi for it"
        else:
            cell, missing = _rating(cell, scale, where)
        return frame_labels.of_row(self._table.name, row.line, cell, box, count, missing, column)


def _has_scores(annotation: Annotation) -> bool:
    """Return whether an annotation has scores of the target; those of events are always PSPI."""
    return SCORE in annotation.coded and not annotation.complete


def _rating(cell: str, scale: Scale, where: str) -> tuple[str, str]:
    """Return a rating on a scale as text, "" if it is none, and why it is none."""
    if not cell:
        return "", f"{where}, has no {scale.name}"
    try:
        return f"{labels.number(cell, scale.low, scale.high, scale.name, 1):.10g}", ""
    except labels.BadLabelError as error:
        return "", f"{where}: {error}"


def _taken(seconds: NDArray[np.float64], fps: float | None) -> list[int]:
    """Return the frames to take: all, or the first at or after each multiple of 1 / fps."""
    if fps is None:
        return list(range(len(seconds)))
    taken, due = [], 0
    for index, time in enumerate(seconds):
        if time * fps >= due - 1e-6:
            taken.append(index)
            due = math.floor(time * fps + 1e-6) + 1
    return taken
