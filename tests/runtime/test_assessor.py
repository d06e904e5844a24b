"""Assessments of single images and of batches."""

import dataclasses
import gc
import io
import json
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import wince
from tests.support.frames import Frame
from tests.support.portraits import two_faces
from wince.errors import ImageError, NeutralFaceError, NoFaceError, NotAnImageError, WinceError
from wince.faces.face import KEYPOINTS
from wince.images import ImageSource
from wince.runtime import assessor as assessors
from wince.runtime.assessment import SCHEMA, Assessment
from wince.runtime.calibration import CalibratedScore, Calibration
from wince.scale import LEVELS, UNIT_NAMES, Level


@pytest.fixture(scope="module")
def assessor() -> wince.Assessor:
    return wince.Assessor()


def test_an_assessment_is_complete_and_consistent(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    assessment = assessor.assess(astronaut)
    low, high = assessment.interval
    assert 0 <= low <= assessment.pspi <= high <= 16
    assert low < high
    assert set(assessment.level_probabilities) == {str(level) for level in LEVELS}
    assert sum(assessment.level_probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert assessment.confidence == assessment.level_probabilities[assessment.level]
    assert assessment.action_units is not None
    assert tuple(assessment.action_units) == UNIT_NAMES
    assert assessment.milliseconds["total"] >= assessment.milliseconds["score"] > 0


def test_a_smile_is_not_read_as_moderate_or_severe_pain(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    assert assessor.assess(astronaut).level in (Level.NONE, Level.MILD)


def test_rendered_grimaces_score_above_rendered_neutral_faces(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    neutral = [assessor.assess(f.path).raw_score for f in frames if f.pspi == 0]
    grimaces = [assessor.assess(f.path).raw_score for f in frames if f.pspi >= 6]
    assert np.mean(grimaces) > np.mean(neutral) + 1


def test_confidence_and_interval_differ_between_faces(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    assessments = [assessor.assess(frame.path) for frame in frames]
    half = len(assessments) / 2
    assert len({assessment.confidence for assessment in assessments}) > half
    assert len({assessment.interval for assessment in assessments}) > half


def test_path_bytes_and_array_give_the_same_score(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    path = frames[0].path
    with Image.open(path) as image:
        array = np.asarray(image.convert("RGB"))
    opened = Image.open(path)
    file = io.BytesIO(path.read_bytes())
    sources = (path, str(path), path.read_bytes(), array, opened, file, Image.fromarray(array))
    scores = {assessor.assess(source).pspi for source in sources}
    assert len(scores) == 1
    assert wince.assess(opened).pspi in scores


def test_the_json_form_has_every_documented_field(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    data = json.loads(json.dumps(assessor.assess(astronaut).to_dict()))
    assert data["schema"] == SCHEMA
    documented = (
        "schema pspi score scale interval level between level_probabilities confidence "
        "action_units raw_score face faces quality sentence advice model milliseconds"
    )
    assert set(documented.split()) == set(data)
    assert data["faces"] == [data["face"]]
    documented = "box keypoints score yaw pitch roll usable reasons index"
    assert set(data["face"]) == set(documented.split())
    assert set(data["quality"]) == {
        "usable",
        "warnings",
        "reasons",
        "warning_codes",
        "values",
    }
    assert set(data["model"]) == {"name", "version"}


def test_the_larger_of_two_faces_is_assessed_and_a_warning_says_so(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    assessment = assessor.assess(two_faces(astronaut))
    assert len(assessment.faces) == 2
    assert assessment.face.box[0] < 512
    assert any("2 faces were found" in warning for warning in assessment.quality.warnings)


def test_all_faces_are_listed_for_each_face_index(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    rgb = two_faces(astronaut)
    first, second = (assessor.assess(rgb, face_index=index) for index in (0, 1))
    assert first.faces == second.faces == (first.face, second.face)
    for index, face in enumerate(first.faces):
        assert (face.index, face.usable, face.reasons) == (index, True, {})
        assert set(face.keypoints) == set(KEYPOINTS)
        assert 0.5 < face.score <= 1
        assert max(abs(face.yaw), abs(face.pitch), abs(face.roll)) < 30


def test_every_face_is_assessed_with_one_call_of_the_network(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    rgb = two_faces(astronaut)
    expected = [assess_single(assessor, rgb, face_index=index, heatmap=True) for index in (0, 1)]
    for single in expected:
        single["quality"] |= {"warnings": (), "warning_codes": (), "values": {}}  # of the choice
    sizes = count_crops(assessor, monkeypatch)
    results = assessor.assess_faces(rgb, heatmap=True)
    assert [without_times(result) for result in results] == expected
    assert sizes == [2]
    with pytest.raises(NoFaceError, match="No face was found"):
        assessor.assess_faces(NO_FACE)


def test_a_face_that_cannot_be_judged_has_no_score_and_the_others_have_one(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = count_crops(assessor, monkeypatch)
    rgb = two_faces(astronaut, covered=True)
    plain, covered = assessor.assess_faces(rgb, heatmap=True)
    assert sizes == [1]  # the network is not asked about the covered face
    neutral = assessor.neutral_face([rgb])
    assert assessor.assess(rgb, face_index=1, neutral=neutral).change is None
    assert plain.score is not None
    assert plain.heatmap is not None
    assert [face.usable for face in covered.faces] == [True, False]
    assert list(covered.faces[1].reasons) == list(covered.quality.reasons) == ["mouth-covered"]
    assert covered.score is None
    data = covered.to_dict()
    for name in (
        *("pspi", "raw_score", "action_units", "interval", "level", "between"),
        *("level_probabilities", "confidence"),
    ):
        assert data[name] is None
    assert "heatmap" not in data
    assert "change" not in data
    assert covered.sentence == "This image cannot be judged: the mouth seems to be covered."


def test_a_level_that_is_not_clear_is_worded_with_its_neighbour(
    assessor: wince.Assessor, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = {"none": 0.1, "mild": 0.45, "moderate": 0.4, "severe": 0.05}
    score = CalibratedScore(4.9, (1.0, 9.0), Level.MILD, shares)
    monkeypatch.setattr(Calibration, "__call__", lambda *_: score)
    assessment = assessor.assess(frames[0].path)
    assert assessment.calibrated == score
    assert assessment.between == (Level.MILD, Level.MODERATE)
    assert assessment.to_dict()["between"] == ["mild", "moderate"]
    assert assessment.sentence == "Pain expression: between mild and moderate."
    assert assessment.advice.startswith("It may be moderate; act as for that level.")


def test_another_face_is_assessed_by_its_index(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    assessment = assessor.assess(two_faces(astronaut), face_index=1)
    assert assessment.face.box[0] >= 512
    with pytest.raises(
        NoFaceError, match="Face number 3 by size was asked for, but only 2 were found"
    ):
        assessor.assess(two_faces(astronaut), face_index=2)


def test_the_box_of_a_large_jpeg_is_in_pixels_of_the_image_at_full_size(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    large = io.BytesIO()
    Image.fromarray(astronaut).resize((4096, 4096)).save(large, "JPEG")
    boxes = [assessor.assess(image).face.box for image in (astronaut, large.getvalue())]  # type: ignore[union-attr]  # a face was found
    np.testing.assert_allclose(np.array(boxes[1]) / 8, boxes[0], atol=4)


def test_an_image_without_a_face_is_an_error_with_the_next_step(assessor: wince.Assessor) -> None:
    with pytest.raises(NoFaceError, match=r"No face was found.*from the front"):
        assessor.assess(np.full((200, 300, 3), 127, np.uint8))


def test_a_small_face_gets_a_warning(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    small = np.asarray(Image.fromarray(astronaut).resize((160, 160)))
    assert any("pixels wide" in warning for warning in assessor.assess(small).quality.warnings)


def test_a_low_score_is_never_worded_as_no_pain(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    sentences = {assessor.assess(frame.path).sentence for frame in frames}
    assert not any(text.lower().rstrip(".").endswith("no pain") for text in sentences)


def count_crops(assessor: wince.Assessor, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which each call of the network adds the number of its crops."""
    sizes: list[int] = []
    network = assessor.estimator.__class__.__call__

    def counting(self: object, crops: NDArray[np.uint8]) -> object:
        sizes.append(len(crops))
        return network(self, crops)  # type: ignore[arg-type]  # self is an Estimator

    monkeypatch.setattr(assessor.estimator.__class__, "__call__", counting)
    return sizes


NO_FACE = np.full((200, 300, 3), 127, np.uint8)


def without_times(result: Assessment | WinceError) -> object:
    """Return the data of an assessment without durations, or the type and message of an error."""
    if isinstance(result, WinceError):
        return type(result), str(result)
    data = result.to_dict()
    assert {*data.pop("milliseconds")} == {
        *("decode", "find_face", "align", "check", "score", "total")
    }
    return data


def assess_single(assessor: wince.Assessor, image: ImageSource, **options: object) -> object:
    try:
        return without_times(assessor.assess(image, **options))  # type: ignore[arg-type]  # mixed types
    except WinceError as error:
        return without_times(error)


@pytest.fixture
def mixed(frames: list[Frame], astronaut: NDArray[np.uint8]) -> list[ImageSource]:
    """Return images of all types with one face, several or none, and invalid images."""
    return [
        *(frame.path for frame in frames),
        str(frames[0].path),
        frames[1].path.read_bytes(),
        b"not an image",
        astronaut,
        two_faces(astronaut),
        np.asarray(Image.fromarray(astronaut).resize((80, 80))),
        NO_FACE,
        Image.fromarray(astronaut),
        "missing.jpg",
        np.zeros((20, 20), np.uint8),
    ]


def test_a_batch_gives_the_same_results_as_single_images(
    assessor: wince.Assessor, mixed: list[ImageSource]
) -> None:
    results = assessor.assess_batch(mixed)
    batched = [without_times(result) for result in results]
    assert batched == [assess_single(assessor, image) for image in mixed]
    errors = [result for result in results if isinstance(result, WinceError)]
    for error in errors:  # a traceback would keep the image in memory
        assert error.__traceback__ is error.__cause__ is error.__context__ is None
    error_types = [data[0] for data in batched if isinstance(data, tuple)]
    assert error_types == [NotAnImageError, NoFaceError, ImageError, ImageError]
    assert any(isinstance(data, dict) and data["level"] is None for data in batched)


def test_a_batch_with_every_option_gives_the_same_results_as_single_images(
    assessor: wince.Assessor, mixed: list[ImageSource]
) -> None:
    neutral = assessor.neutral_face(mixed[:2], any_expression=True)
    for index in (0, 1):
        options = {"face_index": index, "heatmap": True, "neutral": neutral}
        results = assessor.assess_batch(mixed, **options)  # type: ignore[arg-type]  # mixed types
        batched = [without_times(result) for result in results]
        assert batched == [assess_single(assessor, image, **options) for image in mixed]
        assert any(isinstance(data, dict) and data["heatmap"] for data in batched)


def test_the_faces_of_a_batch_share_calls_of_the_network(
    assessor: wince.Assessor, mixed: list[ImageSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = count_crops(assessor, monkeypatch)
    expected = assessor.assess_batch(mixed)
    assert sizes == [len(mixed) - 5]  # four have no face, and one is refused
    monkeypatch.setattr(assessors, "BATCH_SIZE", 8)
    assert list(map(without_times, assessor.assess_batch(mixed))) == list(
        map(without_times, expected)
    )
    assert len(sizes) == 1 + -(-len(mixed) // 8)
    assert max(sizes[1:]) == 8


def test_a_batch_is_empty_one_image_one_array_or_a_generator(
    assessor: wince.Assessor, frames: list[Frame], astronaut: NDArray[np.uint8]
) -> None:
    assert assessor.assess_batch([]) == []
    (error,) = assessor.assess_batch([b"not an image"])  # without a call of the network
    assert isinstance(error, NotAnImageError)
    path = frames[0].path
    for image in (path, str(path), path.read_bytes(), astronaut):
        (result,) = assessor.assess_batch(image)
        assert without_times(result) == assess_single(assessor, image)
    stack = np.stack([astronaut, NO_FACE.repeat(3, 0)[:512, :1].repeat(512, 1)])
    expected = [assess_single(assessor, image) for image in (astronaut, NO_FACE)]
    for images in (stack, iter(stack)):
        results = assessor.assess_batch(images)
        assert [without_times(result) for result in results] == expected


class Unexpected:
    def read(self, size: int) -> bytes:
        raise AssertionError("not a real file")


def test_nothing_in_a_batch_stops_the_others(
    assessor: wince.Assessor, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = frames[0].path
    wrong = [None, 5, "", io.StringIO("text"), Unexpected(), np.array(["text"]), {}, float("nan")]
    results = assessor.assess_batch([path, *wrong, path])  # type: ignore[list-item]  # on purpose
    assert all(isinstance(result, ImageError) for result in results[1:-1])
    assert without_times(results[0]) == without_times(results[-1]) == assess_single(assessor, path)
    assert "found NoneType" in str(results[1])

    def fail(*_: object) -> None:
        raise KeyError("unexpected")

    monkeypatch.setattr(assessors, "crop_face", fail)
    (result,) = assessor.assess_batch([path])
    assert "a bug in wince (KeyError: 'unexpected')" in str(result)


@pytest.mark.parametrize("as_image", [io.BytesIO, lambda data: Image.open(io.BytesIO(data))])
def test_a_batch_and_a_neutral_face_take_a_single_file_object_or_pillow_image(
    assessor: wince.Assessor, frames: list[Frame], as_image: Callable[[bytes], ImageSource]
) -> None:
    image = as_image(frames[0].path.read_bytes())
    (result,) = assessor.assess_batch(image)
    assert without_times(result) == assess_single(assessor, frames[0].path)
    assert assessor.neutral_face(image).images == 1


def test_a_batch_keeps_no_image_in_memory(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    references: list[weakref.ref[NDArray[np.uint8]]] = []
    maximum = 0

    def images() -> Iterator[NDArray[np.uint8]]:
        nonlocal maximum
        for number in range(6):
            rgb = astronaut.copy() if number % 2 else NO_FACE.copy()
            references.append(weakref.ref(rgb))
            yield rgb
            del rgb
            gc.collect()
            maximum = max(maximum, sum(reference() is not None for reference in references))

    results = assessor.assess_batch(images(), heatmap=True)
    assert [isinstance(result, NoFaceError) for result in results] == [True, False] * 3
    assert maximum <= 1
    gc.collect()
    assert all(reference() is None for reference in references)


def test_a_neutral_face_of_another_model_stops_a_batch(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    neutral = assessor.neutral_face([frames[0].path])
    other = dataclasses.replace(neutral, model={"name": "other", "version": "1"})
    with pytest.raises(NeutralFaceError):
        assessor.assess_batch([frames[0].path], neutral=other)


def test_several_threads_get_the_same_results_as_one(
    assessor: wince.Assessor, mixed: list[ImageSource]
) -> None:
    # Single images and batches at the same time, each image in several threads.
    def single() -> list[object]:
        return [assess_single(assessor, image, heatmap=True) for image in mixed]

    def batched() -> list[object]:
        return [without_times(result) for result in assessor.assess_batch(mixed, heatmap=True)]

    expected = single()
    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(task) for _ in range(3) for task in (single, batched)]
        assert all(future.result() == expected for future in futures)


def test_the_function_gives_the_same_score_as_an_assessor(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    assert wince.assess(astronaut).pspi == assessor.assess(astronaut).pspi
