"""Refusals and warnings: images with one defect each, and every limit on its own."""

import io
import json
from dataclasses import replace

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
    cut=0.0,
    score=0.9,
    covered={"eyes": 0.1, "mouth": 0.1},
)


def with_cover(rgb: RGB, part: str) -> RGB:
    """Return the portrait with a pleated mask over the mouth, or dark glasses over the eyes."""
    eyes, mouth = np.mean(detect(rgb)[0].keypoints[:2], axis=0), detect(rgb)[0].keypoints[3]
    unit = float(np.hypot(*(mouth - eyes)))
    image = Image.fromarray(rgb)
    draw = ImageDraw.Draw(image)
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
    return np.asarray(image)


@pytest.fixture(scope="module")
def near(astronaut: RGB) -> RGB:
    """Return the portrait's head, large enough for no warning."""
    return np.asarray(Image.fromarray(astronaut[:256, 96:352]).resize((512, 512)))


def with_defect(near: RGB, defect: str) -> RGB:
    """Return the head with the defect of this name in REASONS."""
    image = Image.fromarray(near)
    if defect == "small":
        return np.asarray(image.resize((36, 36)))
    if defect == "dark":
        return (near * 0.08).astype(np.uint8)
    if defect == "flat":
        return (near * 0.08 + 180).astype(np.uint8)
    if defect == "blurred":
        return np.asarray(image.filter(ImageFilter.GaussianBlur(0.05 * detect(near)[0].size)))
    return with_cover(near, defect.removesuffix("-covered"))


def test_a_good_image_has_no_warnings(assessor: wince.Assessor, near: RGB) -> None:
    assessment = assessor.assess(near)
    assert assessment.level is not None
    assert assessment.quality.usable
    assert assessment.quality.reasons == {}
    assert assessment.quality.warnings == ()


@pytest.mark.parametrize(
    "defect", ["small", "dark", "flat", "blurred", "eyes-covered", "mouth-covered"]
)
def test_an_image_that_cannot_be_judged_gets_the_reason_instead_of_a_level(
    assessor: wince.Assessor, near: RGB, defect: str
) -> None:
    assessment = assessor.assess(with_defect(near, defect))
    assert list(assessment.quality.reasons) == [defect]
    assert not assessment.quality.usable
    assert assessment.level is assessment.confidence is None
    assert assessment.interval is assessment.level_probabilities is None
    assert assessment.sentence == f"This image cannot be judged: {REASONS[defect].phrase}."
    assert REASONS[defect].remedy in assessment.advice
    assert "says nothing about pain" in assessment.advice
    data = json.loads(json.dumps(assessment.to_dict(), allow_nan=False))
    assert data["level"] is data["confidence"] is data["interval"] is None
    assert data["quality"]["reasons"][defect].endswith(REASONS[defect].remedy)


def test_an_image_that_cannot_be_judged_has_no_change(assessor: wince.Assessor, near: RGB) -> None:
    neutral = assessor.neutral_face([near])
    assert assessor.assess(near, neutral=neutral).change is not None
    assert assessor.assess(with_defect(near, "dark"), neutral=neutral).change is None


def test_all_rendered_faces_of_the_tests_can_be_judged(
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
        ("cut", quality.CUT, lambda value: {"cut": value}),
        ("doubtful", quality.SCORE, lambda value: {"score": value}),
        ("eyes-covered", quality.COVERED, lambda p: {"covered": {"eyes": p, "mouth": 0.0}}),
        ("mouth-covered", quality.COVERED, lambda p: {"covered": {"eyes": 0.0, "mouth": p}}),
    ],
)
def test_each_limit_warns_before_it_refuses(name, limit, change) -> None:
    worse = 1 if limit.refuse > limit.warn else -1  # the direction in which it gets worse
    step = 1e-6 * worse

    def at(value: float) -> quality.Judgement:
        return judge(replace(GOOD, **change(value)))

    assert at(limit.warn - step) == quality.Judgement()
    warned = at(limit.warn + step)
    assert warned.reasons == {}
    assert len(warned.warnings) == 1
    assert warned.warnings[name].endswith(REASONS[name].remedy)
    for judgement in (warned, at(limit.refuse + step)):
        assert list(judgement.values) == [name]
    for value in warned.values[name].values():
        assert f"{value:g}" in warned.warnings[name]
    assert at(limit.refuse - step).reasons == {}
    assert list(at(limit.refuse + step).reasons) == [name]


def test_all_reasons_are_given() -> None:
    judgement = judge(replace(GOOD, width=10, yaw=70))
    assert list(judgement.reasons) == ["small", "turned"]
    assert judgement.sentence == (
        "This image cannot be judged: the face is too small and the face is turned too far to "
        "the side."
    )


