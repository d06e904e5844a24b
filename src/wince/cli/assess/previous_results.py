"""Read back a results file of `wince assess --out`, so that a stopped run can continue it."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wince import named_scales
from wince.cli import score_columns
from wince.cli.assess import csv_rows
from wince.errors import DataError
from wince.faces import MIN_SCORE
from wince.runtime.assessment import SCHEMA
from wince.runtime.neutral import NeutralFace
from wince.score_scale import PSPI, Scale
from wince.spreadsheet_cells import unguarded

MAX_RECORD_BYTES = 2**20
"""A longer record is not a result; one with activation maps has about ten thousand bytes."""


@dataclass(slots=True)
class PreviousResults:
    """What a results file contains.

    Attributes:
        files: Paths with a result.
        annotated_copies: Paths of annotated copies.
        last_frame: If the last result is a frame of a video, which may be incomplete: the path of
            the video and the index of the frame.
    """

    files: set[str] = field(default_factory=set)
    annotated_copies: list[str] = field(default_factory=list)
    last_frame: tuple[str, int] | None = None

    def is_complete(self, file: str) -> bool:
        """Return whether all of a file has been assessed."""
        return file in self.files and (self.last_frame is None or self.last_frame[0] != file)


@dataclass(frozen=True, slots=True)
class ScoringSetup:
    """What the scores of a run depend on. Results with different setups are not mixed.

    Attributes:
        model: Name and version of the model.
        face: Which face of each image is assessed, by size from 0; None for every face.
        neutral: The neutral face that results are compared with, if any.
        min_score: Minimum score of the face detector.
        scale: The scale of the scores.
    """

    model: Mapping[str, str]
    face: int | None = 0
    neutral: NeutralFace | None = None
    min_score: float = MIN_SCORE
    scale: Scale = PSPI


def read_and_repair(path: Path, setup: ScoringSetup) -> PreviousResults:
    """Return what a results file contains, and cut off what is incomplete at its end.

    That is an incomplete line and, if every face is assessed, the results of an image of which not
    all faces have one.

    Args:
        path: A results file, CSV if its suffix is .csv and otherwise JSON Lines.
        setup: The setup of the run that continues the file.

    Raises:
        DataError: The file contains something other than results, or results in another form or
            with another setup.
        OSError: The file cannot be read or written.
    """
    is_csv = path.suffix.lower() == ".csv"
    previous, complete_bytes, bytes_read = PreviousResults(), 0, 0
    faces: list[_Result] = []  # of an image with further faces to come
    with path.open("r+b") as file:
        for number, record in _records(file, is_csv):
            try:
                if not record.endswith(b"\n"):
                    _check_incomplete(record, number, is_csv, setup.scale)
                    break
                result = (
                    _parse_csv(record, number, setup.scale)
                    if is_csv
                    else _parse_json(record, setup.scale)
                )
            except DataError as error:
                raise DataError(f"{path}, line {number}: {error}") from None
            except (ValueError, KeyError, TypeError, csv.Error):
                raise DataError(
                    f"{path}, line {number}: expected results as `wince assess --out` writes them, "
                    f"found {record[:40]!r}. Choose another name for --out."
                ) from None
            bytes_read += len(record)
            if result is not None:
                faces.append(result)
                _check_setup(f"{path}, line {number}", faces, setup)
                if setup.face is None and len(faces) < (result.faces or 1):
                    continue
            for face in faces:
                _add(previous, face)
            faces, complete_bytes = [], bytes_read
        file.truncate(complete_bytes)
    return previous


def _records(file: Iterable[bytes], is_csv: bool) -> Iterator[tuple[int, bytes]]:
    """Yield each record with the number of its first line; a CSV record may have several lines.

    If the file ends within a record, the last one is yielded without a line end.
    """
    record, first_line, quotes = b"", 1, 0
    for number, line in enumerate(file, start=1):
        record += line
        quotes += line.count(b'"') if is_csv else 0
        if len(record) > MAX_RECORD_BYTES:
            break
        if line.endswith(b"\n") and quotes % 2 == 0:
            yield first_line, record
            record, first_line, quotes = b"", number + 1, 0
    if record:
        yield first_line, record.removesuffix(b"\n")


def _check_incomplete(record: bytes, number: int, is_csv: bool, scale: Scale) -> None:
    """Raise ValueError unless the record, which is to be cut off, can be the start of a result."""
    if len(record) > MAX_RECORD_BYTES:
        raise ValueError
    starts = [b'{"file": ']
    if is_csv:
        starts = [csv_rows.header(scale).encode()] if number == 1 else [b""]
    if not any(start.startswith(record) or record.startswith(start) for start in starts):
        raise ValueError


@dataclass(frozen=True, slots=True)
class _Result:
    """The fields of one result that resuming needs; `fits_scale`: its level is one of the scale."""

    file: str
    frame: int | None
    annotated: str | None
    model: tuple[str, str] | None
    face: int | None
    faces: int | None
    judged: bool
    neutral_score: float | None
    min_score: float
    fits_scale: bool = True


def _parse_json(record: bytes, scale: Scale) -> _Result:
    data = json.loads(record)
    file, assessment = data["file"], data.get("assessment")
    if not isinstance(file, str) or not (assessment or data["error"]):
        raise ValueError
    if "min_score" not in data:
        raise _other_form("no 'min_score'", "one in each result")
    frame = data.get("frame")
    frame = None if frame is None else int(frame)
    annotated = data.get("annotated")
    if not assessment:
        return _Result(
            file,
            frame,
            annotated,
            None,
            None,
            None,
            judged=False,
            neutral_score=None,
            min_score=data["min_score"],
        )
    if assessment["schema"] != SCHEMA:
        raise _other_form(f'form "{assessment["schema"]}"', f'form "{SCHEMA}"')
    change = assessment.get("change")
    return _Result(
        file,
        frame,
        annotated,
        model=(assessment["model"]["name"], assessment["model"]["version"]),
        face=assessment["face"]["index"],
        faces=len(assessment["faces"]),
        judged=assessment["interval"] is not None,
        neutral_score=scale.from_raw(change["neutral"]["raw_score"]) if change else None,
        min_score=data["min_score"],
        fits_scale=Scale.from_dict(assessment.get("scale")) == scale,
    )


def _parse_csv(record: bytes, number: int, scale: Scale) -> _Result | None:
    """Return the result in a record; None for the header."""
    text = record.decode("utf-8", "surrogateescape")
    (values,) = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns = score_columns.columns(csv_rows.COLUMNS, scale)
    if number == 1:
        missing = [column for column in columns if column not in values]
        if missing and {"file", "level", "error"} <= set(values):
            raise _other_form(f"no column {missing[0]!r}", "one")
        if values != list(columns):
            raise ValueError
        return None
    row = dict(zip(columns, values, strict=True))
    if not row["file"]:
        raise ValueError
    neutral, score = f"neutral_{scale.column}", row[scale.column]
    return _Result(
        unguarded(row["file"]),
        int(row["frame"]) if row["frame"] else None,
        unguarded(row["annotated"]),
        model=(unguarded(row["model"]), unguarded(row["model_version"])) if row["model"] else None,
        face=int(row["face"]) - 1 if row["face"] else None,
        faces=int(row["faces"]) if row["faces"] else None,
        judged=bool(score),
        neutral_score=float(row[neutral]) if row[neutral] else None,
        min_score=float(row["min_score"]),
        fits_scale=not score or row["level"] == (scale.level(float(score)) or ""),
    )


def _other_form(form: str, expected: str) -> DataError:
    return DataError(
        f"expected results as this version of wince writes them, with {expected}; found {form}. "
        "They cannot be continued: choose another name for --out."
    )


def _check_order(place: str, faces: list[_Result]) -> None:
    """Raise DataError unless these are the first faces of one image."""
    first, last = faces[0], faces[-1]
    is_same_image = (first.file, first.frame) == (last.file, last.frame)
    if not is_same_image or last.face not in (None, len(faces) - 1):
        raise DataError(
            f"{place}: expected face {len(faces)} of {first.faces} of {first.file}, because every "
            "face is requested, found another result. Choose another name for --out, or leave out "
            "--all-faces."
        )


def _check_setup(place: str, faces: list[_Result], setup: ScoringSetup) -> None:
    """Raise DataError if a result was made with another setup than that of the run.

    Args:
        place: File and line, for the message.
        faces: The result, after those of the faces of the same image before it.
        setup: The setup of the run that continues the file.
    """
    result = faces[-1]
    model = (setup.model["name"], setup.model["version"])
    if result.model is not None and result.model != model:
        raise DataError(
            f"{place}: this result is from the model {' '.join(result.model)}, but the model in "
            f"use is {' '.join(model)}. Choose another name for --out, or use the same model."
        )
    if not result.fits_scale:
        raise DataError(
            f"{place}: this result was made with another scale or other levels than "
            f"{named_scales.described(setup.scale)}. Choose another name for --out, or state the "
            "same --target, --cuts and --levels."
        )
    if result.min_score != setup.min_score:
        raise DataError(
            f"{place}: this result was made with a minimum score of the face detector of "
            f"{result.min_score:g}, but {setup.min_score:g} is requested. Choose another name for "
            f"--out, or use --min-score {result.min_score:g}."
        )
    if setup.face is None:
        _check_order(place, faces)
    elif result.face is not None and result.face != setup.face:
        raise DataError(
            f"{place}: this result is of face {result.face + 1} of its image, by size, but face "
            f"{setup.face + 1} is requested. Choose another name for --out, or use the same --face "
            "or --all-faces."
        )
    neutral = None if setup.neutral is None else setup.scale.from_raw(setup.neutral.raw_score)
    if result.judged and result.neutral_score != neutral:
        before = (
            "no neutral face"
            if result.neutral_score is None
            else f"a neutral face of {setup.scale.name} {result.neutral_score:g}"
        )
        now = "none is given" if neutral is None else f"the given one has {neutral:g}"
        raise DataError(
            f"{place}: this result was compared with {before}, but {now}. Choose another name for "
            "--out, or use the same --neutral."
        )


def _add(previous: PreviousResults, result: _Result) -> None:
    previous.files.add(result.file)
    previous.last_frame = None if result.frame is None else (result.file, result.frame)
    if result.annotated:
        previous.annotated_copies.append(result.annotated)
