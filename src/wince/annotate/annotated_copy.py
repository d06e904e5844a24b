"""A copy of the photo with the reading drawn in: the face's box, and a panel beside the picture.

The panel stands beside the photo, not over it, so that it never hides the face it speaks of. An
assessment that has maps gets a column of them beside the panel.
"""

import os
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from wince.annotate import map_column
from wince.annotate.pen import BACKGROUND, FAINT, TEXT, TRACK, Pen
from wince.errors import WinceError
from wince.images import UprightImage
from wince.level_colours import ON_DARK
from wince.runtime.assessment import Assessment
from wince.scale import ACTION_UNITS, LEVEL_CUTS, LEVELS, PSPI_MAXIMUM, Level

NOT_JUDGED = "#a9b4c4"  # in place of a level's colour

LONGEST_SIDE = 1600  # the copy is to look at, not an archive copy
SHORTEST_LONG_SIDE = 400  # a smaller photo is enlarged, or its box could not be seen
SMALLEST_TEXT = 15  # pixels

_WIDTH, _HEIGHT = 19.0, 28.5  # of the panel, in text sizes; warnings make it longer


def annotate(picture: UprightImage, assessment: Assessment) -> Image.Image:
    """Return an RGB copy of the picture with the assessment drawn in, a panel to its right.

    picture: as `images.read` gives it. assessment: of the same picture, its face in pixels of the
    upright picture at full size. The copy's photo has 400 to 1600 pixels on its longer side.
    """
    photo, zoom = _sized(picture)
    text = max(SMALLEST_TEXT, round(min(photo.height / _HEIGHT, 0.6 * photo.width / _WIDTH)))
    if assessment.face is not None:
        box = tuple(value * zoom for value in assessment.face.box)
        _draw_box(photo, (box[0], box[1], box[2], box[3]), assessment, text)
    beside = [_panel(assessment, text)]
    if assessment.heatmap is not None and assessment.level is not None:
        beside.append(map_column.column(picture, assessment, assessment.heatmap, text))
    height = max(photo.height, *(part.height for part in beside))
    width = photo.width + sum(part.width for part in beside)
    canvas = Image.new("RGB", (width, height), BACKGROUND)
    left = 0
    for part in (photo, *beside):
        canvas.paste(part, (left, (height - part.height) // 2))
        left += part.width
    return canvas


def save(image: Image.Image, path: Path) -> None:
    """Write the image as JPEG or PNG, by the path's suffix; the file appears whole or not at all.

    Raises WinceError when the file cannot be written.
    """
    kind = "PNG" if path.suffix.lower() == ".png" else "JPEG"
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".wince-", suffix=path.suffix, delete=False
        ) as file:
            temporary = Path(file.name)
            image.save(file, kind, quality=92)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise WinceError(f"{path} cannot be written: {reason}. Choose another folder.") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sized(picture: UprightImage) -> tuple[Image.Image, float]:
    """Return the photo at a size to look at, and its pixels per pixel of the upright picture."""
    photo = Image.fromarray(picture.rgb)
    longest = max(photo.size)
    factor = min(max(longest, SHORTEST_LONG_SIDE), LONGEST_SIDE) / longest
    if factor != 1:
        size = max(1, round(photo.width * factor)), max(1, round(photo.height * factor))
        photo = photo.resize(size, Image.Resampling.LANCZOS)
    return photo, photo.width / picture.width


def _draw_box(
    photo: Image.Image, box: tuple[float, float, float, float], assessment: Assessment, text: int
) -> None:
    """Draw the face's box, dark-rimmed so that it shows on any photo, and its tag above it."""
    draw = ImageDraw.Draw(photo)
    line = max(2, text // 6)
    x0, y0 = max(box[0], 0), max(box[1], 0)
    x1, y1 = min(box[2], photo.width - 1), min(box[3], photo.height - 1)
    if x1 - x0 < 2 * line or y1 - y0 < 2 * line:
        return  # the whole face lies outside the photo's edge
    colour = _colour(assessment.level)
    draw.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), outline="black", width=line + 2)
    draw.rectangle((x0, y0, x1, y1), outline=colour, width=line)
    font = ImageFont.load_default(text)
    label = _in_words(assessment.level)
    if assessment.level is not None:
        label += f" {assessment.pspi:.1f}"
    width, height = font.getlength(label) + text * 0.7, text * 1.4
    left = min(x0, max(0, photo.width - width))
    top = y0 - height if y0 >= height else min(y1 + 1, photo.height - height)
    draw.rectangle((left, top, left + width, top + height), fill=colour)
    draw.text((left + width / 2, top + height / 2), label, "black", font, anchor="mm")


def _in_words(level: Level | None) -> str:
    if level is None:
        return "not judged"
    return "none seen" if level is Level.NONE else str(level)


def _colour(level: Level | None) -> str:
    return NOT_JUDGED if level is None else ON_DARK[level]


