"""The answer of the live socket to a frame that was assessed."""

from dataclasses import asdict
from typing import Any

from wince.errors import NoFaceError
from wince.runtime.assessment import Assessment
from wince.runtime.face_crop import NO_FACE
from wince.runtime.neutral import change
from wince.runtime.person_assessor import PersonFrame
from wince.runtime.track import TrackState
from wince.server import problems

PERSON_FIELD = "person"
"""Member of a message that chooses the person to follow, and of answers."""


def answer_members(frame: PersonFrame, state: TrackState | None) -> dict[str, Any]:
    """Return the members of an answer, without the frame's number.

    Args:
        frame: The persons in the frame.
        state: State of the followed person's track; None before its first frame.
    """
    return {**_followed_part(frame, state), **_persons_part(frame)}


def _followed_part(frame: PersonFrame, state: TrackState | None) -> dict[str, Any]:
    """Return the members about the followed person: the assessment or problem, and the track."""
    assessment = frame.assessments.get(frame.followed or 0)
    if assessment is not None:
        return {"assessment": assessment.to_dict(), "track": _track_part(state, assessment)}
    track = state and state.to_dict()
    if frame.is_inconclusive:
        return {"track": track}
    return {"problem": problems.from_error(_absence(frame)).to_dict(), "track": track}


def _track_part(state: TrackState | None, assessment: Assessment) -> dict[str, Any] | None:
    """Return the `track` of an answer, with its change when the assessment has one."""
    if state is None:
        return None
    part = state.to_dict()
    if assessment.change is not None and state.score is not None:
        score, neutral = state.score, assessment.change.neutral
        part["change"] = asdict(
            change(score.action_units, score.raw_score, neutral, assessment.scale)
        )
    return part


def _persons_part(frame: PersonFrame) -> dict[str, Any]:
    """Return the members of an answer about the persons in the frame."""
    return {
        PERSON_FIELD: frame.followed,
        "choice": frame.choice and str(frame.choice),
        "persons": [
            {"number": number, "box": list(face.box)} for number, face in frame.faces.items()
        ],
    }


def _absence(frame: PersonFrame) -> NoFaceError:
    """Return the error for a frame without the followed person."""
    if frame.followed is None or not frame.faces:
        return NoFaceError(NO_FACE)
    return NoFaceError(
        f"Person {frame.followed}, who is followed, is not in view, but others are.",
        {"person": frame.followed},
    )
