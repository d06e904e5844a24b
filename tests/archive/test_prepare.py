"""Preparations of small archives: what is kept, what is written, and what a second run reuses."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.support import archive_builder as builder
from tests.support.prepared_files import digests, rows
from wince.archive import crops, frame_database, manifest, prepare
from wince.archive.layouts import table
from wince.archive.prepare import PrepareOptions
from wince.archive.prepared_folder import open_prepared
from wince.errors import ArchiveError, FileWriteError
from wince.output_lock import locked_folder

ONE_WORKER = PrepareOptions(workers=1)


@pytest.mark.parametrize("places", [builder.DISTRIBUTED, builder.REPACKAGED])
def test_every_defect_is_left_out_with_its_reason_and_nothing_else(tmp_path: Path, places) -> None:
    archive = builder.defective(tmp_path / "archive", places)
    result = prepare.prepare(archive.root, tmp_path / "out", ONE_WORKER)
    excluded = rows(tmp_path / "out" / "excluded.csv")
    assert {row["path"]: row["reason"] for row in excluded} == archive.expected
    kept = {row["path"]: row for row in rows(tmp_path / "out" / "manifest.csv")}
    files_found = result.report["archive"]["files_found"]
    assert len(kept) + len(excluded) == archive.frame_count == files_found
    assert not kept.keys() & archive.expected.keys()

    steps = {step["reason"]: step for step in result.report["checks"]}
    order = list(steps)
    assert order[:4] == ["not a picture file", "unreadable picture", "no label", "bad score"]
    assert [step["of_report"] for step in steps.values()] == [True] * 4 + [False] * (len(order) - 4)
    kept_so_far = archive.frame_count
    for reason in order:
        kept_so_far -= list(archive.expected.values()).count(reason)
        assert steps[reason]["kept"] == kept_so_far

    bad = [row for row in excluded if row["reason"] == "bad score"]
    assert len(bad) == len(builder.BAD_SCORES)
    for row in bad:
        assert row["line"] == "1"
        assert row["label_path"].endswith("_facs.txt")
        assert row["detail"]

    images = places[0]
    twelve = kept[f"{images}/042-ll042/ll042t1aaaff/ll042t1aaaff040.png"]
    assert (twelve["pspi"], twelve["level"]) == ("12", "severe")
    without_face = [row for row in kept.values() if row["face_found"] == "0"]
    assert {row["path"].rpartition("/")[2] for row in without_face} == {
        f"fn059t1aaaff00{number}.png" for number in (1, 2, 3)
    }
    assert all(row["crop"] == row["yaw"] == row["face_score"] == "" for row in without_face)
    assert all(row["split"] for row in without_face)
    assert result.report["faces"] == {
        "found": len(kept) - 3,
        "missing": 3,
        "coverage": (len(kept) - 3) / len(kept),
    }
    assert {row["subject"] for row in rows(tmp_path / "out" / "duplicates.csv")} == {
        "047-jl047",
        "048-aa048",
    }
    assert result.report["duplicates"]["frames"] == 2
    assert result.report["labels"]["doubtful"] == builder.DOUBTFUL
    doubtful = [row for row in kept.values() if row["remarks"] and "FACS" in row["remarks"]]
    assert len(doubtful) == builder.DOUBTFUL
    warnings = " ".join(result.report["warnings"])
    for text in (
        "no frame with pain: 101-mg101",
        "No face was found in 3",
        "059-fn059 (25%)",
        "occurs in more than one sequence with the same bytes",
        "doubtful label",
        "A sequence rating cannot be used",
    ):
        assert text in warnings


def test_strict_leaves_out_doubtful_labels(tmp_path: Path) -> None:
    archive = builder.defective(tmp_path / "archive")
    result = prepare.prepare(archive.root, tmp_path / "out", PrepareOptions(workers=1, strict=True))
    excluded = rows(tmp_path / "out" / "excluded.csv")
    doubtful = [row for row in excluded if row["reason"] == "doubtful label"]
    assert len(doubtful) == builder.DOUBTFUL
    assert any("its action units give 1" in row["detail"] for row in doubtful)
    assert len(excluded) == len(archive.expected) + builder.DOUBTFUL
    assert result.report["labels"]["doubtful"] == 0
    assert result.report["strict"] is True


def test_the_manifest_has_the_labels_of_the_archive(valid_archive: Path, valid_out: Path) -> None:
    table = rows(valid_out / "manifest.csv")
    assert len(table) == 48
    row = next(row for row in table if row["path"].endswith("/ll042t1aaaff003.png"))
    assert (row["subject"], row["sequence"], row["frame"]) == ("042-ll042", "ll042t1aaaff", "3")
    assert [row[name] for name in manifest.UNITS] == ["5", "0", "5", "0", "1", "1"]
    assert [row[name] for name in ("pspi", "vas", "opr", "sen", "aff")] == [
        "12",
        "6",
        "5",
        "7",
        "4",
    ]
    assert (row["width"], row["height"], row["face_found"]) == ("320", "240", "1")
    x0, y0, x1, y1 = (float(row[f"face_{edge}"]) for edge in ("x0", "y0", "x1", "y1"))
    assert 48 < (x0 + x1) / 2 < 272
    assert 60 < x1 - x0 < 200
    assert 60 < y1 - y0 < 200
    shape = crops.read(valid_out / row["crop"]).shape
    assert shape == (int(row["crop_side"]), int(row["crop_side"]), 3)
    assert len({row["crop"] for row in table}) == 48


def test_the_three_tables_are_the_manifest_split_by_subject(
    valid_archive: Path, valid_out: Path
) -> None:
    table = rows(valid_out / "manifest.csv")
    part_of: dict[str, str] = {}
    for part in ("train", "val", "test"):
        mine = rows(valid_out / f"{part}.csv")
        header = (valid_out / f"{part}.csv").read_text().partition("\n")[0]
        assert header.startswith("image_path,label_path,")
        assert [row["path"] for row in mine] == [
            row["path"] for row in table if row["split"] == part
        ]
        for row in mine:
            assert part_of.setdefault(row["subject"], part) == part
            assert Path(row["image_path"]) == valid_archive / row["path"]
            assert float(Path(row["label_path"]).read_text()) == float(row["pspi"])
    assert len(part_of) == 6
    folds = {row["subject"]: row["fold"] for row in table}
    assert set(folds.values()) == set("12345")
    assert sorted({(row["subject"], int(row["loso"])) for row in table}) == [
        (subject, place) for place, subject in enumerate(sorted(builder.SUBJECTS), start=1)
    ]
    assert {row["protocol"] for row in table} == {"by-subject (subject-exclusive)"}


def test_the_same_input_and_seed_give_the_same_bytes_whatever_the_workers(
    valid_archive: Path, valid_out: Path, tmp_path: Path
) -> None:
    prepare.prepare(valid_archive, tmp_path, PrepareOptions(workers=3))
    assert digests(tmp_path) == digests(valid_out)
    assert len(digests(tmp_path)) > 48


def test_another_seed_gives_another_split(valid_archive: Path, prepared_before: Path) -> None:
    out, splits = prepared_before, set()
    for seed in range(4):
        prepare.prepare(valid_archive, out, PrepareOptions(workers=1, seed=seed))
        splits.add(tuple(row["split"] for row in rows(out / "manifest.csv")))
    assert len(splits) > 1


def test_a_second_run_reuses_detections_and_gives_the_same_files(
    valid_archive: Path, tmp_path: Path
) -> None:
    first = prepare.prepare(valid_archive, tmp_path, ONE_WORKER)
    before, crops_folder = digests(tmp_path), (tmp_path / first.report["crops"]["folder"]).stat()
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "crops").rglob("*.jpg")}
    second = prepare.prepare(valid_archive, tmp_path, ONE_WORKER)
    assert (first.reused, second.reused) == (0, 48)
    assert digests(tmp_path) == before
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "crops").rglob("*.jpg")} == made
    assert crops_folder.st_ino == (tmp_path / "crops").stat().st_ino
    assert second.backup is not None
    assert re.fullmatch(r"backup_\d{8}_\d{6}", second.backup.name)
    assert (second.backup / "manifest.csv").read_bytes() == (tmp_path / "manifest.csv").read_bytes()
    fresh = prepare.prepare(valid_archive, tmp_path, PrepareOptions(workers=1, fresh=True))
    assert fresh.reused == 0
    assert digests(tmp_path) == before


def test_changes_between_runs_are_noticed(tmp_path: Path) -> None:
    archive, out = builder.valid(tmp_path / "archive"), tmp_path / "out"
    prepare.prepare(archive.root, out, ONE_WORKER)
    folder = archive.root / "Images" / "042-ll042" / "ll042t1aaaff"
    (folder / "ll042t1aaaff001.png").write_bytes(builder.frame_image(301))
    (folder / "ll042t1aaaff002.png").unlink()
    label = archive.root / "Frame_Labels/PSPI/042-ll042/ll042t1aaaff/ll042t1aaaff004_facs.txt"
    label.write_text(builder.score(2))
    old = {row["path"]: row for row in rows(out / "manifest.csv")}
    result = prepare.prepare(archive.root, out, ONE_WORKER)
    new = {row["path"]: row for row in rows(out / "manifest.csv")}
    assert result.reused == 46
    changed = "Images/042-ll042/ll042t1aaaff/ll042t1aaaff001.png"
    assert new[changed]["crop"] != old[changed]["crop"]
    assert old.keys() - new.keys() == {"Images/042-ll042/ll042t1aaaff/ll042t1aaaff002.png"}
    assert new["Images/042-ll042/ll042t1aaaff/ll042t1aaaff004.png"]["pspi"] == "2"


def test_crops_are_kept_as_long_as_a_manifest_names_them(tmp_path: Path) -> None:
    archive, out = builder.valid(tmp_path / "archive"), tmp_path / "out"
    prepare.prepare(archive.root, out, ONE_WORKER)
    old = [out / row["crop"] for row in rows(out / "manifest.csv")]
    leftover = out / "crops" / "042-ll042" / ".ll042t1aaaff001-0123456789ab.77-1.part.jpg"
    leftover.write_text("of a killed run")
    foreign = [out / "crops" / "holiday.jpg", out / "crops" / "a" / "notes.part"]
    for path in foreign:
        path.parent.mkdir(exist_ok=True)
        path.write_text("somebody else's")
    image = archive.root / "Images" / "042-ll042" / "ll042t1aaaff" / "ll042t1aaaff001.png"
    image.unlink()
    result = prepare.prepare(archive.root, out, ONE_WORKER)
    assert all(path.exists() for path in old), "the manifest in backup/ still names them all"
    assert not leftover.exists()
    assert all(path.exists() for path in foreign)
    assert result.backup is not None
    (result.backup / "manifest.csv").unlink()
    prepare.prepare(archive.root, out, ONE_WORKER)
    assert [path.name[:15] for path in old if not path.exists()] == ["ll042t1aaaff001"]


@pytest.mark.parametrize(
    ("build", "files_found", "kept", "reasons"),
    [
        (
            builder.pain3d,
            21,
            16,
            {"no label": 2, "bad score": 3},
        ),
        (builder.rated, 7, 5, {"no label": 1, "refused by the archive": 1}),
        (builder.table, 8, 8, {}),
    ],
)
def test_the_other_layouts_are_prepared_too(
    tmp_path: Path, build, files_found, kept, reasons
) -> None:
    build(tmp_path / "archive")
    result = prepare.prepare(tmp_path / "archive", tmp_path / "out", ONE_WORKER)
    assert (result.report["archive"]["files_found"], result.report["kept"]) == (files_found, kept)
    left_out = {
        step["reason"]: step["left_out"] for step in result.report["checks"] if step["left_out"]
    }
    assert left_out == reasons
    table = rows(tmp_path / "out" / "manifest.csv")
    assert all(row["face_found"] == "1" for row in table)
    assert list(open_prepared(tmp_path / "out").rows("test")) == [
        row for row in table if row["split"] == "test"
    ]


def test_a_row_listed_twice_is_counted_once(tmp_path: Path) -> None:
    builder.table(tmp_path / "a", lambda text: text + "photos/p2.jpg,person 9,4,50,IV\n")
    prepare.prepare(tmp_path / "a", tmp_path / "out", ONE_WORKER)
    (row,) = rows(tmp_path / "out" / "excluded.csv")
    assert (row["reason"], row["line"]) == ("listed twice", "10")
    assert row["detail"] == "first listed in labels.csv, line 4"
    assert len(rows(tmp_path / "out" / "manifest.csv")) == 8


def test_missing_images_and_images_without_a_subject_are_named(tmp_path: Path) -> None:
    builder.table(
        tmp_path / "a", lambda text: text + "photos/gone.jpg,person 9,4,,\nphotos/p7.jpg,,4,,\n"
    )
    (tmp_path / "a" / "photos" / "alone.jpg").write_bytes(builder.frame_image(33, "JPEG"))
    prepare.prepare(tmp_path / "a", tmp_path / "out", ONE_WORKER)
    reasons = {row["path"]: row["reason"] for row in rows(tmp_path / "out" / "excluded.csv")}
    assert reasons["photos/gone.jpg"] == "unreadable picture"
    assert reasons["photos/alone.jpg"] == "no label"
    assert "photos/p7.jpg" in reasons


def test_frames_of_which_only_a_part_was_read_are_reported(tmp_path: Path) -> None:
    builder.table(tmp_path / "a", lambda text: text)
    path = tmp_path / "a" / "photos" / "p2.jpg"
    with Image.open(path) as image:
        image.load()
        image.save(path, "PNG", save_all=True, append_images=[image.rotate(90)], duration=50)
    result = prepare.prepare(tmp_path / "a", tmp_path / "out", ONE_WORKER)
    ((warning, frames),) = result.report["image_warnings"].items()
    assert frames == 1 and "Only the first one was read" in warning
    assert any(f"1 kept frame, marked in the column remarks: {warning}" in sentence
               for sentence in result.report["warnings"])  # fmt: skip
    remarks = {row["path"]: row["remarks"] for row in rows(tmp_path / "out" / "manifest.csv")}
    assert warning in remarks["photos/p2.jpg"]
    assert sum(warning in remark for remark in remarks.values()) == 1
    second_result = prepare.prepare(tmp_path / "a", tmp_path / "out", ONE_WORKER)
    assert second_result.report["image_warnings"] == result.report["image_warnings"]


def test_an_archive_without_any_valid_frame_writes_nothing(valid_out: Path, tmp_path: Path) -> None:
    archive = builder.Unbc(tmp_path / "archive")
    archive.frame("a", "at1", 1, label="abc")
    archive.frame("a", "at1", 2, suffix=".bmp")
    out = tmp_path / "out"
    builder.table(tmp_path / "good")
    prepare.prepare(tmp_path / "good", out, ONE_WORKER)
    before = digests(out)
    with pytest.raises(ArchiveError, match=r"bad score: 1.*at1001\.png \(bad score"):
        prepare.prepare(archive.root, out, ONE_WORKER)
    assert digests(out) == before


def test_an_archive_is_walked_once_and_the_total_is_known_from_the_start(
    tmp_path: Path, monkeypatch
) -> None:
    builder.table(tmp_path / "a")
    walks, progress = [], []
    files = table.files
    monkeypatch.setattr(
        table, "files", lambda base, options: [walks.append(base), files(base, options)][1]
    )
    prepare.prepare(
        tmp_path / "a", tmp_path / "out", ONE_WORKER, lambda *numbers: progress.append(numbers)
    )
    assert walks == [tmp_path / "a"]
    assert progress == [(number, 8) for number in range(1, 9)]


def test_two_runs_cannot_write_into_one_folder(valid_archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "prepared"
    with (
        locked_folder(out),
        pytest.raises(FileWriteError, match=f"another command of wince .process {os.getpid()}"),
    ):
        prepare.prepare(valid_archive, out, ONE_WORKER)
    prepare.prepare(valid_archive, out, ONE_WORKER)


@pytest.mark.parametrize("place", [".", "prepared", "a/b/prepared"])
def test_a_prepared_folder_inside_the_archive_is_refused(
    place: str, valid_archive: Path, tmp_path: Path
) -> None:
    archive = shutil.copytree(valid_archive, tmp_path / "archive")
    before = sorted(archive.rglob("*"))
    with pytest.raises(FileWriteError, match="outside the archive"):
        prepare.prepare(archive, archive / place, ONE_WORKER)
    assert sorted(archive.rglob("*")) == before


def test_a_damaged_database_is_replaced(valid_archive: Path, tmp_path: Path) -> None:
    (tmp_path / frame_database.FILE).write_bytes(b"this is not a database" * 1000)
    assert prepare.prepare(valid_archive, tmp_path, ONE_WORKER).reused == 0


def test_preparing_needs_neither_torch_nor_pandas_nor_matplotlib(
    valid_archive: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from wince.archive.prepare import PrepareOptions, prepare; "
        "prepare(Path(sys.argv[1]), Path(sys.argv[2]), PrepareOptions(workers=1)); "
        "print(sorted({'torch', 'pandas', 'matplotlib', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(valid_archive), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
