"""Whether a face can be judged: measures, limits, and the reasons for a refusal.

Each limit has two steps. Beyond `warn` the score agrees much less with ratings than it does for the
same faces in good quality. Beyond `refuse` it has almost no relation to them. The steps come from
the table in docs/quality.md, which benchmarks/quality_thresholds.py measures.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince.faces.align import align, crop_to_image
from wince.faces.face import Face
from wince.faces.spec import FaceSpec
from wince.runtime.occlusion import covered, percentiles
from wince.speech import sentences

SPEC = FaceSpec(size=96)
"""Crop that is measured; it does not depend on the model's own crop."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The two steps of a limit.

    Attributes:
        warn: Value beyond which there is a warning.
        refuse: Value beyond which the face is not judged.
    """

    warn: float
    refuse: float


WIDTH = Limit(warn=32, refuse=20)
"""Minimum size of the face's box, in pixels."""

YAW = Limit(warn=35, refuse=45)
"""Maximum turn of the head, in degrees. Not measured: few photos show heads turned that far."""

CONTRAST = Limit(warn=35, refuse=16)
"""Minimum range of luminance in the face, from the 5th to the 95th percentile, of 255.

The range is used instead of the brightness, so that dark skin in good light passes.
"""

SHARPNESS = Limit(warn=0.08, refuse=0.06)
"""Minimum ratio of fine detail to contrast."""

CUT = Limit(warn=0.05, refuse=0.15)
"""Maximum share of the face outside the image."""

SCORE = Limit(warn=0.65, refuse=0.0)
"""Minimum score of the detector. A low one is no reason for a refusal."""

COVERED = Limit(warn=0.8, refuse=0.85)
"""Maximum probability that the eyes or the mouth are covered."""

DARK = 70
"""Mean luminance, of 255, below which a face with too little contrast is called dark."""

