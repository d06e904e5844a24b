"""A live socket whose answers a test decides."""

import json
import time
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

from wince.runtime.assessment import Quality
from wince.runtime.assessor import Assessor
from wince.runtime.calibration import ScoreMap
from wince.runtime.track import Track, TrackSettings

SCORES = {"none": 0.0, "mild": 3.0, "moderate": 8.0, "severe": 13.0}
KEYPOINTS = {
    "right_eye": [200, 200],
    "left_eye": [300, 200],
    "nose": [250, 250],
    "mouth": [250, 300],
    "right_ear": [150, 220],
    "left_ear": [350, 220],
}


@cache
def packaged():
    return Assessor().estimator.calibration


def new_track(**settings):
    """Return a track on the scale itself, not smoothed: its levels follow what is answered."""
    calibration = replace(packaged(), score_map=ScoreMap())
    return Track(calibration, TrackSettings(**{"smoothing": 0.0, **settings}))


def answer_all(route, level=lambda: "mild", more=None):
    """Answer each frame with an assessment of a given level and a face at the picture's left.

    None for a level: there is no face.
    """
    count, track = 0, new_track()
    gone = {"type": "/problems/no-face", "title": "", "status": 422, "detail": "No face."}

    def answer(message):
        nonlocal count
        count += 1
        now = level()
        found = SimpleNamespace(quality=Quality(True), raw_score=SCORES.get(now), action_units=None)
        reading = track.update(time.monotonic(), found if now else None)
        standing = {"frame": count, "track": reading and reading.to_dict()}
        if now is None:
            route.send(json.dumps({**gone, **standing}))
            return
        standing["track"] |= {"sentence": f"Level {reading.level}.", "pspi": 3.0}
        route.send(
            json.dumps(
                {
                    **standing,
                    "pspi": 3.0,
                    "interval": [2.0, 4.0],
                    "level": now,
                    "confidence": 0.8,
                    "action_units": None,
                    "sentence": f"Level {now}.",
                    "advice": "Look again.",
                    "face": {"box": [20, 300, 220, 460], "keypoints": KEYPOINTS},
                    "quality": {"usable": True, "warnings": []},
                    "model": {"name": "m", "version": "1"},
                    "milliseconds": {"total": 1.0},
                    **(more or {}),
                }
            )
        )

    return answer
