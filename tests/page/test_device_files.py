"""What Python writes for the engine on the device: constants and test vectors."""

import base64
import json

import numpy as np
import pytest
from PIL import Image

from tools.page import face_vectors, write_constants, write_vectors

FILES = sorted(path.stem for path in write_vectors.FOLDER.glob("*.json"))
CLOSE = 1e-3
"""Difference of numbers from images between processors."""
PACKED = 1000
"""Length of a text from which it holds pixels."""


@pytest.fixture(scope="module")
def vectors():
    return write_vectors.vectors()


def test_the_constants_are_those_of_the_modules():
    assert write_constants.PATH.read_text("utf-8") == write_constants.text(), (
        "Run `python -m tools.page.write_constants`."
    )


@pytest.mark.parametrize("name", FILES)
def test_the_vectors_are_what_python_computes(name, vectors):
    written = json.loads((write_vectors.FOLDER / f"{name}.json").read_text("utf-8"))
    computed = json.loads(write_vectors.text(vectors[name]))
    assert differences(written, computed) == [], "Run `python -m tools.page.write_vectors`."


def test_every_vector_and_image_is_written(vectors):
    assert sorted(vectors) == FILES
    images = face_vectors.images()
    assert sorted(path.stem for path in face_vectors.IMAGES.iterdir()) == sorted(images)
    for name, rgb in images.items():
        with Image.open(face_vectors.IMAGES / f"{name}.png") as image:
            assert (np.asarray(image) == rgb).all()


def differences(written, computed, place=""):
    """Return the places at which plain data differs."""
    if isinstance(written, dict) and isinstance(computed, dict):
        if written.keys() != computed.keys():
            return [place]
        pairs = [(name, written[name], computed[name]) for name in written]
    elif isinstance(written, list) and isinstance(computed, list):
        if len(written) != len(computed):
            return [place]
        pairs = [(index, *pair) for index, pair in enumerate(zip(written, computed, strict=True))]
    else:
        return [] if is_close(written, computed) else [place]
    return [each for name, *pair in pairs for each in differences(*pair, f"{place}/{name}")]


def is_close(written, computed):
    if isinstance(written, str) and len(written) > PACKED:
        pixels = [np.frombuffer(base64.b64decode(text), np.uint8) for text in (written, computed)]
        return np.abs(np.subtract(*pixels, dtype=np.int16)).mean() < CLOSE
    if isinstance(written, float) and isinstance(computed, float):
        return written == pytest.approx(computed, abs=CLOSE, rel=CLOSE / 10)
    return bool(written == computed)
