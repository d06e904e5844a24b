"""CSV files are read as spreadsheets write them, and errors name the file and line."""

from pathlib import Path

import pytest

from wince import csv_reader
from wince.errors import DataError


@pytest.fixture
def write(tmp_path: Path):
    """Return a function that writes a CSV file and returns its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("byte_order_mark", ["", "\ufeff"])
def test_the_header_decides_the_separator(write, separator, newline, byte_order_mark) -> None:
    lines = [f"Subject{separator} PSPI ", f"anna{separator} 3 "]
    path = write(byte_order_mark + newline.join(lines) + newline)
    assert csv_reader.read_header(path) == ["subject", "pspi"]
    assert list(csv_reader.read_rows(path, ("pspi",))) == [(2, {"subject": "anna", "pspi": "3"})]


def test_blank_lines_are_skipped_and_missing_cells_are_empty(write) -> None:
    path = write("a,b,c\n\n1,2\n , ,\n3,4,5\n")
    assert list(csv_reader.read_rows(path, ())) == [
        (3, {"a": "1", "b": "2", "c": ""}),
        (5, {"a": "3", "b": "4", "c": "5"}),
    ]


def test_quoted_cells_may_contain_separators_and_newlines(write) -> None:
    path = write('a,b\n"x, y","line\nbreak"\n3,4\n')
    assert list(csv_reader.read_rows(path, ())) == [
        (3, {"a": "x, y", "b": "line\nbreak"}),
        (4, {"a": "3", "b": "4"}),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", r"line 1: expected the columns a, c, found a, b; c is missing"),
        ("", r"line 1: expected the columns a, c, found nothing; a, c is missing"),
        ("a,c,a\n", r"line 1: the column 'a' occurs more than once"),
        ("a,c\n1,2\n1,2,3\n", r"line 3: expected 2 values as in the header, found 3"),
        (b"a,c\n1,2\n\xe9,3\n", r"is not UTF-8 text \(line 3\)"),
        ('a,c\n1,2\n"3,4\n', r"after line 2: not readable as CSV .* double quote"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_line(write, content, message) -> None:
    with pytest.raises(DataError, match=f"table.csv.*{message}"):
        list(csv_reader.read_rows(write(content), ("a", "c")))


def test_a_missing_file_is_an_error_but_has_no_header(tmp_path: Path) -> None:
    path = tmp_path / "nobody.csv"
    assert csv_reader.read_header(path) == []
    with pytest.raises(DataError, match=r"nobody\.csv cannot be read: No such file"):
        list(csv_reader.read_rows(path, ()))
