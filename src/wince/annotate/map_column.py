"""The column of an annotated copy that shows where in the face the score comes from.

The face as the model saw it, once for PSPI and once for each action unit, in grey under its map.
"""

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from wince.annotate.pen import BACKGROUND, FAINT, TEXT, Pen
from wince.images import UprightImage
from wince.runtime import heatmap as maps
from wince.runtime.assessment import Assessment, Grid, Heatmap
from wince.scale import PSPI_TERMS, UNIT_NAMES

RAISES, LOWERS = "#ff8a1f", "#2f86ff"
"""Told apart with every kind of colour vision, and the page's own."""

_OPACITY, _FADE = 0.8, 1.5  # as on the page
_WIDTH, _GAP = 19.0, 0.5  # in text sizes
_SMALL = (_WIDTH - 2 - 2 * _GAP) / 3
_STEP = _SMALL + _GAP
_ROW = _SMALL + 1.7  # a small face and its caption


def column(
    picture: UprightImage, assessment: Assessment, heatmap: Heatmap, unit: int
) -> Image.Image:
    """Return the column, RGB; picture: the assessed one, unit: the text size in pixels."""
    image = Image.new("RGB", (round(_WIDTH * unit), round(45 * unit)), BACKGROUND)
    pen = Pen(ImageDraw.Draw(image), unit, _WIDTH)
    pen.text(pen.left, 1.0, "Where the score comes from", 0.95, FAINT)
    face = _face(picture, heatmap, round((2 * _STEP - _GAP) * unit))
    captions = _Captions(pen, assessment, heatmap)
    y = 2.5
    captions.write(pen.left, y, "PSPI")
    big = _painted(face, heatmap.pspi)
    image.paste(big, (round(pen.left * unit), round((y + 1.2) * unit)))
    below = y + 1.2 + big.height / unit + 0.5
    if heatmap.action_units is not None:
        small = face.resize((round(_SMALL * unit),) * 2, Image.Resampling.LANCZOS)
        for name, (across, down) in zip(UNIT_NAMES, _PLACES, strict=True):
            left, top = pen.left + across * _STEP, y + down * _ROW
            captions.write(left, top, name)
            tile = _painted(small, heatmap.action_units[name])
            image.paste(tile, (round(left * unit), round((top + 1.2) * unit)))
        below = y + 3 * _ROW
        left = pen.left + _STEP
    else:
        left, below = pen.left, below + 1.0
    y = _legend(pen, left, below, heatmap)
    y = pen.paragraph(y + 0.3, heatmap.note, 0.75, FAINT, left)
    y = max(y, below + _ROW) if heatmap.action_units is not None else y
    if assessment.action_units is not None:
        y = pen.paragraph(y + 0.3, formula(assessment), 0.75, TEXT)
    return image.crop((0, 0, image.width, min(image.height, round((y + 0.8) * unit))))


_PLACES = ((2, 0), (2, 1), (0, 2), (1, 2), (2, 2), (0, 3))
"""Column and row of each action unit's face; that of PSPI takes two by two at the top left."""


def formula(assessment: Assessment) -> str:
    """Return PSPI as the sum of its terms, with the model's numbers in it."""
    units = assessment.action_units
    assert units is not None  # only called for a model that gives them
    written = [[f"{name} {units[name]:.1f}" for name in term] for term in PSPI_TERMS]
    terms = [f"max({', '.join(names)})" if len(names) > 1 else names[0] for names in written]
    raw, pspi = f"{assessment.raw_score:.1f}", f"{assessment.pspi:.1f}"
    reads = f"PSPI {pspi}" if raw == pspi else f"{raw}, which reads as PSPI {pspi}"
    return f"{' + '.join(terms)} = {reads}"


class _Captions:
    """Writes above each face what it is of; faint where it does not count in PSPI."""

    def __init__(self, pen: Pen, assessment: Assessment, heatmap: Heatmap) -> None:
        self._pen = pen
        self._values = {**(assessment.action_units or {}), "PSPI": assessment.pspi}
        self._counted = {"PSPI", *(heatmap.counted or ())}

    def write(self, left: float, top: float, name: str) -> None:
        words = f"{name}  {self._values[name]:.1f}"
        self._pen.text(left, top, words, 0.85, TEXT if name in self._counted else FAINT)


def _face(picture: UprightImage, heatmap: Heatmap, size: int) -> Image.Image:
    """Return what the model saw as a grey picture (size, size), cut from the photo itself."""
    photo = Image.fromarray(picture.rgb).convert("L")
    corners = np.array(heatmap.quad) / picture.scale
    step = max(1, int(np.hypot(*(corners[1] - corners[0])) / size))
    photo, corners = photo.reduce(step), corners / step
    top_left, top_right, bottom_right, bottom_left = corners
    quad = np.concatenate([top_left, bottom_left, bottom_right, top_right])
    return photo.transform(
        (size, size), Image.Transform.QUAD, tuple(quad.tolist()), Image.Resampling.BICUBIC
    )


def _painted(face: Image.Image, grid: Grid) -> Image.Image:
    """Return the grey face with a map over it, RGB."""
    share = maps.spread(grid, face.width) / maps.full_colour(grid)
    alpha = _OPACITY * np.abs(share.clip(-1, 1))[:, :, None] ** _FADE
    colour = np.where(share[:, :, None] > 0, ImageColor.getrgb(RAISES), ImageColor.getrgb(LOWERS))
    grey = np.asarray(face, np.float32)[:, :, None]
    return Image.fromarray((grey * (1 - alpha) + colour * alpha).round().astype(np.uint8))


def _legend(pen: Pen, left: float, y: float, heatmap: Heatmap) -> float:
    """Draw the colours and what the strongest one of PSPI's map stands for."""
    full = maps.full_colour(heatmap.pspi)
    pen.text(left, y, "lowers", 0.85)
    pen.text(pen.right, y, "raises", 0.85, anchor="ra")
    steps = 60
    width = (pen.right - left) / steps
    low, middle, high = (np.array(ImageColor.getrgb(c)) for c in (LOWERS, "#8c8c8c", RAISES))
    for step in range(steps):
        share = 2 * (step + 0.5) / steps - 1
        end, strength = (high if share > 0 else low), abs(share) ** _FADE
        red, green, blue = (middle + (end - middle) * strength).round().astype(int).tolist()
        x = left + step * width
        pen.bar(x, y + 1.2, pen.right, y + 1.75, f"#{red:02x}{green:02x}{blue:02x}")
    pen.text(left, y + 1.9, f"-{full:.2f}", 0.75, FAINT)
    pen.text(pen.right, y + 1.9, f"+{full:.2f} in PSPI", 0.75, FAINT, anchor="ra")
    return y + 3.0
