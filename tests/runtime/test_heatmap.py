"""Where a score comes from: the maps add up, and they lie where the face is."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import wince
from wince import images, scale
from wince.faces.align import align
from wince.faces.detect import detect
from wince.faces.spec import FaceSpec
from wince.runtime import heatmap
from wince.runtime.assessment import Heatmap
from wince.runtime.assessor import Assessor
from wince.runtime.estimator import interpret

RGB = NDArray[np.uint8]


def mapped(assessor: Assessor, picture: RGB | bytes) -> Heatmap:
    found = assessor.assess(picture, heatmap=True).heatmap
    assert found is not None
    return found


def test_an_assessment_has_no_map_unless_asked(assessor: Assessor, astronaut: RGB) -> None:
    assert "heatmap" not in assessor.assess(astronaut).to_dict()
    assert assessor.assess(astronaut).heatmap is None
    data = json.loads(json.dumps(wince.assess(astronaut, heatmap=True).to_dict()))
    assert set(data["heatmap"]) == {"quad", "pspi", "action_units", "counted", "note"}
    assert "not proof" in data["heatmap"]["note"]


def test_asking_for_the_map_changes_nothing_else(assessor: Assessor, astronaut: RGB) -> None:
    plain = assessor.assess(astronaut)
    asked = assessor.assess(astronaut, heatmap=True)
    assert replace(asked, heatmap=None, milliseconds={}) == replace(plain, milliseconds={})


def test_each_units_map_is_the_networks_own(assessor: Assessor, astronaut: RGB) -> None:
    crop = align(astronaut, detect(astronaut)[0], assessor.estimator.spec)
    maps = assessor.estimator(crop[None]).maps[0]
    units = mapped(assessor, astronaut).action_units
    assert units is not None
    assert tuple(units) == scale.UNIT_NAMES
    for name, expected in zip(scale.UNIT_NAMES, maps, strict=True):
        np.testing.assert_allclose(units[name], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("scores", "counted"),
    [
        ([3, 1, 2, 0, 2, 0], ("AU4", "AU7", "AU10", "AU43")),
        ([3, 2, 1, 4, 2, 0], ("AU4", "AU6", "AU9", "AU43")),
        ([0, -3, -1, 9, 7, 0], ("AU4", "AU6", "AU9", "AU43")),  # equal once held within the scale
    ],
)
def test_the_map_of_pspi_adds_the_maps_of_the_terms_that_count(
    astronaut: RGB, assessor: Assessor, scores: list[float], counted: tuple[str, ...]
) -> None:
    maps = np.random.default_rng(1).normal(size=(1, 6, 3, 5)).astype(np.float32)
    estimate = interpret(np.array([scores], np.float32), maps, "action-units")
    picture = images.read(astronaut)
    face = detect(astronaut)[0]
    found = heatmap.heatmap(estimate, heatmap.crop_corners(face, assessor.estimator.spec, picture))
    assert found.counted == counted
    rows = [scale.UNIT_NAMES.index(name) for name in counted]
    np.testing.assert_allclose(found.pspi, maps[0, rows].sum(0), atol=1e-4)
    assert (len(found.pspi), len(found.pspi[0])) == (3, 5)


def test_a_model_that_gives_pspi_alone_has_its_one_map(astronaut: RGB, assessor: Assessor) -> None:
    maps = np.random.default_rng(1).normal(size=(1, 1, 4, 4)).astype(np.float32)
    estimate = interpret(np.array([[4.0]], np.float32), maps, "pspi")
    face = detect(astronaut)[0]
    found = heatmap.heatmap(
        estimate, heatmap.crop_corners(face, assessor.estimator.spec, images.read(astronaut))
    )
    assert (found.action_units, found.counted) == (None, None)
    np.testing.assert_allclose(found.pspi, maps[0, 0], atol=1e-4)


def cut(picture: RGB, found: Heatmap, size: int) -> NDArray[np.float64]:
    """Return what lies within the map's corners, by way of Pillow's own mapping of corners."""
    top_left, top_right, bottom_right, bottom_left = found.quad
    corners = (*top_left, *bottom_left, *bottom_right, *top_right)
    image = Image.fromarray(picture).transform(
        (size, size), Image.Transform.QUAD, corners, Image.Resampling.BILINEAR
    )
    return np.asarray(image, np.float64)


@pytest.mark.parametrize("turn", [0, 17, -30])
def test_the_corners_enclose_exactly_what_the_model_saw(
    assessor: Assessor, astronaut: RGB, turn: float
) -> None:
    picture = np.asarray(Image.fromarray(astronaut).rotate(turn, Image.Resampling.BICUBIC))
    seen = align(picture, detect(picture)[0], assessor.estimator.spec).astype(np.float64)
    found = cut(picture, mapped(assessor, picture), assessor.estimator.spec.size)
    assert np.abs(found - seen).mean() < 3
    moved = np.roll(seen, assessor.estimator.spec.size // 14, axis=1)
    assert np.abs(moved - seen).mean() > 9  # so half a cell's error would be seen


def test_the_corners_are_in_pixels_of_the_upright_picture_at_full_size(
    assessor: Assessor, astronaut: RGB
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(astronaut).transpose(Image.Transpose.ROTATE_90).resize((4096, 4096))
    file = io.BytesIO()
    stored.save(file, "JPEG", quality=90, exif=exif)
    large, small = mapped(assessor, file.getvalue()), mapped(assessor, astronaut)
    np.testing.assert_allclose(np.array(large.quad) / 8, small.quad, atol=4)


def test_a_whole_image_models_map_covers_the_picture(astronaut: RGB) -> None:
    estimate = interpret(np.zeros((1, 1), np.float32), np.zeros((1, 1, 7, 7), np.float32), "pspi")
    picture = images.read(astronaut[:300])
    spec = FaceSpec(kind="whole", size=224)
    found = heatmap.heatmap(estimate, heatmap.crop_corners(None, spec, picture))
    assert found.quad == ((0, 0), (512, 0), (512, 300), (0, 300))


def test_full_colour_is_the_strongest_cell_and_little_stays_pale() -> None:
    assert heatmap.full_colour(((0.1, -0.7), (0.2, 0.3))) == pytest.approx(0.7)
    assert heatmap.full_colour(((0.01, -0.02), (0.0, 0.0))) == pytest.approx(0.5)


def test_a_grid_is_spread_between_the_middles_of_its_cells() -> None:
    smooth = heatmap.smooth(((0.0, 1.0), (0.0, 1.0)), 8)
    assert smooth.shape == (8, 8)
    np.testing.assert_allclose(smooth[0], [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1], atol=1e-6)
    np.testing.assert_allclose(smooth, smooth[:1].repeat(8, axis=0))
