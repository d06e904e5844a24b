"""When a cached detection is reused, and when it is made second."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support import archive_builder as builder
from wince.archive import detection, frame_check
from wince.archive.frame_file import FrameFile
from wince.errors import ImageError
from wince.faces.face import Face
from wince.faces.spec import FaceSpec

LONG_AGO = 1_600_000_000


@pytest.fixture
def settings(tmp_path: Path) -> frame_check.CheckSettings:
    builder.table(tmp_path / "archive")
    for path in (tmp_path / "archive" / "photos").iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO))
    base = tmp_path / "archive"
    return frame_check.CheckSettings("table", base, base, tmp_path / "out", FaceSpec())


@pytest.fixture
def file(settings: frame_check.CheckSettings) -> FrameFile:
    row = {"image": "photos/p1.jpg", "subject": "p", "pspi": "1"}
    return FrameFile("photos/p1.jpg", "p", "p1", "p1", label="labels.csv", line=3, row=row)


def settled(result: frame_check.FrameResult) -> detection.Detection:
    """The detection of a file that was last changed a minute before it was read."""
    assert result.detection is not None
    state = replace(result.detection.state, read_at=result.detection.state.read_at + 60 * 10**9)
    return replace(result.detection, state=state)


def test_an_unchanged_image_is_not_opened(settings, file, monkeypatch) -> None:
    first = frame_check.check_frame(settings, file, None)
    assert first.detection is not None
    assert (settings.out / first.detection.crop).is_file()
    cached = settled(first)
    path = settings.folder / file.name
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("the image was opened"))
    second = frame_check.check_frame(settings, file, cached)
    assert second.reused
    assert second.detection == cached
    assert path.stat().st_size == cached.state.size


def test_a_change_within_a_clock_tick_is_noticed(settings, file) -> None:
    cached = frame_check.check_frame(settings, file, None).detection
    assert cached is not None
    path = settings.folder / file.name
    content = path.read_bytes()
    path.write_bytes(content[:-200] + bytes(200))
    os.utime(path, (LONG_AGO, LONG_AGO))
    stat = path.stat()
    # As with a coarse clock: the same size and the same times.
    same_times = replace(
        cached, state=replace(cached.state, changed=stat.st_ctime_ns, read_at=stat.st_ctime_ns)
    )
    second = frame_check.check_frame(settings, file, same_times)
    assert not second.reused
    assert second.digest != cached.state.digest


def test_a_touched_image_with_the_same_bytes_keeps_its_detection(settings, file) -> None:
    cached = settled(frame_check.check_frame(settings, file, None))
    os.utime(settings.folder / file.name, (LONG_AGO + 5, LONG_AGO + 5))
    second = frame_check.check_frame(settings, file, cached)
    assert second.reused
    assert second.detection is not None
    assert second.detection.state.modified == (LONG_AGO + 5) * 10**9
    assert second.detection.crop == cached.crop


def test_a_changed_image_is_detected_again(settings, file) -> None:
    cached = settled(frame_check.check_frame(settings, file, None))
    (settings.folder / file.name).write_bytes(builder.frame_image(30, "JPEG"))
    second = frame_check.check_frame(settings, file, cached)
    assert not second.reused
    assert second.detection is not None
    assert second.detection.crop != cached.crop


@pytest.mark.parametrize("damage", ["gone", "short"])
def test_a_missing_or_short_crop_is_made_again(settings, file, damage: str) -> None:
    cached = settled(frame_check.check_frame(settings, file, None))
    crop = settings.out / cached.crop
    content = crop.read_bytes()
    crop.unlink() if damage == "gone" else crop.write_bytes(content[:-1])
    second = frame_check.check_frame(settings, file, cached)
    assert not second.reused
    assert crop.read_bytes() == content


def test_other_settings_or_another_box_need_a_new_detection(settings, file) -> None:
    cached = settled(frame_check.check_frame(settings, file, None))
    wider = replace(settings, spec=replace(FaceSpec(), side=3.0))
    assert not frame_check.check_frame(wider, file, cached).reused
    stricter = frame_check.check_frame(replace(settings, min_score=0.95), file, cached)
    assert not stricter.reused
    assert stricter.detection is not None
    assert (cached.crop != "", stricter.detection.crop) == (True, "")
    boxed = replace(file, row={**file.row, "box": "60 10 260 230"})
    second = frame_check.check_frame(settings, boxed, cached)
    assert not second.reused
    assert second.detection is not None
    assert second.detection.crop != cached.crop
    rescored = replace(file, row={**file.row, "pspi": "4"})
    assert frame_check.check_frame(settings, rescored, cached).reused


def test_a_changed_label_counts_although_the_detection_is_reused(settings, file) -> None:
    cached = settled(frame_check.check_frame(settings, file, None))
    second = frame_check.check_frame(
        settings, replace(file, row={**file.row, "pspi": "99"}), cached
    )
    assert (second.check, second.line) == ("bad score", 3)


def test_detections_are_read_back_and_those_of_other_versions_are_dropped(settings, file) -> None:
    original = frame_check.check_frame(settings, file, None).detection
    assert original is not None
    assert detection.Detection.from_json(original.to_json()) == original
    for text in ("", "[]", "{}", '{"state": 3}', original.to_json().replace('"yaw"', '"yawn"')):
        assert detection.Detection.from_json(text) is None


def test_a_file_that_cannot_be_read_is_an_error_with_its_reason(tmp_path) -> None:
    with pytest.raises(ImageError, match="cannot be opened: No such file"):
        detection.read_if_changed(tmp_path / "x.png", None)
    with pytest.raises(ImageError, match="cannot be opened: Is a directory"):
        detection.read_if_changed(tmp_path, None)


def test_the_labelled_face_is_the_one_that_overlaps_the_box() -> None:
    points = np.zeros((6, 2))
    large, small = Face((0, 0, 100, 100), points, 0.9), Face((200, 0, 260, 60), points, 0.8)
    assert detection.labelled_face([large, small], None, 1) is large
    assert detection.labelled_face([large, small], (190, -10, 270, 70), 1) is small
    assert detection.labelled_face([large, small], (380, -20, 540, 140), 2) is small
    assert detection.labelled_face([large, small], (400, 400, 500, 500), 1) is None
    assert detection.labelled_face([], (0, 0, 1, 1), 1) is None
