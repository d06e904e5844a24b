"""From checked face crops to assessments: network, calibration, sentences."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from wince.runtime.assessment import Assessment
from wince.runtime.calibration import Calibration
from wince.runtime.estimator import Estimate, Estimator
from wince.runtime.face_crop import FaceCrop
from wince.runtime.heatmap import place_maps
from wince.runtime.neutral import NeutralFace, change
from wince.runtime.time_model import Floats
from wince.scale import UNIT_NAMES
from wince.speech import sentences

OverTime = Callable[[int, Estimate], tuple[Floats | None, Floats]]
"""Returns action units (1, 6) or None, and the raw score (1,)."""


def assess_crops(
    crops: Sequence[FaceCrop],
    estimator: Estimator,
    *,
    heatmap: bool = False,
    neutral: NeutralFace | None = None,
    over_time: OverTime | None = None,
) -> list[Assessment]:
    """Return the assessments of crops, with one call of the network.

    The network is not asked about faces that cannot be judged.

    Args:
        crops: Crops by the estimator's spec, in any number.
        estimator: The model.
        heatmap: Add the contribution of each part of the face to the score.
        neutral: The person's neutral face; adds the change against it. Maps and the change are of
            the image alone.
        over_time: Scores a crop, by its position in `crops`, with what is known of the frames
            before it. None to score each image alone.
    """
    judged = [crop for crop in crops if crop.face.usable]
    positions = [index for index, crop in enumerate(crops) if crop.face.usable]
    started = perf_counter()
    estimate = estimator(np.stack([crop.pixels for crop in judged])) if judged else None
    share = (perf_counter() - started) / max(1, len(judged))
    scored = []
    for index, crop in enumerate(judged):
        assert estimate is not None  # because there are judged crops
        one_estimate, started = estimate.select(index), perf_counter()
        if over_time is None:
            fields = _score_fields(
                one_estimate.action_units, one_estimate.raw, estimator.calibration
            )
        else:
            units, raw = over_time(positions[index], one_estimate)
            fields = _score_fields(units, raw, estimator.track_calibration)
        if neutral is not None:
            image_units = _units_by_name(one_estimate.action_units)
            raw_score = round(float(one_estimate.raw[0]), 3)
            fields["change"] = change(image_units, raw_score, neutral, estimator.scale)
        if heatmap:
            fields["heatmap"] = place_maps(one_estimate, crop.quad, estimator.scale)
        seconds = share + perf_counter() - started
        scored.append(Assessment(**fields, **_face_fields(crop, estimator, seconds)))
    remaining = iter(scored)
    return [next(remaining) if crop.face.usable else _refusal(crop, estimator) for crop in crops]


def _refusal(crop: FaceCrop, estimator: Estimator) -> Assessment:
    """Return the assessment of a face that cannot be judged: the reasons, and no score."""
    return Assessment(
        score=None,
        interval=None,
        level=None,
        between=None,
        level_probabilities=None,
        confidence=None,
        action_units=None,
        raw_score=None,
        sentence=crop.judgement.sentence,
        advice=crop.judgement.advice,
        **_face_fields(crop, estimator, 0.0),
    )


def with_score(
    assessment: Assessment, units: Floats | None, raw: Floats, calibration: Calibration
) -> Assessment:
    """Return an assessment with another score, and the sentences that state it.

    Args:
        assessment: The assessment of a face that can be judged.
        units: Action units (1, 6), or None.
        raw: Raw score (1,).
        calibration: From the raw score to the score.
    """
    return replace(assessment, **_score_fields(units, raw, calibration))


def _score_fields(units: Floats | None, raw: Floats, calibration: Calibration) -> dict[str, Any]:
    """Return the fields of an assessment that state the score of one crop."""
    score = calibration(float(raw[0])).rounded()
    return {
        "score": score.score,
        "interval": score.interval,
        "level": score.level,
        "between": score.between,
        "level_probabilities": score.level_probabilities or None,
        "confidence": score.confidence,
        "action_units": _units_by_name(units),
        "raw_score": round(float(raw[0]), 3),
        "sentence": sentences.sentence_of(score, score.between),
        "advice": sentences.advice_of(score, score.between),
    }


def _face_fields(crop: FaceCrop, estimator: Estimator, score_seconds: float) -> dict[str, Any]:
    """Return the fields of an assessment that every face has."""
    seconds = {**crop.seconds, "score": score_seconds}
    seconds["total"] = sum(seconds.values())
    return {
        "face": crop.face,
        "faces": crop.faces,
        "quality": crop.quality,
        "model": estimator.model,
        "scale": estimator.scale,
        "milliseconds": {name: round(value * 1000, 2) for name, value in seconds.items()},
    }


def _units_by_name(units: Floats | None) -> dict[str, float] | None:
    """Return the rounded intensities of the first crop by name."""
    if units is None:
        return None
    values = units[0].tolist()
    return {name: round(value, 3) for name, value in zip(UNIT_NAMES, values, strict=True)}
