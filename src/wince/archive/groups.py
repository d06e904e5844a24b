"""Group columns (age, sex, skin tone, ...) joined to any archive by subject."""

from dataclasses import dataclass, field
from pathlib import Path

from wince import csv_reader
from wince.errors import DataError


@dataclass(frozen=True, slots=True)
class SubjectGroups:
    """Columns that a file adds, and their values for each subject."""

    names: tuple[str, ...] = ()
    by_subject: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, subject: str) -> tuple[str, ...]:
        """Return a subject's values, empty for a subject that the file does not name."""
        return self.by_subject.get(subject, ("",) * len(self.names))


def read(path: Path | None) -> SubjectGroups:
    """Return the groups in a CSV file with the column subject and one column a group.

    Raises DataError when a subject stands twice with different values.
    """
    if path is None:
        return SubjectGroups()
    if not path.is_file():
        raise DataError(f"There is no file of groups at {path}. Check the path.")
    names = tuple(name for name in csv_reader.read_header(path) if name and name != "subject")
    found: dict[str, tuple[str, ...]] = {}
    for line, row in csv_reader.read_rows(path, ("subject",)):
        values = tuple(row[name] for name in names)
        if found.setdefault(row["subject"], values) != values:
            raise DataError(
                f"{path}, line {line}: {row['subject']} stands here a second time with other "
                "values. Keep one row a subject."
            )
    if not names:
        raise DataError(
            f"{path}, line 1: expected subject and one column a group, found only subject."
        )
    return SubjectGroups(names, found)
