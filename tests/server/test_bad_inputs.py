"""Every bad file and body is answered with the right status and a sentence."""

import resource
import sys
import threading

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.support import bad_inputs
from tests.support.bad_inputs import READABLE
from tests.support.media import data_url
from wince import images
from wince.errors import ImageError
from wince.image_formats import WEB_FORMATS, file_format
from wince.server import problems
from wince.server.app import create_app
from wince.server.settings import Settings

BASE = "http://127.0.0.1:5001"
CORPUS = bad_inputs.corpus()
PROBLEMS = {
    "NotAnImageError": "not-an-image",
    "TruncatedImageError": "truncated-image",
    "ImageTooLargeError": "too-large",
    "ImageError": "unsuitable-image",
    READABLE: "no-face",
}


@pytest.fixture(scope="module")
def client(assessor):
    with TestClient(create_app(assessor, settings=Settings()), base_url=BASE) as client:
        yield client


def outcome(data) -> tuple[str, str]:
    """Return the name of the error of reading, or READABLE, and its message."""
    try:
        picture = images.read(data)
    except ImageError as error:
        return type(error).__name__, str(error)
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.shape == (picture.height, picture.width, 3)
    assert min(picture.width, picture.height) >= images.MIN_SIDE
    assert picture.width * picture.height <= images.MAX_PIXELS
    return READABLE, ""


@pytest.mark.parametrize("name", CORPUS)
def test_bad_file_is_refused_with_the_expected_error(client, name, tmp_path):
    data, allowed = CORPUS[name]
    kind, sentence = outcome(data)
    assert kind in allowed, sentence
    assert kind == READABLE or sentence.endswith((".", ")."))
    path = tmp_path / "wrong.png"
    path.write_bytes(data)
    assert outcome(path)[0] == kind  # whatever the name of the file is
    if file_format(data) not in WEB_FORMATS:
        kind = "NotAnImageError"
    problem = "missing-image" if name == "empty" else PROBLEMS[kind]
    answer = client.post("/v1/assessments", files={"image": ("face.jpg", data, "image/jpeg")})
    assert answer.status_code == problems.KINDS[problem].status
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert answer.json()["type"] == f"/problems/{problem}"
    assert answer.json()["status"] == answer.status_code
    assert answer.json()["detail"][0].isupper()
    assert answer.json()["detail"].endswith((".", ")"))
    small = client.post("/analyze", json={"image": data_url(data)})
    assert small.status_code == problems.KINDS[PROBLEMS[kind]].status
    assert set(small.json()) == {"error"}


@pytest.mark.parametrize("name", bad_inputs.FORMATS)
def test_image_cut_at_any_length_is_refused(name):
    cuts = bad_inputs.truncations(name)
    assert len(cuts) > 100
    for data in cuts[:-8]:  # the last few bytes, the end marker, may be missing
        assert outcome(data)[0] in ("TruncatedImageError", "NotAnImageError"), len(data)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not report the peak memory")
def test_decompression_bombs_take_little_memory():
    def peak():  # memory of this process until now, in MB
        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return size / (2**20 if sys.platform == "darwin" else 2**10)

    bombs = [data for data, _ in bad_inputs.bombs().values()]
    outcome(bad_inputs.save_image(bad_inputs.photo(640, 480), "PNG"))
    before = peak()
    for data in bombs:
        outcome(data)
    assert peak() < before + 60


@pytest.mark.parametrize("name", bad_inputs.BODIES)
def test_analyze_body_without_an_image_is_refused(client, name):
    body, status = bad_inputs.BODIES[name]
    answer = client.post("/analyze", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"].endswith(".")


def test_many_bad_files_at_once_leave_the_queue_empty(client):
    files = [data for data, _ in CORPUS.values() if 0 < len(data) < 20_000]
    statuses = []

    def send(files_of_thread):
        for data in files_of_thread:
            statuses.append(client.post("/v1/assessments", files={"image": data}).status_code)

    threads = [threading.Thread(target=send, args=(files[n::6],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(statuses) == len(files)
    assert set(statuses) <= {413, 415, 422, 503}
    assert client.get("/readyz").json()["running"] == 0
