"""The noise that a camera adds from frame to frame to the image of a still face.

Three parts, each drawn anew for every frame:

- sensor noise: Gaussian, blurred by BLUR pixels as demosaicing does, SENSOR grey levels afterwards;
- light: the brightness changes by LIGHT (standard deviation), as with lamps on mains current;
- motion: the image moves by up to MOTION pixels, as a hand or a bed does; then JPEG compression.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

BLUR = 0.7
SENSOR = 3.0
LIGHT = 0.005
MOTION = 0.25
JPEG_QUALITY = 85


def add_noise(rgb: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return an image as a camera would deliver it in another frame.

    Args:
        rgb: RGB uint8 (H, W, 3).
        rng: Source of the noise.
    """
    dx, dy = rng.uniform(-MOTION, MOTION, 2)
    moved = Image.fromarray(rgb).transform(
        (rgb.shape[1], rgb.shape[0]),
        Image.Transform.AFFINE,
        (1, 0, dx, 0, 1, dy),
        Image.Resampling.BICUBIC,
    )
    noise = np.stack([_blurred(rng.standard_normal(rgb.shape[:2])) for _ in range(3)], axis=2)
    noise *= SENSOR / noise.std()
    pixels = np.asarray(moved, np.float64) * (1 + LIGHT * rng.standard_normal()) + noise
    file = io.BytesIO()
    Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8)).save(
        file, "JPEG", quality=JPEG_QUALITY
    )
    return np.asarray(Image.open(file))


def _blurred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    image = Image.fromarray((128 + 32 * values).clip(0, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(BLUR)), np.float64) - 128
