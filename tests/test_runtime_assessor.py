"""The way from a picture to an assessment."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.conftest import Frame

import wince
from wince.errors import NoFaceError, NotAnImageError
from wince.runtime.assessment import SCHEMA, Assessment
from wince.runtime.estimator import Estimate
from wince.scale import LEVELS, UNIT_NAMES, Level


@pytest.fixture(scope="module")
def assessor() -> wince.Assessor:
    return wince.Assessor()


def two_faces(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The head of the portrait, and a little smaller beside it the same again."""
    head = Image.fromarray(astronaut[:256, 96:352])
    picture = np.zeros((512, 912, 3), np.uint8)
    picture[:, :512] = np.asarray(head.resize((512, 512)))
    picture[:400, 512:] = np.asarray(head.resize((400, 400)))
    return picture


def test_an_assessment_is_whole_and_consistent(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    found = assessor.assess(astronaut)
    low, high = found.interval
    assert 0 <= low <= found.pspi <= high <= 16
    assert low < high
    assert set(found.level_probabilities) == {str(level) for level in LEVELS}
    assert sum(found.level_probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert found.confidence == found.level_probabilities[found.level]
    assert found.action_units is not None
    assert tuple(found.action_units) == UNIT_NAMES
    assert found.milliseconds["total"] >= found.milliseconds["score"] > 0


def test_a_smile_is_not_read_as_moderate_or_severe_pain(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    assert assessor.assess(astronaut).level in (Level.NONE, Level.MILD)


def test_rendered_grimaces_score_above_rendered_calm_faces(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    score = {True: [], False: []}  # type: dict[bool, list[float]]
    for frame in frames:
        if frame.pspi == 0 or frame.pspi >= 6:
            score[frame.pspi > 0].append(assessor.assess(frame.path).raw_score)
    assert np.mean(score[True]) > np.mean(score[False]) + 1


def test_confidence_and_interval_differ_between_faces(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    found = [assessor.assess(frame.path) for frame in frames]
    assert len({one.confidence for one in found}) > len(found) / 2
    assert len({one.interval for one in found}) > len(found) / 2


def test_path_bytes_and_array_give_the_same(assessor: wince.Assessor, frames: list[Frame]) -> None:
    path = frames[0].path
    with Image.open(path) as image:
        array = np.asarray(image.convert("RGB"))
    scores = {assessor.assess(one).pspi for one in (path, str(path), path.read_bytes(), array)}
    assert len(scores) == 1


def test_the_json_form_has_every_promised_field(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    data = json.loads(json.dumps(assessor.assess(astronaut).to_dict()))
    assert data["schema"] == SCHEMA
    promised = (
        "pspi interval level level_probabilities confidence action_units face quality sentence "
        "advice model milliseconds"
    )
    assert set(promised.split()) <= set(data)
    assert set(data["face"]) >= {"box", "keypoints", "score", "yaw"}
    assert set(data["quality"]) == {"usable", "warnings", "reasons"}
    assert set(data["model"]) == {"name", "version"}


def test_the_larger_of_two_faces_is_assessed_and_a_warning_says_so(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    found = assessor.assess(two_faces(astronaut))
    assert found.face is not None
    assert found.face.count == 2
    assert found.face.box[0] < 512
    assert any("2 faces were found" in warning for warning in found.quality.warnings)


def test_every_face_is_told_with_its_box_so_that_another_can_be_picked(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    picture = two_faces(astronaut)
    first, second = (assessor.assess(picture, face_index=index).face for index in (0, 1))
    assert first is not None
    assert second is not None
    assert first.boxes == second.boxes == (first.box, second.box)
    assert (first.index, second.index) == (0, 1)


def test_another_face_can_be_asked_for(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    found = assessor.assess(two_faces(astronaut), face_index=1)
    assert found.face is not None
    assert found.face.box[0] >= 512
    with pytest.raises(
        NoFaceError, match="Face number 3 by size was asked for, but only 2 were found"
    ):
        assessor.assess(two_faces(astronaut), face_index=2)


def test_the_box_is_in_pixels_of_the_full_picture_though_a_large_jpeg_is_decoded_smaller(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    large = io.BytesIO()
    Image.fromarray(astronaut).resize((4096, 4096)).save(large, "JPEG")
    boxes = [assessor.assess(one).face.box for one in (astronaut, large.getvalue())]  # type: ignore[union-attr]  # a face was found
    np.testing.assert_allclose(np.array(boxes[1]) / 8, boxes[0], atol=4)


def test_no_face_is_an_error_that_says_what_to_do(assessor: wince.Assessor) -> None:
    with pytest.raises(NoFaceError, match=r"No face was found.*from the front"):
        assessor.assess(np.full((200, 300, 3), 127, np.uint8))


def test_a_small_face_is_warned_of(assessor: wince.Assessor, astronaut: NDArray[np.uint8]) -> None:
    small = np.asarray(Image.fromarray(astronaut).resize((160, 160)))
    assert any("pixels wide" in warning for warning in assessor.assess(small).quality.warnings)


def test_a_low_score_is_never_worded_as_no_pain(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    said = {assessor.assess(frame.path).sentence for frame in frames}
    assert not any(sentence.lower().rstrip(".").endswith("no pain") for sentence in said)


def test_several_threads_get_what_one_gets(assessor: wince.Assessor, frames: list[Frame]) -> None:
    paths: list[Path] = [frame.path for frame in frames] * 3
    alone = [assessor.assess(path).pspi for path in paths]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda path: assessor.assess(path).pspi, paths))
    assert together == alone


def test_the_short_way_gives_what_an_assessor_gives(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    assert wince.assess(astronaut).pspi == assessor.assess(astronaut).pspi


def test_many_pictures_take_one_call_of_the_network_and_say_what_each_alone_says(
    assessor: wince.Assessor, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    network = assessor.estimator

    def counted(crops: NDArray[np.uint8]) -> Estimate:
        calls.append(len(crops))
        return network(crops)

    counted.spec, counted.card, counted.calibration = (  # type: ignore[attr-defined]  # as there
        network.spec,
        network.card,
        network.calibration,
    )
    with Image.open(frames[1].path) as image:
        array = np.asarray(image.convert("RGB"))
    grey = np.full((200, 300, 3), 127, np.uint8)
    given = [frames[0].path, array, b"no picture", grey, frames[2].path.read_bytes()]
    alone = [assessor.assess(given[n], heatmap=True) for n in (0, 1, 4)]  # type: ignore[arg-type]  # as below
    monkeypatch.setattr(assessor, "estimator", counted)
    found = assessor.assess_many(given, heatmap=True)  # type: ignore[arg-type]  # a mixed list
    assert calls == [3]
    assert [type(one) for one in found[2:4]] == [NotAnImageError, NoFaceError]
    for one, other in zip([found[0], found[1], found[4]], alone, strict=True):
        assert isinstance(one, Assessment)
        assert one.pspi == pytest.approx(other.pspi, abs=0.01)
        assert (one.level, one.face) == (other.level, other.face)
        assert one.heatmap is not None
        assert other.heatmap is not None
        np.testing.assert_allclose(one.heatmap.pspi, other.heatmap.pspi, atol=0.01)


def test_no_pictures_and_no_faces_need_no_network(assessor: wince.Assessor) -> None:
    assert assessor.assess_many([]) == []
    (error,) = assessor.assess_many([b"no picture"])
    assert isinstance(error, NotAnImageError)


def test_many_pictures_in_several_threads_get_what_one_thread_gets(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    def scores(start: int) -> list[float]:
        found = assessor.assess_many([frame.path for frame in frames[start : start + 4]])
        return [one.raw_score for one in found if isinstance(one, Assessment)]

    starts = [0, 4, 8, 12] * 3
    alone = [scores(start) for start in starts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(scores, starts)) == alone
    assert all(len(found) == 4 for found in alone)