INNER_FACE = (0.30, 0.38)
"""Half the width and half the height of the ellipse that is measured, in sides of the crop."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures of one face.

    Attributes:
        width: Longer side of the box, in pixels of the upright image at full size.
        yaw: Degrees by which the head is turned, positive if the nose points to the image's right.
        contrast: Range of luminance from the 5th to the 95th percentile, 0 to 255.
        light: Mean luminance, 0 to 255.
        sharpness: Standard deviation of the details of about 0.02 to 0.04 of the face in size,
            divided by the standard deviation of the luminance.
        cut: Share of the inner face outside the image, 0 to 1.
        score: The detector's score, 0 to 1.
        covered: Probability that "eyes" and "mouth" are covered, 0 to 1.
    """

    width: float
    yaw: float
    contrast: float
    light: float
    sharpness: float
    cut: float
    score: float
    covered: dict[str, float]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a face can be judged.

    Attributes:
        reasons: Why it cannot be judged, sentence by name in REASONS. Empty if it can be judged.
        warnings: Sentences about limitations by name in REASONS.
        values: Numbers in a reason or warning by its name, rounded as in the sentence.
    """

    reasons: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Sentence that takes the place of the level's sentence."""
        phrases = [REASONS[name].phrase for name in self.reasons]
        return f"{sentences.REFUSAL.rstrip('.')}: {' and '.join(phrases)}."

    @property
    def advice(self) -> str:
        """What to do to get a face that can be judged."""
        remedies = dict.fromkeys(REASONS[name].remedy for name in self.reasons)
        return f"{' '.join(remedies)} {sentences.REFUSAL_ADVICE}"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for a refusal.

    Attributes:
        phrase: The reason in a few words, for use within a sentence.
        remedy: What to do, as a sentence.
        description: The reason as a sentence, with its values in braces.
    """

    phrase: str
    remedy: str
    description: str


REASONS: dict[str, Reason] = {
    "small": Reason(
        "the face is too small",
        "Move the camera closer.",
        "The face is only {width} pixels wide; {needed} or more are needed for a score to be "
        "trusted.",
    ),
    "turned": Reason(
        "the face is turned too far to the side",
        "Take the photo from the front.",
        "The face is turned about {yaw} degrees to the side; up to {limit} can be read well.",
    ),
    "cut": Reason(
        "part of the face is outside the image",
        "Move the camera so that the whole face is seen.",
        "{percent}% of the face is outside the image.",
    ),
    "dark": Reason(
        "it is too dark",
        "Put light on the face.",
        "The face is dark: {contrast} steps of grey lie between its dark and bright parts, "
        "{needed} or more are needed.",
    ),
    "flat": Reason(
        "the face has too little contrast",
        "Avoid glare, light from behind, and fog on the lens.",
        "The face is flat: {contrast} steps of grey lie between its dark and bright parts, "
        "{needed} or more are needed.",
    ),
    "blurred": Reason(
        "the face is blurred",
        "Hold the camera still and let it focus.",
        "The face is blurred.",
    ),
    "doubtful": Reason(
        "this may not be the face of a person",
        "Use a photo of a face, not a drawing or a negative.",
        "The face detector's score is only {score:.2f}: this may be no face, or a drawn one.",
    ),
    "eyes-covered": Reason(
        "the eyes seem to be covered",
        "Uncover the eyes if that may be done.",
        "The eyes seem to be covered.",
    ),
    "mouth-covered": Reason(
        "the mouth seems to be covered",
        "Uncover the mouth if that may be done; with a mask or a tube in place watch other signs.",
        "The mouth seems to be covered.",
    ),
}
"""Every reason by name, in the order in which they are listed."""


def measure(rgb: NDArray[np.uint8], face: Face, scale: float = 1.0) -> Measures:
    """Measure a face.

    Args:
        rgb: uint8 (H, W, 3).
        face: The face in pixels of `rgb`.
        scale: Pixels of the upright image at full size per pixel of `rgb`.
    """
    grey = np.asarray(Image.fromarray(align(rgb, face, SPEC)).convert("L"), np.float32)
    inner = grey[_INNER_FACE]
    low, high = percentiles(inner, (5, 95))
    return Measures(
        width=face.size * scale,
        yaw=face.yaw,
        contrast=float(high - low),
        light=float(inner.mean()),
        sharpness=_measure_sharpness(grey),
        cut=share_outside(face, (rgb.shape[1], rgb.shape[0])),
        score=face.score,
        covered=covered(grey),
    )


def judge(measures: Measures) -> Judgement:
    """Return whether a face with these measures can be judged."""
    reasons: dict[str, str] = {}
    warnings: dict[str, str] = {}
    values: dict[str, dict[str, float]] = {}
    for check in _CHECKS:
        defect = check(measures)
        if defect is None:
            continue
        reason = REASONS[defect.name]
        message = f"{reason.description.format(**defect.values)} {reason.remedy}"
        (reasons if defect.refused else warnings)[defect.name] = message
        values[defect.name] = dict(defect.values)
    return Judgement(reasons, warnings, values)


class _Defect(NamedTuple):
    name: str  # in REASONS
    refused: bool
    values: Mapping[str, float] = {}


def _check_size(measures: Measures) -> _Defect | None:
    if measures.width >= WIDTH.warn:
        return None
    values = {"width": math.floor(measures.width), "needed": math.ceil(WIDTH.warn)}
    return _Defect("small", measures.width < WIDTH.refuse, values)


def _check_yaw(measures: Measures) -> _Defect | None:
    if abs(measures.yaw) <= YAW.warn:
        return None
    values = {"yaw": math.ceil(abs(measures.yaw)), "limit": math.floor(YAW.warn)}
    return _Defect("turned", abs(measures.yaw) > YAW.refuse, values)


def _check_cut(measures: Measures) -> _Defect | None:
    if measures.cut <= CUT.warn:
        return None
    return _Defect("cut", measures.cut > CUT.refuse, {"percent": round(100 * measures.cut)})


def _check_score(measures: Measures) -> _Defect | None:
    if measures.score >= SCORE.warn:
        return None
    values = {"score": round(measures.score, 2)}
    return _Defect("doubtful", measures.score < SCORE.refuse, values)


def _check_contrast(measures: Measures) -> _Defect | None:
    if measures.contrast >= CONTRAST.warn:
        return None
    name = "dark" if measures.light < DARK else "flat"
    values = {"contrast": math.floor(measures.contrast), "needed": math.ceil(CONTRAST.warn)}
    return _Defect(name, measures.contrast < CONTRAST.refuse, values)


def _check_sharpness(measures: Measures) -> _Defect | None:
    if measures.sharpness >= SHARPNESS.warn or measures.width < WIDTH.warn:
        return None  # a small face has no fine detail, and gets the warning about its size
    return _Defect("blurred", measures.sharpness < SHARPNESS.refuse)


def _check_eyes(measures: Measures) -> _Defect | None:
    return _check_cover(measures, "eyes")


def _check_mouth(measures: Measures) -> _Defect | None:
    return _check_cover(measures, "mouth")


def _check_cover(measures: Measures, part: str) -> _Defect | None:
    probability = measures.covered[part]
    if probability <= COVERED.warn or not _is_clear(measures):
        return None
    return _Defect(f"{part}-covered", probability > COVERED.refuse)


def _is_clear(measures: Measures) -> bool:
    """Return whether the face is good enough for a cover to be visible."""
    return (
        measures.width >= WIDTH.warn
        and measures.contrast >= CONTRAST.warn
        and measures.sharpness >= SHARPNESS.warn
    )


_CHECKS = (
    _check_size,
    _check_yaw,
    _check_cut,
    _check_contrast,
    _check_sharpness,
    _check_score,
    _check_eyes,
    _check_mouth,
)


def share_outside(face: Face, size: tuple[int, int]) -> float:
    """Return the share of the inner face, 0 to 1, outside an image of a width and height."""
    points = _INNER_POINTS @ crop_to_image(face, SPEC).T
    inside = (points >= 0).all(axis=1) & (points < size).all(axis=1)
    return 1 - float(inside.mean())


def _measure_sharpness(grey: NDArray[np.float32]) -> float:
    """Return the ratio of fine detail to contrast in the inner face."""
    denoised = _smoothed(grey[_SURROUNDINGS])  # without the noise of the sensor
    detail = denoised[3:-3, 3:-3] - _smoothed(_smoothed(_smoothed(denoised)))
    inner = _INNER_FACE[_SURROUNDINGS][4:-4, 4:-4]
    return float(detail[inner].std() / max(float(grey[_INNER_FACE].std()), 1e-3))


def _smoothed(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return luminance smoothed with the weights 1 2 1 in both directions.

    Args:
        grey: float32 (H, W).

    Returns:
        float32 (H - 2, W - 2), without the outermost pixels.
    """
    rows = grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]
    return np.asarray((rows[:-2] + 2 * rows[1:-1] + rows[2:]) / 16)


def _ellipse() -> NDArray[np.bool_]:
    """Return which pixels of a crop by SPEC are inside the face, bool (S, S): an ellipse."""
    y, x = (np.mgrid[: SPEC.size, : SPEC.size] + 0.5) / SPEC.size - 0.5
    return np.asarray(np.hypot(x / INNER_FACE[0], y / INNER_FACE[1]) < 1)


def _sampled_points() -> NDArray[np.float64]:
    """Return every 16th pixel of the inner face as (x, y, 1) of the crop, float (N, 3)."""
    y, x = np.nonzero(_INNER_FACE[2::4, 2::4])
    return np.column_stack([4 * x + 2.5, 4 * y + 2.5, np.ones(len(x))])


_INNER_FACE = _ellipse()
# The inner face with the four pixels around it that smoothing takes into account.
_SURROUNDINGS = tuple(
    slice(places.min() - 4, places.max() + 5) for places in np.nonzero(_INNER_FACE)
)
_INNER_POINTS = _sampled_points()
