"""Altered pictures and requests by the thousand: read, or refused with a sentence, nothing else.

A short run comes with the tests. The long one, 100,000 of each kind, is a command:

    pytest tests/test_fuzz.py --hypothesis-profile=long
"""

import base64
import io
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from wince import images
from wince.errors import WinceError
from wince.images import MAX_PIXELS, MIN_SIDE
from wince.server import bodies, problems
from wince.server.problems import ProblemError

SHORT = 300


def bounded(test):
    """Run few examples under hypothesis's own profile, and as many as another one says."""
    long = settings.get_current_profile_name() == "long"
    return test if long else settings(max_examples=SHORT, deadline=None)(test)


def _seeds() -> list[bytes]:
    """Small pictures of every form and mode that is read, one of them with EXIF."""
    rng = np.random.default_rng(5)
    picture = Image.fromarray(rng.integers(0, 256, (24, 32, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    forms = [
        (picture, "JPEG", {"exif": exif}),
        (picture, "JPEG", {"progressive": True}),
        (picture.convert("CMYK"), "JPEG", {}),
        (picture, "PNG", {}),
        (picture.quantize(16), "PNG", {}),
        (picture.convert("RGBA"), "PNG", {"exif": exif}),
        (picture, "WEBP", {}),
        (picture.convert("RGBA"), "WEBP", {"lossless": True}),
    ]
    seeds = []
    for image, form, options in forms:
        file = io.BytesIO()
        image.save(file, form, **options)
        seeds.append(file.getvalue())
    return seeds


SEEDS = _seeds()


@st.composite
def altered(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A file with bytes changed, cut out, put in, repeated or taken from another file."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 5))):
        where = draw(st.integers(0, len(data)))
        length = draw(st.sampled_from([1, 1, 2, 4, 8, 64]))
        kind = draw(st.sampled_from(["set", "cut", "put", "repeat", "end", "splice"]))
        if kind == "set":
            data[where : where + length] = draw(st.binary(min_size=1, max_size=length))
        elif kind == "cut":
            del data[where : where + length]
        elif kind == "put":
            data[where:where] = draw(st.binary(min_size=1, max_size=length))
        elif kind == "repeat":
            data[where:where] = data[where : where + length] * draw(st.integers(1, 8))
        elif kind == "end":
            del data[where:]
        else:
            other = draw(st.sampled_from(seeds))
            data[where:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data)


@bounded
@given(altered(SEEDS))
def test_an_altered_picture_is_read_or_refused(data: bytes) -> None:
    try:
        picture = images.read(data)
    except WinceError as error:
        assert str(error).strip().endswith((".", ")"))
        return
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.ndim == 3
    assert picture.rgb.shape[2] == 3
    assert min(picture.width, picture.height) >= MIN_SIDE
    assert picture.width * picture.height <= MAX_PIXELS


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
_URL = f"data:image/jpeg;base64,{base64.b64encode(SEEDS[0][:90]).decode()}"
_BODIES = [
    json.dumps({"image": _URL}).encode(),
    json.dumps({"image": "data:text/html;base64,PGI+"}).encode(),
    json.dumps({"image": "data:image/png,%00"}).encode(),
    b'{"image": "data:image/jpeg;base64,"}',
    b"[" * 50 + b"]" * 50,
]


@bounded
@given(
    altered(_BODIES)
    | _JSON.map(lambda value: json.dumps({"image": value}).encode())
    | _JSON.map(lambda value: json.dumps(value).encode())
)
def test_an_altered_data_url_is_taken_out_or_refused(body: bytes) -> None:
    try:
        found = bodies.from_data_url(body)
    except ProblemError as error:
        refused = problems.from_error(error)
        assert 400 <= refused.status < 500
        assert refused.detail.endswith(".")
        return
    assert isinstance(found, bytes)
