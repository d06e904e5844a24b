"""What an assessment states of a score: its parts agree, and every wording says the same."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.frames import read_frames
from wince import scale
from wince.runtime.assessment import Assessment
from wince.runtime.crop_assessments import assess_crops
from wince.runtime.estimator import Estimate, Estimator
from wince.runtime.face_crop import FaceCrop, crop_face
from wince.scale import LEVELS, Level
from wince.speech import sentences


class FixedEstimator(Estimator):
    """The packaged model with its calibration, but always the same raw score."""

    raw = 0.0

    def __call__(self, crops: NDArray[np.uint8]) -> Estimate:
        raw = np.full(len(crops), self.raw, np.float32)
        return Estimate(None, raw, np.zeros((len(crops), 1, 4, 4), np.float32))


@pytest.fixture(scope="module")
def estimator() -> FixedEstimator:
    return FixedEstimator()


@pytest.fixture(scope="module")
def crop(estimator: FixedEstimator) -> FaceCrop:
    return crop_face(read_frames()[0].path, None, estimator.spec)


def assess(estimator: FixedEstimator, crop: FaceCrop, raw: float) -> Assessment:
    estimator.raw = raw
    (assessment,) = assess_crops([crop], estimator)
    return assessment


@given(raw=st.floats(0, 16))
def test_every_part_of_an_assessment_states_the_same(
    estimator: FixedEstimator, crop: FaceCrop, raw: float
) -> None:
    data = json.loads(json.dumps(assess(estimator, crop, raw).to_dict()))
    level, shares = Level(data["level"]), data["level_probabilities"]
    assert level == scale.level(data["pspi"]) == scale.level(float(scale.PSPI.shown(data["pspi"])))
    assert data["interval"][0] <= data["pspi"] <= data["interval"][1]
    assert data["confidence"] == shares[level]
    rival = max(share for name, share in shares.items() if name != level)
    if rival < shares[level] and shares[level] >= 0.5:
        assert data["between"] is None
        assert data["sentence"] == sentences.sentence(level)
        assert data["advice"] == sentences.advice(level)
        return
    lower, upper = map(Level, data["between"])
    assert LEVELS.index(upper) == LEVELS.index(lower) + 1
    assert level in (lower, upper)
    assert data["sentence"] == sentences.sentence(level, between=(lower, upper))
    assert data["advice"] == sentences.advice(level, (lower, upper))


def test_some_scores_lie_between_two_levels_and_most_do_not(
    estimator: FixedEstimator, crop: FaceCrop
) -> None:
    assessments = [assess(estimator, crop, raw) for raw in np.linspace(0, 16, 161).tolist()]
    pairs = [assessment.between for assessment in assessments]
    assert 0 < sum(pair is not None for pair in pairs) < 80
    below_mild = [a for a in assessments if a.level == Level.NONE]
    assert below_mild[0].between is None
