"""A prepared folder read for training: what was changed, what is missing, what is decoded once."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")


from tests.support import training_sample as sample
from tests.support.frames import Frame
from wince import images
from wince.archive.prepared_folder import open_prepared
from wince.errors import DataError, FileWriteError
from wince.faces.spec import WHOLE_IMAGE, FaceSpec
from wince.training import pixel_cache
from wince.training.prepared import open_data, read_frames

SPEC = FaceSpec(size=32)


@pytest.fixture
def folder(tmp_path: Path, frames: list[Frame]) -> Path:
    return sample.prepared(tmp_path, frames[:8])


def test_labels_units_and_groups_are_as_in_the_archive(folder: Path, frames: list[Frame]) -> None:
    found = read_frames(open_prepared(folder))
    assert len(found) == 8
    for number, frame in enumerate(frames[:8]):
        row = int(np.flatnonzero(found.path == frame.path.name)[0])
        assert found.pspi[row] == frame.pspi
        np.testing.assert_array_equal(found.units[row], [*frame.action_units.values()])
        assert found.groups["sex"][row] == ("female" if number % 2 else "male")


def test_a_manifest_that_was_edited_is_refused(folder: Path) -> None:
    path = folder / "manifest.csv"
    text = path.read_text()
    path.unlink()
    path.write_text(text.replace(",mild,", ",none,"))
    with pytest.raises(DataError, match=r"not the file that .* wrote.*run `wince prepare` again"):
        open_data(folder, SPEC)


def test_labels_that_changed_in_the_archive_are_found(folder: Path, frames: list[Frame]) -> None:
    table = folder.parent / "archive" / "frames.csv"
    text = table.read_text()
    os.utime(table, (time.time() + 10, time.time() + 10))
    open_data(folder, SPEC)  # newer, but the same
    lines = text.splitlines()
    cells = lines[1].split(",")
    assert float(cells[4]) == frames[0].pspi == 0
    cells[4:5] = ["9"]
    cells[6:] = [""] * 6
    table.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    os.utime(table, (time.time() + 10, time.time() + 10))
    with pytest.raises(DataError, match=r"changed since.*had PSPI 0, now 9.*wince prepare"):
        open_data(folder, SPEC)


def test_an_archive_that_is_gone_matters_only_to_whole_pictures(folder: Path) -> None:
    shutil.rmtree(folder.parent / "archive")
    assert len(open_data(folder, SPEC).frames) == 8
    with pytest.raises(DataError, match=r"8 of the 8 images.*bring the archive back"):
        open_data(folder, WHOLE_IMAGE)


def test_missing_crops_are_counted_and_the_first_is_named(folder: Path) -> None:
    crops = sorted((folder / "crops").rglob("*.jpg"))
    for path in crops[:3]:
        path.unlink()
    with pytest.raises(DataError, match=r"3 of the 8 images.*Run `wince prepare` again"):
        open_data(folder, SPEC)


def test_a_folder_for_another_view_of_faces_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match=r"side 2\.7 and centre 0\.45.*Prepare the archive again"):
        open_data(folder, FaceSpec(size=32, side=3.0))


def test_a_picture_larger_than_the_stored_crops_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="up to 300 pixels; found 320"):
        open_data(folder, FaceSpec(size=320))


def test_a_model_may_see_less_of_a_face_than_is_stored(folder: Path) -> None:
    narrow = FaceSpec(size=64, side=1.35)
    loaded = open_data(folder, narrow)
    name = loaded.frames.image_names(narrow)[0]
    whole = pixel_cache.image_reader(loaded.prepared, FaceSpec(size=128))(name).astype(int)
    part = pixel_cache.image_reader(loaded.prepared, narrow)(name)
    assert np.abs(whole[32:96, 32:96] - part).mean() < 3, "grey levels of 255"
    assert np.abs(whole[:64, :64] - part).mean() > 20  # the measure can tell


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        FaceSpec(size=32, side=2.25),
        FaceSpec(kind="whole", size=32, side=0.0, centre=0.0),
    ],
)
def test_pictures_are_decoded_once_and_are_what_a_model_sees(
    folder: Path, spec: FaceSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = open_data(folder, spec)
    told: list[tuple[int, int]] = []
    kept = pixel_cache.load(loaded, spec, lambda *at: told.append(at))
    assert told == [(number, 8) for number in range(1, 9)]
    assert isinstance(kept, np.memmap)
    edge = (kept.shape[1] - spec.size) // 2
    look = pixel_cache.image_reader(loaded.prepared, spec)
    for row, name in enumerate(loaded.frames.image_names(spec).tolist()):
        middle = kept[row, edge : edge + spec.size, edge : edge + spec.size].astype(int)
        assert np.abs(middle - look(name)).mean() < 1, "grey levels of 255"
    monkeypatch.setattr(pixel_cache.crops, "read", None)
    monkeypatch.setattr(images, "read", None)
    again = pixel_cache.load(loaded, spec)
    np.testing.assert_array_equal(again, kept)


def test_changed_pictures_are_decoded_again_and_the_old_file_goes(
    folder: Path, frames: list[Frame]
) -> None:
    loaded = open_data(folder, SPEC)
    pixel_cache.load(loaded, SPEC)
    (before,) = (folder / "pixels").iterdir()
    rows = np.arange(5)
    fewer = replace(loaded, frames=loaded.frames.take(rows), image_states=loaded.image_states[rows])
    assert len(pixel_cache.load(fewer, SPEC)) == 5
    (after,) = (folder / "pixels").iterdir()
    assert after != before


def test_a_disk_without_room_is_named_before_anything_is_decoded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = open_data(folder, SPEC)
    usage = shutil.disk_usage(folder)._replace(free=1000)
    monkeypatch.setattr(pixel_cache.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(FileWriteError, match=r"need 0\.0 GB in .*are free\. Free some room"):
        pixel_cache.load(loaded, SPEC)
    assert not list((folder / "pixels").iterdir())


def test_a_crop_that_is_damaged_is_named_and_leaves_nothing_behind(folder: Path) -> None:
    crop = min((folder / "crops").rglob("*.jpg"))
    crop.write_bytes(crop.read_bytes()[:200])
    loaded = open_data(folder, SPEC)
    with pytest.raises(DataError, match=crop.name):
        pixel_cache.load(loaded, SPEC)
    assert not list((folder / "pixels").iterdir())
