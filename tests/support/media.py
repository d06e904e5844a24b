"""Images and sound as bytes, and back."""

import base64
import io
import shutil
import wave

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="needs the espeak-ng program on the path"
)


def encode_image(rgb: NDArray[np.uint8], form: str = "JPEG") -> bytes:
    """Return an RGB picture as the bytes of a file."""
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, form, quality=92)
    return file.getvalue()


def data_url(picture: bytes, kind: str = "image/jpeg") -> str:
    """Return the bytes of a picture as the small contract takes them."""
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}"


def measure_wav(wav: bytes) -> tuple[float, float]:
    """Return a WAV's length in seconds and its root mean square, 1 being full scale; 16 bits."""
    with wave.open(io.BytesIO(wav)) as file:
        assert file.getsampwidth() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        seconds = file.getnframes() / file.getframerate()
    return seconds, float(np.sqrt(np.mean((samples / 32768.0) ** 2)))
