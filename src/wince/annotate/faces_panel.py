"""The panel of an annotated copy with several assessments: a line or two for each face."""

from collections.abc import Sequence

from PIL import Image

from wince.annotate.panel_canvas import FAINT, TEXT, PanelCanvas
from wince.annotate.score_panel import CAUTION, WIDTH, colour, heading, label, model_name
from wince.runtime.assessment import Assessment

_FACE_HEIGHT = 6.0
"""Most lines that a face takes, in text sizes; reasons make it higher."""


def draw_faces_panel(assessments: Sequence[Assessment], text_size: int) -> Image.Image:
    """Return the panel, RGB.

    Args:
        assessments: Of faces of one image.
        text_size: Pixels.
    """
    reasons = sum(len(each.quality.reasons) for each in assessments)
    canvas = PanelCanvas(WIDTH, 12 + _FACE_HEIGHT * (len(assessments) + reasons), text_size)
    y = 1.0
    canvas.text(
        canvas.left, y, f"{heading(assessments[0].scale)} of {len(assessments)} faces", 0.95, FAINT
    )
    y += 2.0
    for assessment in assessments:
        y = _draw_face(canvas, y, assessment) + 0.6
    return canvas.cropped(
        canvas.paragraph(y + 0.5, f"{CAUTION} Model: {model_name(assessments[0])}.", 0.75, FAINT)
    )


def _draw_face(canvas: PanelCanvas, y: float, assessment: Assessment) -> float:
    """Write number, level and score of a face, or why it has none; return the y where it ends."""
    score, scale = assessment.calibrated, assessment.scale
    number = f"{assessment.face.index + 1}:"
    canvas.text(canvas.left, y, number, 1.2)
    canvas.text(canvas.left + 2.2, y, label(score), 1.2, colour(score))
    if score is None:
        y += 1.6
        for reason in assessment.quality.reasons.values():
            y = canvas.paragraph(y, reason, 0.85, TEXT, canvas.left + 2.2)
        return y
    text = f"90 %: {' to '.join(map(scale.points, score.interval))}."
    if score.confidence is not None:
        text += f" Confidence {100 * score.confidence:.0f} %."
    return canvas.paragraph(y + 1.6, text, 0.85, FAINT, canvas.left + 2.2)
