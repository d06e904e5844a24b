"""What Python reads from scores: calibration, tracks and neutral faces, for the page's tests."""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from wince import scale
from wince.runtime import manifest
from wince.runtime.assessment import Assessment, DetectedFace, Quality
from wince.runtime.calibration import Calibration
from wince.runtime.estimator import interpret, starter_folder
from wince.runtime.heatmap import place_maps
from wince.runtime.neutral import change, median_face
from wince.runtime.quality import Judgement
from wince.runtime.score_filter import level_ranges
from wince.runtime.track import Track, TrackSettings, TrackState
from wince.scale import Scale

RECORDED = Path(__file__).parents[2] / "tests/data/track.csv"
EVERY = 6
"""Of a track every so many frames are stated in full, and all at which the statement changes."""
REFUSAL = {"small": "The face is 12 pixels wide; expected 20."}
VAS = Scale("VAS", 0.0, 10.0, "points", (2.5, 6.0), ("low", "middle", "high"))
NRS = Scale("NRS", -2.0, 8.0, "points")

Row = list[Any]
"""Seconds, then raw score and action units, or "absent", "refused" or "busy"."""


def vectors() -> dict[str, Any]:
    """Return the vectors by the name of their file in tests/vectors."""
    return {
        "calibration": [_calibration_case(*each) for each in _calibrations()],
        "track": list(_track_cases()),
        "neutral": _neutral_cases(),
        "estimate": [_estimate_case(head) for head in ("action-units", "pspi", "score")],
    }


@cache
def _packaged() -> dict[str, Any]:
    return dict(manifest.read(starter_folder() / "model.json"))


def _calibrations() -> Iterator[tuple[dict[str, Any], Scale]]:
    """Yield calibrations of the packaged model, of few subjects, and of other scales."""
    packaged = _packaged()["calibration"]
    yield packaged, scale.PSPI
    by_frames = {name: packaged[name] for name in packaged if name not in ("shift", "subjects")}
    yield by_frames, scale.PSPI
    for other in (VAS, NRS):
        knots = {"raw": [0.0, 4.0, 16.0], "score": [other.low, 1.0, other.high]}
        prior = [1 / (len(other.cuts) + 1)] * (len(other.cuts) + 1)
        yield {**packaged, "subjects": 40, "score_map": knots, "prior": prior}, other


def _calibration_case(data: dict[str, Any], on: Scale) -> dict[str, Any]:
    calibration = Calibration.from_dict(data, on)
    raws = [round(number * 0.173, 3) for number in range(93)]
    return {
        "data": data,
        "scale": on.to_dict(),
        "ranges": [[_or_none(end) for end in ends] for ends in level_ranges(calibration)],
        "scores": [{"raw": raw, **_score(calibration, raw)} for raw in raws],
    }


def _or_none(end: float) -> float | None:
    return end if np.isfinite(end) else None


def _score(calibration: Calibration, raw: float) -> dict[str, Any]:
    score = calibration(raw)
    plain = {**asdict(score.rounded()), "between": score.rounded().between}
    del plain["scale"]
    return {"exact": [score.score, *score.interval], "stated": plain}


def _track_cases() -> Iterator[dict[str, Any]]:
    """Yield tracks: of a recorded video, and of made-up scores with blinks and gaps."""
    yield _track_case(_recorded_rows(), {})
    yield _track_case(_generated_rows(1, 15), {"hold": 0.6, "smoothing": 0.2, "margin": 0.8})
    yield _track_case(_generated_rows(2, 4), {"away": 2.0})
    score_only = [[row[0], row[1], None] for row in _recorded_rows()[:90]]
    for number, _ in enumerate(_calibrations()):
        yield _track_case(score_only, {"smoothing": 0}, number)


def _recorded_rows() -> list[Row]:
    with RECORDED.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == "portrait"]
    return [
        [
            float(row["seconds"]),
            float(row["raw_score"]),
            [float(row[name]) for name in scale.UNIT_NAMES],
        ]
        for row in rows
    ]


def _generated_rows(seed: int, rate: float) -> list[Row]:
    """Return scores that step, swing, blink, and are missing in each way."""
    source = random.Random(seed)  # noqa: S311  # scores for a test, no secret
    rows: list[Row] = []
    seconds = 10.0
    for _ in range(40):
        what = source.choice(["scores", "scores", "scores", "blink", "absent", "refused", "busy"])
        base = source.choice([0.0, 0.4, 1.6, 3.0, 4.2])
        for _ in range(round(source.choice([0.4, 1.3, 3.2]) * rate)):
            seconds += source.uniform(0.7, 1.3) / rate
            units = [round(min(max(base + source.gauss(0, 0.2), 0), 5), 3) for _ in range(5)]
            units.append(0.9 if what == "blink" else round(source.uniform(0, 0.2), 3))
            raw = round(scale.pspi(dict(zip(scale.UNIT_NAMES, units, strict=True))), 3)
            scores = [raw, units] if what in ("scores", "blink") else [what]
            rows.append([round(seconds, 4), *scores])
    return rows


