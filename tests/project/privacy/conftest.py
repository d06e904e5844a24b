"""A server that is used through every feature while the network watch records what it does."""

import numpy as np
import pytest
from PIL import Image

from tests.support import server_exercise
from tests.support.media import encode_image
from tests.support.server_exercise import ExercisedServer


@pytest.fixture(scope="session")
def large_png(astronaut) -> bytes:
    """A face in a PNG file of more than 2 MB, more than a parser keeps in memory by default."""
    portrait = np.asarray(Image.fromarray(astronaut).resize((1400, 1400))).astype(int)
    noise = np.random.default_rng(0).integers(-12, 13, portrait.shape)
    data = encode_image(np.clip(portrait + noise, 0, 255).astype(np.uint8), "PNG")
    assert len(data) > 2 * 2**20
    return data


@pytest.fixture(scope="session", params=[("text", ""), ("json", "192.0.2.1")])
def server(request, tmp_path_factory, portrait_jpeg, large_png) -> ExercisedServer:
    """A server whose every feature was used under the network watch, once for each log format.

    The home folder does not exist, so that a program that writes there makes it. In one of the two
    the user has a sound server on another machine; the address is reserved for documentation.
    """
    folder = tmp_path_factory.mktemp("server")
    return server_exercise.exercise(folder, *request.param, portrait_jpeg, large_png)
