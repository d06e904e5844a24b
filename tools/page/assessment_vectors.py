"""What Python assesses from pixels on: images, and the frames of a camera, for the page's tests.

The images are those of `tools.page.face_vectors`.
"""

import json
from functools import cache
from typing import Any

from tools.page.face_vectors import images
from wince.errors import NoFaceError
from wince.faces.frame_view import FramePart
from wince.runtime.assessor import Assessor
from wince.runtime.neutral import NeutralFace
from wince.runtime.person_assessor import PersonAssessor
from wince.runtime.track import Track, TrackSettings
from wince.server.live_answer import answer_members

SETTINGS = {"hold": 0.4, "away": 2.0}
STEP = 0.2
"""Seconds between frames."""
ASSESSED = ("rendered", "group", "rotated", "covered", "empty")
FRAMES = (*("rendered",) * 3, *("expressive",) * 3, *("empty",) * 6, *("cut",) * 2)
"""Images that a camera shows: a face that changes, goes, and comes back at the edge."""


def vectors() -> dict[str, Any]:
    """Return the vectors by the name of their file in tests/vectors."""
    return {"assessments": _assessments(), "live": _live()}


@cache
def _assessor() -> Assessor:
    return Assessor()


def _neutral() -> NeutralFace:
    return _assessor().neutral_face([images()["expressive"]], any_expression=True)


def _assessments() -> list[dict[str, Any]]:
    neutral = _neutral()
    cases = []
    for name in ASSESSED:
        try:
            assessment = _assessor().assess(images()[name], heatmap=True, neutral=neutral)
            answer = _without_times(assessment.to_dict())
        except NoFaceError:
            answer = None
        cases.append({"image": name, "neutral": neutral.to_dict(), "assessment": answer})
    return cases


def _live() -> dict[str, Any]:
    """Return the answers of the live socket to the frames of a camera."""
    settings = TrackSettings(**SETTINGS)
    persons = PersonAssessor(_assessor(), settings.away)
    track = Track(_assessor().estimator.track_calibration, settings)
    answers = []
    for number, name in enumerate(FRAMES):
        rgb, seconds = images()[name], round(1 + number * STEP, 3)
        height, width = rgb.shape[:2]
        part = FramePart((0.0, 0.0, float(width), float(height)), (width, height))
        frame = persons.assess(rgb, seconds, neutral=_neutral(), part=part)
        state = track.update(seconds, frame.assessments.get(frame.followed or 0))
        answer = json.loads(json.dumps(answer_members(frame, state)))
        answer.pop("choice")  # the page does not use it
        if "assessment" in answer:
            answer["assessment"] = _without_times(answer["assessment"])
        answers.append({"image": name, "seconds": seconds, "answer": answer})
    return {"settings": SETTINGS, "neutral": _neutral().to_dict(), "frames": answers}


def _without_times(assessment: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in assessment.items() if name != "milliseconds"}