def test_a_face_that_is_hardly_visible_is_not_called_covered() -> None:
    covered = {"eyes": 1.0, "mouth": 1.0}
    assert list(judge(replace(GOOD, covered=covered)).reasons) == ["eyes-covered", "mouth-covered"]
    for poor in ({"width": 12}, {"contrast": 5.0}, {"sharpness": 0.01}):
        judgement = judge(replace(GOOD, covered=covered, **poor))  # type: ignore[arg-type]  # floats
        assert not any("covered" in name for name in judgement.reasons)


def test_measures_other_than_width_do_not_depend_on_the_size_of_the_image(near: RGB) -> None:
    large = np.asarray(Image.fromarray(near).resize((1024, 1024), Image.Resampling.BICUBIC))
    measures, doubled = (quality.measure(rgb, detect(rgb)[0]) for rgb in (near, large))
    assert doubled.width == pytest.approx(2 * measures.width, rel=0.1)
    assert doubled.contrast == pytest.approx(measures.contrast, rel=0.1)
    tripled = quality.measure(near, detect(near)[0], scale=3)
    assert tripled.width == pytest.approx(3 * measures.width)


def test_a_face_cut_at_the_brows_gets_a_warning_and_one_cut_at_the_eyes_is_refused(
    near: RGB,
) -> None:
    face = detect(near)[0]
    eyes, mouth = np.mean(face.keypoints[:2], axis=0), face.keypoints[3]
    unit = float(np.hypot(*(mouth - eyes)))
    cuts = []
    for share in (0.9, 0.2, 0.02):  # how much above the eyes is left, in distances to the mouth
        top = round(eyes[1] - share * unit)
        image, moved = np.ascontiguousarray(near[top:]), face.moved(0, -top)
        measures = quality.measure(image, moved)
        judgement = judge(measures)
        assert ("cut" in judgement.reasons) == (share == 0.02)
        is_warned = "cut" in judgement.warnings
        assert is_warned == (share == 0.2)
        cuts.append(measures.cut)
    assert cuts[0] == 0
    # Upside down the same share lies outside.
    turned = np.ascontiguousarray(np.rot90(image, 2))
    size = np.array([image.shape[1], image.shape[0]])
    upside_down = replace(moved, keypoints=size - moved.keypoints)
    assert quality.measure(turned, upside_down).cut == pytest.approx(cuts[2], abs=0.02)


def test_dark_skin_in_good_light_is_not_called_dark(near: RGB) -> None:
    # A third of the light is reflected, with highlights: the mean is low, but not the range.
    dark = (255 * (near / 255.0) ** 2.2).astype(np.uint8)
    measures = quality.measure(dark, detect(dark)[0])
    assert measures.light < quality.measure(near, detect(near)[0]).light - 30
    assert not set(judge(measures).reasons) & {"dark", "flat"}


def test_the_weights_of_the_occlusion_model_are_packaged() -> None:
    from wince.runtime import occlusion

    probabilities = occlusion.covered(np.full((96, 96), 128, np.float32))
    assert set(probabilities) == set(occlusion.PARTS)
    assert all(0 <= probability <= 1 for probability in probabilities.values())


@pytest.mark.parametrize(
    ("change", "values"),
    [
        ({"width": 31.7}, {"small": {"width": 31, "needed": 32}}),
        ({"yaw": -35.2}, {"turned": {"yaw": 36, "limit": 35}}),
        ({"cut": 0.124}, {"cut": {"percent": 12}}),
        ({"contrast": 34.9}, {"flat": {"contrast": 34, "needed": 35}}),
        ({"contrast": 10.0, "light": 20.0}, {"dark": {"contrast": 10, "needed": 35}}),
        ({"score": 0.512}, {"doubtful": {"score": 0.51}}),
        ({"sharpness": 0.01}, {"blurred": {}}),
        (
            {"yaw": 50, "cut": 0.5},
            {"turned": {"yaw": 50, "limit": 35}, "cut": {"percent": 50}},
        ),
    ],
)
def test_the_numbers_of_a_sentence_are_on_the_right_side_of_the_limit(change, values) -> None:
    assert judge(replace(GOOD, **change)).values == values


def test_every_warning_of_an_assessment_has_a_name_and_values(
    assessor: wince.Assessor, astronaut: RGB
) -> None:
    small = np.asarray(Image.fromarray(astronaut).resize((128, 128)))
    both = np.hstack([small, small])
    result = assessor.assess(both, face_index=1).quality
    assert result.warning_codes == ("other-faces", "small")
    assert len(result.warnings) == len(result.warning_codes)
    assert result.values["other-faces"] == {"faces": 2, "number": 2}
    assert "Number 2" in result.warnings[0]
    assert str(result.values["small"]["width"]) in result.warnings[1]


def test_a_warning_about_the_file_has_a_name(assessor: wince.Assessor, near: RGB) -> None:
    file = io.BytesIO()
    image = Image.fromarray(near)
    image.save(file, "GIF", save_all=True, append_images=[image.rotate(90)])
    result = assessor.assess(file.getvalue()).quality
    assert (result.warning_codes, result.values) == (("file",), {"file": {}})
