"""Encode images for tests, and measure sound."""

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


def encode_image(rgb: NDArray[np.uint8], image_format: str = "JPEG") -> bytes:
    """Return an image, uint8 (H, W, 3), as the bytes of a file."""
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, image_format, quality=92)
    return file.getvalue()


def data_url(image: bytes, media_type: str = "image/jpeg") -> str:
    """Return an encoded image as a data URL, which POST /analyze expects."""
    return f"data:{media_type};base64,{base64.b64encode(image).decode()}"


def measure_wav(wav: bytes) -> tuple[float, float]:
    """Return the length in seconds and the root mean square (1 is full scale) of a 16-bit WAV."""
    with wave.open(io.BytesIO(wav)) as file:
        assert file.getsampwidth() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        seconds = file.getnframes() / file.getframerate()
    return seconds, float(np.sqrt(np.mean((samples / 32768.0) ** 2)))
