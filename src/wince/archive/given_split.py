"""Read a split made before: a CSV file, or a folder with train.csv, val.csv and test.csv."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wince import csv_reader, subject_ids
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
TAIL_PARTS = 3
"""Parts of a path that are the same on every machine: subject, sequence and file."""


@dataclass(frozen=True, slots=True)
class GivenSplit:
    """A split by subject or by frame.

    Attributes:
        source: The file or folder that it was read from.
        by: What an entry names: "subject", "path" (its last three parts) or "frame" (subject,
            sequence and frame).
        entries: Part and fold by key, see `key`. An empty part or fold is "".
        endings: For entries by path: the last part, and the last two parts, of each path -> the
            path, if only one path ends so. For archives that are less than three folders deep.
        spellings: For other entries: the name without what spreadsheets change (see
            `wince.subject_ids`) -> the key, if only one key has it.
    """

    source: Path
    by: str
    entries: dict[str, tuple[str, str]] = field(default_factory=dict)
    endings: dict[str, str] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)

    def key(
        self, subject: str, sequence: str, frame: str, name: str, *, distinct: bool = False
    ) -> str:
        """Return the key in `entries` for a frame of the archive, whether it is there or not.

        Args:
            subject: The frame's subject.
            sequence: The frame's sequence.
            frame: Name or number of the frame in its sequence.
            name: Path of the frame below the archive's folder.
            distinct: Whether names that are spelled differently are different ones.
        """
        if self.by != "path":
            key = subject if self.by == "subject" else "\0".join((subject, sequence, frame))
            if key in self.entries or distinct:
                return key
            return self.spellings.get(_spelling(key), key)
        path = path_tail(name)
        shorter = (ending for ending in (path, *_endings(path)) if ending in self.entries)
        return next(shorter, self.endings.get(path, path))


def path_tail(path: str) -> str:
    """Return the last three parts of a path, with forward slashes, in the Unicode form NFC."""
    parts = unicodedata.normalize("NFC", path).replace("\\", "/").split("/")
    return "/".join([part for part in parts if part][-TAIL_PARTS:])


def _endings(path: str) -> list[str]:
    """Return a path without its first part, without its first two, and so on."""
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(1, len(parts))]


def read(source: Path, renames: Mapping[str, str] = csv_reader.NO_RENAMES) -> GivenSplit:
    """Return the split in a CSV file or in a folder.

    Args:
        source: A CSV file or a folder. A CSV file has the column `split` (train, val, test or
            empty), optionally `fold`, and columns that identify the frames: `subject` alone, or
            `subject`, `sequence` and `frame`, or `image_path`. A folder has train.csv, val.csv and
            test.csv with `image_path`, as `wince prepare` and the project report write them. Paths
            are compared by their last three parts, or by as many as both have, because the rest
            differs between machines.
        renames: Columns with another name in the file, see `csv_reader.parse_renames`.

    Raises:
        DataError: The source has another form, or gives two parts to the same thing.
    """
    split = _read_folder(source) if source.is_dir() else _read_file(source, renames)
    if split.by == "path":
        _index_endings(split)
    else:
        _index_spellings(split)
    return split


def _index_endings(split: GivenSplit) -> None:
    """Fill `endings`, without those that more than one path has."""
    ambiguous = set()
    for path in split.entries:
        for ending in _endings(path):
            if split.endings.setdefault(ending, path) != path:
                ambiguous.add(ending)
    for ending in ambiguous:
        del split.endings[ending]


def _index_spellings(split: GivenSplit) -> None:
    """Fill `spellings`, without those that more than one name has."""
    by_spelling: dict[str, list[str]] = {}
    for name in split.entries:
        by_spelling.setdefault(_spelling(name), []).append(name)
    split.spellings.update(
        {spelling: names[0] for spelling, names in by_spelling.items() if len(names) == 1}
    )


def _spelling(name: str) -> str:
    return "\0".join(subject_ids.key(part) for part in name.split("\0"))


def _read_file(source: Path, renames: Mapping[str, str]) -> GivenSplit:
    if not source.is_file():
        raise DataError(f"There is no split file at {source}. Check the path.")
    columns = csv_reader.read_header(source, renames)
    split = GivenSplit(source, _entries_by(source, columns))
    for line, row in csv_reader.read_rows(source, ("split",), renames):
        part = SPELLINGS.get(row["split"].lower())
        if part is None:
            raise DataError(
                f"{source}, line {line}: expected train, val or test as split, "
                f"found {row['split']!r}."
            )
        _add(split, source, line, _key(split.by, columns, row), (part, row.get("fold", "")))
    return split


def _entries_by(source: Path, columns: list[str]) -> str:
    """Return what the entries of a file name, see `GivenSplit.by`."""
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
        return path_tail(next(row[name] for name in PATH_COLUMNS if name in columns))
    if by == "subject":
        return row["subject"]
    return "\0".join((row["subject"], row["sequence"], row["frame"]))


def _add(split: GivenSplit, path: Path, line: int, key: str, entry: tuple[str, str]) -> None:
    """Add an entry; raise DataError if the key already has another one."""
    if split.entries.setdefault(key, entry) != entry:
        shown = key.replace("\0", ", ")
        raise DataError(
            f"{path}, line {line}: {shown} has {' '.join(entry).strip()} here and "
            f"{' '.join(split.entries[key]).strip()} further up. Keep one of the two."
        )


def _read_folder(folder: Path) -> GivenSplit:
    split = GivenSplit(folder, "path")
    for part, path in _part_files(folder):
        for line, row in csv_reader.read_rows(path, ("image_path",)):
            _add(split, path, line, path_tail(row["image_path"]), (part, row.get("fold", "")))
    return split


def _part_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for part in PARTS:
        path = folder / f"{part}.csv"
        if not path.is_file():
            raise DataError(
                f"Expected train.csv, val.csv and test.csv in {folder}; {path.name} is missing."
            )
        yield part, path
