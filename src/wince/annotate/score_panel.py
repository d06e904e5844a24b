"""The panel of an annotated copy: level, score on its scale, action units and warnings."""

from itertools import pairwise

from PIL import Image

from wince.annotate.panel_canvas import BACKGROUND, BAR_TRACK, FAINT, TEXT, PanelCanvas
from wince.level_colours import ON_DARK, of_scale
from wince.runtime.assessment import Assessment
from wince.runtime.calibration import CalibratedScore
from wince.scale import ACTION_UNITS, Level
from wince.score_scale import LevelName, Scale

NOT_JUDGED = "#a9b4c4"
"""Colour in place of a level's colour if the image cannot be judged."""
PLAIN_BAR = "#8ab4f8"
"""Colour of bars without levels: those of action units, and of a scale without levels."""

CAUTION = "An expression, not what is felt. Research software, not a medical device."

WIDTH, HEIGHT = 19.0, 28.5
"""Size of the panel in text sizes; warnings make it higher."""


def draw_score_panel(assessment: Assessment, text_size: int) -> Image.Image:
    """Return the panel, RGB, with text of this size in pixels."""
    messages = [*assessment.quality.warnings, *assessment.quality.reasons.values()]
    max_height = HEIGHT + 15 + 3 * len(messages) + sum(map(len, messages)) / 10
    canvas = PanelCanvas(WIDTH, max_height, text_size)
    score = assessment.calibrated
    if score is None:
        y = _draw_refusal(canvas, 1.0, assessment)
    else:
        y = _draw_level(canvas, 1.0, score)
        y = _draw_scale(canvas, y + 0.6, score)
        y = _draw_change(canvas, y + 0.3, assessment)
        y = _draw_action_units(canvas, y + 0.9, assessment)
    y = _draw_notes(canvas, y + 0.5, assessment)
    return canvas.cropped(y)


def heading(scale: Scale) -> str:
    """Return what the scores are of, in a few words."""
    return "Pain expression" if scale.is_pspi else f"Estimated {scale.name}"


def level_name(level: LevelName) -> str:
    """Return a level in words; the lowest one of PSPI must not read as "no pain"."""
    return "none seen" if level is Level.NONE else str(level)


def label(score: CalibratedScore | None) -> str:
    """Return level and score in a few words; both levels if neither is clear."""
    if score is None:
        return "not judged"
    number = score.scale.shown(score.score)
    if score.level is None:
        return f"{score.scale.name} {number}"
    return f"{'/'.join(map(level_name, score.between or [score.level]))} {number}"


def colour(score: CalibratedScore | None) -> str:
    """Return the colour of a score's level on the dark panel."""
    if score is None:
        return NOT_JUDGED
    return of_scale(ON_DARK, score.scale).get(score.level or "", PLAIN_BAR)


def model_name(assessment: Assessment) -> str:
    """Return name and version of the model."""
    return f"{assessment.model['name']} {assessment.model['version']}"


# Each function below draws one part from y downwards and returns the y where it ends.


def _draw_level(canvas: PanelCanvas, y: float, score: CalibratedScore) -> float:
    """Write the level with its probability; on a scale without levels the score."""
    canvas.text(canvas.left, y, heading(score.scale), 0.95, FAINT)
    if score.level is None or score.confidence is None:
        number = f"{score.scale.shown(score.score)} {score.scale.of_maximum}"
        canvas.text(canvas.left, y + 1.1, number, 2.2, colour(score))
        return y + 4.0
    if score.between is not None:
        lower, upper = map(level_name, score.between)
        y = canvas.paragraph(y + 1.3, f"between {lower} and {upper}", 1.7, colour(score))
        shares = [
            f"{level_name(level)} {100 * score.level_probabilities[level]:.0f} %"
            for level in score.between
        ]
        return canvas.paragraph(y + 0.2, f"Neither is clear: {', '.join(shares)}.", 0.95, TEXT)
    canvas.text(canvas.left, y + 1.1, level_name(score.level), 2.2, colour(score))
    canvas.text(canvas.right, y, "Confidence", 0.95, FAINT, anchor="ra")
    canvas.text(canvas.right, y + 1.1, f"{100 * score.confidence:.0f} %", 2.2, anchor="ra")
    return y + 4.0


