"""Somebody else's split, from a CSV file or a folder with train.csv, val.csv and test.csv."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wince import csv_reader
from wince.archive.balanced_split import PARTS
from wince.errors import DataError

SPELLINGS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
    "": "",
}
PATH_COLUMNS = ("image_path", "path", "image")
TAIL = 3  # subject, sequence and file: what of a path is the same on every machine


@dataclass(frozen=True, slots=True)
class SplitFile:
    """A split by subject or by frame: what is named -> (part, fold), and where (file, line).

    by: "subject", "path" (the last three parts of it) or "frame" (subject, sequence, frame).
    ends: the last part and the last two of each path in `given` -> the path, where there is only
        one that ends so; for archives that are less than three folders deep.
    """

    source: Path
    by: str
    given: dict[str, tuple[str, str]] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)

    def key(self, subject: str, sequence: str, frame: str, name: str) -> str:
        """Return under what a frame of the archive stands in `given`."""
        if self.by == "subject":
            return subject
        if self.by == "frame":
            return "\0".join((subject, sequence, frame))
        whole = tail(name)
        shorter = (end for end in (whole, *_ends(whole)) if end in self.given)
        return next(shorter, self.ends.get(whole, whole))


def tail(path: str) -> str:
    """Return the last three parts of a path, with forward slashes."""
    return "/".join([part for part in path.replace("\\", "/").split("/") if part][-TAIL:])


def _ends(path: str) -> list[str]:
    """Return a path without its first part, without its first two, and so on."""
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(1, len(parts))]


def read(source: Path) -> SplitFile:
    """Return the split in a CSV file or a folder of three.

    A file has a column `split` (train, val, test or empty) and, if it likes, `fold`; and it says
    what it is about by `subject`, by `subject, sequence, frame`, or by `image_path`. A folder has
    train.csv, val.csv and test.csv with `image_path`, as `wince prepare` and the project's report
    write them. Of paths, the last three parts count, or as many as both sides have: the rest
    differs between machines.

    Raises DataError for anything else, and when one thing is given two parts.
    """
    split = _read_folder(source) if source.is_dir() else _read_file(source)
    if split.by == "path":
        _index(split)
    return split


def _index(split: SplitFile) -> None:
    """Fill `ends`, leaving out what several paths end with."""
    several = set()
    for path in split.given:
        for end in _ends(path):
            if split.ends.setdefault(end, path) != path:
                several.add(end)
    for end in several:
        del split.ends[end]


def _read_file(source: Path) -> SplitFile:
    if not source.is_file():
        raise DataError(f"There is no split file at {source}. Check the path.")
    columns = csv_reader.read_header(source)
    by = _about(source, columns)
    split = SplitFile(source, by)
    for line, row in csv_reader.read_rows(source, ("split",)):
        word = row["split"].lower()
        if word not in SPELLINGS:
            raise DataError(
                f"{source}, line {line}: expected train, val or test as split, "
                f"found {row['split']!r}."
            )
        _add(split, source, line, _key(by, columns, row), (SPELLINGS[word], row.get("fold", "")))
    return split


def _about(source: Path, columns: list[str]) -> str:
    if any(name in columns for name in PATH_COLUMNS):
        return "path"
    if {"subject", "sequence", "frame"} <= set(columns):
        return "frame"
    if "subject" in columns:
        return "subject"
    raise DataError(
        f"{source}, line 1: expected subject, or subject, sequence, frame, or image_path beside "
        f"split, found {', '.join(columns) or 'nothing'}."
    )


def _key(by: str, columns: list[str], row: dict[str, str]) -> str:
    if by == "path":
        return tail(next(row[name] for name in PATH_COLUMNS if name in columns))
    return (
        row["subject"]
        if by == "subject"
        else "\0".join((row["subject"], row["sequence"], row["frame"]))
    )


def _add(split: SplitFile, path: Path, line: int, key: str, value: tuple[str, str]) -> None:
    if split.given.setdefault(key, value) != value:
        shown = key.replace("\0", ", ")
        raise DataError(
            f"{path}, line {line}: {shown} is given {' '.join(value).strip()} here and "
            f"{' '.join(split.given[key]).strip()} further up. Keep one of the two."
        )


def _read_folder(folder: Path) -> SplitFile:
    split = SplitFile(folder, "path")
    for part, path in _part_files(folder):
        for line, row in csv_reader.read_rows(path, ("image_path",)):
            _add(split, path, line, tail(row["image_path"]), (part, row.get("fold", "")))
    return split


def _part_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for part in PARTS:
        path = folder / f"{part}.csv"
        if not path.is_file():
            raise DataError(
                f"Expected train.csv, val.csv and test.csv in {folder}; {path.name} is missing."
            )
        yield part, path
