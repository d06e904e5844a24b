"""A live socket whose answers are decided by a test."""

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


FACE = {
    "box": [20, 300, 220, 460],
    "keypoints": KEYPOINTS,
    "score": 0.9,
    "yaw": 0.0,
    "pitch": 0.0,
    "roll": 0.0,
    "index": 0,
    "usable": True,
}
NO_FACE = {"type": "/problems/no-face", "title": "", "status": 422, "detail": "No face."}
BUSY = "busy"
BUSY_PROBLEM = {"type": "/problems/busy", "title": "", "status": 503, "detail": "Try again."}


@cache
def packaged_calibration():
    return Assessor().estimator.calibration


def new_track(**settings):
    """Return a track without smoothing or calibration: its level is the level that is answered."""
    calibration = replace(packaged_calibration(), shift=0.0, score_map=ScoreMap())
    return Track(calibration, TrackSettings(**{"smoothing": 0.0, **settings}))


def answer_all(route, level=lambda: "mild", heatmap=None):
    """Return a handler that answers each frame with a given level and a face at the left.

    Args:
        route: The routed socket.
        level: Returns the level of a frame; None for no face, BUSY for a busy server.
        heatmap: The map in each answer, or None.
    """
    count, track, clock = 0, new_track(), _Clock()

    def answer(message):
        nonlocal count
        if isinstance(message, str):
            return  # about the next frame, the person or the neutral face
        count += 1
        current = level()
        score = SimpleNamespace(
            quality=Quality(True), raw_score=SCORES.get(current), action_units=None
        )
        now = clock.read()
        if current == BUSY:
            part = track.current(now).to_dict()
            route.send(json.dumps({"frame": count, "problem": BUSY_PROBLEM, "track": part}))
            return
        state = track.update(now, score if current else None)
        part = state.to_dict()
        if current is None:
            absent = {"frame": count, "problem": NO_FACE, "track": part}
            route.send(json.dumps({**absent, "person": 1, "persons": []}))
            return
        assessment = _assessment(current)
        if heatmap is not None:
            assessment["heatmap"] = heatmap
        persons = {"person": 1, "persons": [{"number": 1, "box": FACE["box"]}]}
        route.send(json.dumps({"frame": count, "assessment": assessment, "track": part, **persons}))

    return answer


class _Clock:
    """A clock for a track: on a busy machine frames are rare, and for the track they are not."""

    def __init__(self):
        self._seconds, self._last = 0.0, time.monotonic()

    def read(self):
        """Return the time in seconds, at most 0.25 more than the last time."""
        now = time.monotonic()
        self._seconds += min(now - self._last, 0.25)
        self._last = now
        return self._seconds


def _assessment(level):
    return {
        "score": 3.0,
        "interval": [2.0, 4.0],
        "level": level,
        "between": None,
        "level_probabilities": {name: 0.8 if name == level else 0.0 for name in SCORES},
        "confidence": 0.8,
        "action_units": None,
        "raw_score": 3.0,
        "sentence": f"Level {level}.",
        "advice": "Look again.",
        "face": FACE,
        "faces": [FACE],
        "quality": {"usable": True, "warnings": [], "reasons": {}},
        "model": {"name": "m", "version": "1"},
        "milliseconds": {"total": 1.0},
    }
