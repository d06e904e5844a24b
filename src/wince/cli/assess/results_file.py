"""The results file of `wince assess --out`, CSV or JSON Lines, which a stopped run can continue.

Each result is one line, written as soon as it is known. A run that is stopped leaves complete lines
and at most one incomplete line at the end, which the next run cuts off.
"""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from wince.cli.assess import csv_rows
from wince.cli.assess.outcome import Outcome
from wince.cli.assess.previous_results import PreviousResults, ScoringSetup, read_and_repair
from wince.cli.assess.uploaded_results import local_results
from wince.cli.line_file import LineFile
from wince.errors import DataError
from wince.files import Closing, refuse_existing, write_error
from wince.output_lock import locked_file
from wince.remote_path import as_remote

SUFFIXES = (".csv", ".jsonl")


class ResultsFile(Closing):
    """An open results file, for use in a `with` statement.

    Attributes:
        previous: What the file contained before.
    """

    def __init__(self, path: Path, setup: ScoringSetup, *, resume: bool) -> None:
        """Create a results file, or open one to continue it.

        Args:
            path: A path that ends in .csv or .jsonl. At a URL the file is complete when this one
                is closed.
            setup: What the scores of this run depend on.
            resume: Whether an existing file is continued.

        Raises:
            DataError: The path has another suffix, or the file contains something else than
                results, or results with another setup.
            FileWriteError: The file exists and `resume` is False, another process writes it, or it
                cannot be written.
        """
        check_suffix(path)
        self._scale = setup.scale
        self._is_csv = path.suffix.lower() == ".csv"
        self.previous = PreviousResults()
        with ExitStack() as stack:
            remote = as_remote(path)
            if remote is None:
                stack.enter_context(locked_file(path))
            if not resume:
                refuse_existing(path, "Add --resume to continue it, or choose another name.")
            local = path if remote is None else stack.enter_context(local_results(remote))
            if local.exists():
                try:
                    self.previous = read_and_repair(local, setup)
                except OSError as error:
                    raise write_error(local, error) from error
                except DataError as error:
                    raise DataError(str(error).replace(str(local), str(path))) from None
            self._file = stack.enter_context(LineFile(local))
            self._opened = stack.pop_all()  # nothing above has failed
        if self._is_csv and self._file.is_empty:
            self._file.write(csv_rows.header(setup.scale))

    def write(self, outcomes: Iterable[Outcome]) -> None:
        """Write a line per outcome as soon as it is known.

        Raises:
            FileWriteError: A line cannot be written, such as on a full disk.
        """
        for outcome in outcomes:
            if self._is_csv:
                self._file.write(csv_rows.row(outcome, self._scale))
            else:
                self._file.write(json.dumps(outcome.to_dict(), allow_nan=False) + "\n")

    def close(self) -> None:
        """Close the file and release its lock."""
        self._opened.close()


def check_suffix(path: Path) -> None:
    """Raise DataError for a path that does not end in .csv or .jsonl."""
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"{path}: expected a name that ends in .csv or .jsonl (one JSON object per line)."
        )
