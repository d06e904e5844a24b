"""Subjects are compared in one way wherever an archive meets another table."""

from pathlib import Path

import pytest

from tests.support import archive_builder as builder
from wince import csv_reader
from wince.archive import demo_archive, given_split, provenance, subject_groups
from wince.archive.layouts import known_layouts
from wince.archive.prepare import PrepareOptions, prepare
from wince.archive.table_options import TableOptions
from wince.errors import DataError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of eight images of the subjects person 0 to person 3."""
    return builder.table(tmp_path / "archive")


def test_subjects_that_differ_only_in_zeros_are_refused_before_the_work(table, tmp_path) -> None:
    table.write_text(table.read_text().replace("person 0", "001").replace("person 1", "1"))
    with pytest.raises(DataError, match=r"'001' and '1' differ only .*--distinct-subjects"):
        prepare(table, tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.csv").exists()


def test_distinct_subjects_are_kept_and_recorded(table, tmp_path) -> None:
    table.write_text(table.read_text().replace("person 0", "001").replace("person 1", "1"))
    options = PrepareOptions(distinct_subjects=True, workers=1)
    report = prepare(table, tmp_path / "out", options).report
    assert len(report["subjects"]) == 4
    assert report["archive"]["distinct_subjects"] is True


def test_groups_of_a_spreadsheet_match_and_both_counts_are_reported(table, tmp_path) -> None:
    groups = write(tmp_path / "g.csv", "Proband;sex\nPERSON0;f\nperson 01;m\nperson 9;m\n")
    options = PrepareOptions(
        groups=groups, workers=1, table=TableOptions(renames={"proband": "subject"})
    )
    report = prepare(table, tmp_path / "out", options).report
    counts = {"subjects_with_row": 2, "subjects_without_row": 2, "rows_without_subject": 1}
    assert report["archive"]["groups_file"] == {"name": "g.csv", **counts}
    assert any("2 subjects have no row in it" in warning for warning in report["warnings"])
    assert report["groups"]["sex"]["f"]["subjects"] == 1
    assert report["archive"]["provenance"] == "a table of images; provenance not stated"


def test_a_file_of_groups_that_matches_nobody_is_refused(table, tmp_path) -> None:
    groups = write(tmp_path / "g.csv", "subject,sex\na,f\nb,m\n")
    with pytest.raises(DataError, match=r"g\.csv has no subject of the archive: it lists a, b"):
        prepare(table, tmp_path / "out", PrepareOptions(groups=groups))


def test_two_spellings_in_a_file_of_groups_are_refused(tmp_path) -> None:
    groups = write(tmp_path / "g.csv", "subject,sex\n01,f\n1,f\n")
    with pytest.raises(DataError, match="'01' and '1' differ only"):
        subject_groups.read(groups)
    assert subject_groups.read(groups, distinct=True).of("01") == ("f",)


def test_entries_of_a_split_match_other_spellings_if_only_one_does(tmp_path) -> None:
    split = given_split.read(write(tmp_path / "s.csv", "subject,split\n1,train\n2,val\n02,test\n"))
    assert split.entries[split.key("001", "", "", "")] == ("train", "")
    assert split.key("002", "", "", "") not in split.entries
    assert split.key("001", "", "", "", distinct=True) not in split.entries


def test_a_split_that_matches_no_frame_is_refused(table, tmp_path) -> None:
    split = write(tmp_path / "s.csv", "subject,split\nx,train\ny,test\n")
    with pytest.raises(DataError, match=r"s\.csv matches no frame .*first entry is x"):
        prepare(table, tmp_path / "out", PrepareOptions(split_file=split, workers=1))


def test_the_demo_archive_is_of_rendered_faces(tmp_path) -> None:
    demo_archive.write(tmp_path / "demo")
    layout, base = known_layouts.recognise(tmp_path / "demo")
    stated = provenance.find(layout, base, base, None)
    assert stated == "rendered faces, laid out like UNBC-McMaster"
    (base / provenance.FILE).unlink()
    expected = "laid out like UNBC-McMaster; provenance not stated"
    assert provenance.find(layout, base, base, None) == expected
    assert provenance.find(layout, base, base, " my  study ") == "my study"
    with pytest.raises(DataError, match="expected one line"):
        provenance.find(layout, base, base, " ")


def test_table_options_survive_the_report() -> None:
    options = TableOptions({"proband": "subject"}, (("C:/a", "b"),), (0.0, 100.0), ("age",))
    assert TableOptions.from_dict(options.to_dict()) == options
    assert TableOptions.from_dict({}) == TableOptions(csv_reader.NO_RENAMES)
