"""Read a CSV file of subjects and their groups (age, sex, skin tone, ...) for `--groups`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wince import csv_reader, subject_ids
from wince.errors import DataError


@dataclass(frozen=True, slots=True)
class SubjectGroups:
    """Group columns and their values for each subject.

    Attributes:
        source: Name of the file, "" without one.
        names: The columns.
        by_subject: Values by the key of the subject's name, see `subject_ids.key`.
        distinct: Whether names that are spelled differently are different subjects.
    """

    source: str = ""
    names: tuple[str, ...] = ()
    by_subject: dict[str, tuple[str, ...]] = field(default_factory=dict)
    distinct: bool = False

    def of(self, subject: str) -> tuple[str, ...]:
        """Return a subject's values, each "" for a subject that is not in the file."""
        key = subject_ids.key(subject, distinct=self.distinct)
        return self.by_subject.get(key, ("",) * len(self.names))

    def match(self, subjects: Collection[str]) -> dict[str, int]:
        """Return how many of an archive's subjects have a row, and how many rows a subject.

        Raises:
            DataError: There are groups, and no subject has a row.
        """
        keys = {subject_ids.key(name, distinct=self.distinct) for name in subjects}
        matched = len(keys & self.by_subject.keys())
        if self.source and subjects and not matched:
            raise DataError(
                f"{self.source} has no subject of the archive: it lists "
                f"{subject_ids.listed(sorted(self.by_subject))}, the archive has "
                f"{subject_ids.listed(sorted(subjects))}. Write the names of the subjects as in "
                "the archive; leading zeros, case and spaces may differ."
            )
        return {
            "subjects_with_row": matched,
            "subjects_without_row": len(keys) - matched,
            "rows_without_subject": len(self.by_subject) - matched,
        }

    def notes(self, matches: Mapping[str, int]) -> list[str]:
        """Return a sentence on subjects and rows without a partner, if there are any.

        Args:
            matches: The result of `match`.
        """
        without_row, without_subject = (
            matches["subjects_without_row"],
            matches["rows_without_subject"],
        )
        if not self.source or not (without_row or without_subject):
            return []
        return [
            f"{self.source} matches {matches['subjects_with_row']:,} subjects of the archive. "
            f"{without_row:,} subjects have no row in it, so their groups are empty; "
            f"{without_subject:,} of its rows are of no subject in the archive."
        ]


def read(
    path: Path | None,
    renames: Mapping[str, str] = csv_reader.NO_RENAMES,
    *,
    distinct: bool = False,
) -> SubjectGroups:
    """Return the groups in a CSV file with the column `subject` and one column for each group.

    Args:
        path: The file, or None for no groups.
        renames: Columns with another name in the file, see `csv_reader.parse_renames`.
        distinct: Whether names that are spelled differently are different subjects.

    Raises:
        DataError: The file is missing, has no group column, or gives a subject twice with
            different values, or in two spellings.
    """
    if path is None:
        return SubjectGroups()
    if not path.is_file():
        raise DataError(f"There is no file of groups at {path}. Check the path.")
    names = tuple(
        name for name in csv_reader.read_header(path, renames) if name and name != "subject"
    )
    by_subject: dict[str, tuple[str, ...]] = {}
    spellings = set()
    for line, row in csv_reader.read_rows(path, ("subject",), renames):
        values = tuple(row[name] for name in names)
        spellings.add(row["subject"])
        key = subject_ids.key(row["subject"], distinct=distinct)
        if by_subject.setdefault(key, values) != values:
            raise DataError(
                f"{path}, line {line}: the subject {row['subject']} is listed a second time with "
                "other values. Keep one row for each subject."
            )
    if not names:
        raise DataError(
            f"{path}, line 1: expected subject and one column for each group, found only subject."
        )
    subject_ids.refuse_alike(spellings, path, distinct=distinct)
    return SubjectGroups(path.name, names, by_subject, distinct)
