"""When an earlier look at a picture is used again, and when it is not."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import archive_builder as builder
from wince.archive import detection, frame_check
from wince.archive.frame_file import FrameFile
from wince.errors import ImageError
from wince.faces.detect import Face
from wince.faces.spec import FaceSpec

LONG_AGO = 1_600_000_000


@pytest.fixture
def task(tmp_path: Path) -> frame_check.CheckSettings:
    builder.table(tmp_path / "archive")
    for path in (tmp_path / "archive" / "photos").iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO))
    base = tmp_path / "archive"
    return frame_check.CheckSettings("table", base, base, tmp_path / "out", FaceSpec())


@pytest.fixture
def file(task: frame_check.CheckSettings) -> FrameFile:
    row = {"image": "photos/p1.jpg", "subject": "p", "pspi": "1"}
    return FrameFile("photos/p1.jpg", "p", "p1", "p1", label="labels.csv", line=3, row=row)


def settled(found: frame_check.FrameResult) -> detection.Detection:
    """The look as it would be had the file been left alone for a minute before it was read."""
    assert found.look is not None
    state = replace(found.look.state, seen=found.look.state.seen + 60 * 10**9)
    return replace(found.look, state=state)


def test_an_unchanged_picture_is_not_even_opened(task, file, monkeypatch) -> None:
    first = frame_check.check_frame(task, file, None)
    assert first.look is not None
    assert (task.out / first.look.crop).is_file()
    known = settled(first)
    path = task.folder / file.name
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("the picture was opened"))
    again = frame_check.check_frame(task, file, known)
    assert again.reused
    assert again.look == known
    assert path.stat().st_size == known.state.size


def test_a_picture_changed_within_the_clocks_tick_is_seen(task, file) -> None:
    known = frame_check.check_frame(task, file, None).look
    assert known is not None
    path = task.folder / file.name
    old = path.read_bytes()
    path.write_bytes(old[:-200] + bytes(200))
    os.utime(path, (LONG_AGO, LONG_AGO))
    stat = path.stat()
    # What a coarse clock would give: the same size and the same times.
    blurred = replace(
        known, state=replace(known.state, changed=stat.st_ctime_ns, seen=stat.st_ctime_ns)
    )
    again = frame_check.check_frame(task, file, blurred)
    assert not again.reused
    assert again.digest != known.state.digest


def test_a_touched_picture_with_the_same_bytes_keeps_its_look(task, file) -> None:
    known = settled(frame_check.check_frame(task, file, None))
    os.utime(task.folder / file.name, (LONG_AGO + 5, LONG_AGO + 5))
    again = frame_check.check_frame(task, file, known)
    assert again.reused
    assert again.look is not None
    assert again.look.state.modified == (LONG_AGO + 5) * 10**9
    assert again.look.crop == known.crop


def test_a_changed_picture_is_looked_at_again(task, file) -> None:
    known = settled(frame_check.check_frame(task, file, None))
    (task.folder / file.name).write_bytes(builder.picture(30, "JPEG"))
    again = frame_check.check_frame(task, file, known)
    assert not again.reused
    assert again.look is not None
    assert again.look.crop != known.crop


@pytest.mark.parametrize("damage", ["gone", "short"])
def test_a_crop_that_is_gone_or_short_is_made_again(task, file, damage: str) -> None:
    known = settled(frame_check.check_frame(task, file, None))
    crop = task.out / known.crop
    whole = crop.read_bytes()
    crop.unlink() if damage == "gone" else crop.write_bytes(whole[:-1])
    again = frame_check.check_frame(task, file, known)
    assert not again.reused
    assert crop.read_bytes() == whole


def test_other_settings_or_another_box_make_a_new_look(task, file) -> None:
    known = settled(frame_check.check_frame(task, file, None))
    wider = replace(task, spec=replace(FaceSpec(), side=3.0))
    assert not frame_check.check_frame(wider, file, known).reused
    boxed = replace(file, row={**file.row, "box": "60 10 260 230"})
    again = frame_check.check_frame(task, boxed, known)
    assert not again.reused
    assert again.look is not None
    assert again.look.crop != known.crop
    assert frame_check.check_frame(task, replace(file, row={**file.row, "pspi": "4"}), known).reused


def test_a_changed_label_counts_although_the_look_is_kept(task, file) -> None:
    known = settled(frame_check.check_frame(task, file, None))
    again = frame_check.check_frame(task, replace(file, row={**file.row, "pspi": "99"}), known)
    assert (again.check, again.line) == ("bad score", 3)


def test_looks_survive_being_written_and_foreign_ones_are_dropped(task, file) -> None:
    seen = frame_check.check_frame(task, file, None).look
    assert seen is not None
    assert detection.Detection.from_json(seen.to_json()) == seen
    for text in ("", "[]", "{}", '{"state": 3}', seen.to_json().replace('"yaw"', '"yawn"')):
        assert detection.Detection.from_json(text) is None


def test_a_file_that_cannot_be_read_is_an_error_with_its_reason(tmp_path) -> None:
    with pytest.raises(ImageError, match="cannot be opened: No such file"):
        detection.observe(tmp_path / "x.png", None)
    with pytest.raises(ImageError, match="cannot be opened: Is a directory"):
        detection.observe(tmp_path, None)


def test_the_labelled_box_tells_which_face_is_meant() -> None:
    import numpy as np

    points = np.zeros((6, 2))
    large, small = Face((0, 0, 100, 100), points, 0.9), Face((200, 0, 260, 60), points, 0.8)
    assert detection.meant([large, small], None, 1) is large
    assert detection.meant([large, small], (190, -10, 270, 70), 1) is small
    assert detection.meant([large, small], (380, -20, 540, 140), 2) is small
    assert detection.meant([large, small], (400, 400, 500, 500), 1) is None
    assert detection.meant([], (0, 0, 1, 1), 1) is None
