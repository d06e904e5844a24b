"""The file of `wince watch --csv`."""

from pathlib import Path

import pytest

from tests.support.full_disk import full_disk
from wince.cli.watch_rows import rows_file
from wince.errors import FileWriteError
from wince.scale import PSPI


def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    message = r"rows\.csv cannot be written: .* place"
    with (
        pytest.raises(FileWriteError, match=message),
        full_disk(largest_file=1000),
        rows_file(tmp_path / "rows.csv", PSPI) as rows,
    ):
        for number in range(1000):
            rows.writerow({"frame": number})
    assert number < 1000


def test_a_missing_folder_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    message = r"rows\.csv cannot be written: No such file"
    with (
        pytest.raises(FileWriteError, match=message),
        rows_file(tmp_path / "nowhere" / "rows.csv", PSPI),
    ):
        pass
