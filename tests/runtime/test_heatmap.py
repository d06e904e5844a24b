"""The maps add up to the score, and are placed on the face."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import wince
from wince import scale
from wince.faces.align import align
from wince.faces.detect import detect
from wince.faces.spec import FaceSpec
from wince.runtime import heatmap
from wince.runtime.assessment import Heatmap, Quad
from wince.runtime.assessor import Assessor
from wince.runtime.estimator import interpret

RGB = NDArray[np.uint8]


def assessed_heatmap(assessor: Assessor, image: RGB | bytes) -> Heatmap:
    heatmap = assessor.assess(image, heatmap=True).heatmap
    assert heatmap is not None
    return heatmap


def test_an_assessment_has_a_map_only_on_request(assessor: Assessor, astronaut: RGB) -> None:
    assert "heatmap" not in assessor.assess(astronaut).to_dict()
    assert assessor.assess(astronaut).heatmap is None
    data = json.loads(json.dumps(wince.assess(astronaut, heatmap=True).to_dict()))
    assert set(data["heatmap"]) == {"quad", "pspi", "score", "action_units", "counted", "note"}
    assert "not proof" in data["heatmap"]["note"]


def test_a_map_changes_no_other_field(assessor: Assessor, astronaut: RGB) -> None:
    without = assessor.assess(astronaut)
    with_map = assessor.assess(astronaut, heatmap=True)
    assert replace(with_map, heatmap=None, milliseconds={}) == replace(without, milliseconds={})


def test_the_map_of_each_unit_is_the_output_of_the_network(
    assessor: Assessor, astronaut: RGB
) -> None:
    crop = align(astronaut, detect(astronaut)[0], assessor.estimator.spec)
    maps = assessor.estimator(crop[None]).maps[0]
    units = assessed_heatmap(assessor, astronaut).action_units
    assert units is not None
    assert tuple(units) == scale.UNIT_NAMES
    for name, expected in zip(scale.UNIT_NAMES, maps, strict=True):
        np.testing.assert_allclose(units[name], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("scores", "counted"),
    [
        ([3, 1, 2, 0, 2, 0], ("AU4", "AU7", "AU10", "AU43")),
        ([3, 2, 1, 4, 2, 0], ("AU4", "AU6", "AU9", "AU43")),
        ([0, -3, -1, 9, 7, 0], ("AU4", "AU6", "AU9", "AU43")),  # equal after clipping to the scale
    ],
)
def test_the_map_of_pspi_is_the_sum_of_the_maps_that_count(
    astronaut: RGB, assessor: Assessor, scores: list[float], counted: tuple[str, ...]
) -> None:
    maps = np.random.default_rng(1).normal(size=(1, 6, 3, 5)).astype(np.float32)
    estimate = interpret(np.array([scores], np.float32), maps, "action-units")
    face = detect(astronaut)[0]
    result = heatmap.place_maps(
        estimate, heatmap.crop_corners(face, assessor.estimator.spec, (512, 512)), scale.PSPI
    )
    assert result.counted == counted
    rows = [scale.UNIT_NAMES.index(name) for name in counted]
    np.testing.assert_allclose(result.score, maps[0, rows].sum(0), atol=1e-4)
    assert result.pspi == result.score
    assert (len(result.score), len(result.score[0])) == (3, 5)


def test_a_model_that_gives_pspi_alone_has_one_map(astronaut: RGB, assessor: Assessor) -> None:
    maps = np.random.default_rng(1).normal(size=(1, 1, 4, 4)).astype(np.float32)
    estimate = interpret(np.array([[4.0]], np.float32), maps, "pspi")
    face = detect(astronaut)[0]
    result = heatmap.place_maps(
        estimate, heatmap.crop_corners(face, assessor.estimator.spec, (512, 512)), scale.PSPI
    )
    assert (result.action_units, result.counted) == (None, None)
    np.testing.assert_allclose(result.score, maps[0, 0], atol=1e-4)


def crop_within(rgb: RGB, quad: Quad, size: int) -> NDArray[np.float64]:
    """Return the pixels within four corners, cut with Pillow's transform of corners."""
    top_left, top_right, bottom_right, bottom_left = quad
    corners = (*top_left, *bottom_left, *bottom_right, *top_right)
    crop = Image.fromarray(rgb).transform(
        (size, size), Image.Transform.QUAD, corners, Image.Resampling.BILINEAR
    )
    return np.asarray(crop, np.float64)


@pytest.mark.parametrize("turn", [0, 17, -30])
def test_the_corners_enclose_exactly_the_crop_of_the_model(
    assessor: Assessor, astronaut: RGB, turn: float
) -> None:
    rgb = np.asarray(Image.fromarray(astronaut).rotate(turn, Image.Resampling.BICUBIC))
    spec = assessor.estimator.spec
    expected = align(rgb, detect(rgb)[0], spec).astype(np.float64)
    crop = crop_within(rgb, assessed_heatmap(assessor, rgb).quad, spec.size)
    assert np.abs(crop - expected).mean() < 3
    moved = np.roll(expected, spec.size // 14, axis=1)
    assert np.abs(moved - expected).mean() > 9  # an error of half a cell would be detected


def test_the_corners_are_in_pixels_of_the_upright_image_at_full_size(
    assessor: Assessor, astronaut: RGB
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(astronaut).transpose(Image.Transpose.ROTATE_90).resize((4096, 4096))
    file = io.BytesIO()
    stored.save(file, "JPEG", quality=90, exif=exif)
    large, small = (
        assessed_heatmap(assessor, file.getvalue()),
        assessed_heatmap(assessor, astronaut),
    )
    np.testing.assert_allclose(np.array(large.quad) / 8, small.quad, atol=4)


def test_the_map_of_a_whole_image_model_covers_the_image() -> None:
    estimate = interpret(np.zeros((1, 1), np.float32), np.zeros((1, 1, 7, 7), np.float32), "pspi")
    spec = FaceSpec(kind="whole", size=224)
    result = heatmap.place_maps(estimate, heatmap.crop_corners(None, spec, (512, 300)), scale.PSPI)
    assert result.quad == ((0, 0), (512, 0), (512, 300), (0, 300))


def test_full_colour_is_the_strongest_cell_and_weak_maps_are_pale() -> None:
    assert heatmap.full_colour(((0.1, -0.7), (0.2, 0.3)), scale.PSPI) == pytest.approx(0.7)
    assert heatmap.full_colour(((0.01, -0.02), (0.0, 0.0)), scale.PSPI) == pytest.approx(0.5)


def test_a_grid_is_interpolated_between_the_centres_of_its_cells() -> None:
    smooth = heatmap.smooth(((0.0, 1.0), (0.0, 1.0)), 8)
    assert smooth.shape == (8, 8)
    np.testing.assert_allclose(smooth[0], [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1], atol=1e-6)
    np.testing.assert_allclose(smooth, smooth[:1].repeat(8, axis=0))
