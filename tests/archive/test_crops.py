import io

import numpy as np
import pytest
from PIL import Image

from tests.support import archive_builder as builder
from wince import files, images
from wince.archive import crops
from wince.errors import DataError, FileWriteError
from wince.faces.align import align
from wince.faces.detect import detect
from wince.faces.spec import FaceSpec

SPEC = FaceSpec()


def enlarged(rgb, factor: float):
    size = (round(rgb.shape[1] * factor), round(rgb.shape[0] * factor))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC))


def stored(rgb):
    jpeg, side = crops.encode(rgb, detect(rgb)[0], SPEC)
    with Image.open(io.BytesIO(jpeg)) as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (side, side), "RGB")
        return np.asarray(image), side


@pytest.mark.parametrize("factor", [0.7, 1, 2, 4])
def test_the_centre_of_a_stored_crop_is_what_a_model_is_shown(factor: float) -> None:
    for number in (0, 17, 41):
        rgb = enlarged(images.read(builder.frame_image(number)).rgb, factor)
        crop, _ = stored(rgb)
        shown = align(rgb, detect(rgb)[0], SPEC).astype(int)
        difference = np.abs(crops.view(crop, SPEC.size).astype(int) - shown)
        assert difference.mean() < 2.5, "grey levels of 255"
        moved = np.abs(np.roll(shown, 3, axis=1) - shown).mean()
        assert difference.mean() < moved / 2, "nearer than a crop that is three pixels off"


def test_crops_have_enough_pixels_and_small_faces_are_not_enlarged() -> None:
    rgb = images.read(builder.frame_image(0)).rgb
    sides = [stored(enlarged(rgb, factor))[1] for factor in (0.5, 1, 2, 5)]
    assert sides[0] == 210
    assert sides == sorted(sides)
    assert sides[-1] == 420
    assert sides[-1] / crops.MARGIN >= 300


def test_any_name_gives_a_path_inside_the_crops_folder() -> None:
    for subject in ("..", "a/b", "", "C:\\x", "äöü", "x" * 300):
        name = crops.name("some/../../frame.png", subject, "..", "0123456789ab")
        parts = name.split("/")
        assert parts[0] == crops.FOLDER
        assert len(parts) == 4
        assert all(part not in ("", ".", "..") and len(part) < 100 for part in parts)
    alone = crops.name("images/face_1.jpg", "s1", "face_1", "0123456789ab")
    assert alone == "crops/s1/face_1-0123456789ab.jpg"


def test_frames_that_differ_in_one_thing_have_different_keys() -> None:
    keys = {
        crops.key(*parts)
        for parts in (
            ("a", "b", "c", "d"),
            ("a", "b", "c", ""),
            ("a", "b", "", "d"),
            ("", "b", "c", "d"),
            ("a", "", "c", "d"),
        )
    }
    assert len(keys) == 5


def test_unused_crops_and_temporary_files_are_removed_and_nothing_else(tmp_path) -> None:
    used, unused = (
        crops.name("f.png", "s", "q", crops.key(*letters)) for letters in ("abcd", "efgh")
    )
    for crop in (used, unused):
        crops.write(tmp_path, crop, b"jpeg")
    foreign = tmp_path / "crops" / "notes.part"
    foreign.write_text("not ours")
    with pytest.raises(FileWriteError), files.replacing(tmp_path / used) as temporary:
        temporary.write_bytes(b"of a killed run")
        crops.remove_unused(tmp_path, {used}.__contains__)
        assert not temporary.exists()
    assert (tmp_path / used).read_bytes() == b"jpeg"
    assert not (tmp_path / unused).exists()
    assert foreign.exists()


def test_a_missing_or_damaged_crop_is_named(tmp_path) -> None:
    with pytest.raises(DataError, match="wince prepare"):
        crops.read(tmp_path / "x.jpg")
    (tmp_path / "x.jpg").write_bytes(builder.frame_image(0, "JPEG")[:500])
    with pytest.raises(DataError, match=r"x\.jpg"):
        crops.read(tmp_path / "x.jpg")
    (tmp_path / "x.jpg").write_bytes(builder.frame_image(0, "JPEG"))
    assert crops.read(tmp_path / "x.jpg").shape == (240, 320, 3)
