"""The column of an annotated copy that shows where in the face the score comes from.

It shows the model's view of the face in grey, once under the map of PSPI and once under the map of
each action unit.
"""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageColor

from wince.annotate.panel_canvas import FAINT, TEXT, PanelCanvas
from wince.images import UprightImage
from wince.runtime import heatmap as maps
from wince.runtime.assessment import Assessment, Grid, Heatmap
from wince.scale import PSPI_TERMS, UNIT_NAMES
from wince.score_scale import PSPI, Scale

RAISES, LOWERS = "#ff8a1f", "#2f86ff"
"""Colours that can be distinguished with every kind of colour vision; the page uses the same."""

_OPACITY, _FADE_EXPONENT = 0.8, 1.5  # as on the page

# Lengths in text sizes.
_WIDTH, _MAX_HEIGHT, _GAP = 19.0, 45.0, 0.5
_SMALL_SIDE = (_WIDTH - 2 - 2 * _GAP) / 3
_LARGE_SIDE = 2 * _SMALL_SIDE + _GAP
_COLUMN_STEP = _SMALL_SIDE + _GAP
_CAPTION_HEIGHT = 1.2
_ROW_STEP = _SMALL_SIDE + _CAPTION_HEIGHT + _GAP
_TOP = 2.5

_UNIT_CELLS = ((2, 0), (2, 1), (0, 2), (1, 2), (2, 2), (0, 3))
"""Column and row of each action unit's face; that of PSPI takes two by two at the top left."""


def draw_heatmap_column(
    image: UprightImage, assessment: Assessment, heatmap: Heatmap, text_size: int
) -> Image.Image:
    """Return the column, RGB.

    Args:
        image: The assessed image.
        assessment: Of a face of this image that can be judged.
        heatmap: The maps of the assessment.
        text_size: Pixels.
    """
    assert assessment.score is not None  # a heatmap belongs to a score
    scale = assessment.scale
    canvas = PanelCanvas(_WIDTH, _MAX_HEIGHT, text_size)
    canvas.text(canvas.left, 1.0, "Where the score comes from", 0.95, FAINT)
    face = _grey_face(image, heatmap, round(_LARGE_SIDE * text_size))
    _draw_caption(
        canvas, canvas.left, _TOP, f"{scale.name}  {scale.shown(assessment.score)}", counts=True
    )
    canvas.paste(_with_map(face, heatmap.score, scale), canvas.left, _TOP + _CAPTION_HEIGHT)
    legend_left, legend_top = canvas.left, _TOP + _CAPTION_HEIGHT + _LARGE_SIDE + 1.5
    bottom = 0.0
    if heatmap.action_units is not None and assessment.action_units is not None:
        small_face = face.resize((round(_SMALL_SIDE * text_size),) * 2, Image.Resampling.LANCZOS)
        _draw_unit_faces(canvas, small_face, heatmap, assessment.action_units)
        legend_left, legend_top = canvas.left + _COLUMN_STEP, _TOP + 3 * _ROW_STEP
        bottom = legend_top + _ROW_STEP
    y = _draw_legend(canvas, legend_left, legend_top, heatmap, scale)
    y = max(bottom, canvas.paragraph(y + 0.3, heatmap.note, 0.75, FAINT, legend_left))
    if assessment.action_units is not None:
        y = canvas.paragraph(y + 0.3, formula(assessment), 0.75, TEXT)
    return canvas.cropped(y)


def formula(assessment: Assessment) -> str:
    """Return PSPI as the sum of its terms, with the model's numbers."""
    values = assessment.action_units
    assert values is not None  # only called for a face with action units
    assert assessment.pspi is not None  # it has a score then
    terms = []
    for names in PSPI_TERMS:
        units = ", ".join(f"{name} {values[name]:.1f}" for name in names)
        terms.append(f"max({units})" if len(names) > 1 else units)
    raw_score, pspi = f"{assessment.raw_score:.1f}", PSPI.shown(assessment.pspi)
    result = f"PSPI {pspi}" if raw_score == pspi else f"{raw_score}, which reads as PSPI {pspi}"
    return f"{' + '.join(terms)} = {result}"


