"""Photographs of faces degraded on purpose: smaller, darker, blurred, covered.

A cover is drawn on the upright square that models see of the face, SQUARE pixels a side, and then
transformed back into the photograph. The covers stand for what covers faces in a ward; they are not
photographs of it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from wince.faces.align import align, crop_to_image
from wince.faces.face import Face
from wince.faces.spec import FaceSpec

RGB = NDArray[np.uint8]
Rng = np.random.Generator
SQUARE = 256
SPEC = FaceSpec(size=SQUARE)
LINEN = ((235, 235, 232), (175, 205, 222), (150, 190, 180), (70, 75, 85), (205, 200, 190))


def shrunk(rgb: RGB, face: Face, width: float) -> RGB:
    """Return the photograph, shrunk until its face is `width` pixels wide."""
    factor = width / face.size
    size = [max(16, round(side * factor)) for side in rgb.shape[1::-1]]
    return np.asarray(Image.fromarray(rgb).resize((size[0], size[1]), Image.Resampling.LANCZOS))


def darkened(rgb: RGB, share: float, rng: Rng) -> RGB:
    """Return the photograph with a share of its light and a sensor's grain (sigma 2 of 255)."""
    grain = rng.normal(0, 2, rgb.shape[:2])[:, :, None]
    return np.clip(rgb * share + grain, 0, 255).round().astype(np.uint8)


def flattened(rgb: RGB, share: float, rng: Rng) -> RGB:
    """Return the photograph with a share of its contrast, as under glare, and with grain."""
    grain = rng.normal(0, 2, rgb.shape[:2])[:, :, None]
    return np.clip(200 + (rgb - 128.0) * share + grain, 0, 255).round().astype(np.uint8)


def blurred(rgb: RGB, face: Face, percent: float) -> RGB:
    """Return the photograph blurred: Gaussian, sigma in percent of the face's width."""
    sigma = face.size * percent / 100
    return np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(sigma)))


def covered(
    rgb: RGB, face: Face, where: str, rng: Rng, cover: str | None = None
) -> tuple[RGB, str]:
    """Return the photograph with a part of the face covered, and what covers it.

    Args:
        rgb: The photograph, uint8 (H, W, 3).
        face: The face in it.
        where: The part, a key of WHERE.
        rng: Source of the random details.
        cover: A cover of that part; None for a random one.
    """
    square = Image.fromarray(align(rgb, face, SPEC))
    choices = WHERE[where]
    name = cover or list(choices)[rng.integers(len(choices))]
    layer, mask = choices[name](square, rng)
    mask = mask.filter(ImageFilter.GaussianBlur(1.5))
    return _transformed_back(rgb, face, layer, mask), name


def _transformed_back(rgb: RGB, face: Face, layer: Image.Image, mask: Image.Image) -> RGB:
    matrix = crop_to_image(face, SPEC)
    whole = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    size = (rgb.shape[1], rgb.shape[0])
    kind, fine = Image.Transform.AFFINE, Image.Resampling.BILINEAR
    placed = layer.transform(size, kind, tuple(whole.ravel()), fine)
    where = mask.transform(size, kind, tuple(whole.ravel()), fine)
    return np.asarray(Image.composite(placed, Image.fromarray(rgb), where))


# Positions in the square as shares of its side: eyes at y .33, x .32 and .68; mouth at y .70.


def _jitter(rng: Rng, amount: float = 0.02) -> float:
    return float(rng.normal(0, amount))


def _shape(points: list[tuple[float, float]], round_by: float = 0) -> Image.Image:
    mask = Image.new("L", (SQUARE, SQUARE))
    ImageDraw.Draw(mask).polygon([(x * SQUARE, y * SQUARE) for x, y in points], fill=255)
    if round_by:
        soft = mask.filter(ImageFilter.GaussianBlur(round_by * SQUARE))
        mask = soft.point(lambda value: 255 if value > 127 else 0)
    return mask


def _smooth_noise(rng: Rng, cells: int) -> NDArray[np.float64]:
    small = Image.fromarray(rng.normal(0, 1, (cells, cells)).astype(np.float32))
    return np.asarray(small.resize((SQUARE, SQUARE), Image.Resampling.BICUBIC), np.float64)


