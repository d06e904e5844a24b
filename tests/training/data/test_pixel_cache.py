"""Images decoded once for all epochs and runs."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="needs wince[train]")

from wince import images
from wince.errors import DataError, FileWriteError
from wince.faces.spec import FaceSpec
from wince.training.data import pixel_cache
from wince.training.data.prepared import open_data

SPEC = FaceSpec(size=32)
NARROW = FaceSpec(size=32, side=1.35)
WHOLE = FaceSpec(kind="whole", size=32, side=0.0, centre=0.0)


def cache_files(folder_to_change: Path) -> list[Path]:
    return sorted((folder_to_change / "pixels").iterdir())


def test_a_model_may_see_less_of_a_face_than_is_stored(folder_to_change: Path) -> None:
    narrow = FaceSpec(size=64, side=1.35)
    data = open_data(folder_to_change, narrow)
    name = data.frames.image_names(narrow)[0]
    whole = pixel_cache.image_reader(data.prepared, FaceSpec(size=128))(name).astype(int)
    part = pixel_cache.image_reader(data.prepared, narrow)(name)
    assert np.abs(whole[32:96, 32:96] - part).mean() < 3, "grey levels of 255"
    assert np.abs(whole[:64, :64] - part).mean() > 20  # the measure can tell


@pytest.mark.parametrize("spec", [SPEC, FaceSpec(size=32, side=2.25), WHOLE])
def test_images_are_decoded_once_and_are_what_a_model_sees(
    folder_to_change: Path, spec: FaceSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_data(folder_to_change, spec)
    progress: list[tuple[int, int]] = []
    pixels = pixel_cache.load(data, spec, lambda *step: progress.append(step))
    assert progress == [(number, 8) for number in range(1, 9)]
    assert isinstance(pixels, np.memmap)
    read_image = pixel_cache.image_reader(data.prepared, spec)
    views = pixel_cache.model_view(pixels, spec).astype(int)
    for view, name in zip(views, data.frames.image_names(spec).tolist(), strict=True):
        assert np.abs(view - read_image(name)).mean() < 1, "grey levels of 255"
    monkeypatch.setattr(pixel_cache.crops, "read", None)
    monkeypatch.setattr(images, "read", None)
    np.testing.assert_array_equal(pixel_cache.load(data, spec), pixels)


def test_caches_of_other_views_are_kept(
    folder_to_change: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = pixel_cache.load(open_data(folder_to_change, SPEC), SPEC)
    narrow = pixel_cache.load(open_data(folder_to_change, NARROW), NARROW)
    assert wide.shape == narrow.shape
    assert not np.array_equal(wide, narrow)
    assert len(cache_files(folder_to_change)) == 2
    monkeypatch.setattr(pixel_cache.crops, "read", None)  # neither is decoded again
    for spec, pixels in ((SPEC, wide), (NARROW, narrow)):
        np.testing.assert_array_equal(
            pixel_cache.load(open_data(folder_to_change, spec), spec), pixels
        )


def test_other_images_are_decoded_again_and_replace_the_old_file(folder_to_change: Path) -> None:
    data = open_data(folder_to_change, SPEC)
    pixel_cache.load(data, SPEC)
    (before,) = cache_files(folder_to_change)
    rows = np.arange(5)
    fewer = replace(data, frames=data.frames.take(rows), image_states=data.image_states[rows])
    assert len(pixel_cache.load(fewer, SPEC)) == 5
    (after,) = cache_files(folder_to_change)
    assert after != before


def test_a_whole_image_that_was_changed_is_decoded_again(folder_to_change: Path) -> None:
    data = open_data(folder_to_change, WHOLE)
    before = np.array(pixel_cache.load(data, WHOLE))
    path = data.prepared.archive / str(data.frames.path[0])
    with Image.open(path) as image:
        Image.new("RGB", image.size, "green").save(path, format=image.format)
    changed = pixel_cache.load(open_data(folder_to_change, WHOLE), WHOLE)
    assert not np.array_equal(changed[0], before[0])
    np.testing.assert_array_equal(changed[1:], before[1:])
    assert len(cache_files(folder_to_change)) == 1


def test_a_disk_without_room_is_named_before_anything_is_decoded(
    folder_to_change: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_data(folder_to_change, SPEC)
    usage = shutil.disk_usage(folder_to_change)._replace(free=1000)
    monkeypatch.setattr(pixel_cache.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(FileWriteError, match=r"need 0\.0 GB in .*are free\. Free some room"):
        pixel_cache.load(data, SPEC)
    assert not cache_files(folder_to_change)


def test_a_crop_that_is_damaged_is_named_and_leaves_nothing_behind(folder_to_change: Path) -> None:
    crop = min((folder_to_change / "crops").rglob("*.jpg"))
    crop.write_bytes(crop.read_bytes()[:200])
    data = open_data(folder_to_change, SPEC)
    with pytest.raises(DataError, match=crop.name):
        pixel_cache.load(data, SPEC)
    assert not cache_files(folder_to_change)
