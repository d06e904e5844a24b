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


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_text_is_read_in_the_encoding_of_its_first_bytes(write, encoding) -> None:
    path = write("subject;pspi\nZoë;3\n".encode(encoding))
    assert list(csv_reader.read_rows(path, ())) == [(2, {"subject": "Zoë", "pspi": "3"})]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_first_line_sep_decides_the_separator_and_counts_as_a_line(write, mark) -> None:
    path = write(f"sep={mark}\r\nsubject{mark}pspi\r\na{mark}3\r\n")
    assert csv_reader.read_header(path) == ["subject", "pspi"]
    assert list(csv_reader.read_rows(path, ())) == [(3, {"subject": "a", "pspi": "3"})]


def test_separators_in_quoted_column_names_do_not_decide(write) -> None:
    path = write('"x, y, z";pspi\n1;3\n')
    assert csv_reader.read_header(path) == ["x, y, z", "pspi"]


def test_decimal_commas_are_read_as_points_and_noted(write) -> None:
    path = write("subject;pspi;box\n1,5;2,5;1,5 2 3,25 4\n2;3;1 2 3 4\n")
    assert [row for _, row in csv_reader.read_rows(path, ())] == [
        {"subject": "1,5", "pspi": "2.5", "box": "1.5 2 3.25 4"},
        {"subject": "2", "pspi": "3", "box": "1 2 3 4"},
    ]
    assert "decimal comma, such as 2,5 in line 2" in csv_reader.notes(path)[0]
    assert csv_reader.notes(write("subject,pspi\na,2.5\n")) == []


def test_a_column_with_decimal_commas_and_points_is_refused(write) -> None:
    with pytest.raises(DataError, match=r"line 3: the column pspi has both 2\.5 and 1,234"):
        list(csv_reader.read_rows(write('pspi\n2.5\n"1,234"\n'), ()))


def test_empty_last_columns_are_left_out(write) -> None:
    path = write("subject,pspi,,\na,3,,\nb,4\n")
    assert csv_reader.read_columns(path) == ({"subject": ["a", "b"], "pspi": ["3", "4"]}, [2, 3])


def test_columns_with_other_names_are_renamed(write) -> None:
    path = write("Proband,PSPI\na,3\n")
    renames = csv_reader.parse_renames(["subject=Proband"])
    assert csv_reader.read_header(path, renames) == ["subject", "pspi"]
    assert list(csv_reader.read_rows(path, ("subject",), renames)) == [
        (2, {"subject": "a", "pspi": "3"})
    ]


def test_a_renamed_column_that_no_file_has_is_refused(write) -> None:
    path = write("Proband,PSPI\na,3\n")
    with pytest.raises(DataError, match=r"no file has the column 'person'. Found proband, pspi"):
        csv_reader.check_renames({"person": "subject"}, [path])
    with pytest.raises(DataError, match=r"--column subject: expected NAME=COLUMN"):
        csv_reader.parse_renames(["subject"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", r"line 1: expected the columns a, c, found a, b; c is missing"),
        ("", r"line 1: expected the columns a, c, found nothing; a, c is missing"),
        ("a,c,a\n", r"line 1: the column 'a' occurs more than once"),
        ("a,c\n1,2\n1,2,3\n", r"line 3: expected 2 values as in the header, found 3"),
        (b"a,c\n1,2\n\xe9,3\n", r"is not UTF-8 text \(line 3\). It may be Windows-1252 or Latin-1"),
        ("a|c\n1|2\n", r"line 1: expected columns separated by commas, semicolons or tabs"),
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
