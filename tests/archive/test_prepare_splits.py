"""Preparations with each kind of split, and with groups."""

from pathlib import Path

import pytest

from tests.support import archive_builder as builder
from tests.support.prepared_files import rows
from wince.archive import prepare
from wince.archive.prepare import PrepareOptions
from wince.archive.prepared_folder import open_prepared
from wince.errors import ArchiveError


def test_random_frames_are_marked_optimistic_everywhere(
    valid_archive: Path, prepared_before: Path
) -> None:
    out = prepared_before
    result = prepare.prepare(valid_archive, out, PrepareOptions(workers=1, split="random-frames"))
    table = rows(out / "manifest.csv")
    protocol = "random-frames (subjects overlap: optimistic)"
    assert {row["protocol"] for row in table} == {protocol}
    counts = [sum(row["split"] == part for row in table) for part in ("train", "val", "test")]
    assert counts == [int(0.7 * 48), int(0.15 * 48), 48 - int(0.7 * 48) - int(0.15 * 48)]
    split = result.report["split"]
    assert (split["protocol"], split["subjects_overlap"]) == ("random-frames", True)
    assert split["caution"] == "subjects overlap: optimistic"
    assert "subjects overlap: optimistic" in result.report["warnings"][0]
    assert "optimistic" in (out / "report.html").read_text()
    prepared = open_prepared(out)
    assert (prepared.subjects_overlap, prepared.caution) == (True, "subjects overlap: optimistic")


def test_a_given_split_is_used(
    valid_archive: Path, valid_out: Path, prepared_before: Path, tmp_path: Path
) -> None:
    given = tmp_path / "given.csv"
    given.write_text(
        "subject,split,fold\n042-ll042,test,2\n047-jl047,train,1\n048-aa048,val,1\n999-x,train,1\n"
    )
    out = prepared_before
    result = prepare.prepare(valid_archive, out, PrepareOptions(workers=1, split_file=given))
    parts = {row["subject"]: row["split"] for row in rows(out / "manifest.csv")}
    assert parts["042-ll042"] == "test"
    assert parts["101-mg101"] == ""
    assert {row["fold"] for row in rows(out / "test.csv")} == {"2"}
    warnings = " ".join(result.report["warnings"])
    assert "gives no part to 24 kept frames" in warnings
    assert "1 entry of given.csv matches no kept frame; the first is 999-x" in warnings
    assert result.report["split"]["unassigned"] == 24
    assert not result.report["split"]["subjects_overlap"]

    second = prepare.prepare(valid_archive, out, PrepareOptions(workers=1, split_file=valid_out))
    assert [row["split"] for row in rows(out / "manifest.csv")] == [
        row["split"] for row in rows(valid_out / "manifest.csv")
    ]
    assert second.report["split"]["protocol"] == "split-file"


@pytest.mark.parametrize("build", [builder.table, builder.rated, builder.pain3d])
@pytest.mark.parametrize("of", ["", "manifest.csv"])
def test_a_split_is_reproduced_from_its_tables_in_every_layout(
    tmp_path: Path, build, of: str
) -> None:
    build(tmp_path / "archive")
    first, second = tmp_path / "first", tmp_path / "second"
    prepare.prepare(tmp_path / "archive", first, PrepareOptions(workers=1, seed=3))
    result = prepare.prepare(
        tmp_path / "archive", second, PrepareOptions(workers=1, split_file=first / of)
    )
    assert result.report["split"]["unassigned"] == 0
    for before, after in zip(
        rows(first / "manifest.csv"), rows(second / "manifest.csv"), strict=True
    ):
        for column in ("path", "split", "fold"):
            assert before[column] == after[column]


def test_a_split_file_entry_that_matches_several_frames_is_reported(tmp_path: Path) -> None:
    archive = builder.Unbc(tmp_path / "archive")
    for subject in "abc":
        archive.write(f"Images/{subject}/t1/001.png", builder.frame_image(ord(subject)))
        archive.write(f"Frame_Labels/PSPI/{subject}/t1/001_facs.txt", b"1")
    (tmp_path / "split.csv").write_text("image,split\n001.png,test\nb/t1/001.png,train\n")
    result = prepare.prepare(
        archive.root, tmp_path / "out", PrepareOptions(workers=1, split_file=tmp_path / "split.csv")
    )
    parts = {row["subject"]: row["split"] for row in rows(tmp_path / "out" / "manifest.csv")}
    assert parts == {"a": "test", "b": "train", "c": "test"}
    assert (
        "1 entry of split.csv matches more than one frame; the first is 001.png. Give longer paths."
        in result.report["warnings"]
    )


def test_a_split_file_with_a_subject_in_two_parts_is_marked_optimistic(
    valid_archive: Path, prepared_before: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed.csv"
    mixed.write_text(
        "subject,sequence,frame,split\n042-ll042,ll042t1aaaff,1,train\n042-ll042,ll042t1aaaff,2,test\n"
    )
    result = prepare.prepare(
        valid_archive, prepared_before, PrepareOptions(workers=1, split_file=mixed)
    )
    assert result.report["split"]["subjects_overlap"]
    assert result.report["split"]["caution"] == "subjects overlap: optimistic"


def test_groups_are_joined_and_counted(
    valid_archive: Path, prepared_before: Path, tmp_path: Path
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("subject,sex,age\n042-ll042,f,41\n047-jl047,m,33\n")
    out = prepared_before
    result = prepare.prepare(valid_archive, out, PrepareOptions(workers=1, groups=people))
    table = rows(out / "manifest.csv")
    assert {(row["subject"], row["sex"]) for row in table} >= {
        ("042-ll042", "f"),
        ("048-aa048", ""),
    }
    assert result.report["groups"]["sex"]["f"] == {"frames": 8, "subjects": 1, "pain_frames": 6}
    people.write_text("subject,split\n042-ll042,f\n")
    with pytest.raises(ArchiveError, match="'split' has a name that is taken"):
        prepare.prepare(valid_archive, out, PrepareOptions(workers=1, groups=people))
