"""Read a CSV file of subjects and their groups (age, sex, skin tone, ...) for `--groups`."""

from dataclasses import dataclass, field
from pathlib import Path

from wince import csv_reader
from wince.errors import DataError


@dataclass(frozen=True, slots=True)
class SubjectGroups:
    """Group columns and their values for each subject."""

    names: tuple[str, ...] = ()
    by_subject: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, subject: str) -> tuple[str, ...]:
        """Return a subject's values, each "" for a subject that is not in the file."""
        return self.by_subject.get(subject, ("",) * len(self.names))


def read(path: Path | None) -> SubjectGroups:
    """Return the groups in a CSV file with the column `subject` and one column for each group.

    Args:
        path: The file, or None for no groups.

    Raises:
        DataError: The file is missing, has no group column, or gives a subject twice with
            different values.
    """
    if path is None:
        return SubjectGroups()
    if not path.is_file():
        raise DataError(f"There is no file of groups at {path}. Check the path.")
    names = tuple(name for name in csv_reader.read_header(path) if name and name != "subject")
    by_subject: dict[str, tuple[str, ...]] = {}
    for line, row in csv_reader.read_rows(path, ("subject",)):
        values = tuple(row[name] for name in names)
        if by_subject.setdefault(row["subject"], values) != values:
            raise DataError(
                f"{path}, line {line}: the subject {row['subject']} is listed a second time with "
                "other values. Keep one row for each subject."
            )
    if not names:
        raise DataError(
            f"{path}, line 1: expected subject and one column for each group, found only subject."
        )
    return SubjectGroups(names, by_subject)
