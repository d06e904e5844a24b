"""Crops of the followed face and reduced frames on the live socket."""

import json
import math

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.support.crop_client import CropClient, crop_region, encode_part
from tests.support.media import encode_image
from tests.support.scene import Actor, render, still, walk
from wince.runtime.person_assessor import PersonAssessor
from wince.server.app import create_app

BASE = "http://127.0.0.1:5001"
LIVE = "ws://127.0.0.1:5001/v1/live"
HD = (1280, 720)
FULL_HD = (1920, 1080)
AT_REST, IN_PAIN = "aa001t1abunaff031.jpg", "aa001t2aaaff019.jpg"
FACE = 140
"""Side of an actor's picture whose face is about 75 pixels wide."""


@pytest.fixture(scope="module")
def client(assessor):
    with TestClient(create_app(assessor), base_url=BASE) as client:
        yield client


def image_of(*actors, size=FULL_HD):
    return next(render(actors, 0.1, size))


def one_person(size, count=20, rate=10):
    """Yield frames and times of a person who moves a little, at first at rest and then in pain."""
    for number in range(count):
        file = AT_REST if number < count / 2 else IN_PAIN
        yield image_of(Actor(file, still(700 + 2 * number, 350, FACE)), size=size), number / rate


@pytest.mark.parametrize("size", [HD, FULL_HD])
def test_a_small_face_is_judged_in_crops_as_in_whole_frames(client, assessor, size):
    whole_frames = PersonAssessor(assessor, 6.0)
    differences = []
    with client.websocket_connect(LIVE) as socket:
        camera = CropClient(socket)
        for rgb, seconds in one_person(size):
            answer = camera.send(rgb, seconds)
            jpeg = encode_image(rgb)
            single = assessor.assess(jpeg)
            expected = whole_frames.assess(jpeg, seconds).assessments[1]
            assert single.face.usable and expected.face.usable
            if camera.sent[-1] == "whole" and size == FULL_HD:
                assert "assessment" not in answer
                continue
            assessment = answer["assessment"]
            assert assessment["quality"]["usable"]
            assert assessment["face"]["box"] == pytest.approx(expected.face.box, abs=4)
            assert assessment["raw_score"] == pytest.approx(single.raw_score, abs=1.5)
            differences.append(abs(assessment["raw_score"] - expected.raw_score))
    assert camera.sent.count("whole") == 2
    assert np.mean(differences) < 0.3, "they differ by what JPEG costs"
    assert {answer["person"] for answer in camera.answers} == {1}


def test_a_reduced_frame_finds_persons_and_leaves_the_track_alone(client):
    patient = Actor(IN_PAIN, still(700, 350, FACE))
    visitor = Actor("ff006t1aaaff018.jpg", still(1500, 500, 300))
    with client.websocket_connect(LIVE) as socket:
        camera = CropClient(socket)
        first = camera.send_whole(image_of(patient), 0.0)
        assert set(first) == {"frame", "track", "person", "choice", "persons"}
        assert (first["person"], first["track"]) == (1, None)
        region = crop_region(first["persons"][0]["box"], image_of(patient))
        for number in range(1, 10):
            before = camera.send_crop(image_of(patient), number / 10, region)
        assert [person["number"] for person in before["persons"]] == [1]
        both = camera.send_whole(image_of(patient, visitor), 1.0)
        assert "assessment" not in both and "problem" not in both
        assert [person["number"] for person in both["persons"]] == [2, 1]
        assert both["persons"][0]["box"] == pytest.approx([1420, 460, 1580, 620], abs=20)
        statement = dict(before["track"]["statement"], announced=False, age=0.1)
        assert both["track"]["statement"] == statement
        after = camera.send_crop(image_of(patient, visitor), 1.1, region)
        assert after["assessment"]["pspi"] is not None
        assert [person["number"] for person in after["persons"]] == [2, 1]


