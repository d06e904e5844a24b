"""The reports of a preparation: report.json, report.html and faces.html."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.support import archive_builder as builder
from tests.support.frames import ROOT
from tests.support.prepared_files import rows
from wince.archive import crops, prepare
from wince.archive.prepare import PrepareOptions
from wince.archive.prepared_folder import open_prepared
from wince.errors import DataError

ONE_WORKER = PrepareOptions(workers=1)


def test_faces_are_only_in_faces_html_and_only_on_request(
    valid_archive: Path, valid_out: Path, tmp_path: Path
) -> None:
    assert not (valid_out / "faces.html").exists()
    prepare.prepare(valid_archive, tmp_path, PrepareOptions(workers=1, with_faces=True))
    faces = (tmp_path / "faces.html").read_text()
    assert faces.count("data:image/jpeg;base64,") == 48
    for text in (faces, (tmp_path / "report.html").read_text()):
        assert "<script" not in text
        assert not re.search(r'(?:src|href)="(?!data:)', text)
        assert not re.search(r"url\(|@import|https?://", text)
    report = (tmp_path / "report.html").read_text()
    assert "<img" not in report
    assert "base64" not in report
    assert (valid_out / "report.html").read_bytes() == (tmp_path / "report.html").read_bytes()


def test_missing_levels_are_named_with_how_many_subjects_have_them(tmp_path: Path) -> None:
    scores = {"a": (0, 12), "b": (0, 1), "c": (1, 0), "d": (0, 2)}
    archive = builder.Unbc(tmp_path / "archive")
    for subject, values in scores.items():
        for number, pspi in enumerate(values, start=1):
            archive.frame(subject, f"{subject}t1", number, pspi)
    result = prepare.prepare(archive.root, tmp_path / "out", ONE_WORKER)
    part = next(row["split"] for row in rows(tmp_path / "out/manifest.csv") if row["pspi"] == "12")
    warnings = [text for text in result.report["warnings"] if "missing from" in text]
    assert len(warnings) == 3
    for other in {"train", "val", "test"} - {part}:
        assert (
            f"Levels missing from the {other} part: moderate (no subject has it), "
            "severe (1 subject has it)." in warnings
        )


def test_the_page_explains_its_numbers(tmp_path: Path, valid_out: Path) -> None:
    archive = builder.defective(tmp_path / "archive")
    result = prepare.prepare(archive.root, tmp_path / "out", ONE_WORKER)
    page = (tmp_path / "out" / "report.html").read_text()
    for step in result.report["checks"]:
        row = re.search(rf"<tr[^>]*>(?:(?!</tr>).)*<td>{step['reason']}</td>.*?</tr>", page)
        assert row is not None
        assert f"<td class='n'>{step['left_out']}</td>" in row[0]
        assert f"<td class='n'>{step['kept']}</td>" in row[0]
    assert "not what the person feels" in page
    assert "tested once, on <b>test</b>" in page
    assert "The 3 without a face stay in the manifest" in page
    assert "without a face stay" not in (valid_out / "report.html").read_text()
    for name in result.report["files"]:
        assert re.search(rf"<code>{re.escape(name)}</code></td><td>[a-z]", page)


def test_the_report_escapes_names_of_the_archive(tmp_path: Path) -> None:
    builder.table(
        tmp_path / "a",
        lambda text: text.replace("person 1", "<b>&x</b>").replace("skin tone", "<i>tone"),
    )
    prepare.prepare(tmp_path / "a", tmp_path / "out", ONE_WORKER)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "&lt;b&gt;&amp;x&lt;/b&gt;" in page
    assert "<b>&x" not in page
    assert "<i>tone" not in page


def test_the_report_names_its_files_by_rows_and_digest(valid_out: Path) -> None:
    report = json.loads((valid_out / "report.json").read_text())
    for name, file in report["files"].items():
        data = (valid_out / name).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert file["rows"] == len(rows(valid_out / name))
    assert sum(report["pspi_histogram"].values()) == report["kept"] == 48
    assert sum(part["frames"] for part in report["split"]["parts"].values()) == 48
    assert sum(fold["frames"] for fold in report["folds"].values()) == 48


def test_every_key_of_the_report_is_documented(valid_out: Path) -> None:
    docs = (ROOT / "docs" / "prepare.md").read_text("utf-8")
    report = json.loads((valid_out / "report.json").read_text())
    missing = [key for key in report if f"`{key}`" not in docs]
    missing += [name for name in rows(valid_out / "manifest.csv")[0] if f"`{name}`" not in docs]
    assert not missing


def test_a_prepared_folder_opens_with_its_settings(valid_archive: Path, valid_out: Path) -> None:
    prepared = open_prepared(valid_out)
    assert prepared.archive == valid_archive
    assert prepared.face_spec == ONE_WORKER.spec
    assert prepared.margin == crops.MARGIN
    assert len(list(prepared.rows())) == 48
    with pytest.raises(DataError, match="is not a prepared folder"):
        open_prepared(valid_archive)


def test_a_damaged_report_is_refused(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"split": {}}'):
        (tmp_path / "report.json").write_text(text)
        with pytest.raises(DataError, match="damaged"):
            open_prepared(tmp_path)
