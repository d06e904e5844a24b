"""Texts in CSV files that a spreadsheet must not take for a formula."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wince import csv_reader, spreadsheet_cells

FORMULAS = ["=1+1", "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "'=1", "''-x", "\t=1", "-x.jpg"]
PLAIN = ["x", "'x", "", "-1.5", "+2", "-3 4.5 -1e-3 7", "a=1", 12, -0.5, None]


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_written_as_text(text: str) -> None:
    assert spreadsheet_cells.guarded(text) == f"'{text}"


@pytest.mark.parametrize("value", PLAIN)
def test_numbers_and_other_texts_are_written_as_they_are(value: object) -> None:
    assert spreadsheet_cells.guarded(value) == value


@given(text=st.text("'=+-@\t1 x.", max_size=6))
def test_every_text_is_read_as_it_was_given(text: str) -> None:
    assert spreadsheet_cells.unguarded(str(spreadsheet_cells.guarded(text))) == text


def test_what_is_written_is_read_by_both_readers(tmp_path: Path) -> None:
    file = io.StringIO()
    rows = [["subject", "=column"], ["=1+1", "-0.5"], ["'=x", "@y"]]
    spreadsheet_cells.Writer(file).write(*rows)
    assert next(iter(csv.reader(io.StringIO(file.getvalue())))) == ["subject", "'=column"]
    assert list(spreadsheet_cells.read_lists(io.StringIO(file.getvalue()))) == rows
    path = tmp_path / "table.csv"
    path.write_text(file.getvalue())
    columns, _ = csv_reader.read_columns(path)
    assert columns == {"subject": ["=1+1", "'=x"], "=column": ["-0.5", "@y"]}