def test_a_person_who_leaves_the_crop_is_absent_and_found_again_in_the_whole_frame(client):
    patient = Actor(IN_PAIN, walk((0, 500, 350, FACE), (4, 1300, 350, FACE)))
    frames = list(render([patient], 3.0, FULL_HD))
    with client.websocket_connect(LIVE) as socket:
        camera = CropClient(socket)
        region = crop_region(camera.send_whole(frames[0], 0.0)["persons"][0]["box"], frames[0])
        for number, frame in enumerate(frames[1:], start=1):
            answer = camera.send_crop(frame, number / 10, region)
            if "problem" in answer:
                break
        kinds = ["".join({"assessment", "problem"} & set(answer)) for answer in camera.answers[1:]]
        order = [kind for kind, last in zip(kinds, [None, *kinds], strict=False) if kind != last]
        assert order == ["assessment", "", "problem"], "judged, cut off by the crop, gone"
        assert answer["problem"]["type"] == "/problems/no-face"
        whole = camera.send_whole(frame, number / 10)
        assert (whole["person"], [person["number"] for person in whole["persons"]]) == (1, [1])
        assert "problem" not in whole
        following = camera.send(frames[number + 1], (number + 1) / 10)
    assert camera.sent[-1] == "crop"
    assert (following["person"], following["assessment"]["quality"]["usable"]) == (1, True)


def test_a_person_who_stays_out_of_view_is_stated_as_such(client):
    patient, empty = image_of(Actor(IN_PAIN, still(700, 350, FACE))), image_of()
    with client.websocket_connect(LIVE) as socket:
        camera = CropClient(socket)
        for number in range(10):
            camera.send(patient, number / 10)
        for number in range(10, 25):
            answer = camera.send_whole(empty, number / 10)
    kinds = [answer["track"]["statement"]["kind"] for answer in camera.answers[10:]]
    assert kinds[-1] == "not-in-view"
    assert "problem" not in camera.answers[10], "a reduced frame may miss a small face"
    assert all("problem" in answer for answer in camera.answers[11:])
    assert answer["track"]["statement"]["age"] == pytest.approx(1.5, abs=0.11)


def test_a_person_who_walks_is_followed_by_crops(client):
    patient = Actor(IN_PAIN, walk((0, 500, 350, FACE), (3, 1100, 500, 2 * FACE)))
    with client.websocket_connect(LIVE) as socket:
        camera = CropClient(socket)
        for number, rgb in enumerate(render([patient], 3.0, FULL_HD)):
            camera.send(rgb, number / 10)
    judged = [answer for answer in camera.answers if "assessment" in answer]
    assert len(judged) >= 0.9 * camera.sent.count("crop")
    assert {answer["person"] for answer in camera.answers} == {1}
    assert [len(answer["persons"]) for answer in camera.answers] == [1] * len(camera.answers)


def test_who_is_passed_by_another_person_keeps_the_number_through_crops(client):
    patient = Actor(IN_PAIN, still(900, 400, 420))
    nurse = Actor("ff006t1aaaff018.jpg", walk((1, 300, 420, 380), (6, 1600, 420, 380)))
    with client.websocket_connect(LIVE) as socket:
        camera = CropClient(socket)
        for number, rgb in enumerate(render([nurse, patient], 6.0, FULL_HD)):
            camera.send(rgb, number / 10)
    boxes = [person["box"] for answer in camera.answers for person in answer["persons"]
             if person["number"] == 1]  # fmt: skip
    centres = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in boxes]
    assert len(boxes) > 0.9 * len(camera.answers)
    assert all(math.dist(centre, (900, 400)) < 60 for centre in centres)
    assert {answer["person"] for answer in camera.answers} == {1}
    judged = [answer for answer in camera.answers if "assessment" in answer]
    assert len(judged) > 0.9 * len(camera.answers)
    assert len(camera.answers[-1]["persons"]) == 2


def test_a_crop_before_anybody_is_followed_is_searched_in_full(client):
    patient = Actor(IN_PAIN, still(700, 350, FACE))
    with client.websocket_connect(LIVE) as socket:
        camera = CropClient(socket)
        answer = camera.send_crop(image_of(patient), 0.0, [400, 200, 1000, 650])
        assert answer["person"] == 1
        assert answer["assessment"]["face"]["box"] == pytest.approx([660, 320, 740, 400], abs=20)
        assert answer["assessment"]["pspi"] is not None


def test_the_map_lies_on_the_face_in_the_cameras_frame(client):
    patient = Actor(IN_PAIN, still(700, 350, FACE))
    with client.websocket_connect(f"{LIVE}?explain=heatmap") as socket:
        answer = CropClient(socket).send_crop(image_of(patient), 0.0, [500, 250, 900, 550])
    face, quad = answer["assessment"]["face"], answer["assessment"]["heatmap"]["quad"]
    assert np.mean(quad, axis=0) == pytest.approx(face["keypoints"]["nose"], abs=15)


