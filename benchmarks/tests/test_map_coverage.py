"""The measurement of the maps, with a stand-in model whose score depends on a known region."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import map_coverage
from wince.faces.align import crop_to_image
from wince.faces.detect import detect
from wince.runtime.assessor import Assessor

SIZE = 64
PLACE = np.zeros((SIZE, SIZE), bool)
PLACE[10:26, 36:52] = True  # the score is the brightness of this region only
FACE = np.hypot(*(np.mgrid[:SIZE, :SIZE] - SIZE / 2)) < 28


def score(crops: NDArray[np.uint8]) -> list[float]:
    return [float(crop[PLACE].mean()) / 16 for crop in crops]


@pytest.fixture
def crop() -> NDArray[np.uint8]:
    crop = np.random.default_rng(3).integers(0, 60, (SIZE, SIZE, 3)).astype(np.uint8)
    crop[PLACE] = 220
    return crop


def measure_falls(
    crop: NDArray[np.uint8], map_of_face: NDArray[np.bool_], foreign_map: NDArray[np.bool_]
) -> dict[str, tuple[float, float, float]]:
    photo = map_coverage.Photo(Path("face.jpg"), "person")
    mapped = map_coverage.MappedFace(
        photo, crop, map_of_face.astype(np.float32), FACE, score([crop])[0]
    )
    fallen = map_coverage.measure_falls(
        mapped, foreign_map.astype(np.float32), score, np.random.default_rng(0)
    )
    assert set(fallen) == {"mean colour", "blurred"}
    return dict(fallen)


def test_a_correct_map_makes_the_marked_region_matter_far_more(crop: NDArray[np.uint8]) -> None:
    for region, other, foreign in measure_falls(crop, PLACE, PLACE[::-1, ::-1]).values():
        assert region > 2
        assert other < region / 4
        assert foreign == pytest.approx(0, abs=0.05)


def test_a_map_that_marks_the_wrong_region_has_no_larger_fall(crop: NDArray[np.uint8]) -> None:
    region, other, foreign = measure_falls(crop, PLACE[::-1, ::-1], PLACE)["mean colour"]
    assert region == pytest.approx(0, abs=0.05)
    assert other > 0.5
    assert foreign > 2


def test_a_map_that_marks_nothing_above_zero_has_no_region() -> None:
    assert not map_coverage.marked(-PLACE.astype(np.float32), FACE).any()


def test_regions_are_of_equal_size_on_the_face_and_apart() -> None:
    rng = np.random.default_rng(1)
    smooth = rng.normal(size=(SIZE, SIZE)).astype(np.float32)
    region = map_coverage.marked(smooth, FACE)
    assert region.sum() == round(0.2 * FACE.sum())
    assert smooth[region].min() >= smooth[FACE & ~region].max()
    drawn = [map_coverage.elsewhere(region, FACE, rng) for _ in range(20)]
    for other in drawn:
        assert other.sum() == region.sum()
        assert not (other & region).any()
        assert not (other & ~FACE).any()
    assert len({other.tobytes() for other in drawn}) > 15


def test_the_face_is_the_ellipse_in_the_box(
    assessor: Assessor, astronaut: NDArray[np.uint8]
) -> None:
    face, spec = detect(astronaut)[0], assessor.estimator.spec
    mask = map_coverage.ellipse(face, spec)
    matrix = crop_to_image(face, spec)
    area = mask.sum() * abs(np.linalg.det(matrix[:, :2]))
    x0, y0, x1, y1 = face.box
    assert area == pytest.approx(np.pi / 4 * (x1 - x0) * (y1 - y0), rel=0.05)
    rows, columns = np.nonzero(mask)
    middle = matrix @ [columns.mean() + 0.5, rows.mean() + 0.5, 1]
    np.testing.assert_allclose(middle, [(x0 + x1) / 2, (y0 + y1) / 2], atol=3)


def test_metrics_are_means_over_faces_with_intervals_over_people() -> None:
    faces = [
        map_coverage.Falls(f"person {number // 2}", "", 5.0, {"blurred": (2.0 + number, 1.0, 0.5)})
        for number in range(8)
    ]
    fields = map_coverage.metric_cells(faces, "blurred").split(" | ")
    assert fields[:3] == ["5.50", "1.00", "0.50"]
    assert fields[3].startswith("4.50 (")
    assert fields[4].startswith("5.50 (")
    assert fields[5] == "100 (100 to 100)"
    assert fields[6].startswith("5.00 (")
    low, high = fields[3][6:-1].split(" to ")
    assert 1.5 <= float(low) < 4.5 < float(high) <= 7.5
