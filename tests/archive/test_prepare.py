"""Whole preparations of small archives: what is kept, what is written, and what a kill leaves."""

import csv
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import archive_builder as builder
from tests.support.frames import ROOT
from wince.archive import crops, folder_swap, frame_database, manifest, prepare
from wince.archive.prepare import PrepareOptions
from wince.errors import ArchiveError, DataError

HERE = PrepareOptions(workers=1)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digests(out: Path) -> dict[str, str]:
    """SHA-256 of every file of a prepared folder that is meant to be the same each time."""
    names = [name for name in folder_swap.FILES if (out / name).exists()]
    names += [path.relative_to(out).as_posix() for path in (out / crops.FOLDER).rglob("*.jpg")]
    return {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in names}


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A sound archive."""
    root = tmp_path_factory.mktemp("sound")
    builder.sound(root)
    return root


@pytest.fixture(scope="module")
def sound_out(sound: Path, tmp_path_factory) -> Path:
    """The sound archive prepared by one process; tests only read it."""
    out = tmp_path_factory.mktemp("sound-out")
    prepare.prepare(sound, out, HERE)
    return out


@pytest.mark.parametrize("places", [builder.DISTRIBUTED, builder.REPACKAGED])
def test_every_defect_is_left_out_with_its_reason_and_nothing_else(tmp_path: Path, places) -> None:
    archive = builder.defective(tmp_path / "archive", places)
    done = prepare.prepare(archive.root, tmp_path / "out", HERE)
    excluded = rows(tmp_path / "out" / "excluded.csv")
    assert {row["path"]: row["reason"] for row in excluded} == archive.expected
    kept = {row["path"]: row for row in rows(tmp_path / "out" / "manifest.csv")}
    assert len(kept) + len(excluded) == archive.made == done.counts.found
    assert not kept.keys() & archive.expected.keys()

    steps = {step["reason"]: step for step in done.report["checks"]}
    order = list(steps)
    assert order[:4] == ["not a picture file", "unreadable picture", "no label", "bad score"]
    assert [step["of_report"] for step in steps.values()] == [True] * 4 + [False] * (len(order) - 4)
    left = archive.made
    for reason in order:
        left -= list(archive.expected.values()).count(reason)
        assert steps[reason]["kept"] == left

    bad = [row for row in excluded if row["reason"] == "bad score"]
    assert len(bad) == len(builder.BAD_SCORES)
    for row in bad:
        assert row["line"] == "1"
        assert row["label_path"].endswith("_facs.txt")
        assert row["detail"]

    images = places[0]
    twelve = kept[f"{images}/042-ll042/ll042t1aaaff/ll042t1aaaff040.png"]
    assert (twelve["pspi"], twelve["level"]) == ("12", "severe")
    faceless = [row for row in kept.values() if row["face_found"] == "0"]
    assert {row["path"].rpartition("/")[2] for row in faceless} == {
        f"fn059t1aaaff00{number}.png" for number in (1, 2, 3)
    }
    assert all(row["crop"] == row["yaw"] == row["face_score"] == "" for row in faceless)
    assert all(row["split"] for row in faceless)
    assert done.report["faces"] == {
        "found": len(kept) - 3,
        "missing": 3,
        "coverage": round((len(kept) - 3) / len(kept), 6),
    }
    assert {row["subject"] for row in rows(tmp_path / "out" / "duplicates.csv")} == {
        "047-jl047",
        "048-aa048",
    }
    assert done.report["duplicates"]["frames"] == 2
    assert done.report["labels"]["doubtful"] == builder.DOUBTFUL
    doubtful = [row for row in kept.values() if row["remarks"] and "FACS" in row["remarks"]]
    assert len(doubtful) == builder.DOUBTFUL
    warnings = " ".join(done.report["warnings"])
    for words in (
        "no frame with pain: 101-mg101",
        "No face was found in 3",
        "059-fn059 (25%)",
        "byte for byte in several sequences",
        "doubtful label",
        "A sequence rating could not be read",
    ):
        assert words in warnings


def test_strict_leaves_out_doubtful_labels(tmp_path: Path) -> None:
    archive = builder.defective(tmp_path / "archive")
    done = prepare.prepare(archive.root, tmp_path / "out", PrepareOptions(workers=1, strict=True))
    excluded = rows(tmp_path / "out" / "excluded.csv")
    doubtful = [row for row in excluded if row["reason"] == "doubtful label"]
    assert len(doubtful) == builder.DOUBTFUL
    assert any("its action units give 1" in row["detail"] for row in doubtful)
    assert len(excluded) == len(archive.expected) + builder.DOUBTFUL
    assert done.report["labels"]["doubtful"] == 0
    assert done.report["strict"] is True


def test_the_manifest_holds_what_the_archive_says(sound: Path, sound_out: Path) -> None:
    table = rows(sound_out / "manifest.csv")
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
    shape = crops.read(sound_out / row["crop"]).shape
    assert shape == (int(row["crop_side"]), int(row["crop_side"]), 3)
    assert len({row["crop"] for row in table}) == 48


def test_the_three_tables_are_the_manifest_parted_by_subject(sound: Path, sound_out: Path) -> None:
    table = rows(sound_out / "manifest.csv")
    seen: dict[str, str] = {}
    for part in ("train", "val", "test"):
        mine = rows(sound_out / f"{part}.csv")
        header = (sound_out / f"{part}.csv").read_text().partition("\n")[0]
        assert header.startswith("image_path,label_path,")
        assert [row["path"] for row in mine] == [
            row["path"] for row in table if row["split"] == part
        ]
        for row in mine:
            assert seen.setdefault(row["subject"], part) == part
            assert Path(row["image_path"]) == sound / row["path"]
            assert float(Path(row["label_path"]).read_text()) == float(row["pspi"])
    assert len(seen) == 6
    folds = {row["subject"]: row["fold"] for row in table}
    assert set(folds.values()) == set("12345")
    assert sorted({(row["subject"], int(row["loso"])) for row in table}) == [
        (subject, place) for place, subject in enumerate(sorted(builder.SUBJECTS), start=1)
    ]
    assert {row["protocol"] for row in table} == {"by-subject (subject-exclusive)"}


def test_the_same_input_and_seed_give_the_same_bytes_whatever_the_workers(
    sound: Path, sound_out: Path, tmp_path: Path
) -> None:
    prepare.prepare(sound, tmp_path, PrepareOptions(workers=3))
    assert digests(tmp_path) == digests(sound_out)
    assert len(digests(tmp_path)) > 48


def test_another_seed_gives_another_split(sound: Path, sound_out: Path, tmp_path: Path) -> None:
    splits = set()
    for seed in range(4):
        prepare.prepare(sound, tmp_path, PrepareOptions(workers=1, seed=seed))
        splits.add(tuple(row["split"] for row in rows(tmp_path / "manifest.csv")))
    assert len(splits) > 1


def test_running_again_skips_what_is_done_and_gives_the_same(sound: Path, tmp_path: Path) -> None:
    first = prepare.prepare(sound, tmp_path, HERE)
    before, looked_at = digests(tmp_path), (tmp_path / first.report["crops"]["folder"]).stat()
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "crops").rglob("*.jpg")}
    again = prepare.prepare(sound, tmp_path, HERE)
    assert (first.reused, again.reused) == (0, 48)
    assert digests(tmp_path) == before
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "crops").rglob("*.jpg")} == made
    assert looked_at.st_ino == (tmp_path / "crops").stat().st_ino
    assert again.backup is not None
    assert re.fullmatch(r"backup_\d{8}_\d{6}", again.backup.name)
    assert (again.backup / "manifest.csv").read_bytes() == (tmp_path / "manifest.csv").read_bytes()
    fresh = prepare.prepare(sound, tmp_path, PrepareOptions(workers=1, fresh=True))
    assert fresh.reused == 0
    assert digests(tmp_path) == before


def test_what_changes_between_runs_is_seen(tmp_path: Path) -> None:
    archive, out = builder.sound(tmp_path / "archive"), tmp_path / "out"
    prepare.prepare(archive.root, out, HERE)
    folder = archive.root / "Images" / "042-ll042" / "ll042t1aaaff"
    (folder / "ll042t1aaaff001.png").write_bytes(builder.picture(301))
    (folder / "ll042t1aaaff002.png").unlink()
    label = archive.root / "Frame_Labels/PSPI/042-ll042/ll042t1aaaff/ll042t1aaaff004_facs.txt"
    label.write_text(builder.score(2))
    old = {row["path"]: row for row in rows(out / "manifest.csv")}
    done = prepare.prepare(archive.root, out, HERE)
    new = {row["path"]: row for row in rows(out / "manifest.csv")}
    assert done.reused == 46
    changed = "Images/042-ll042/ll042t1aaaff/ll042t1aaaff001.png"
    assert new[changed]["crop"] != old[changed]["crop"]
    assert old.keys() - new.keys() == {"Images/042-ll042/ll042t1aaaff/ll042t1aaaff002.png"}
    assert new["Images/042-ll042/ll042t1aaaff/ll042t1aaaff004.png"]["pspi"] == "2"


def test_crops_live_as_long_as_a_manifest_names_them(tmp_path: Path) -> None:
    archive, out = builder.sound(tmp_path / "archive"), tmp_path / "out"
    prepare.prepare(archive.root, out, HERE)
    old = [out / row["crop"] for row in rows(out / "manifest.csv")]
    left = out / "crops" / "042-ll042" / ".ll042t1aaaff001-0123456789ab.jpg.77.part"
    left.write_text("of a killed run")
    foreign = [out / "crops" / "holiday.jpg", out / "crops" / "a" / "notes.part"]
    for path in foreign:
        path.parent.mkdir(exist_ok=True)
        path.write_text("somebody else's")
    image = archive.root / "Images" / "042-ll042" / "ll042t1aaaff" / "ll042t1aaaff001.png"
    image.unlink()
    done = prepare.prepare(archive.root, out, HERE)
    assert all(path.exists() for path in old), "the backup's manifest still names them all"
    assert not left.exists()
    assert all(path.exists() for path in foreign)
    assert done.backup is not None
    (done.backup / "manifest.csv").unlink()
    prepare.prepare(archive.root, out, HERE)
    assert [path.name[:15] for path in old if not path.exists()] == ["ll042t1aaaff001"]


def test_random_frames_are_called_optimistic_everywhere(sound: Path, tmp_path: Path) -> None:
    done = prepare.prepare(sound, tmp_path, PrepareOptions(workers=1, split="random-frames"))
    table = rows(tmp_path / "manifest.csv")
    words = "random-frames (subjects overlap: optimistic)"
    assert {row["protocol"] for row in table} == {words}
    counts = [sum(row["split"] == part for row in table) for part in ("train", "val", "test")]
    assert counts == [int(0.7 * 48), int(0.15 * 48), 48 - int(0.7 * 48) - int(0.15 * 48)]
    split = done.report["split"]
    assert (split["protocol"], split["subjects_overlap"]) == ("random-frames", True)
    assert split["caution"] == "subjects overlap: optimistic"
    assert "subjects overlap: optimistic" in done.report["warnings"][0]
    assert "optimistic" in (tmp_path / "report.html").read_text()
    prepared = manifest.open_prepared(tmp_path)
    assert (prepared.subjects_overlap, prepared.caution) == (True, "subjects overlap: optimistic")


def test_somebody_elses_split_is_followed(sound: Path, sound_out: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.csv"
    theirs.write_text(
        "subject,split,fold\n042-ll042,test,2\n047-jl047,train,1\n048-aa048,val,1\n999-x,train,1\n"
    )
    out = tmp_path / "out"
    done = prepare.prepare(sound, out, PrepareOptions(workers=1, split_file=theirs))
    parts = {row["subject"]: row["split"] for row in rows(out / "manifest.csv")}
    assert parts["042-ll042"] == "test"
    assert parts["101-mg101"] == ""
    assert {row["fold"] for row in rows(out / "test.csv")} == {"2"}
    warnings = " ".join(done.report["warnings"])
    assert "gives no part to 24 kept frames" in warnings
    assert "1 entry of theirs.csv matches no kept frame; the first is 999-x" in warnings
    assert done.report["split"]["unassigned"] == 24
    assert not done.report["split"]["subjects_overlap"]

    again = prepare.prepare(sound, out, PrepareOptions(workers=1, split_file=sound_out))
    assert [row["split"] for row in rows(out / "manifest.csv")] == [
        row["split"] for row in rows(sound_out / "manifest.csv")
    ]
    assert again.report["split"]["protocol"] == "split-file"


@pytest.mark.parametrize("build", [builder.table, builder.rated, builder.pain3d])
@pytest.mark.parametrize("of", ["", "manifest.csv"])
def test_a_split_is_reproduced_from_what_was_written_in_every_layout(
    tmp_path: Path, build, of: str
) -> None:
    build(tmp_path / "archive")
    first, second = tmp_path / "first", tmp_path / "second"
    prepare.prepare(tmp_path / "archive", first, PrepareOptions(workers=1, seed=3))
    done = prepare.prepare(
        tmp_path / "archive", second, PrepareOptions(workers=1, split_file=first / of)
    )
    assert done.report["split"]["unassigned"] == 0
    for before, after in zip(
        rows(first / "manifest.csv"), rows(second / "manifest.csv"), strict=True
    ):
        for column in ("path", "split", "fold"):
            assert before[column] == after[column]


def test_an_entry_of_a_split_file_that_names_several_frames_is_told(tmp_path: Path) -> None:
    archive = builder.Unbc(tmp_path / "archive")
    for subject in "abc":
        archive.write(f"Images/{subject}/t1/001.png", builder.picture(ord(subject)))
        archive.write(f"Frame_Labels/PSPI/{subject}/t1/001_facs.txt", b"1")
    (tmp_path / "split.csv").write_text("image,split\n001.png,test\nb/t1/001.png,train\n")
    done = prepare.prepare(
        archive.root, tmp_path / "out", PrepareOptions(workers=1, split_file=tmp_path / "split.csv")
    )
    parts = {row["subject"]: row["split"] for row in rows(tmp_path / "out" / "manifest.csv")}
    assert parts == {"a": "test", "b": "train", "c": "test"}
    assert (
        "1 entry of split.csv names more than one frame; the first is 001.png. Give longer paths."
        in done.report["warnings"]
    )


def test_a_split_file_that_parts_frames_of_one_person_is_found_out(
    sound: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed.csv"
    mixed.write_text(
        "subject,sequence,frame,split\n042-ll042,ll042t1aaaff,1,train\n042-ll042,ll042t1aaaff,2,test\n"
    )
    done = prepare.prepare(sound, tmp_path / "out", PrepareOptions(workers=1, split_file=mixed))
    assert done.report["split"]["subjects_overlap"]
    assert done.report["split"]["caution"] == "subjects overlap: optimistic"


def test_groups_are_joined_and_counted(sound: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("subject,sex,age\n042-ll042,f,41\n047-jl047,m,33\n")
    done = prepare.prepare(sound, tmp_path / "out", PrepareOptions(workers=1, groups=people))
    table = rows(tmp_path / "out" / "manifest.csv")
    assert {(row["subject"], row["sex"]) for row in table} >= {
        ("042-ll042", "f"),
        ("048-aa048", ""),
    }
    assert done.report["groups"]["sex"]["f"] == {"frames": 8, "subjects": 1, "pain_frames": 6}
    people.write_text("subject,split\n042-ll042,f\n")
    with pytest.raises(ArchiveError, match="'split' has a name that is taken"):
        prepare.prepare(sound, tmp_path / "out", PrepareOptions(workers=1, groups=people))


@pytest.mark.parametrize(
    ("build", "found", "kept", "reasons"),
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
def test_the_other_layouts_are_prepared_too(tmp_path: Path, build, found, kept, reasons) -> None:
    build(tmp_path / "archive")
    done = prepare.prepare(tmp_path / "archive", tmp_path / "out", HERE)
    assert (done.counts.found, done.counts.kept) == (found, kept)
    left_out = {
        step["reason"]: step["left_out"] for step in done.report["checks"] if step["left_out"]
    }
    assert left_out == reasons
    table = rows(tmp_path / "out" / "manifest.csv")
    assert all(row["face_found"] == "1" for row in table)
    assert list(manifest.open_prepared(tmp_path / "out").rows("test")) == [
        row for row in table if row["split"] == "test"
    ]


def test_a_row_listed_twice_is_counted_once(tmp_path: Path) -> None:
    builder.table(tmp_path / "a", lambda text: text + "photos/p2.jpg,person 9,4,50,IV\n")
    prepare.prepare(tmp_path / "a", tmp_path / "out", HERE)
    (row,) = rows(tmp_path / "out" / "excluded.csv")
    assert (row["reason"], row["line"]) == ("listed twice", "10")
    assert row["detail"] == "first listed in labels.csv, line 4"
    assert len(rows(tmp_path / "out" / "manifest.csv")) == 8


def test_pictures_that_are_missing_or_belong_to_nobody_are_named(tmp_path: Path) -> None:
    builder.table(
        tmp_path / "a", lambda text: text + "photos/gone.jpg,person 9,4,,\nphotos/p7.jpg,,4,,\n"
    )
    (tmp_path / "a" / "photos" / "alone.jpg").write_bytes(builder.picture(33, "JPEG"))
    prepare.prepare(tmp_path / "a", tmp_path / "out", HERE)
    reasons = {row["path"]: row["reason"] for row in rows(tmp_path / "out" / "excluded.csv")}
    assert reasons["photos/gone.jpg"] == "unreadable picture"
    assert reasons["photos/alone.jpg"] == "no label"
    assert "photos/p7.jpg" in reasons


def test_an_archive_without_one_good_frame_writes_nothing(sound_out: Path, tmp_path: Path) -> None:
    archive = builder.Unbc(tmp_path / "archive")
    archive.frame("a", "at1", 1, label="abc")
    archive.frame("a", "at1", 2, suffix=".bmp")
    out = tmp_path / "out"
    builder.table(tmp_path / "good")
    prepare.prepare(tmp_path / "good", out, HERE)
    before = digests(out)
    with pytest.raises(ArchiveError, match=r"bad score: 1.*at1001\.png \(bad score"):
        prepare.prepare(archive.root, out, HERE)
    assert digests(out) == before


def test_faces_are_in_no_report_and_in_a_file_of_their_own_only_when_asked(
    sound: Path, sound_out: Path, tmp_path: Path
) -> None:
    assert not (sound_out / "faces.html").exists()
    prepare.prepare(sound, tmp_path, PrepareOptions(workers=1, with_faces=True))
    faces = (tmp_path / "faces.html").read_text()
    assert faces.count("data:image/jpeg;base64,") == 48
    for text in (faces, (tmp_path / "report.html").read_text()):
        assert "<script" not in text
        assert not re.search(r'(?:src|href)="(?!data:)', text)
        assert not re.search(r"url\(|@import|https?://", text)
    report = (tmp_path / "report.html").read_text()
    assert "<img" not in report
    assert "base64" not in report
    assert (sound_out / "report.html").read_bytes() == (tmp_path / "report.html").read_bytes()


def test_missing_levels_are_told_with_how_many_people_have_them(tmp_path: Path) -> None:
    scores = {"a": (0, 12), "b": (0, 1), "c": (1, 0), "d": (0, 2)}
    archive = builder.Unbc(tmp_path / "archive")
    for subject, values in scores.items():
        for number, pspi in enumerate(values, start=1):
            archive.frame(subject, f"{subject}t1", number, pspi)
    done = prepare.prepare(archive.root, tmp_path / "out", HERE)
    part = next(row["split"] for row in rows(tmp_path / "out/manifest.csv") if row["pspi"] == "12")
    told = [words for words in done.report["warnings"] if "missing from" in words]
    assert len(told) == 3
    for other in {"train", "val", "test"} - {part}:
        assert (
            f"Levels missing from the {other} part: moderate (nobody has it), "
            "severe (1 subject has it)." in told
        )


def test_the_page_says_what_a_newcomer_has_to_know(tmp_path: Path, sound_out: Path) -> None:
    archive = builder.defective(tmp_path / "archive")
    done = prepare.prepare(archive.root, tmp_path / "out", HERE)
    page = (tmp_path / "out" / "report.html").read_text()
    for step in done.report["checks"]:
        row = re.search(rf"<tr[^>]*>(?:(?!</tr>).)*<td>{step['reason']}</td>.*?</tr>", page)
        assert row is not None
        assert f"<td class='n'>{step['left_out']}</td>" in row[0]
        assert f"<td class='n'>{step['kept']}</td>" in row[0]
    assert "not what was felt" in page
    assert "is judged once, on <b>test</b>" in page
    assert "The 3 without one stay in the manifest" in page
    assert "without one stay" not in (sound_out / "report.html").read_text()
    for name in done.report["files"]:
        assert re.search(rf"<code>{re.escape(name)}</code></td><td>[a-z]", page)


def test_the_report_escapes_what_an_archive_may_be_called(tmp_path: Path) -> None:
    builder.table(
        tmp_path / "a",
        lambda text: text.replace("person 1", "<b>&x</b>").replace("skin tone", "<i>tone"),
    )
    prepare.prepare(tmp_path / "a", tmp_path / "out", HERE)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "&lt;b&gt;&amp;x&lt;/b&gt;" in page
    assert "<b>&x" not in page
    assert "<i>tone" not in page


def test_the_report_names_its_files_by_rows_and_digest(sound_out: Path) -> None:
    report = json.loads((sound_out / "report.json").read_text())
    for name, file in report["files"].items():
        data = (sound_out / name).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert file["rows"] == len(rows(sound_out / name))
    assert sum(report["pspi_histogram"].values()) == report["kept"] == 48
    assert sum(part["frames"] for part in report["split"]["parts"].values()) == 48
    assert sum(fold["frames"] for fold in report["folds"].values()) == 48


def test_every_key_of_the_report_is_documented(sound_out: Path) -> None:
    docs = (ROOT / "docs" / "prepare.md").read_text("utf-8")
    report = json.loads((sound_out / "report.json").read_text())
    missing = [key for key in report if f"`{key}`" not in docs]
    missing += [name for name in rows(sound_out / "manifest.csv")[0] if f"`{name}`" not in docs]
    assert not missing


def test_a_prepared_folder_opens_with_what_it_was_made_for(sound: Path, sound_out: Path) -> None:
    prepared = manifest.open_prepared(sound_out)
    assert prepared.archive == sound
    assert prepared.face_spec == HERE.spec
    assert prepared.margin == crops.MARGIN
    assert len(list(prepared.rows())) == 48
    with pytest.raises(DataError, match="is not a prepared folder"):
        manifest.open_prepared(sound)


def test_a_damaged_report_is_refused(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"split": {}}'):
        (tmp_path / "report.json").write_text(text)
        with pytest.raises(DataError, match="damaged"):
            manifest.open_prepared(tmp_path)


def test_two_runs_cannot_write_into_one_folder(sound: Path, tmp_path: Path) -> None:
    held = frame_database.open_database(tmp_path)
    try:
        with pytest.raises(ArchiveError, match="Another `wince prepare`"):
            prepare.prepare(sound, tmp_path, HERE)
    finally:
        held.close()
    prepare.prepare(sound, tmp_path, HERE)


def test_a_damaged_store_is_begun_anew(sound: Path, tmp_path: Path) -> None:
    (tmp_path / frame_database.FILE).write_bytes(b"this is not a database" * 1000)
    assert prepare.prepare(sound, tmp_path, HERE).reused == 0


def test_preparing_needs_neither_torch_nor_pandas_nor_matplotlib(
    sound: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from wince.archive.prepare import PrepareOptions, prepare; "
        f"prepare(Path({str(sound)!r}), Path({str(tmp_path)!r}), PrepareOptions(workers=1)); "
        "print(sorted({'torch', 'pandas', 'matplotlib', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_full_disk_leaves_what_was_and_says_so(sound: Path, tmp_path: Path) -> None:
    prepare.prepare(sound, tmp_path, PrepareOptions(workers=1, seed=1))
    before = consistent(tmp_path)
    words = ["prepare", str(sound), "--out", str(tmp_path), "--workers", "1", "--fresh"]
    said = []
    for limit in (10_000, 40_000, 80_000):  # bytes a file may have: stands in for a full disk
        code = (
            "import resource, sys; from wince.cli import main; "
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); sys.exit(main())"
        )
        run = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
        )
        assert run.returncode == 1
        said.append(run.stderr.splitlines()[-1])
        assert consistent(tmp_path) == before
    assert all(words.startswith("wince: ") and "Check the space left" in words for words in said)
    assert any("run it again" in words for words in said)
    prepare.prepare(sound, tmp_path, HERE)
    assert consistent(tmp_path) != before


COMMAND = [sys.executable, "-m", "wince", "prepare"]


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def consistent(out: Path) -> dict[str, str]:
    """Digests of a prepared folder after checking that its files belong to each other."""
    report = json.loads((out / "report.json").read_text())
    for name, file in report["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == file["sha256"], name
    for row in rows(out / "manifest.csv"):
        assert not row["crop"] or crops.read(out / row["crop"]).shape[0] == int(row["crop_side"])
    return {name: found for name, found in digests(out).items() if not name.startswith("crops/")}


def test_a_kill_at_any_moment_leaves_old_or_new_and_the_next_run_finishes(tmp_path: Path) -> None:
    archive, out = builder.sound(tmp_path / "archive"), tmp_path / "out"
    prepare.prepare(archive.root, out, HERE)
    old = consistent(out)
    for subject in builder.SUBJECTS:  # everything is to be done again, and comes out otherwise
        code = subject.partition("-")[2]
        for number in range(1, 9):
            archive.frame(
                subject,
                f"{code}t1aaaff",
                number + 10,
                number,
                image=builder.picture(number * 7 + len(old)),
            )
    command = [*COMMAND, str(archive.root), "--out", str(out), "--workers", "2", "--seed", "7"]
    draw = random.Random(1)
    moments = [0.2, 0.8, 1.2, 1.6, 2.0, *(draw.uniform(0.5, 4) for _ in range(4))]
    killed = 0
    for seconds in moments:
        process = subprocess.Popen(
            [*command, "--fresh"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()  # the parent alone: its workers must notice and end
            process.wait()
            killed += 1
        deadline = time.monotonic() + 20
        while alive(process.pid):
            assert time.monotonic() < deadline, "a worker lives on without its parent"
            time.sleep(0.05)
        now = consistent(out)
        if now != old:
            break
    assert killed
    subprocess.run(command, check=True, capture_output=True)
    clean = tmp_path / "clean"
    prepare.prepare(archive.root, clean, PrepareOptions(workers=1, seed=7))
    assert consistent(out) == consistent(clean)
    assert not list((out / "crops").rglob("*.part"))
    left = {path.name for path in (out / ".prepared").iterdir()}
    assert len(left) == 2, "the link and the one folder it shows"


def test_a_killed_run_is_taken_up_where_it_stopped(
    sound: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(prepare, "KEEP_EVERY", 8)

    class Killed(BaseException):
        pass

    def stop(done: int, _: int) -> None:
        if done == 30:
            raise Killed

    with pytest.raises(Killed):
        prepare.prepare(sound, tmp_path, HERE, stop)
    assert not (tmp_path / "manifest.csv").exists()
    done = prepare.prepare(sound, tmp_path, HERE)
    assert done.reused >= 24


def test_ctrl_c_ends_the_command_and_leaves_what_was(tmp_path: Path) -> None:
    archive, out = builder.sound(tmp_path / "archive"), tmp_path / "out"
    prepare.prepare(archive.root, out, HERE)
    before = digests(out)
    command = [*COMMAND, str(archive.root), "--out", str(out), "--fresh", "--workers", "2"]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    time.sleep(1.0)
    os.killpg(process.pid, signal.SIGINT)
    _, words = process.communicate(timeout=60)
    assert process.returncode in (130, 0, -signal.SIGINT)
    assert "Traceback" not in words
    assert digests(out) == before