def _toned(square: Image.Image, colour: tuple[float, ...]) -> NDArray[np.float64]:
    """Return a colour that suits the photograph: grey if the photograph is grey."""
    array = np.asarray(square, np.float64)
    tone = np.array(colour)
    if np.abs(array[:, :, 0] - array[:, :, 2]).mean() < 2:
        tone = np.full(3, tone @ [0.299, 0.587, 0.114])
    return tone


def _painted(shade: NDArray[np.float64], tone: NDArray[np.float64], rng: Rng) -> Image.Image:
    grain = rng.normal(0, 2, shade.shape)[:, :, None]
    return Image.fromarray(np.clip(shade[:, :, None] * tone + grain, 0, 255).astype(np.uint8))


def _skin(square: Image.Image, rng: Rng) -> NDArray[np.float64]:
    array = np.asarray(square, np.float64)
    cheek = array[int(0.45 * SQUARE) : int(0.6 * SQUARE)].reshape(-1, 3)
    return np.median(cheek, axis=0) * rng.uniform(0.8, 1.15)


def _cloth(square: Image.Image, rng: Rng) -> Image.Image:
    light = 1 + 0.10 * _smooth_noise(rng, 4)
    if rng.random() < 0.6:  # pleats
        y = np.arange(SQUARE)[:, None] / SQUARE + 0.02 * _smooth_noise(rng, 3)
        light = light * (1 + 0.12 * np.sin(2 * np.pi * y * rng.uniform(9, 16)))
    return _painted(light, _toned(square, LINEN[rng.integers(len(LINEN))]), rng)


def _mask(square: Image.Image, rng: Rng) -> tuple[Image.Image, Image.Image]:
    """Return a face mask over mouth and nose."""
    top, side = 0.46 + _jitter(rng), 0.17 + _jitter(rng)
    points = [(side, 0.58), (0.40, top + 0.05), (0.5, top), (0.60, top + 0.05), (1 - side, 0.58)]
    points += [(0.77, 0.80), (0.62, 0.93), (0.38, 0.93), (0.23, 0.80)]
    return _cloth(square, rng), _shape(points, 0.015)


def _fingers(
    square: Image.Image, rng: Rng, middle: float, height: float
) -> tuple[Image.Image, Image.Image]:
    """Return a hand across the face: four fingers in the colour of the face, with dark gaps."""
    count, tilt = 4, rng.uniform(-0.3, 0.3)
    y = (np.arange(SQUARE)[:, None] + tilt * (np.arange(SQUARE)[None] - SQUARE / 2)) / SQUARE
    y = np.broadcast_to(y, (SQUARE, SQUARE))
    place = (y - middle) / height + 0.5  # 0 to 1 over the hand
    round_off = np.abs(np.sin(np.pi * place * count)) ** 0.35
    light = (0.55 + 0.5 * round_off) * (1 + 0.05 * _smooth_noise(rng, 6))
    reach = rng.uniform(0.72, 0.92)
    x = np.broadcast_to(np.arange(SQUARE)[None] / SQUARE, (SQUARE, SQUARE))
    inside = (place > 0) & (place < 1) & (x > 0.05) & (x < reach - 0.04 * np.cos(9 * place))
    if rng.random() < 0.5:
        inside, light = inside[:, ::-1], light[:, ::-1]
    return _painted(light, _skin(square, rng), rng), Image.fromarray(inside.astype(np.uint8) * 255)


def _hand_on_mouth(square: Image.Image, rng: Rng) -> tuple[Image.Image, Image.Image]:
    return _fingers(square, rng, 0.70 + _jitter(rng), rng.uniform(0.30, 0.42))


def _hand_on_eyes(square: Image.Image, rng: Rng) -> tuple[Image.Image, Image.Image]:
    return _fingers(square, rng, 0.34 + _jitter(rng), rng.uniform(0.24, 0.36))


