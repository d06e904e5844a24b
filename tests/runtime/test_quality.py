"""Whether a face can be judged: real pictures made worse on purpose, and each limit on its own."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

import wince
from tests.support.frames import Frame
from wince.faces.detect import detect
from wince.runtime import quality
from wince.runtime.quality import REASONS, Measures, judge

RGB = NDArray[np.uint8]
GOOD = Measures(
    width=200,
    yaw=5,
    contrast=120,
    light=130,
    sharpness=0.15,
    covered={"eyes": 0.1, "mouth": 0.1},
)


def drawn(rgb: RGB, part: str) -> RGB:
    """Return the portrait with a pleated mask over the mouth, or dark glasses over the eyes."""
    eyes, mouth = np.mean(detect(rgb)[0].keypoints[:2], axis=0), detect(rgb)[0].keypoints[3]
    unit = float(np.hypot(*(mouth - eyes)))
    picture = Image.fromarray(rgb)
    draw = ImageDraw.Draw(picture)
    x, y = mouth if part == "mouth" else eyes
    if part == "mouth":
        draw.rectangle((x - unit, y - 0.6 * unit, x + unit, y + 0.75 * unit), (190, 210, 222))
        for line in np.arange(-0.5, 0.75, 0.22):
            draw.line((x - unit, y + line * unit, x + unit, y + line * unit), (160, 182, 196), 2)
    else:
        for side in (-1, 1):
            middle = x + side * 0.5 * unit
            draw.ellipse(
                (middle - 0.42 * unit, y - 0.3 * unit, middle + 0.42 * unit, y + 0.3 * unit),
                "black",
            )
        draw.line((x - 0.1 * unit, y, x + 0.1 * unit, y), "black", 4)
    return np.asarray(picture)


@pytest.fixture(scope="module")
def near(astronaut: RGB) -> RGB:
    """The portrait's head, so large that nothing speaks against it."""
    return np.asarray(Image.fromarray(astronaut[:256, 96:352]).resize((512, 512)))


def spoilt(near: RGB, how: str) -> RGB:
    picture = Image.fromarray(near)
    if how == "small":
        return np.asarray(picture.resize((36, 36)))
    if how == "dark":
        return (near * 0.08).astype(np.uint8)
    if how == "flat":
        return (near * 0.08 + 180).astype(np.uint8)
    if how == "blurred":
        return np.asarray(picture.filter(ImageFilter.GaussianBlur(0.05 * detect(near)[0].size)))
    return drawn(near, how.removesuffix("-covered"))


def test_nothing_speaks_against_a_good_picture(assessor: wince.Assessor, near: RGB) -> None:
    found = assessor.assess(near)
    assert found.level is not None
    assert found.quality.usable
    assert found.quality.reasons == {}
    assert found.quality.warnings == ()


@pytest.mark.parametrize(
    "how", ["small", "dark", "flat", "blurred", "eyes-covered", "mouth-covered"]
)
def test_a_picture_that_cannot_be_judged_gets_the_reason_in_place_of_a_level(
    assessor: wince.Assessor, near: RGB, how: str
) -> None:
    found = assessor.assess(spoilt(near, how))
    assert list(found.quality.reasons) == [how]
    assert not found.quality.usable
    assert found.level is found.confidence is found.interval is found.level_probabilities is None
    assert found.sentence == f"This picture cannot be judged: {REASONS[how].phrase}."
    assert REASONS[how].remedy in found.advice
    assert "says nothing about pain" in found.advice
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["level"] is data["confidence"] is data["interval"] is None
    assert data["quality"]["reasons"][how].endswith(REASONS[how].remedy)


def test_a_refused_picture_has_no_change_either(assessor: wince.Assessor, near: RGB) -> None:
    neutral = assessor.neutral_face([near])
    assert assessor.assess(near, neutral=neutral).change is not None
    assert assessor.assess(spoilt(near, "dark"), neutral=neutral).change is None


def test_no_rendered_face_of_the_tests_is_refused(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    refused = [frame.path.name for frame in frames if assessor.assess(frame.path).level is None]
    assert refused == []


@pytest.mark.parametrize(
    ("name", "limit", "change"),
    [
        ("small", quality.WIDTH, lambda value: {"width": value}),
        ("turned", quality.YAW, lambda value: {"yaw": value}),
        ("turned", quality.YAW, lambda value: {"yaw": -value}),
        ("flat", quality.CONTRAST, lambda value: {"contrast": value}),
        ("dark", quality.CONTRAST, lambda value: {"contrast": value, "light": 20}),
        ("blurred", quality.SHARPNESS, lambda value: {"sharpness": value}),
        ("eyes-covered", quality.COVERED, lambda p: {"covered": {"eyes": p, "mouth": 0.0}}),
        ("mouth-covered", quality.COVERED, lambda p: {"covered": {"eyes": 0.0, "mouth": p}}),
    ],
)
def test_each_limit_warns_first_and_refuses_beyond(name, limit, change) -> None:
    worse = 1 if limit.refuse > limit.warn else -1  # the direction in which it gets worse
    step = 1e-6 * worse

    def at(value: float) -> quality.Judgement:
        return judge(replace(GOOD, **change(value)))

    assert at(limit.warn - step) == quality.Judgement()
    warned = at(limit.warn + step)
    assert warned.reasons == {}
    assert len(warned.warnings) == 1
    assert warned.warnings[0].endswith(REASONS[name].remedy)
    assert at(limit.refuse - step).reasons == {}
    assert list(at(limit.refuse + step).reasons) == [name]


def test_several_reasons_are_all_given() -> None:
    found = judge(replace(GOOD, width=10, yaw=70))
    assert list(found.reasons) == ["small", "turned"]
    assert found.sentence == (
        "This picture cannot be judged: the face is too small and the face is turned too far to "
        "the side."
    )


def test_what_can_hardly_be_seen_is_not_called_covered() -> None:
    covered = {"eyes": 1.0, "mouth": 1.0}
    assert list(judge(replace(GOOD, covered=covered)).reasons) == ["eyes-covered", "mouth-covered"]
    for bad in ({"width": 12}, {"contrast": 5.0}, {"sharpness": 0.01}):
        found = judge(replace(GOOD, covered=covered, **bad))  # type: ignore[arg-type]  # one of them
        assert not any("covered" in name for name in found.reasons)


def test_measures_follow_the_face_and_not_the_size_of_the_picture(near: RGB) -> None:
    large = np.asarray(Image.fromarray(near).resize((1024, 1024), Image.Resampling.BICUBIC))
    one, two = (quality.measure(rgb, detect(rgb)[0]) for rgb in (near, large))
    assert two.width == pytest.approx(2 * one.width, rel=0.1)
    assert two.contrast == pytest.approx(one.contrast, rel=0.1)
    assert quality.measure(near, detect(near)[0], scale=3).width == pytest.approx(3 * one.width)


def test_a_dark_skin_in_good_light_is_not_called_dark(near: RGB) -> None:
    # A third of the light reflected, highlights kept: the range stays though the mean is low.
    dark = (255 * (near / 255.0) ** 2.2).astype(np.uint8)
    found = quality.measure(dark, detect(dark)[0])
    assert found.light < quality.measure(near, detect(near)[0]).light - 30
    assert not set(judge(found).reasons) & {"dark", "flat"}


def test_the_numbers_of_the_covers_are_shipped(tmp_path: Path) -> None:
    from wince.runtime import occlusion

    flat = occlusion.covered(np.full((96, 96), 128, np.float32))
    assert set(flat) == set(occlusion.PARTS)
    assert all(0 <= share <= 1 for share in flat.values())
