"""Bodies of `POST /analyze` take time and memory in proportion to their length."""

import base64
import json
import time
import tracemalloc

import pytest

from tests.support.bad_inputs import photo, save_image
from wince.errors import WinceError
from wince.server.data_urls import image_from_data_url
from wince.server.problems import ProblemError

HEAD = b'{"image": "data:image/jpeg;base64,'
MEGABYTE = 2**20


def repeated(part: bytes, head: bytes = HEAD, end: bytes = b'A"}') -> bytes:
    """Return a body of one megabyte."""
    return head + part * ((MEGABYTE - len(head) - len(end)) // len(part)) + end


BODIES = {
    "spaces": repeated(b" ", HEAD + b"A"),
    "spaces and line ends": repeated(b" \\n"),
    "line ends": repeated(b"AA\\n"),
    "percent": repeated(b"%41"),
    "percent of line ends": repeated(b"A%0a"),
    "padding": repeated(b"="),
    "commas": repeated(b","),
    "numbers": repeated(b"1.5,", b'{"image": [', b"1]}"),
    "objects": repeated(b"{},", b'{"image": [', b"1]}"),
    "names": repeated(b'"a":1,', b"{", b'"a":1}'),
    "escapes": repeated(rb"\u00e9"),
}


@pytest.mark.parametrize("name", BODIES)
def test_body_that_is_made_to_take_much_memory_or_time_is_refused(name: str) -> None:
    body = BODIES[name]
    tracemalloc.start()
    begin = time.process_time()
    try:
        with pytest.raises(WinceError):
            image_from_data_url([body])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * MEGABYTE
    assert time.process_time() - begin < 1.0


def test_other_members_of_the_body_do_no_harm() -> None:
    jpeg = save_image(photo(), "JPEG")
    url = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    body = json.dumps({"patient": {"sizes": list(range(1000))}, "image": url, "x": None})
    assert image_from_data_url([body.encode()]) == jpeg


@pytest.mark.parametrize(
    "name", ["Müller", "😀", '"\\\\u00e9"', "\\\\", '\\"\\\\\\" {"image": "x"}']
)
@pytest.mark.parametrize("escaped", [True, False])
def test_characters_beyond_ascii_in_other_members_do_no_harm(name: str, escaped: bool) -> None:
    jpeg = save_image(photo(), "JPEG")
    url = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    text = json.dumps({"name": name, "image": url, "end": name}, ensure_ascii=escaped)
    assert image_from_data_url([text.encode()]) == jpeg


@pytest.mark.parametrize("character", ["é", "😀", r"\u00e9", r"\ud83d\ude00"])
def test_one_character_beyond_ascii_does_not_multiply_the_memory(character: str) -> None:
    jpeg = save_image(photo(), "JPEG") + bytes(3 * MEGABYTE)
    head = f'{{"name": "{character}", "image": "data:image/jpeg;base64,'.encode()
    bodies = [head + base64.b64encode(jpeg) + b'"}']
    size = len(bodies[0])
    tracemalloc.start()
    try:
        assert image_from_data_url(bodies) == jpeg
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3.1 * size  # the body without the character, its text, and the image in it


def test_a_body_that_is_not_utf_8_is_no_json() -> None:
    for wrong in (b"\xff", b"\xc3", "é".encode("utf-16"), "é".encode("latin-1")):
        with pytest.raises(ProblemError, match="not JSON"):
            image_from_data_url([b'{"name": "' + wrong + b'", "image": "x"}'])
    with pytest.raises(ProblemError, match="not JSON"):
        image_from_data_url([json.dumps({"image": "x"}).encode() + b"\xe2\x82"])


def test_many_backslashes_take_no_time() -> None:
    begin = time.process_time()
    with pytest.raises(ProblemError):
        image_from_data_url([repeated(b"\\\\")])
    assert time.process_time() - begin < 1.0
