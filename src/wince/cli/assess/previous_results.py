"""Read back a results file of `wince assess --out`, so that a stopped run can continue it."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wince.cli.assess import csv_rows
from wince.errors import DataError
from wince.runtime.neutral import NeutralFace

MAX_RECORD_BYTES = 2**20
"""A longer record is not a result; one with activation maps has about ten thousand bytes."""

_HEADERS = (
    list(csv_rows.COLUMNS),
    ["calm_pspi" if name == "neutral_pspi" else name for name in csv_rows.COLUMNS],
)  # the column neutral_pspi was called calm_pspi


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
        face: Which face of each image is assessed, by size from 0.
        neutral: The neutral face that results are compared with, if any.
    """

    model: Mapping[str, str]
    face: int = 0
    neutral: NeutralFace | None = None


def read_and_repair(path: Path, setup: ScoringSetup) -> PreviousResults:
    """Return what a results file contains, and cut off an incomplete last line.

    Args:
        path: A results file, CSV if its suffix is .csv and otherwise JSON Lines.
        setup: The setup of the run that continues the file.

    Raises:
        DataError: The file contains something other than results, or results with another setup.
        OSError: The file cannot be read or written.
    """
    is_csv = path.suffix.lower() == ".csv"
    previous, complete_bytes = PreviousResults(), 0
    with path.open("r+b") as file:
        for number, record in _records(file, is_csv):
            try:
                if not record.endswith(b"\n"):
                    _check_incomplete(record, number, is_csv)
                    break
                result = _parse_csv(record, number) if is_csv else _parse_json(record)
            except (ValueError, KeyError, TypeError, csv.Error):
                raise DataError(
                    f"{path}, line {number}: expected results as `wince assess --out` writes them, "
                    f"found {record[:40]!r}. Choose another name for --out."
                ) from None
            complete_bytes += len(record)
            if result is not None:
                _check_setup(f"{path}, line {number}", result, setup)
                _add(previous, result)
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


def _check_incomplete(record: bytes, number: int, is_csv: bool) -> None:
    """Raise ValueError unless the record, which is to be cut off, can be the start of a result."""
    if len(record) > MAX_RECORD_BYTES:
        raise ValueError
    starts = [b'{"file": ']
    if is_csv:
        starts = [csv_rows.line(names).encode() for names in _HEADERS] if number == 1 else [b""]
    if not any(start.startswith(record) or record.startswith(start) for start in starts):
        raise ValueError


@dataclass(frozen=True, slots=True)
class _Result:
    """The fields of one result that resuming needs."""

    file: str
    frame: int | None
    annotated: str | None
    model: tuple[str, str] | None
    face: int | None
    judged: bool
    neutral_pspi: float | None


def _parse_json(record: bytes) -> _Result:
    data = json.loads(record)
    file, assessment = data["file"], data.get("assessment")
    if not isinstance(file, str) or not (assessment or data["error"]):
        raise ValueError
    frame = data.get("frame")
    frame = None if frame is None else int(frame)
    annotated = data.get("annotated")
    if not assessment:
        return _Result(file, frame, annotated, None, None, judged=False, neutral_pspi=None)
    change = assessment.get("change")
    neutral = change and (change.get("neutral") or change["baseline"])  # the former name
    return _Result(
        file,
        frame,
        annotated,
        model=(assessment["model"]["name"], assessment["model"]["version"]),
        face=assessment["face"]["index"],
        judged=bool(assessment["level"]),
        neutral_pspi=neutral["raw_score"] if neutral else None,
    )


def _parse_csv(record: bytes, number: int) -> _Result | None:
    """Return the result in a record; None for the header."""
    text = record.decode("utf-8", "surrogateescape")
    (values,) = csv.reader(io.StringIO(text, newline=""), strict=True)
    if number == 1:
        if values not in _HEADERS:
            raise ValueError
        return None
    row = dict(zip(csv_rows.COLUMNS, values, strict=True))
    if not row["file"]:
        raise ValueError
    return _Result(
        row["file"],
        int(row["frame"]) if row["frame"] else None,
        row["annotated"],
        model=(row["model"], row["model_version"]) if row["model"] else None,
        face=int(row["face"]) - 1 if row["face"] else None,
        judged=bool(row["level"]),
        neutral_pspi=float(row["neutral_pspi"]) if row["neutral_pspi"] else None,
    )


def _check_setup(place: str, result: _Result, setup: ScoringSetup) -> None:
    """Raise DataError if a result was made with another model, face or neutral face."""
    model = (setup.model["name"], setup.model["version"])
    if result.model is not None and result.model != model:
        raise DataError(
            f"{place}: this result is from the model {' '.join(result.model)}, but the model in "
            f"use is {' '.join(model)}. Choose another name for --out, or use the same model."
        )
    if result.face is not None and result.face != setup.face:
        raise DataError(
            f"{place}: this result is of face {result.face + 1} of its image, by size, but face "
            f"{setup.face + 1} is requested. Choose another name for --out, or use the same --face."
        )
    neutral_pspi = None if setup.neutral is None else setup.neutral.raw_score
    if result.judged and result.neutral_pspi != neutral_pspi:
        before = (
            "no neutral face"
            if result.neutral_pspi is None
            else f"a neutral face of PSPI {result.neutral_pspi:g}"
        )
        now = "none is given" if neutral_pspi is None else f"the given one has {neutral_pspi:g}"
        raise DataError(
            f"{place}: this result was compared with {before}, but {now}. Choose another name for "
            "--out, or use the same --neutral."
        )


def _add(previous: PreviousResults, result: _Result) -> None:
    previous.files.add(result.file)
    previous.last_frame = None if result.frame is None else (result.file, result.frame)
    if result.annotated:
        previous.annotated_copies.append(result.annotated)
