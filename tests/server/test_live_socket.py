import asyncio
import io
import json
import threading
import time

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tests.support.media import encode_image
from tests.support.scene import Actor, render, still
from wince import scale
from wince.server.app import create_app
from wince.server.live_socket import Frame, LatestFrame
from wince.server.problems import ProblemError
from wince.server.settings import Settings
from wince.server.worker_pool import WorkerPool

BASE = "http://127.0.0.1:5001"
LIVE = "ws://127.0.0.1:5001/v1/live"
GREY = encode_image(np.full((200, 200, 3), 128, np.uint8))


@pytest.fixture(scope="module")
def client(assessor):
    settings = Settings(max_frame_bytes=200_000, max_live=2)
    with TestClient(create_app(assessor, settings=settings), base_url=BASE) as client:
        yield client


SCORE_FIELDS = ("pspi", "raw_score", "interval", "level", "between", "confidence", "action_units")


def test_frames_are_answered_with_assessments(client, assessor, frames):
    for frame in frames[:4]:
        expected = json.loads(json.dumps(assessor.assess(frame.path).to_dict()))
        with client.websocket_connect(LIVE) as socket:
            for number in range(1, 5):
                answer = ask(socket, frame.path.read_bytes())
                assert set(answer) == {
                    "frame",
                    "assessment",
                    "track",
                    "person",
                    "choice",
                    "persons",
                }
                assert answer["frame"] == number
                assert 0 <= answer["track"]["score"]["pspi"] <= scale.PSPI_MAXIMUM
                assert answer["assessment"].keys() == expected.keys()
                for name in SCORE_FIELDS:
                    assert answer["assessment"][name] == expected[name], "an unchanged image"


def test_frames_have_the_map_on_request(client, assessor, portrait_jpeg):
    with client.websocket_connect(f"{LIVE}?explain=heatmap") as socket:
        for _ in range(2):
            socket.send_bytes(portrait_jpeg)
            expected = json.loads(
                json.dumps(assessor.assess(portrait_jpeg, heatmap=True).to_dict()["heatmap"])
            )
            assert socket.receive_json()["assessment"]["heatmap"] == expected


def test_unknown_explanation_is_refused(client):
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(f"{LIVE}?explain=why"),
    ):
        pass
    assert refused.value.status_code == 422
    assert "'heatmap'" in refused.value.json()["detail"]


def test_track_smooths_holds_and_continues_after_frames_without_a_face(client, frames):
    at_rest, in_pain = frames[0].path.read_bytes(), frames[1].path.read_bytes()
    with client.websocket_connect(f"{LIVE}?smoothing=60&hold=0&away=60") as socket:
        track = ask(socket, GREY)["track"]
        assert (track["score"], track["statement"]["kind"]) == (None, "not-in-view")
        first = ask(socket, at_rest)
        track = first["track"]
        assert track["score"]["pspi"] == pytest.approx(first["assessment"]["pspi"], abs=0.01)
        statement = track["statement"]
        assert (statement["level"], statement["announced"], statement["age"]) == ("none", True, 0)
        assert statement["pspi"] == track["score"]["pspi"]
        away = ask(socket, GREY)
        assert away["problem"]["type"] == "/problems/no-face"
        assert away["track"]["statement"]["age"] > 0
        assert not away["track"]["statement"]["announced"]
        last = ask(socket, in_pain)
        assert last["assessment"]["pspi"] > 3
        assert last["track"]["score"]["pspi"] < 1.5, "a minute of smoothing: it hardly changed"
        assert last["track"]["seconds"] > away["track"]["seconds"] > track["seconds"]
        assert last["track"]["statement"]["sentence"].endswith(".")
    with client.websocket_connect(f"{LIVE}?smoothing=0&hold=60&margin=0") as socket:
        ask(socket, at_rest)
        last = ask(socket, in_pain)
        assert last["track"]["eyes"] == "blink"
        frame = last["assessment"]
        without_eyes = frame["raw_score"] - frame["action_units"]["AU43"]
        assert last["track"]["score"]["raw_score"] == pytest.approx(without_eyes, abs=0.1)
        statement = last["track"]["statement"]
        assert (statement["kind"], statement["pspi"]) == ("changing", None)


