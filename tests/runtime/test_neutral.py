"""The neutral face of a person, and the change against it."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import wince
from tests.support.frames import Frame
from wince import errors, scale
from wince.errors import ExpressiveFaceError, NeutralFaceError
from wince.runtime.neutral import NeutralFace, change, check_expression

MODEL = {"name": "m", "version": "1"}
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # busy machines


def neutral_face(**units: float) -> NeutralFace:
    """Return a neutral face with these action units; the others are 0."""
    intensities = {name: units.get(name, 0.0) for name in scale.UNIT_NAMES}
    return NeutralFace(intensities, scale.pspi(intensities), 3, MODEL)


def test_the_neutral_face_is_the_median_of_each_action_unit(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    paths = [frame.path for frame in frames if frame.subject == frames[0].subject]
    neutral = assessor.neutral_face(paths, any_expression=True)
    by_image = [assessor.assess(path).action_units for path in paths]
    assert neutral.action_units is not None
    for name, value in neutral.action_units.items():
        median = np.median([units[name] for units in by_image if units])
        assert value == pytest.approx(median, abs=0.001)
    assert neutral.raw_score == pytest.approx(scale.pspi(neutral.action_units), abs=0.001)
    assert neutral.images == len(paths)
    assert neutral.model == assessor.model


def test_a_single_image_needs_no_list(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8], frames: list[Frame]
) -> None:
    for image in (astronaut, frames[0].path, str(frames[0].path), frames[0].path.read_bytes()):
        assert assessor.neutral_face(image) == assessor.neutral_face([image])


def test_a_grimace_is_refused_as_a_neutral_face_unless_the_caller_insists(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    grimace, at_rest = frames[1].path, frames[0].path
    level = assessor.assess(grimace).level
    with pytest.raises(ExpressiveFaceError, match=rf"rated {level} \(PSPI .*any_expression"):
        assessor.neutral_face(grimace)
    insisted = assessor.neutral_face(grimace, any_expression=True)
    assert insisted.raw_score > 3
    change = assessor.assess(grimace, neutral=insisted).change
    assert change is not None
    assert change.pspi == 0
    mostly_at_rest = assessor.neutral_face([at_rest, grimace, at_rest])
    assert mostly_at_rest.raw_score < 3, "the median decides, not a single image"


@pytest.mark.parametrize(("pspi", "level"), [(0.49, None), (0.5, "mild"), (8.0, "moderate")])
def test_a_neutral_face_is_refused_from_mild_upward(pspi: float, level: str | None) -> None:
    if level is None:
        check_expression(pspi, scale.PSPI)
        return
    with pytest.raises(ExpressiveFaceError, match=f"rated {level}"):
        check_expression(pspi, scale.PSPI)


def test_a_face_against_itself_has_not_changed(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    neutral = assessor.neutral_face([frames[0].path])
    itself = assessor.assess(frames[0].path, neutral=neutral).change
    assert itself is not None
    assert itself.pspi == 0
    assert itself.action_units is not None
    assert set(itself.action_units.values()) == {0.0}


def test_the_absolute_score_is_the_same_with_and_without_a_neutral_face(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    neutral = assessor.neutral_face([frames[0].path])
    without = assessor.assess(frames[1].path)
    compared = assessor.assess(frames[1].path, neutral=neutral)
    for name in ("pspi", "level", "sentence"):
        assert getattr(without, name) == getattr(compared, name)
    assert without.change is None
    assert "change" not in without.to_dict()
    data = json.loads(json.dumps(compared.to_dict()))["change"]
    assert set(data) == {"pspi", "score", "action_units", "neutral"}
    assert NeutralFace.from_dict(data["neutral"]) == neutral


def test_grimaces_are_more_than_a_point_above_the_neutral_face(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    by_subject: dict[str, list[Frame]] = {}
    for frame in frames:
        by_subject.setdefault(frame.subject, []).append(frame)
    changes = []
    for subject_frames in by_subject.values():
        at_rest = [frame.path for frame in subject_frames if frame.pspi == 0]
        strong = [frame.path for frame in subject_frames if frame.pspi >= 6]
        if at_rest and strong:
            neutral = assessor.neutral_face(at_rest)
            grimace = assessor.assess(strong[0], neutral=neutral).change
            assert grimace is not None
            changes.append(grimace.pspi)
    assert len(changes) >= 3
    assert np.mean(changes) > 1


def test_change_is_the_difference_of_the_scores_and_never_below_zero() -> None:
    neutral = neutral_face(AU4=2.0, AU7=1.0)
    above = change(
        {"AU4": 3.0, "AU6": 0.0, "AU7": 2.5, "AU9": 0, "AU10": 0, "AU43": 0},
        5.5,
        neutral,
        scale.PSPI,
    )
    assert above.pspi == 2.5
    assert above.action_units is not None
    assert above.action_units["AU7"] == 1.5
    below = change(dict.fromkeys(scale.UNIT_NAMES, 0.0), 0.0, neutral, scale.PSPI)
    assert below.pspi == 0
    assert below.action_units is not None
    assert below.action_units["AU4"] == -2


def test_a_model_without_action_units_has_only_the_difference_of_its_scores() -> None:
    difference = change(None, 4.0, NeutralFace(None, 1.2, 2, MODEL), scale.PSPI)
    assert (difference.pspi, difference.action_units) == (2.8, None)


def test_neutral_face_of_another_model_is_refused(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    with pytest.raises(NeutralFaceError, match=r"made with the model m 1; the model in use is"):
        assessor.assess(astronaut, neutral=neutral_face())


def test_an_image_that_cannot_be_judged_gives_no_neutral_face(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    dark = (astronaut * 0.1).astype(np.uint8)
    with pytest.raises(NeutralFaceError, match=r"Image 2 of 2 .* too dark"):
        assessor.neutral_face([astronaut, dark])


def test_a_neutral_face_needs_an_image(assessor: wince.Assessor) -> None:
    with pytest.raises(NeutralFaceError, match="at least one image of the person at rest"):
        assessor.neutral_face([])


@patient
@given(
    st.fixed_dictionaries(
        {
            name: st.floats(0, unit.maximum, allow_nan=False)
            for name, unit in scale.ACTION_UNITS.items()
        }
    )
    | st.none(),
    st.floats(0, 16, allow_nan=False),
    st.integers(1, 10_000),
)
def test_a_neutral_face_survives_json(units: Any, raw: float, images: int) -> None:
    neutral = NeutralFace(units, raw, images, MODEL)
    assert NeutralFace.from_dict(json.loads(json.dumps(neutral.to_dict()))) == neutral


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@patient
@given(json_values, st.sampled_from([None, "action_units", "raw_score", "images", "model"]))
def test_anything_else_is_refused_with_the_next_step(value: Any, field: str | None) -> None:
    data = value if field is None else {**neutral_face().to_dict(), field: value}
    try:
        NeutralFace.from_dict(data)
    except NeutralFaceError as error:
        assert str(error).endswith("Make the neutral face again from images of the person at rest.")


# Deprecated names.


def test_the_old_method_makes_the_same_neutral_face(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    with pytest.warns(DeprecationWarning, match=r"Assessor\.baseline is now called neutral_face"):
        old = assessor.baseline([frames[0].path])
    assert old == assessor.neutral_face([frames[0].path])


def test_the_old_keyword_compares_with_the_same_neutral_face(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    neutral = assessor.neutral_face([frames[0].path])
    expected = assessor.assess(frames[1].path, neutral=neutral).change
    with pytest.warns(DeprecationWarning, match="'baseline' is now called 'neutral'"):
        single = assessor.assess(frames[1].path, baseline=neutral)
    with pytest.warns(DeprecationWarning, match="'baseline' is now called 'neutral'"):
        (batched,) = assessor.assess_batch([frames[1].path], baseline=neutral)
    assert isinstance(batched, wince.Assessment)
    assert single.change == batched.change == expected


def test_both_keywords_together_are_refused(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    with pytest.raises(TypeError, match="not both"):
        assessor.assess(astronaut, neutral=neutral_face(), baseline=neutral_face())


def test_the_old_error_name_is_the_same_class() -> None:
    with pytest.warns(DeprecationWarning, match="now called NeutralFaceError"):
        old = getattr(errors, "BaselineError")  # noqa: B009  # mypy does not know the old name
    assert old is NeutralFaceError
    with pytest.raises(AttributeError, match="NoSuchError"):
        getattr(errors, "NoSuchError")  # noqa: B009  # mypy does not know the name


def test_the_old_count_is_read() -> None:
    data = neutral_face().to_dict()
    data["pictures"] = data.pop("images")
    with pytest.warns(DeprecationWarning, match="'pictures' .* now called 'images'"):
        assert NeutralFace.from_dict(data) == neutral_face()
