"""Archives prepared for another scale than PSPI."""

import csv
import json
from pathlib import Path

import pytest

from tests.support import archive_builder as builder
from wince.archive.prepare import PrepareOptions, prepare
from wince.archive.table_options import TableOptions
from wince.errors import ArchiveError, DataError
from wince.named_scales import KNOWN
from wince.scale import Scale

LEVELLED = Scale("VAS", 0.0, 10.0, "points", (1.0, 4.0), ("low", "medium", "high"))


def prepare_for(root: Path, out: Path, scale: Scale) -> tuple[dict, list[dict[str, str]]]:
    """Return the report and the rows of the manifest."""
    prepare(root, out, PrepareOptions(workers=1, table=TableOptions(target=scale)))
    report = json.loads((out / "report.json").read_text("utf-8"))
    with (out / "manifest.csv").open(newline="") as file:
        return report, list(csv.DictReader(file))


def test_each_frame_of_a_sequence_has_the_rating_of_the_sequence(valid_archive, tmp_path) -> None:
    report, rows = prepare_for(valid_archive, tmp_path / "out", LEVELLED)
    scores = {row["sequence"]: row["score"] for row in rows}
    assert scores["ll042t1aaaff"] == "6"
    assert scores["aa048t1aaaff"] == "3"
    assert all(row["score"] == scores[row["sequence"]] == row["vas"] for row in rows)
    assert {row["level"] for row in rows} == {"low", "medium", "high"}
    assert not any("pspi" in name for name in rows[0])
    assert report["scale"] == LEVELLED.to_dict()
    assert report["labels"]["of_sequences"] is True
    assert any("rates whole sequences" in warning for warning in report["warnings"])
    assert sum(report["score_histogram"].values()) == len(rows) == report["kept"]
    assert "PSPI" not in (tmp_path / "out" / "report.html").read_text("utf-8")


def table(root: Path, name: str, values: list[str]) -> Path:
    """Write a table of six images with a label of a name."""
    root.mkdir()
    lines = [f"image,subject,{name}"]
    for number, value in enumerate(values):
        (root / f"{number}.png").write_bytes(builder.frame_image(number))
        lines.append(f"{number}.png,s{number},{value}")
    path = root / "table.csv"
    path.write_text("\n".join(lines))
    return path


def test_a_column_of_a_table_is_the_label_and_levels_need_cuts(tmp_path) -> None:
    path = table(tmp_path / "study", "slider", ["0", "20", "40.5", "60", "100", "101"])
    report, rows = prepare_for(path, tmp_path / "out", KNOWN["slider"])
    assert [row["score"] for row in rows] == ["0", "20", "40.5", "60", "100"]
    assert {row["level"] for row in rows} == {""}
    assert report["examples"]["bad score"][0]["detail"] == (
        "expected Slider from 0 to 100, found 101"
    )
    assert list(report["score_histogram"])[:3] == ["0", "5", "10"]
    assert report["split"]["parts"]["train"]["levels"] == {}


def test_labels_on_another_scale_and_missing_columns_are_refused(valid_archive, tmp_path) -> None:
    path = table(tmp_path / "study", "vas", ["0", "20", "40", "60", "80", "100"])
    with pytest.raises(DataError, match=r"vas does not seem to be VAS from 0 to 10.*--range"):
        prepare_for(path, tmp_path / "out", KNOWN["vas"])
    with pytest.raises(ArchiveError, match="image, subject, nrs"):
        prepare_for(path, tmp_path / "out", KNOWN["nrs"])
    with pytest.raises(DataError, match=r"which has no NFCS. Expected --target"):
        prepare_for(valid_archive, tmp_path / "out", KNOWN["nfcs"])


def test_a_rating_that_is_the_label_is_on_the_target_s_range(tmp_path) -> None:
    path = table(tmp_path / "study", "vas", ["0", "20", "40.5", "60", "100", "7"])
    scale = Scale("VAS", 0.0, 100.0, "points")
    _, rows = prepare_for(path, tmp_path / "out", scale)
    assert [row["score"] for row in rows] == ["0", "20", "40.5", "60", "100", "7"]
