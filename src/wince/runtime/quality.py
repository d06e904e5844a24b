"""Whether a face can be judged at all: measured first, and refused with the reason when it cannot.

Each limit has two steps, both read off the table in docs/quality.md, which
benchmarks/quality_thresholds.py measures: from `warn` on the score agrees much worse with ratings
than it does on the same faces unspoilt, from `refuse` on it says next to nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince.faces.align import align
from wince.faces.detect import Face
from wince.faces.spec import FaceSpec
from wince.runtime.occlusion import covered
from wince.speech import sentences

SPEC = FaceSpec(size=96)
"""What is looked at: the upright face, whatever the model itself is shown."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a measure makes a warning and where a refusal."""

    warn: float
    refuse: float


WIDTH = Limit(warn=32, refuse=20)
"""Pixels of the face's box, at least."""

YAW = Limit(warn=35, refuse=45)
"""Degrees the head is turned to either side, at most. Not measured: few photographs show that."""

CONTRAST = Limit(warn=35, refuse=16)
"""Steps of luminance, of 255, between the face's darkest and brightest twentieth, at least. Range
and not brightness, so that dark skin in good light is not taken for darkness."""

SHARPNESS = Limit(warn=0.08, refuse=0.06)
"""Share of fine detail in the face's contrast, at least."""

COVERED = Limit(warn=0.8, refuse=0.85)
"""How likely eyes or mouth are covered, at most."""

DARK = 70
"""Mean luminance, of 255, below which too little contrast is put down to darkness."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What decides whether a face can be judged.

    width: of its box, in pixels of the upright picture. yaw: degrees. contrast: steps of luminance
    between the 5th and the 95th percentile. light: mean luminance, 0 to 255. sharpness: standard
    deviation of the detail some two to four hundredths of the face in size, over that of the
    luminance. covered: how likely "eyes" and "mouth" are covered, 0 to 1.
    """

    width: float
    yaw: float
    contrast: float
    light: float
    sharpness: float
    covered: dict[str, float]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Why a face cannot be judged, and what speaks against it where it can.

    reasons: a sentence by its name in REASONS; none means it can be judged. warnings: sentences.
    """

    reasons: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What is said in place of a level."""
        short = [REASONS[name].short for name in self.reasons]
        return f"{sentences.REFUSAL.rstrip('.')}: {' and '.join(short)}."

    @property
    def advice(self) -> str:
        """What to do about it."""
        steps = dict.fromkeys(REASONS[name].remedy for name in self.reasons)
        return f"{' '.join(steps)} {sentences.REFUSAL_ADVICE}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a picture cannot be judged: in a few words, and what to do."""

    short: str
    remedy: str


REASONS: dict[str, Reason] = {
    "small": Reason("the face is too small", "Move the camera closer."),
    "turned": Reason("the face is turned too far to the side", "Take the picture from the front."),
    "dark": Reason("it is too dark", "Put light on the face."),
    "flat": Reason(
        "the face has too little contrast", "Avoid glare, light from behind, and fog on the lens."
    ),
    "blurred": Reason("the face is blurred", "Hold the camera still and let it focus."),
    "eyes-covered": Reason("the eyes seem to be covered", "Uncover the eyes if that may be done."),
    "mouth-covered": Reason(
        "the mouth seems to be covered",
        "Uncover the mouth if that may be done; with a mask or a tube in place watch other signs.",
    ),
}
"""Every reason by its name, in the order they are given in."""


def measure(rgb: NDArray[np.uint8], face: Face, scale: float = 1.0) -> Measures:
    """Measure a face found in an RGB uint8 picture (H, W, 3).

    scale: pixels of the upright picture at full size for each of `rgb`.
    """
    grey = np.asarray(Image.fromarray(align(rgb, face, SPEC)).convert("L"), np.float32)
    inner = grey[_INNER]
    low, high = np.percentile(inner, (5, 95))
    return Measures(
        width=face.size * scale,
        yaw=face.yaw,
        contrast=float(high - low),
        light=float(inner.mean()),
        sharpness=_sharpness(grey),
        covered=covered(grey),
    )


def judge(measures: Measures) -> Judgement:
    """Say whether a face with these measures can be judged."""
    reasons, warnings = {}, []
    for check in _CHECKS:
        found = check(measures)
        if found is None:
            continue
        name, words, refused = found
        if refused:
            reasons[name] = f"{words} {REASONS[name].remedy}"
        else:
            warnings.append(f"{words} {REASONS[name].remedy}")
    return Judgement(reasons, tuple(warnings))


_Found = tuple[str, str, bool] | None  # name of the reason, what was found, whether that refuses


def _small(found: Measures) -> _Found:
    if found.width >= WIDTH.warn:
        return None
    words = (
        f"The face is only {found.width:.0f} pixels wide; {WIDTH.warn:.0f} or more are needed for "
        "a score to be trusted."
    )
    return "small", words, found.width < WIDTH.refuse


def _turned(found: Measures) -> _Found:
    if abs(found.yaw) <= YAW.warn:
        return None
    words = (
        f"The face is turned about {abs(found.yaw):.0f} degrees to the side; up to "
        f"{YAW.warn:.0f} can be read well."
    )
    return "turned", words, abs(found.yaw) > YAW.refuse


def _flat(found: Measures) -> _Found:
    if found.contrast >= CONTRAST.warn:
        return None
    name = "dark" if found.light < DARK else "flat"
    what = "dark" if name == "dark" else "flat"
    words = (
        f"The face is {what}: {found.contrast:.0f} steps of grey lie between its dark and bright "
        f"parts, {CONTRAST.warn:.0f} or more are needed."
    )
    return name, words, found.contrast < CONTRAST.refuse


def _blurred(found: Measures) -> _Found:
    if found.sharpness >= SHARPNESS.warn or found.width < WIDTH.warn:
        return None  # a small face has no fine detail in any case, and is told by its size
    return "blurred", "The face is blurred.", found.sharpness < SHARPNESS.refuse


def _covered(part: str, words: str) -> Callable[[Measures], _Found]:
    def check(found: Measures) -> _Found:
        share = found.covered[part]
        if share <= COVERED.warn or not _clear(found):
            return None
        return f"{part}-covered", words, share > COVERED.refuse

    return check


def _clear(found: Measures) -> bool:
    """Return whether the picture shows enough to see a cover by."""
    return (
        found.width >= WIDTH.warn
        and found.contrast >= CONTRAST.warn
        and found.sharpness >= SHARPNESS.warn
    )


_CHECKS: tuple[Callable[[Measures], _Found], ...] = (
    _small,
    _turned,
    _flat,
    _blurred,
    _covered("eyes", "The eyes seem to be covered."),
    _covered("mouth", "The mouth seems to be covered."),
)


def _sharpness(grey: NDArray[np.float32]) -> float:
    once = _softened(grey)  # takes the grain of a sensor away
    fine = (once - _softened(_softened(_softened(once))))[_INNER]
    return float(fine.std() / max(float(grey[_INNER].std()), 1e-3))


def _softened(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return it smoothed with weights 1 2 1 across and down."""
    wide = np.pad(grey, 1, mode="edge")
    across = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
    return np.asarray((across[:-2] + 2 * across[1:-1] + across[2:]) / 16)


def _ellipse() -> NDArray[np.bool_]:
    """Return which pixels of SPEC's square are well inside the face."""
    y, x = (np.mgrid[: SPEC.size, : SPEC.size] + 0.5) / SPEC.size - 0.5
    return np.asarray(np.hypot(x / 0.30, y / 0.38) < 1)


_INNER = _ellipse()