def test_a_face_that_cannot_be_judged_has_no_score_anywhere_in_the_answer(client, portrait_jpeg):
    portrait = np.asarray(Image.open(io.BytesIO(portrait_jpeg)))
    with client.websocket_connect(LIVE) as socket:
        answer = ask(socket, encode_image((portrait * 0.1).astype(np.uint8)))
    assert answer["assessment"]["quality"]["usable"] is False
    assert answer["assessment"]["pspi"] is None
    assert answer["track"]["score"] is None
    statement = answer["track"]["statement"]
    assert (statement["kind"], statement["pspi"]) == ("cannot-tell", None)
    assert statement["reasons"] == answer["assessment"]["quality"]["reasons"]
    assert statement["values"]["dark"] == answer["assessment"]["quality"]["values"]["dark"]
    assert statement["values"]["dark"]["contrast"] < 35


PATIENT = Actor("aa001t1abunaff031.jpg", still(160, 240, 220))
NURSE = Actor("ff006t1aaaff018.jpg", still(460, 240, 320))


def encoded(*actors):
    return encode_image(next(render(actors, 0.1)))


def test_the_only_person_at_the_start_is_followed_beside_a_larger_one(client):
    with client.websocket_connect(LIVE) as socket:
        for _ in range(2):
            alone = ask(socket, encoded(PATIENT))
        assert (alone["person"], alone["choice"]) == (1, "only")
        time.sleep(1.1)  # until the next full search
        both = ask(socket, encoded(PATIENT, NURSE))
        assert [person["number"] for person in both["persons"]] == [2, 1]
        assert both["person"] == 1
        assert both["assessment"]["face"]["box"][2] < 320
        gone = ask(socket, encoded(NURSE))
        assert (gone["person"], gone["problem"]["type"]) == (1, "/problems/no-face")
        assert "Person 1, who is followed, is not in view" in gone["problem"]["detail"]
        assert gone["track"]["score"] is None
        assert "assessment" not in gone


def test_a_message_chooses_the_person_to_follow_with_a_new_track(client):
    both = encoded(PATIENT, NURSE)
    with client.websocket_connect(f"{LIVE}?hold=0") as socket:
        first = ask(socket, both)
        assert (first["person"], first["choice"]) == (1, "largest")
        assert first["assessment"]["face"]["box"][0] > 320
        socket.send_json({"person": 2})
        chosen = ask(socket, both)
        assert (chosen["person"], chosen["choice"]) == (2, "number")
        assert chosen["assessment"]["face"]["box"][2] < 320
        score_of_frame = chosen["assessment"]["pspi"]
        assert chosen["track"]["score"]["pspi"] == pytest.approx(score_of_frame, abs=0.01)


@pytest.mark.parametrize("number", [7, 0, -1, 1.5, True, "1", None, [1]])
def test_a_person_who_is_not_in_view_cannot_be_chosen(client, number):
    with client.websocket_connect(LIVE) as socket:
        ask(socket, encoded(PATIENT))
        socket.send_json({"person": number})
        answer = socket.receive_json()
        assert (answer["frame"], answer["problem"]["type"]) == (None, "/problems/invalid-request")
        assert "expected the number of a person in view" in answer["problem"]["detail"]
        assert ask(socket, encoded(PATIENT))["person"] == 1


def ask(socket, frame):
    socket.send_bytes(frame)
    return socket.receive_json()


def test_the_minimum_score_of_the_detector_can_be_set(client, astronaut):
    image = encode_image(astronaut[:256, 96:352])
    score = client.post("/v1/assessments", files={"image": image}).json()["face"]["score"]
    for min_score, persons in ((score - 0.01, 1), (score + 0.01, 0)):
        with client.websocket_connect(f"{LIVE}?min_score={min_score}") as socket:
            assert len(ask(socket, image)["persons"]) == persons