def _panel(assessment: Assessment, unit: int) -> Image.Image:
    said = [*assessment.quality.warnings, *assessment.quality.reasons.values()]
    room = _HEIGHT + 15 + 3 * len(said) + sum(map(len, said)) / 10  # more than enough
    image = Image.new("RGB", (round(_WIDTH * unit), round(room * unit)), BACKGROUND)
    pen = Pen(ImageDraw.Draw(image), unit, _WIDTH)
    if assessment.level is None:
        y = _draw_refusal(pen, 1.0, assessment)
    else:
        y = _draw_level(pen, 1.0, assessment)
        y = _draw_scale(pen, y + 0.6, assessment)
        y = _draw_change(pen, y + 0.3, assessment)
        y = _draw_units(pen, y + 0.9, assessment)
    y = _draw_notes(pen, y + 0.5, assessment)
    return image.crop((0, 0, image.width, min(image.height, round((y + 0.8) * unit))))


def _draw_level(pen: Pen, y: float, assessment: Assessment) -> float:
    pen.text(pen.left, y, "Pain expression", 0.95, FAINT)
    pen.text(pen.left, y + 1.1, _in_words(assessment.level), 2.2, _colour(assessment.level))
    pen.text(pen.right, y, "Confidence", 0.95, FAINT, anchor="ra")
    sure = 100 * (assessment.confidence or 0.0)
    pen.text(pen.right, y + 1.1, f"{sure:.0f} %", 2.2, anchor="ra")
    return y + 4.0


def _draw_refusal(pen: Pen, y: float, assessment: Assessment) -> float:
    """Say in place of a level, and of every number, that the picture cannot be judged, and why."""
    pen.text(pen.left, y, "Pain expression", 0.95, FAINT)
    pen.text(pen.left, y + 1.1, _in_words(None), 2.2, NOT_JUDGED)
    y += 4.0
    for reason in assessment.quality.reasons.values():
        y = pen.paragraph(y, reason, 1.0, TEXT) + 0.3
    return y


def _draw_change(pen: Pen, y: float, assessment: Assessment) -> float:
    """Say how far the expression is from the person's neutral face, when that is known."""
    if assessment.change is None:
        return y
    pen.text(pen.left, y, "Above this person's neutral face", 0.95)
    pen.text(pen.right, y, f"{assessment.change.pspi:.1f} points", 0.95, anchor="ra")
    neutral = assessment.change.neutral
    return pen.paragraph(
        y + 1.25,
        f"The neutral face reads {neutral.raw_score:.1f}, this one {assessment.raw_score:.1f}.",
        0.8,
        FAINT,
    )


def _draw_scale(pen: Pen, y: float, assessment: Assessment) -> float:
    """Draw PSPI on its scale: four bands, the interval above them, and a mark at the score."""
    low, high = assessment.interval or (assessment.pspi, assessment.pspi)
    pen.text(pen.left, y, f"PSPI {assessment.pspi:.1f} of {PSPI_MAXIMUM:g}", 1.2)
    pen.text(pen.right, y + 0.2, f"90 %: {low:.1f} to {high:.1f}", 0.95, FAINT, anchor="ra")
    step = (pen.right - pen.left) / PSPI_MAXIMUM
    edges = (0.0, *LEVEL_CUTS, PSPI_MAXIMUM)
    y += 2.2
    pen.bar(pen.left + low * step, y, pen.left + high * step, y + 0.35, FAINT)
    for level, start, end in zip(LEVELS, edges, edges[1:], strict=False):
        pen.bar(pen.left + start * step, y + 0.5, pen.left + end * step, y + 1.2, ON_DARK[level])
    mark = pen.left + assessment.pspi * step
    pen.bar(mark - 0.22, y - 0.25, mark + 0.22, y + 1.45, BACKGROUND)
    pen.bar(mark - 0.12, y - 0.15, mark + 0.12, y + 1.35, TEXT)
    for tick in (0, 4, 8, 12, 16):
        anchor = "la" if tick == 0 else "ra" if tick == PSPI_MAXIMUM else "ma"
        pen.text(pen.left + tick * step, y + 1.5, str(tick), 0.8, FAINT, anchor)
    return y + 2.6


def _draw_units(pen: Pen, y: float, assessment: Assessment) -> float:
    """Draw one bar for each action unit, its own maximum being the bar's full length."""
    if assessment.action_units is None:
        return pen.paragraph(y, "This model gives no action units.", 0.95, FAINT)
    for name, unit in ACTION_UNITS.items():
        value = assessment.action_units[name]
        pen.text(pen.left, y, unit.title, 0.95)
        pen.text(pen.right, y, f"{value:.1f} of {unit.maximum:g}", 0.95, anchor="ra")
        pen.text(pen.left + 9.2, y + 0.1, name, 0.85, FAINT)
        length = (pen.right - pen.left) * value / unit.maximum
        pen.bar(pen.left, y + 1.25, pen.right, y + 1.6, TRACK)
        pen.bar(pen.left, y + 1.25, pen.left + length, y + 1.6, "#8ab4f8")
        y += 2.25
    return y


def _draw_notes(pen: Pen, y: float, assessment: Assessment) -> float:
    for warning in assessment.quality.warnings:
        y = pen.paragraph(y, warning, 0.85, ON_DARK[Level.MILD]) + 0.2
    model = f"{assessment.model['name']} {assessment.model['version']}"
    caution = "An expression, not what is felt. Research software, not a medical device."
    return pen.paragraph(y, f"{caution} Model: {model}.", 0.75, FAINT)