def _track_case(
    rows: list[Row], settings: dict[str, float], calibration_number: int = 0
) -> dict[str, Any]:
    calibration = Calibration.from_dict(*list(_calibrations())[calibration_number])
    track = Track(calibration, TrackSettings(**settings))
    states: list[list[Any]] = []
    kind = None
    for index, row in enumerate(rows):
        state = _state_after(track, row)
        statement = None if state is None else state.statement
        is_new = statement is not None and (statement.announced or statement.kind != kind)
        kind = statement and statement.kind
        if is_new or index % EVERY == 0:
            states.append([index, state and state.to_dict()])
    refusal = _refusal().to_dict()
    read = ("raw_score", "action_units", "quality", "sentence", "advice")
    return {
        "calibration": calibration_number,
        "settings": settings,
        "rows": rows,
        "refusal": {name: refusal[name] for name in read},
        "states": states,
    }


def _state_after(track: Track, row: Row) -> TrackState | None:
    seconds, what, *_ = row
    if what == "busy":
        return track.current(seconds)
    if what == "absent":
        return track.update(seconds, None)
    if what == "refused":
        return track.update(seconds, _refusal())
    units = None if row[2] is None else dict(zip(scale.UNIT_NAMES, row[2], strict=True))
    return track.update(seconds, _assessment(what, units))


def _assessment(raw: float | None, units: dict[str, float] | None, **members: Any) -> Assessment:
    """Return an assessment with what a track reads of it."""
    face = DetectedFace((0, 0, 1, 1), {}, 1.0, 0.0, 0.0, 0.0)
    empty = dict.fromkeys(
        ("score", "interval", "level", "between", "level_probabilities", "confidence")
    )
    given = {"quality": Quality(True), "sentence": "", "advice": "", **members}
    return Assessment(
        scale=scale.PSPI,
        **empty,  # type: ignore[arg-type]  # all of them may be None
        action_units=units,
        raw_score=raw,
        face=face,
        faces=(face,),
        model={},
        milliseconds={},
        **given,
    )


def _refusal() -> Assessment:
    values = {"small": {"pixels": 12.0}, "other-faces": {"faces": 2.0}}
    judgement = Judgement(REFUSAL, {}, values)
    quality = Quality(False, (), REFUSAL, (), values)
    return _assessment(
        None, None, quality=quality, sentence=judgement.sentence, advice=judgement.advice
    )


def _neutral_cases() -> list[dict[str, Any]]:
    scores = [(raw, units) for _, raw, units in _recorded_rows()[::9]]
    model = {"name": "wince-starter", "version": "1"}
    cases = []
    score_only = [(raw, None) for raw, _ in scores[:4]]
    for chosen, on in (
        *((some, scale.PSPI) for some in (scores[:1], scores[:4], scores[:5], score_only)),
        (score_only, NRS),
    ):
        units = [
            None if values is None else dict(zip(scale.UNIT_NAMES, values, strict=True))
            for _, values in chosen
        ]
        raws = [raw for raw, _ in chosen]
        neutral = median_face(units, raws, model)
        last_raw, last_values = scores[-1]
        last = dict(zip(scale.UNIT_NAMES, last_values, strict=True))
        cases.append(
            {
                "scores": [
                    {"action_units": each, "raw_score": raw}
                    for each, raw in zip(units, raws, strict=True)
                ],
                "scale": on.to_dict(),
                "model": model,
                "neutral": neutral.to_dict(),
                "expression": {"action_units": last, "raw_score": last_raw},
                "change": asdict(change(last, last_raw, neutral, on)),
            }
        )
    return cases


def _estimate_case(head: str) -> dict[str, Any]:
    """Return outputs of a network, and what is read from them."""
    source = np.random.default_rng(5)
    count = 6 if head == "action-units" else 1
    scores = source.uniform(-1, 6, (3, count)).astype(np.float32)
    maps = source.normal(0, 1, (3, count, 4, 4)).astype(np.float32)
    on = NRS if head == "score" else scale.PSPI
    estimate = interpret(scores, maps, head)
    quad = ((1.0, 2.0), (3.0, 2.5), (3.0, 5.0), (1.0, 4.5))
    units: Sequence[Any] = (
        [None] * 3 if estimate.action_units is None else estimate.action_units.tolist()
    )
    return {
        "head": head,
        "scale": on.to_dict(),
        "scores": scores.tolist(),
        "maps": maps.ravel().tolist(),
        "quad": quad,
        "units": units,
        "raw": estimate.raw.tolist(),
        "heatmaps": [asdict(place_maps(estimate.select(index), quad, on)) for index in range(3)],
    }