def _draw_refusal(canvas: PanelCanvas, y: float, assessment: Assessment) -> float:
    """Write, in place of the level and all numbers, why the image cannot be judged."""
    canvas.text(canvas.left, y, heading(assessment.scale), 0.95, FAINT)
    canvas.text(canvas.left, y + 1.1, label(None), 2.2, NOT_JUDGED)
    y += 4.0
    for reason in assessment.quality.reasons.values():
        y = canvas.paragraph(y, reason, 1.0, TEXT) + 0.3
    return y


def _draw_scale(canvas: PanelCanvas, y: float, score: CalibratedScore) -> float:
    """Draw the scale: bands of the levels, the interval above them, a mark at the score."""
    (low, high), scale = score.interval, score.scale
    number = f"{scale.name} {scale.shown(score.score)} {scale.of_maximum}"
    canvas.text(canvas.left, y, number, 1.2)
    interval = f"90 %: {scale.points(low)} to {scale.points(high)}"
    canvas.text(canvas.right, y + 0.2, interval, 0.95, FAINT, anchor="ra")
    y += 2.2

    def x_of(value: float) -> float:
        return canvas.left + (value - scale.low) * (canvas.right - canvas.left) / scale.span

    canvas.bar(x_of(low), y, x_of(high), y + 0.35, FAINT)
    edges = pairwise((scale.low, *scale.cuts, scale.high))
    colours = list(of_scale(ON_DARK, scale).values()) or [PLAIN_BAR]
    for band, (start, end) in zip(colours, edges, strict=True):
        canvas.bar(x_of(start), y + 0.5, x_of(end), y + 1.2, band)
    mark = x_of(score.score)
    canvas.bar(mark - 0.22, y - 0.25, mark + 0.22, y + 1.45, BACKGROUND)
    canvas.bar(mark - 0.12, y - 0.15, mark + 0.12, y + 1.35, TEXT)
    for quarter, anchor in enumerate(("la", "ma", "ma", "ma", "ra")):
        tick = scale.low + scale.span * quarter / 4
        canvas.text(x_of(tick), y + 1.5, f"{tick:g}", 0.8, FAINT, anchor)
    return y + 2.6


def _draw_change(canvas: PanelCanvas, y: float, assessment: Assessment) -> float:
    """Write how far the expression is from the person's neutral face, if that is known."""
    if assessment.change is None:
        return y
    canvas.text(canvas.left, y, "Above this person's neutral face", 0.95)
    scale = assessment.scale
    points = f"{scale.points(assessment.change.score)} {scale.unit}"
    canvas.text(canvas.right, y, points, 0.95, anchor="ra")
    at_rest, now = (
        scale.points(scale.from_raw(raw))
        for raw in (assessment.change.neutral.raw_score, assessment.raw_score)
    )
    return canvas.paragraph(
        y + 1.25,
        f"The neutral face reads {at_rest}, this one {now}.",
        0.8,
        FAINT,
    )


def _draw_action_units(canvas: PanelCanvas, y: float, assessment: Assessment) -> float:
    """Draw a bar for each action unit of PSPI; a full bar is the unit's maximum."""
    if not assessment.scale.is_pspi:
        return y
    if assessment.action_units is None:
        return canvas.paragraph(y, "This model gives no action units.", 0.95, FAINT)
    for name, unit in ACTION_UNITS.items():
        value = assessment.action_units[name]
        canvas.text(canvas.left, y, unit.title, 0.95)
        canvas.text(canvas.right, y, f"{value:.1f} of {unit.maximum:g}", 0.95, anchor="ra")
        canvas.text(canvas.left + 9.2, y + 0.1, name, 0.85, FAINT)
        length = (canvas.right - canvas.left) * value / unit.maximum
        canvas.bar(canvas.left, y + 1.25, canvas.right, y + 1.6, BAR_TRACK)
        canvas.bar(canvas.left, y + 1.25, canvas.left + length, y + 1.6, PLAIN_BAR)
        y += 2.25
    return y


def _draw_notes(canvas: PanelCanvas, y: float, assessment: Assessment) -> float:
    for warning in assessment.quality.warnings:
        y = canvas.paragraph(y, warning, 0.85, ON_DARK[Level.MILD]) + 0.2
    return canvas.paragraph(y, f"{CAUTION} Model: {model_name(assessment)}.", 0.75, FAINT)
