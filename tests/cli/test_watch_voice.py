"""Speech beside the frames: the newest statement, as long as it is true."""

import threading
from dataclasses import replace

import pytest

from wince.cli.speech_options import Speaker
from wince.cli.watch_voice import BackgroundSpeaker
from wince.runtime.assessor import Assessor
from wince.runtime.calibration import CalibratedScore
from wince.runtime.statement import Statement
from wince.speech import voices


class GatedVoice:
    """Stands for the voices of the machine; a text is finished when a test opens the gate."""

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.begun, self.gate = threading.Semaphore(0), threading.Semaphore(0)

    def speak(self, text: str, **options: object) -> None:
        self.spoken.append(text)
        self.begun.release()
        assert self.gate.acquire(timeout=20)


def statement(raw: float, assessor: Assessor, *, announced: bool = True) -> Statement:
    score: CalibratedScore = assessor.estimator.calibration(raw).rounded()
    return Statement.of_score(score, score.between, announced=announced)


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> GatedVoice:
    gated = GatedVoice()
    monkeypatch.setattr(voices, "speak", gated.speak)
    return gated


def follow(voice: GatedVoice, *statements: Statement) -> list[str]:
    """Follow statements, all but the first while the first is spoken; return what was spoken."""
    background = BackgroundSpeaker(Speaker("en", 150, None))
    background.follow(statements[0])
    assert voice.begun.acquire(timeout=20)
    for later in statements[1:]:
        background.follow(later)
    voice.gate.release(len(statements))
    background.finish()
    return voice.spoken


def test_a_statement_that_is_no_longer_true_is_not_spoken(
    voice: GatedVoice, assessor: Assessor
) -> None:
    severe = statement(13.0, assessor)
    spoken = follow(
        voice,
        statement(0.5, assessor),
        severe,
        replace(severe, announced=False),
        Statement.changing(),
    )
    assert spoken == ["No pain expression seen."]


def test_only_the_newest_announcement_waits(voice: GatedVoice, assessor: Assessor) -> None:
    spoken = follow(
        voice,
        statement(0.5, assessor),
        statement(4.3, assessor),
        statement(8.0, assessor),
        statement(8.0, assessor, announced=False),
    )
    assert spoken == ["No pain expression seen.", "This person has pain level: moderate."]
