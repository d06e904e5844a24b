"""A file of results, CSV or JSON Lines, that a run which was stopped can go on with.

Each result is a line of its own, written out as soon as it is known. A run that ends at any moment
leaves whole lines and at most one half, at the end, which the next run cuts off.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from wince.cli.assess import outcome
from wince.cli.assess.outcome import Outcome
from wince.errors import DataError
from wince.runtime.neutral import NeutralFace

SUFFIXES = (".csv", ".jsonl")
_HEADERS = (
    [*outcome.CSV_COLUMNS],
    ["calm_pspi" if name == "neutral_pspi" else name for name in outcome.CSV_COLUMNS],
)  # the column neutral_pspi was called calm_pspi
LONGEST = 2**20  # bytes of one result; with maps it takes about ten thousand


class Names:
    """A set of names, kept as 64-bit digests: some 70 bytes each, however long the name.

    Two of 100,000 names share a digest once in four thousand million times.
    """

    def __init__(self) -> None:
        self._digests: set[int] = set()

    def add(self, name: str) -> None:
        """Put a name in."""
        self._digests.add(_digest(name))

    def __contains__(self, name: str) -> bool:
        return _digest(name) in self._digests

    def __len__(self) -> int:
        return len(self._digests)


def _digest(name: str) -> int:
    data = name.encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest())


@dataclass(slots=True)
class Done:
    """What a file of results holds already.

    files: names with a result. copies: paths of annotated copies. video: the video that the last
    result is of, which may not be done to its end, and the number of its frame.
    """

    files: Names = field(default_factory=Names)
    copies: list[str] = field(default_factory=list)
    video: tuple[str, int] | None = None

    def has(self, name: str) -> bool:
        """Whether nothing more is to be done for a file."""
        return name in self.files and (self.video is None or self.video[0] != name)


class ResultsFile:
    """The file that results are written to; use it in a `with` statement.

    done: what it held before.
    """

    def __init__(
        self,
        path: Path,
        *,
        resume: bool,
        model: Mapping[str, str],
        face: int = 0,
        neutral: NeutralFace | None = None,
    ) -> None:
        """Begin a new file, or with `resume` go on with one; one that is not there is begun.

        model: name and version of the model in use. face: which face of each picture is assessed,
        by size from 0. neutral: the neutral face in use. Results of another model, of another
        face, or compared with another neutral face, are not added to.

        Raises DataError for another ending than .csv or .jsonl, a file that is there already
        without `resume`, one that holds something else than results, or such results.
        """
        check_name(path)
        self._is_csv = path.suffix.lower() == ".csv"
        self.done = Done()
        try:
            if path.exists():
                if not resume:
                    raise DataError(
                        f"{path} is there already. Add --resume to go on with it, or choose "
                        "another name."
                    )
                self.done = _keep_whole(path, self._is_csv, model, face, neutral)
            self._file = path.open("a", encoding="utf-8", errors="surrogateescape", newline="")
        except OSError as error:
            raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error
        if self._is_csv and not self._file.tell():
            self._put(outcome.csv_line(_HEADERS[0]))

    def write(self, outcomes: Iterable[Outcome]) -> int:
        """Write a line for each outcome as soon as it is known; return the failures."""
        failures = 0
        for one in outcomes:
            self._put(self._line(one))
            failures += outcome.complained(one)
        return failures

    def _line(self, one: Outcome) -> str:
        if not self._is_csv:
            return json.dumps(one.to_dict(), allow_nan=False) + "\n"
        row = outcome.csv_row(one)
        return outcome.csv_line([row.get(column) for column in outcome.CSV_COLUMNS])

    def _put(self, line: str) -> None:
        self._file.write(line)
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def check_name(path: Path) -> None:
    """Raise DataError for a name that does not end in .csv or .jsonl."""
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"{path}: expected a name that ends in .csv or .jsonl (a JSON object on each line)."
        )


def _keep_whole(
    path: Path, is_csv: bool, model: Mapping[str, str], face: int, neutral: NeutralFace | None
) -> Done:
    """Cut off what stands half written at the end, and return what the file holds."""
    done, whole = Done(), 0
    with path.open("r+b") as file:
        for number, record in _records(file, is_csv):
            try:
                if not record.endswith(b"\n"):
                    _check_half(record, number, is_csv)
                    break
                found = _from_csv(record, number) if is_csv else _from_json(record)
            except (ValueError, KeyError, TypeError, csv.Error):
                raise DataError(
                    f"{path}, line {number}: expected results as `wince assess --out` writes them, "
                    f"found {record[:40]!r}. Choose another name for --out."
                ) from None
            whole += len(record)
            if found is not None:
                _check_model(path, number, found, model)
                _check_face(path, number, found, face)
                _check_neutral(path, number, found, neutral)
                _note(done, found)
        file.truncate(whole)
    return done


def _records(file: Iterable[bytes], is_csv: bool) -> Iterator[tuple[int, bytes]]:
    """Yield each record with the number of its first line; in CSV one may span several.

    The last one is half a record, without its line end, when the file was cut off.
    """
    record, first, quotes = b"", 1, 0
    for number, line in enumerate(file, start=1):
        record += line
        quotes += line.count(b'"') if is_csv else 0
        if len(record) > LONGEST:
            break
        if line.endswith(b"\n") and quotes % 2 == 0:
            yield first, record
            record, first, quotes = b"", number + 1, 0
    if record:
        yield first, record.removesuffix(b"\n")


def _check_half(record: bytes, number: int, is_csv: bool) -> None:
    """Raise ValueError for what cannot be the beginning of a result; it would be cut off."""
    starts = [b'{"file": ']
    if is_csv:
        headers = [outcome.csv_line(names).encode() for names in _HEADERS]
        starts = headers if number == 1 else [b""]
    begins = any(start.startswith(record) or record.startswith(start) for start in starts)
    if not begins or len(record) > LONGEST:
        raise ValueError


@dataclass(frozen=True, slots=True)
class _Result:
    file: str
    frame: int | None
    copy: str | None
    model: tuple[str, str] | None
    face: int | None
    judged: bool
    neutral: float | None


def _from_json(record: bytes) -> _Result:
    data = json.loads(record)
    name, assessment = data["file"], data.get("assessment")
    if not isinstance(name, str) or not (assessment or data["error"]):
        raise ValueError
    model = assessment and (assessment["model"]["name"], assessment["model"]["version"])
    frame = data.get("frame")
    change = assessment and assessment.get("change")
    face = assessment and assessment["face"]
    return _Result(
        name,
        None if frame is None else int(frame),
        data.get("annotated"),
        model,
        face=face["index"] if face else None,
        judged=bool(assessment and assessment["level"]),
        neutral=(change.get("neutral") or change["baseline"])["raw_score"] if change else None,
    )


def _from_csv(record: bytes, number: int) -> _Result | None:
    """Return what a record says, None for the header."""
    text = record.decode("utf-8", "surrogateescape")
    (values,) = csv.reader(io.StringIO(text, newline=""), strict=True)
    if number == 1:
        if values not in _HEADERS:
            raise ValueError
        return None
    row = dict(zip(outcome.CSV_COLUMNS, values, strict=True))
    if not row["file"]:
        raise ValueError
    model = (row["model"], row["model_version"]) if row["model"] else None
    frame = int(row["frame"]) if row["frame"] else None
    return _Result(
        row["file"],
        frame,
        row["annotated"],
        model,
        face=int(row["face"]) - 1 if row["face"] else None,
        judged=bool(row["level"]),
        neutral=float(row["neutral_pspi"]) if row["neutral_pspi"] else None,
    )


def _check_model(path: Path, number: int, found: _Result, model: Mapping[str, str]) -> None:
    if found.model is not None and found.model != (model["name"], model["version"]):
        raise DataError(
            f"{path}, line {number}: this result is of the model {' '.join(found.model)}; in use "
            f"is {model['name']} {model['version']}. Choose another name for --out, or the same "
            "model."
        )


def _check_face(path: Path, number: int, found: _Result, face: int) -> None:
    if found.face is not None and found.face != face:
        raise DataError(
            f"{path}, line {number}: this result is of face {found.face + 1} of its picture, by "
            f"size; asked for is face {face + 1}. Choose another name for --out, or the same "
            "--face."
        )


def _check_neutral(path: Path, number: int, found: _Result, neutral: NeutralFace | None) -> None:
    score = None if neutral is None else neutral.raw_score
    if not found.judged or found.neutral == score:
        return
    was = (
        "no neutral face" if found.neutral is None else f"a neutral face of PSPI {found.neutral:g}"
    )
    now = "none is given" if score is None else f"the one given has {score:g}"
    raise DataError(
        f"{path}, line {number}: this result was compared with {was}; {now}. Choose another name "
        "for --out, or the same --neutral."
    )


def _note(done: Done, found: _Result) -> None:
    done.files.add(found.file)
    done.video = None if found.frame is None else (found.file, found.frame)
    if found.copy:
        done.copies.append(found.copy)
