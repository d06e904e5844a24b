"""One frame of an annotated video: boxes with levels, and below it the scores over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from wince.annotate.panel_canvas import BACKGROUND, FAINT, TEXT, to_ascii
from wince.annotate.score_panel import NOT_JUDGED
from wince.faces.boxes import Box
from wince.score_scale import Scale

STRIP_SHARE = 0.2
"""Height of the strip with the scores, in heights of the frame."""
MIN_TEXT_SIZE = 12  # pixels
LINE_COLOURS = ("#f3f5f8", "#8ab4f8", "#f28b82", "#c58af9", "#78d9ec", "#fdd663")
"""Colours of the lines of persons, by number."""


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """A person in a frame.

    Attributes:
        number: The person's number.
        box: Of the face in this frame; None without one.
        title: What is stated, such as "Mild".
        score: The stated score in words; "" without one.
        colour: Of the stated level; None without one.
        lines: Times in seconds and scores so far, a line for each period in view.
    """

    number: int
    box: Box | None
    title: str
    score: str
    colour: str | None
    lines: Sequence[Sequence[tuple[float, float]]]


def draw_video_frame(
    rgb: NDArray[np.uint8],
    persons: Sequence[ShownPerson],
    seconds: float,
    duration: float,
    scale: Scale,
) -> NDArray[np.uint8]:
    """Return a frame with the boxes of persons, and the strip with their scores below it.

    Args:
        rgb: uint8 (H, W, 3).
        persons: The followed persons.
        seconds: Time of the frame.
        duration: Seconds that the strip shows from the beginning.
        scale: The scale of the scores.
    """
    height, width = rgb.shape[:2]
    strip_height = max(4 * MIN_TEXT_SIZE, round(height * STRIP_SHARE))
    image = Image.new("RGB", (width, height + strip_height), BACKGROUND)
    image.paste(Image.fromarray(rgb))
    draw = ImageDraw.Draw(image)
    text_size = max(MIN_TEXT_SIZE, height // 32)
    for person in persons:
        if person.box is not None:
            _draw_box(draw, person, person.box, (width, height), text_size)
    absent = [person for person in persons if person.box is None]
    _draw_absent(draw, absent, text_size)
    area = (0, height, width, height + strip_height)
    _draw_strip(draw, persons, area, seconds, duration, scale)
    return np.asarray(image)


def _label(person: ShownPerson) -> str:
    return to_ascii(" ".join(filter(None, (str(person.number), person.title, person.score))))


def _colour(person: ShownPerson) -> str:
    return person.colour or NOT_JUDGED


def _draw_box(
    draw: ImageDraw.ImageDraw,
    person: ShownPerson,
    box: Box,
    size: tuple[int, int],
    text_size: int,
) -> None:
    """Draw a box with a dark outline, to be visible on any frame, and its label."""
    line = max(2, text_size // 6)
    x0, y0 = max(box[0], 0), max(box[1], 0)
    x1, y1 = min(box[2], size[0] - 1), min(box[3], size[1] - 1)
    if x1 - x0 < 2 * line or y1 - y0 < 2 * line:
        return  # the face is outside the frame
    draw.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), outline="black", width=line + 2)
    draw.rectangle((x0, y0, x1, y1), outline=_colour(person), width=line)
    top = y0 - 1.4 * text_size if y0 >= 1.4 * text_size else min(y1, size[1] - 1.4 * text_size)
    _draw_label(draw, person, x0, top, text_size)


def _draw_absent(draw: ImageDraw.ImageDraw, persons: Sequence[ShownPerson], text_size: int) -> None:
    """Write the statements of persons without a face into the upper left corner."""
    for row, person in enumerate(persons):
        _draw_label(draw, person, 0, 1.5 * text_size * row, text_size)


def _draw_label(
    draw: ImageDraw.ImageDraw, person: ShownPerson, left: float, top: float, text_size: int
) -> None:
    font = ImageFont.load_default(text_size)
    label = _label(person)
    right, bottom = left + font.getlength(label) + text_size * 0.7, top + 1.4 * text_size
    draw.rectangle((left, top, right, bottom), fill=_colour(person))
    centre = (left + right) / 2, (top + bottom) / 2
    draw.text(centre, label, "black", font, anchor="mm")


def _draw_strip(
    draw: ImageDraw.ImageDraw,
    persons: Sequence[ShownPerson],
    area: tuple[int, int, int, int],
    seconds: float,
    duration: float,
    scale: Scale,
) -> None:
    """Draw the cuts between levels, a line for each person's scores, and a mark at the time."""
    left, top, right, bottom = area
    margin = max(2, (bottom - top) // 12)

    def x_of(time: float) -> float:
        return left + (right - left - 1) * min(1.0, time / max(duration, 1e-6))

    def y_of(score: float) -> float:
        return bottom - margin - (bottom - top - 2 * margin) * (score - scale.low) / scale.span

    font = ImageFont.load_default(MIN_TEXT_SIZE)
    for cut in scale.cuts:
        draw.line((left, y_of(cut), right, y_of(cut)), FAINT)
        draw.text((right - 2, y_of(cut)), f"{cut:g}", FAINT, font, anchor="rb")
    for person in persons:
        colour = LINE_COLOURS[(person.number - 1) % len(LINE_COLOURS)]
        for line in person.lines:
            points = [(x_of(time), y_of(score)) for time, score in line]
            draw.line([points[0], *points], colour, width=2)  # a single point is seen too
    draw.line((x_of(seconds), top, x_of(seconds), bottom), TEXT)