@pytest.mark.parametrize(
    "query",
    ["hold=-1", "smoothing=long", "margin=6", "away=0", "hold=nan", "min_score=0", "min_score=x"],
)
def test_impossible_track_settings_are_refused(client, query):
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect(f"{LIVE}?{query}"),
    ):
        pass
    assert refused.value.status_code == 422
    assert query.partition("=")[0] in refused.value.json()["detail"].lower()


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (GREY, "no-face", 422),
        (b"no picture", "not-an-image", 415),
        (b"", "not-an-image", 415),
        (GREY[:300], "truncated-image", 422),
        (bytes(200_001), "too-large", 413),
    ],
)
def test_frame_that_cannot_be_assessed_is_answered_with_a_problem(
    client, portrait_jpeg, data, kind, status
):
    with client.websocket_connect(LIVE) as socket:
        socket.send_bytes(data)
        answer = socket.receive_json()
        assert answer["frame"] == 1
        assert "assessment" not in answer
        assert answer["problem"]["type"] == f"/problems/{kind}"
        assert answer["problem"]["status"] == status
        assert answer["problem"]["detail"].endswith(".")
        socket.send_bytes(portrait_jpeg)  # the live view goes on
        answer = socket.receive_json()
        assert answer["frame"] == 2
        assert 0 <= answer["assessment"]["pspi"] <= 16
        assert "problem" not in answer


def test_text_that_is_refused_is_no_frame(client, portrait_jpeg):
    with client.websocket_connect(LIVE) as socket:
        socket.send_bytes(portrait_jpeg)
        assert socket.receive_json()["frame"] == 1
        socket.send_text("hello")
        answer = socket.receive_json()
        assert "binary" in answer["problem"]["detail"]
        assert (answer["frame"], set(answer)) == (None, {"frame", "problem"})
        socket.send_bytes(portrait_jpeg)
        assert socket.receive_json()["frame"] == 2


def test_a_busy_server_a_refused_message_and_a_broken_frame_are_no_absence(
    assessor, portrait_jpeg, monkeypatch
):
    def refuse(pool):
        raise ProblemError("busy", "Try again in a moment.")

    settings = Settings(max_frame_bytes=200_000)
    with (
        TestClient(create_app(assessor, settings=settings), base_url=BASE) as client,
        client.websocket_connect(f"{LIVE}?hold=0&away=0.2") as socket,
    ):
        before = ask(socket, portrait_jpeg)["track"]["statement"]
        with monkeypatch.context() as patch:
            patch.setattr(WorkerPool, "check_capacity", refuse)
            busy = ask(socket, portrait_jpeg)
        assert busy["problem"]["type"] == "/problems/busy"
        too_large, broken = ask(socket, bytes(200_001)), ask(socket, b"no picture")
        time.sleep(0.3)  # longer than `away`
        last = ask(socket, b"no picture")
        for answer in (busy, too_large, broken, last):
            statement = answer["track"]["statement"]
            assert answer["track"]["score"] is None
            assert (statement["level"], statement["pspi"]) == (before["level"], before["pspi"])
            assert not statement["announced"]
        assert last["track"]["statement"]["age"] > 0.3
        after = ask(socket, portrait_jpeg)["track"]["statement"]
        assert (after["level"], after["announced"]) == (before["level"], False), "not started again"


def test_frames_are_compared_with_the_neutral_face_of_a_text_message_until_it_is_cleared(
    client, assessor, frames
):
    neutral_face = assessor.neutral_face([frames[0].path])
    face = frames[1].path.read_bytes()
    with client.websocket_connect(LIVE) as socket:
        for neutral in (None, neutral_face, neutral_face, None):
            socket.send_json({"neutral": neutral and neutral.to_dict()})
            socket.send_bytes(face)
            answer = socket.receive_json()
            change = answer["assessment"].get("change")
            assert (change is None) == (neutral is None)
            if neutral:
                expected = assessor.assess(face, neutral=neutral).to_dict()["change"]
                assert change == json.loads(json.dumps(expected))
        assert answer["frame"] == 4  # text messages are no frames


def test_old_message_sets_the_neutral_face(client, assessor, frames):
    neutral = assessor.neutral_face([frames[0].path])
    with client.websocket_connect(LIVE) as socket:
        socket.send_json({"baseline": neutral.to_dict()})
        socket.send_bytes(frames[1].path.read_bytes())
        assert socket.receive_json()["assessment"]["change"]["neutral"] == neutral.to_dict()


