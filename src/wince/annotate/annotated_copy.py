"""A copy of the photo with a box around each assessed face and the assessment beside it.

The panel is beside the photo, not over it, so that it never hides the face. An assessment with a
heatmap gets a second column with the maps. Several assessments are listed in the panel.
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from wince import files
from wince.annotate import score_panel
from wince.annotate.faces_panel import draw_faces_panel
from wince.annotate.heatmap_column import draw_heatmap_column
from wince.annotate.panel_canvas import BACKGROUND
from wince.images import UprightImage
from wince.runtime.assessment import Assessment

MAX_LONG_SIDE = 1600
"""Larger photos are scaled down to this, in pixels."""
MIN_LONG_SIDE = 400
"""Smaller photos are enlarged to this, in pixels, so that the box can be seen."""
MIN_TEXT_SIZE = 15  # pixels


def annotate(image: UprightImage, *assessments: Assessment) -> Image.Image:
    """Return an RGB copy of the photo with a box around each face and a panel to its right.

    Args:
        image: The photo, as `images.read` returns it.
        assessments: Of faces of the same photo; at least one.

    Returns:
        The photo in it has 400 to 1600 pixels on its longer side.
    """
    photo, zoom = _resized_photo(image)
    text_size = _text_size(photo)
    for assessment in assessments:
        x0, y0, x1, y1 = (value * zoom for value in assessment.face.box)
        text = score_panel.label(assessment.calibrated)
        if len(assessments) > 1:
            text = f"{assessment.face.index + 1}: {text}"
        _draw_face_box(
            photo, (x0, y0, x1, y1), text, score_panel.colour(assessment.calibrated), text_size
        )
    if len(assessments) > 1:
        return _side_by_side([photo, draw_faces_panel(assessments, text_size)])
    (assessment,) = assessments
    columns = [photo, score_panel.draw_score_panel(assessment, text_size)]
    if assessment.heatmap is not None:
        columns.append(draw_heatmap_column(image, assessment, assessment.heatmap, text_size))
    return _side_by_side(columns)


def save(image: Image.Image, path: Path) -> None:
    """Write the image as PNG if the path ends in .png, else as JPEG; completely or not at all.

    Raises:
        FileWriteError: The file cannot be written.
    """
    image_format = "PNG" if path.suffix.lower() == ".png" else "JPEG"
    with files.replacing(path) as temporary:
        image.save(temporary, image_format, quality=92)


def _resized_photo(image: UprightImage) -> tuple[Image.Image, float]:
    """Return the photo at its size in the copy, and its pixels per pixel at full size."""
    photo = Image.fromarray(image.rgb)
    long_side = max(photo.size)
    factor = min(max(long_side, MIN_LONG_SIDE), MAX_LONG_SIDE) / long_side
    if factor != 1:
        size = max(1, round(photo.width * factor)), max(1, round(photo.height * factor))
        photo = photo.resize(size, Image.Resampling.LANCZOS)
    return photo, photo.width / image.width


def _text_size(photo: Image.Image) -> int:
    """Return the text size in pixels at which the panel is about as high as the photo."""
    fitting = min(photo.height / score_panel.HEIGHT, 0.6 * photo.width / score_panel.WIDTH)
    return max(MIN_TEXT_SIZE, round(fitting))


def _side_by_side(columns: list[Image.Image]) -> Image.Image:
    """Return the images next to each other, centred vertically."""
    height = max(column.height for column in columns)
    canvas = Image.new("RGB", (sum(column.width for column in columns), height), BACKGROUND)
    left = 0
    for column in columns:
        canvas.paste(column, (left, (height - column.height) // 2))
        left += column.width
    return canvas


def _draw_face_box(
    photo: Image.Image,
    box: tuple[float, float, float, float],
    label: str,
    colour: str,
    text_size: int,
) -> None:
    """Draw the box with a dark outline, to be visible on any photo, and its label."""
    draw = ImageDraw.Draw(photo)
    line_width = max(2, text_size // 6)
    x0, y0 = max(box[0], 0), max(box[1], 0)
    x1, y1 = min(box[2], photo.width - 1), min(box[3], photo.height - 1)
    if x1 - x0 < 2 * line_width or y1 - y0 < 2 * line_width:
        return  # the face is outside the photo
    draw.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), outline="black", width=line_width + 2)
    draw.rectangle((x0, y0, x1, y1), outline=colour, width=line_width)
    font = ImageFont.load_default(text_size)
    width, height = font.getlength(label) + text_size * 0.7, text_size * 1.4
    left = min(x0, max(0, photo.width - width))
    top = y0 - height if y0 >= height else min(y1 + 1, photo.height - height)
    draw.rectangle((left, top, left + width, top + height), fill=colour)
    draw.text((left + width / 2, top + height / 2), label, "black", font, anchor="mm")