def _tube(square: Image.Image, rng: Rng) -> tuple[Image.Image, Image.Image]:
    """Return a breathing tube in the mouth, fixed with tape over the lips and cheeks."""
    layer = _cloth(square, rng)
    mask = Image.new("L", (SQUARE, SQUARE))
    draw = ImageDraw.Draw(mask)
    y = (0.69 + _jitter(rng, 0.01)) * SQUARE
    draw.rectangle((0.24 * SQUARE, y - 13, 0.76 * SQUARE, y + 13), fill=255)
    x = (0.5 + _jitter(rng, 0.05)) * SQUARE
    draw.line((x, y, x + rng.uniform(-50, 50), 0.99 * SQUARE), fill=255, width=20)
    paint = ImageDraw.Draw(layer)
    tone = tuple(int(value) for value in _toned(square, (200, 215, 215)))
    paint.line((x, y - 4, x + rng.uniform(-8, 8), 0.99 * SQUARE), fill=tone, width=14)
    return layer, mask


def _oxygen(square: Image.Image, rng: Rng) -> tuple[Image.Image, Image.Image]:
    """Return an oxygen mask: milky plastic over nose and mouth, partly transparent."""
    clear = rng.uniform(0.15, 0.45)
    array = np.asarray(square.filter(ImageFilter.GaussianBlur(2)), np.float64)
    milk = 205 * (1 + 0.08 * _smooth_noise(rng, 5))[:, :, None]
    layer = Image.fromarray(np.clip(array * clear + milk * (1 - clear), 0, 255).astype(np.uint8))
    top = 0.44 + _jitter(rng)
    points = [(0.5, top), (0.62, 0.55), (0.72, 0.75), (0.62, 0.90), (0.38, 0.90), (0.28, 0.75)]
    points += [(0.38, 0.55)]
    shape = _shape(points, 0.02)
    ImageDraw.Draw(layer).line(
        [(x * SQUARE, y * SQUARE) for x, y in [*points, points[0]]], fill=(230,) * 3, width=5
    )
    return layer, shape


def _glasses(square: Image.Image, rng: Rng) -> tuple[Image.Image, Image.Image]:
    """Return dark glasses."""
    y, wide, high = 0.345 + _jitter(rng, 0.01), rng.uniform(0.12, 0.16), rng.uniform(0.08, 0.11)
    mask = Image.new("L", (SQUARE, SQUARE))
    draw = ImageDraw.Draw(mask)
    for x in (0.325, 0.675):
        box = [v * SQUARE for v in (x - wide, y - high, x + wide, y + high)]
        draw.rounded_rectangle(box, radius=18, fill=255)
    draw.line((0.4 * SQUARE, (y - 0.03) * SQUARE, 0.6 * SQUARE, (y - 0.03) * SQUARE), 255, 7)
    light = 1 + 0.5 * _smooth_noise(rng, 4).clip(-1, 2)
    return _painted(light, _toned(square, (rng.uniform(12, 45),) * 3), rng), mask


def _bandage(square: Image.Image, rng: Rng) -> tuple[Image.Image, Image.Image]:
    """Return a bandage or a sleeping mask over both eyes."""
    y, high = 0.34 + _jitter(rng), rng.uniform(0.11, 0.16)
    points = [(0.08, y - high), (0.92, y - high), (0.92, y + high), (0.5, y + high - 0.03)]
    points += [(0.08, y + high)]
    return _cloth(square, rng), _shape(points, 0.02)


def _half(square: Image.Image, rng: Rng) -> tuple[Image.Image, Image.Image]:
    """Return a pillow or a blanket over one side of the face."""
    edge = 0.5 + _jitter(rng)
    points = [(0.0, 0.0), (edge, 0.0), (edge + _jitter(rng, 0.05), 1.0), (0.0, 1.0)]
    layer, mask = _cloth(square, rng), _shape(points)
    if rng.random() < 0.5:
        mask = mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return layer, mask


Draw = Callable[[Image.Image, Rng], tuple[Image.Image, Image.Image]]
WHERE: dict[str, dict[str, Draw]] = {
    "mouth": {"mask": _mask, "hand": _hand_on_mouth, "tube and tape": _tube, "oxygen": _oxygen},
    "eyes": {"dark glasses": _glasses, "hand": _hand_on_eyes, "bandage": _bandage},
    "half": {"cloth": _half},
}
"""The covers by the part that they cover, and by their name."""