@pytest.mark.parametrize(
    "text",
    ["hello", "[]", '{"neutral": 3}', '{"neutral": {}}', '{"other": null}', "[" * 9000],
)
def test_text_without_a_neutral_face_is_a_problem_and_changes_nothing(
    client, assessor, frames, text
):
    neutral_face = assessor.neutral_face([frames[0].path])
    with client.websocket_connect(LIVE) as socket:
        socket.send_json({"neutral": neutral_face.to_dict()})
        socket.send_text(text)
        assert socket.receive_json()["problem"]["detail"].endswith(".")
        socket.send_bytes(frames[1].path.read_bytes())
        assert "change" in socket.receive_json()["assessment"]


class GatedAssessor:
    """A real assessor whose network waits at a gate, so that a test decides how long it takes."""

    def __init__(self, assessor):
        self.real_estimator = assessor.estimator
        self.estimator = self
        self.gate = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        self.running = 0
        self.most = 0

    def __getattr__(self, name):
        return getattr(self.real_estimator, name)

    def __call__(self, crops):
        self.running += 1
        self.most = max(self.most, self.running)
        self.begun.release()
        assert self.gate.acquire(timeout=20)
        self.running -= 1
        return self.real_estimator(crops)


def test_newest_frame_wins_and_one_is_assessed_at_a_time(assessor, frames):
    gated = GatedAssessor(assessor)
    pictures = [frame.path.read_bytes() for frame in frames[:6]]
    with (
        TestClient(create_app(gated), base_url=BASE) as client,
        client.websocket_connect(LIVE) as socket,
    ):
        socket.send_bytes(pictures[0])
        assert gated.begun.acquire(timeout=20)  # frame 1 is being assessed while the others arrive
        for picture in pictures[1:]:
            socket.send_bytes(picture)
        socket.send_text("answered at once, so every frame before it has been received")
        assert socket.receive_json()["frame"] is None
        gated.gate.release(2)
        assert socket.receive_json()["frame"] == 1
        assert socket.receive_json()["frame"] == 6
    assert gated.most == 1


def test_socket_that_closes_during_an_assessment_frees_its_place(assessor, frames):
    gated = GatedAssessor(assessor)
    settings = Settings(max_live=1)
    with TestClient(create_app(gated, settings=settings), base_url=BASE) as client:
        with client.websocket_connect(LIVE) as socket:
            socket.send_bytes(frames[0].path.read_bytes())
            assert gated.begun.acquire(timeout=20)
            threading.Timer(0.2, gated.gate.release).start()
        gated.gate.release()
        with client.websocket_connect(LIVE) as socket:  # its place is free
            socket.send_bytes(frames[1].path.read_bytes())
            assert socket.receive_json()["frame"] == 1


def test_crash_in_one_frame_is_a_problem_and_the_live_view_goes_on(assessor, portrait_jpeg):
    class Once:
        failed = False

        @property
        def estimator(self):
            return self

        def __getattr__(self, name):
            return getattr(assessor.estimator, name)

        def __call__(self, crops):
            if not self.failed:
                self.failed = True
                raise RuntimeError("inside")
            return assessor.estimator(crops)

    with (
        TestClient(create_app(Once()), base_url=BASE) as client,
        client.websocket_connect(LIVE) as socket,
    ):
        socket.send_bytes(portrait_jpeg)
        problem = socket.receive_json()["problem"]
        assert problem["status"] == 500
        assert "inside" not in problem["detail"].replace("inside wince", "")
        socket.send_bytes(portrait_jpeg)
        assert "assessment" in socket.receive_json()


def test_number_of_live_views_is_limited(client):
    with (
        client.websocket_connect(LIVE),
        client.websocket_connect(LIVE),
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(LIVE),
    ):
        pass
    with client.websocket_connect(LIVE):
        pass


def test_latest_frame_replaces_the_one_before_and_ends_when_closed():
    async def scenario():
        latest = LatestFrame()
        latest.put(Frame(1, b"a", 0.1))
        latest.put(Frame(2, b"b", 0.2))
        assert await latest.take() == Frame(2, b"b", 0.2)
        waiting = asyncio.ensure_future(latest.take())
        await asyncio.sleep(0)
        assert not waiting.done()
        latest.close()
        assert await waiting is None
        assert await latest.take() is None

    asyncio.run(scenario())