def _draw_unit_faces(
    canvas: PanelCanvas, face: Image.Image, heatmap: Heatmap, values: Mapping[str, float]
) -> None:
    """Draw the face under the map of each action unit, with a caption above it."""
    assert heatmap.action_units is not None  # checked by the caller
    for name, (column, row) in zip(UNIT_NAMES, _UNIT_CELLS, strict=True):
        x, y = canvas.left + column * _COLUMN_STEP, _TOP + row * _ROW_STEP
        counts = name in (heatmap.counted or ())
        _draw_caption(canvas, x, y, f"{name}  {values[name]:.1f}", counts=counts)
        canvas.paste(_with_map(face, heatmap.action_units[name], PSPI), x, y + _CAPTION_HEIGHT)


def _draw_caption(canvas: PanelCanvas, x: float, y: float, text: str, *, counts: bool) -> None:
    """Write a face's caption; it is faint if its action unit does not count in PSPI."""
    canvas.text(x, y, text, 0.85, TEXT if counts else FAINT)


def _grey_face(image: UprightImage, heatmap: Heatmap, size: int) -> Image.Image:
    """Return the model's view as a grey image (size, size), cut from the photo itself."""
    photo = Image.fromarray(image.rgb).convert("L")
    corners = np.array(heatmap.quad) / image.scale
    block = max(1, int(np.hypot(*(corners[1] - corners[0])) / size))
    photo, corners = photo.reduce(block), corners / block
    top_left, top_right, bottom_right, bottom_left = corners
    quad = np.concatenate([top_left, bottom_left, bottom_right, top_right])
    return photo.transform(
        (size, size), Image.Transform.QUAD, tuple(quad.tolist()), Image.Resampling.BICUBIC
    )


def _with_map(face: Image.Image, grid: Grid, scale: Scale) -> Image.Image:
    """Return the grey face with a map over it, RGB."""
    strength = maps.smooth(grid, face.width) / maps.full_colour(grid, scale)
    alpha = _OPACITY * np.abs(strength.clip(-1, 1))[:, :, None] ** _FADE_EXPONENT
    raises, lowers = ImageColor.getrgb(RAISES), ImageColor.getrgb(LOWERS)
    colour = np.where(strength[:, :, None] > 0, raises, lowers)
    grey = np.asarray(face, np.float32)[:, :, None]
    return Image.fromarray((grey * (1 - alpha) + colour * alpha).round().astype(np.uint8))


def _draw_legend(
    canvas: PanelCanvas, left: float, y: float, heatmap: Heatmap, scale: Scale
) -> float:
    """Draw the colour scale with the value of its ends; return the y where it ends."""
    full_colour = maps.full_colour(heatmap.score, scale)
    canvas.text(left, y, "lowers", 0.85)
    canvas.text(canvas.right, y, "raises", 0.85, anchor="ra")
    steps = 60
    step_width = (canvas.right - left) / steps
    for step in range(steps):
        colour = _legend_colour(2 * (step + 0.5) / steps - 1)
        canvas.bar(left + step * step_width, y + 1.2, canvas.right, y + 1.75, colour)
    canvas.text(left, y + 1.9, f"-{full_colour:.2f}", 0.75, FAINT)
    end = f"+{full_colour:.2f} in {scale.name}"
    canvas.text(canvas.right, y + 1.9, end, 0.75, FAINT, anchor="ra")
    return y + 3.0


def _legend_colour(strength: float) -> str:
    """Return the colour of a strength from -1 (lowers) over 0 (grey) to 1 (raises)."""
    grey = np.array(ImageColor.getrgb("#8c8c8c"))
    end = np.array(ImageColor.getrgb(RAISES if strength > 0 else LOWERS))
    mixed = grey + (end - grey) * abs(strength) ** _FADE_EXPONENT
    red, green, blue = mixed.round().astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"
