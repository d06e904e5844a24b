"""A person's own calm face, and the change against it."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import wince
from tests.support.frames import Frame
from wince import scale
from wince.errors import BaselineError
from wince.runtime import neutral as baselines
from wince.runtime.neutral import Baseline

MODEL = {"name": "m", "version": "1"}
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # busy machines


def calm(**units: float) -> Baseline:
    every = {name: units.get(name, 0.0) for name in scale.UNIT_NAMES}
    return Baseline(every, scale.pspi(every), 3, MODEL)


def test_the_calm_face_is_the_median_of_each_action_unit(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    paths = [frame.path for frame in frames if frame.subject == frames[0].subject]
    found = assessor.baseline(paths)
    read = [assessor.assess(path).action_units for path in paths]
    assert found.action_units is not None
    for name, value in found.action_units.items():
        assert value == pytest.approx(np.median([one[name] for one in read if one]), abs=0.001)
    assert found.raw_score == pytest.approx(scale.pspi(found.action_units), abs=0.001)
    assert found.pictures == len(paths)
    assert found.model == assessor.model


def test_one_picture_alone_may_be_given_bare(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8], frames: list[Frame]
) -> None:
    for picture in (astronaut, frames[0].path, str(frames[0].path), frames[0].path.read_bytes()):
        assert assessor.baseline(picture) == assessor.baseline([picture])


def test_a_face_against_itself_has_not_changed(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    found = assessor.assess(frames[0].path, baseline=assessor.baseline([frames[0].path]))
    assert found.change is not None
    assert found.change.pspi == 0
    assert found.change.action_units is not None
    assert set(found.change.action_units.values()) == {0.0}


def test_the_absolute_score_is_the_same_with_and_without_a_calm_face(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    alone, beside = (
        assessor.assess(frames[1].path, baseline=one)
        for one in (None, assessor.baseline([frames[0].path]))
    )
    assert (alone.pspi, alone.level, alone.sentence) == (beside.pspi, beside.level, beside.sentence)
    assert alone.change is None
    assert "change" not in alone.to_dict()
    data = json.loads(json.dumps(beside.to_dict()))["change"]
    assert set(data) == {"pspi", "action_units", "baseline"}
    assert Baseline.from_dict(data["baseline"]) == assessor.baseline([frames[0].path])


def test_a_grimace_is_further_from_the_own_calm_face_than_another_calm_moment(
    assessor: wince.Assessor, frames: list[Frame]
) -> None:
    by_subject: dict[str, list[Frame]] = {}
    for frame in frames:
        by_subject.setdefault(frame.subject, []).append(frame)
    changes = []
    for of_them in by_subject.values():
        at_rest = [frame for frame in of_them if frame.pspi == 0]
        strong = [frame for frame in of_them if frame.pspi >= 6]
        if at_rest and strong:
            own = assessor.baseline([frame.path for frame in at_rest])
            found = assessor.assess(strong[0].path, baseline=own).change
            assert found is not None
            changes.append(found.pspi)
    assert len(changes) >= 3
    assert np.mean(changes) > 1


def test_change_is_the_difference_of_the_scores_and_never_below_zero() -> None:
    own = calm(AU4=2.0, AU7=1.0)
    more = baselines.change(
        {"AU4": 3.0, "AU6": 0.0, "AU7": 2.5, "AU9": 0, "AU10": 0, "AU43": 0}, 5.5, own
    )
    assert more.pspi == 2.5
    assert more.action_units is not None
    assert more.action_units["AU7"] == 1.5
    less = baselines.change(dict.fromkeys(scale.UNIT_NAMES, 0.0), 0.0, own)
    assert less.pspi == 0
    assert less.action_units is not None
    assert less.action_units["AU4"] == -2


def test_a_model_without_action_units_has_the_difference_of_its_scores_alone() -> None:
    own = Baseline(None, 1.2, 2, MODEL)
    found = baselines.change(None, 4.0, own)
    assert (found.pspi, found.action_units) == (2.8, None)


def test_calm_face_of_another_model_is_refused(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    with pytest.raises(BaselineError, match=r"read by the model m 1, this picture is read by"):
        assessor.assess(astronaut, baseline=calm())


def test_a_picture_that_cannot_be_judged_is_no_calm_face(
    assessor: wince.Assessor, astronaut: NDArray[np.uint8]
) -> None:
    dark = (astronaut * 0.1).astype(np.uint8)
    with pytest.raises(BaselineError, match=r"Picture 2 of 2 .* too dark"):
        assessor.baseline([astronaut, dark])


def test_no_picture_is_no_calm_face(assessor: wince.Assessor) -> None:
    with pytest.raises(BaselineError, match="one picture of the person at rest at least"):
        assessor.baseline([])


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
def test_a_calm_face_survives_json(units: Any, raw: float, pictures: int) -> None:
    own = Baseline(units, raw, pictures, MODEL)
    assert Baseline.from_dict(json.loads(json.dumps(own.to_dict()))) == own


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@patient
@given(json_values, st.sampled_from([None, "action_units", "raw_score", "pictures", "model"]))
def test_anything_else_is_refused_in_a_sentence(value: Any, field: str | None) -> None:
    data = value if field is None else {**calm().to_dict(), field: value}
    try:
        Baseline.from_dict(data)
    except BaselineError as error:
        assert str(error).endswith("Set the calm face again from pictures of the person at rest.")
