"""A text file that is written line by line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wince.files import Closing, write_error


class LineFile(Closing):
    """A UTF-8 file whose lines are on disk as soon as they are written; use it in `with`."""

    def __init__(self, path: Path) -> None:
        """Create the file, or open it to append lines.

        Raises:
            FileWriteError: The file cannot be written.
        """
        self._path = path
        with self._write_errors():
            self._file = path.open("a", encoding="utf-8", errors="surrogateescape", newline="")

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been written, now or before."""
        return self._file.tell() == 0

    def write(self, line: str) -> None:
        """Write a line that includes its line end.

        Raises:
            FileWriteError: The line cannot be written, such as on a full disk.
        """
        with self._write_errors():
            self._file.write(line)
            self._file.flush()

    def close(self) -> None:
        """Close the file; raise FileWriteError if the rest of a line cannot be written."""
        with self._write_errors():
            self._file.close()

    @contextmanager
    def _write_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise write_error(self._path, error) from error
