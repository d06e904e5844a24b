"""The way from a picture to an assessment."""

import dataclasses
import gc
import io
import json
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import wince
from tests.support.frames import Frame
from wince.errors import ImageError, NeutralFaceError, NoFaceError, NotAnImageError, WinceError
from wince.images import ImageSource
from wince.runtime import assessor as assessors
from wince.runtime.assessment import SCHEMA, Assessment
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


def test_rendered_grimaces_score_above_rendered_neutral_faces(
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


NOBODY = np.full((200, 300, 3), 127, np.uint8)


def untimed(found: Assessment | WinceError) -> object:
    """What was found, times aside; of an error its kind and its sentence."""
    if isinstance(found, WinceError):
        return type(found), str(found)
    data = found.to_dict()
    assert {*data.pop("milliseconds")} == {
        *("decode", "find_face", "align", "check", "score", "total")
    }
    return data


def alone(assessor: wince.Assessor, image: ImageSource, **options: object) -> object:
    try:
        return untimed(assessor.assess(image, **options))  # type: ignore[arg-type]
    except WinceError as error:
        return untimed(error)


@pytest.fixture
def mixed(frames: list[Frame], astronaut: NDArray[np.uint8]) -> list[ImageSource]:
    """Paths, bytes and arrays: faces that can be judged or not, several, and none; bad files."""
    return [
        *(frame.path for frame in frames),
        str(frames[0].path),
        frames[1].path.read_bytes(),
        b"no picture",
        astronaut,
        two_faces(astronaut),
        np.asarray(Image.fromarray(astronaut).resize((80, 80))),
        NOBODY,
        "missing.jpg",
        np.zeros((20, 20), np.uint8),
    ]


def test_a_batch_gives_what_its_pictures_give_alone(
    assessor: wince.Assessor, mixed: list[ImageSource]
) -> None:
    found = assessor.assess_batch(mixed)
    together = [untimed(one) for one in found]
    assert together == [alone(assessor, one) for one in mixed]
    errors = [one for one in found if isinstance(one, WinceError)]
    for error in errors:  # what led to one holds the picture's bytes
        assert error.__traceback__ is error.__cause__ is error.__context__ is None
    kinds = [one[0] for one in together if isinstance(one, tuple)]
    assert kinds == [NotAnImageError, NoFaceError, ImageError, ImageError]
    assert any(isinstance(one, dict) and one["level"] is None for one in together)


def test_a_batch_with_every_option_gives_what_its_pictures_give_alone(
    assessor: wince.Assessor, mixed: list[ImageSource]
) -> None:
    neutral = assessor.neutral_face(mixed[:2])
    for index in (0, 1):
        options = {"face_index": index, "heatmap": True, "neutral": neutral}
        together = [untimed(one) for one in assessor.assess_batch(mixed, **options)]  # type: ignore[arg-type]
        assert together == [alone(assessor, one, **options) for one in mixed]
        assert any(isinstance(one, dict) and one["heatmap"] for one in together)


def test_the_faces_of_a_batch_go_through_the_network_together(
    assessor: wince.Assessor, mixed: list[ImageSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    network = assessor.estimator.__class__.__call__

    def counted(self: object, crops: NDArray[np.uint8]) -> object:
        sizes.append(len(crops))
        return network(self, crops)  # type: ignore[arg-type]

    monkeypatch.setattr(assessor.estimator.__class__, "__call__", counted)
    whole = assessor.assess_batch(mixed)
    assert sizes == [len(mixed) - 4]
    monkeypatch.setattr(assessors, "BATCH_SIZE", 8)
    assert list(map(untimed, assessor.assess_batch(mixed))) == list(map(untimed, whole))
    assert len(sizes) == 1 + -(-len(mixed) // 8)
    assert max(sizes[1:]) == 8


def test_a_batch_may_be_empty_one_picture_one_array_or_a_generator(
    assessor: wince.Assessor, frames: list[Frame], astronaut: NDArray[np.uint8]
) -> None:
    assert assessor.assess_batch([]) == []
    (error,) = assessor.assess_batch([b"no picture"])  # no face, so nothing for the network
    assert isinstance(error, NotAnImageError)
    path = frames[0].path
    for one in (path, str(path), path.read_bytes(), astronaut):
        assert [untimed(found) for found in assessor.assess_batch(one)] == [alone(assessor, one)]
    stack = np.stack([astronaut, NOBODY.repeat(3, 0)[:512, :1].repeat(512, 1)])
    for several in (stack, iter(stack)):
        found = [untimed(one) for one in assessor.assess_batch(several)]
        assert found == [alone(assessor, astronaut), alone(assessor, NOBODY)]


def test_a_batch_keeps_no_picture_in_memory(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    made: list[weakref.ref[NDArray[np.uint8]]] = []
    most = 0

    def pictures() -> Iterator[NDArray[np.uint8]]:
        nonlocal most
        for number in range(6):
            rgb = astronaut.copy() if number % 2 else NOBODY.copy()
            made.append(weakref.ref(rgb))
            yield rgb
            del rgb
            gc.collect()
            most = max(most, sum(one() is not None for one in made))

    found = assessor.assess_batch(pictures(), heatmap=True)
    assert [isinstance(one, NoFaceError) for one in found] == [True, False] * 3
    assert most <= 1
    gc.collect()
    assert all(one() is None for one in made)


def test_a_neutral_face_of_another_model_stops_a_batch(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    neutral = assessor.neutral_face([frames[0].path])
    other = dataclasses.replace(neutral, model={"name": "other", "version": "1"})
    with pytest.raises(NeutralFaceError):
        assessor.assess_batch([frames[0].path], neutral=other)


def test_several_threads_get_what_one_gets(
    assessor: wince.Assessor, mixed: list[ImageSource]
) -> None:
    # One by one and in batches at the same time, each picture by several threads.
    expected = [alone(assessor, one, heatmap=True) for one in mixed]

    def singly(_: int) -> list[object]:
        return [alone(assessor, one, heatmap=True) for one in mixed]

    def together(_: int) -> list[object]:
        return [untimed(one) for one in assessor.assess_batch(mixed, heatmap=True)]

    with ThreadPoolExecutor(6) as pool:
        work = [pool.submit(way, n) for n in range(3) for way in (singly, together)]
        assert all(one.result() == expected for one in work)


def test_the_short_way_gives_what_an_assessor_gives(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    assert wince.assess(astronaut).pspi == assessor.assess(astronaut).pspi
