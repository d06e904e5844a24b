"""Whatever is sent, the answer is a sentence with the right status, and the server goes on."""

import resource
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from starlette.testclient import TestClient
from tests import bad_inputs
from tests.bad_inputs import READABLE

from wince import images
from wince.errors import ImageError, NoFaceError
from wince.server import problems
from wince.server.app import create_app
from wince.server.settings import Settings

BASE = "http://127.0.0.1:5001"
CORPUS = bad_inputs.corpus()
STATUS = {
    "NotAnImageError": 415,
    "TruncatedImageError": 422,
    "ImageTooLargeError": 413,
    "ImageError": 422,
    READABLE: 422,  # and no face in it
}


@pytest.fixture(scope="module")
def client(assessor):
    with TestClient(create_app(assessor, settings=Settings()), base_url=BASE) as client:
        yield client


def outcome(data) -> tuple[str, str]:
    """Return the kind of error that reading ends in, or READABLE, and its sentence."""
    try:
        picture = images.read(data)
    except ImageError as error:
        return type(error).__name__, str(error)
    assert picture.rgb.shape[2] == 3
    return READABLE, ""


@pytest.mark.parametrize("name", CORPUS)
def test_a_bad_picture_ends_in_the_error_it_deserves(client, name, tmp_path):
    data, allowed = CORPUS[name]
    kind, sentence = outcome(data)
    assert kind in allowed, sentence
    assert kind == READABLE or sentence.endswith((".", ")."))
    path = tmp_path / "wrong.png"
    path.write_bytes(data)
    assert outcome(path)[0] == kind  # the name says nothing
    answer = client.post("/v1/assessments", files={"image": ("face.jpg", data, "image/jpeg")})
    empty = name == "empty"
    assert answer.status_code == (422 if empty else STATUS[kind])
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert answer.json()["detail"][0].isupper()


@pytest.mark.parametrize("form", bad_inputs.FORMS)
def test_a_picture_cut_at_any_length_is_never_half_read(form):
    cuts = bad_inputs.truncations(form)
    assert len(cuts) > 100
    for data in cuts[:-8]:  # a reader may do without the last few bytes, the mark of the end
        assert outcome(data)[0] in ("TruncatedImageError", "NotAnImageError"), len(data)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such figure on Windows")
def test_bombs_take_no_memory_to_speak_of():
    def peak():  # of this process until now, in MB
        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return size / (2**20 if sys.platform == "darwin" else 2**10)

    bombs = [data for name, (data, _) in CORPUS.items() if " of " in name or "unpacks" in name]
    outcome(bad_inputs.saved(bad_inputs.photo(640, 480), "PNG"))
    before = peak()
    for data in bombs:
        outcome(data)
    assert peak() < before + 60


@pytest.mark.parametrize("name", bad_inputs.BODIES)
def test_a_body_of_the_wrong_shape_is_refused(client, name):
    headers = {"Content-Type": "application/json"}
    answer = client.post("/analyze", content=bad_inputs.BODIES[name], headers=headers)
    assert answer.status_code in (400, 415, 422)
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"].endswith(".")


bounded = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@bounded
@given(data=bad_inputs.hostile_files())
def test_damaged_files_are_assessed_or_refused(assessor, data):
    try:
        assessor.assess(data)
    except (ImageError, NoFaceError) as error:
        assert str(error).endswith((".", ")."))


@bounded
@given(body=bad_inputs.json_bodies())
def test_any_json_is_refused_politely(client, body):
    answer = client.post("/analyze", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 413, 415, 422)
    assert set(answer.json()) == {"error"}


def test_many_bad_files_at_once_leave_every_place_free(client):
    files = [data for data, _ in CORPUS.values() if 0 < len(data) < 20_000]
    found = []

    def send(mine):
        for data in mine:
            found.append(client.post("/v1/assessments", files={"image": data}).status_code)

    threads = [threading.Thread(target=send, args=(files[n::6],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(found) == len(files)
    assert set(found) <= {413, 415, 422, 503}
    assert client.get("/readyz").json()["running"] == 0