def test_a_large_face_in_a_reduced_image_is_judged_and_measured_in_the_cameras_pixels(client):
    patient = Actor(IN_PAIN, still(900, 540, 1000))
    frame = image_of(patient)
    with client.websocket_connect(LIVE) as socket:
        camera = CropClient(socket)
        whole = camera.send_whole(frame, 0.0)["assessment"]
        crop = camera.send_crop(frame, 0.1, [200, 0, 1600, 1080])["assessment"]
    for assessment in (whole, crop):
        assert assessment["pspi"] is not None
        x0, _, x1, _ = assessment["face"]["box"]
        assert x1 - x0 > 450


def test_quality_is_that_of_the_face_at_the_cameras_resolution(client):
    patient = Actor(IN_PAIN, still(700, 350, 46))
    with client.websocket_connect(LIVE) as socket:
        camera = CropClient(socket)
        answer = camera.send_crop(image_of(patient), 0.0, [650, 300, 750, 400])
    warning = answer["assessment"]["quality"]["warnings"][0]
    x0, _, x1, _ = answer["assessment"]["face"]["box"]
    width = answer["assessment"]["quality"]["values"]["small"]["width"]
    assert width == pytest.approx(x1 - x0, abs=1.1)
    assert f"only {width} pixels wide" in warning


def test_times_of_a_recording_are_those_of_the_track(client):
    rgb = image_of(Actor(IN_PAIN, still(640, 360, 300)), size=HD)
    with client.websocket_connect(LIVE) as socket:
        camera = CropClient(socket)
        for number in range(12):
            answer = camera.send_whole(rgb, 100 + number / 5)
        assert answer["track"]["seconds"] == 102.2
        assert answer["track"]["statement"]["kind"] in ("level", "between")
        same = camera.send_whole(rgb, 102.2)
        assert same["assessment"]["pspi"] is not None
        assert same["track"]["score"] is None, "a second frame of one time does not count"
        back = camera.send_whole(rgb, 50.0)
        assert back["problem"]["type"] == "/problems/invalid-request"
        assert "102.2" in back["problem"]["detail"] and "50" in back["problem"]["detail"]
        assert camera.send_whole(rgb, 103.0)["track"]["seconds"] == 103.0
        socket.send_bytes(encode_part(rgb, [0, 0, 1280, 720], 1280))
        assert socket.receive_json()["problem"]["type"] == "/problems/invalid-request"


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ({"region": [0, 0, 100, 100]}, "size"),
        ({"region": [600, 0, 700, 100], "size": [640, 480]}, "640 x 480"),
        ({"region": [-1, 0, 99, 100], "size": [640, 480]}, "640 x 480"),
        ({"region": [100, 100, 100, 100], "size": [640, 480]}, "region"),
        ({"region": [0, 0, 100], "size": [640, 480]}, "region"),
        ({"region": ["0", 0, 100, 100], "size": [640, 480]}, "region"),
        ({"region": [0, 0, True, 100], "size": [640, 480]}, "region"),
        ({"region": [0, 0, math.nan, 100], "size": [640, 480]}, "region"),
        ({"region": [0, 0, 10**400, 100], "size": [640, 480]}, "region"),
        ({"region": [0, 0, 300, 100], "size": [640, 480]}, "300 x 100"),
        ({"size": [640, 640.5]}, "size"),
        ({"size": [640]}, "size"),
        ({"size": [100_000, 100_000]}, "million"),
        ({"size": [1, 1]}, "size"),
        ({"size": [640, 480]}, "640 x 480"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": math.inf}, "seconds"),
        ({"seconds": "1"}, "seconds"),
        ({"area": [0, 0, 10, 10]}, "area"),
        ([0, 0, 10, 10], "frame"),
        ("whole", "frame"),
    ],
)
def test_an_impossible_description_is_the_answer_to_its_frame(client, frames, message, word):
    jpeg = frames[0].path.read_bytes()
    with client.websocket_connect(LIVE) as socket:
        socket.send_text(json.dumps({"frame": message}))
        socket.send_bytes(jpeg)
        answer = socket.receive_json()
        assert answer["frame"] == 1
        assert answer["problem"]["type"] == "/problems/invalid-request"
        assert word in answer["problem"]["detail"].lower()
        socket.send_bytes(jpeg)
        assert "assessment" in socket.receive_json(), "it holds for one frame"


def test_an_empty_description_changes_nothing(client, assessor, frames):
    expected = assessor.assess(frames[1].path)
    with client.websocket_connect(LIVE) as socket:
        socket.send_text(json.dumps({"frame": {}}))
        socket.send_bytes(frames[1].path.read_bytes())
        assert socket.receive_json()["assessment"]["raw_score"] == expected.raw_score
