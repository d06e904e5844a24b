"""Speech beside the frames: the newest statement, as long as it is true."""

import threading
from dataclasses import replace

import pytest

from wince.cli.speech_options import Speaker
from wince.cli.watch_voice import BackgroundSpeaker
from wince.runtime.assessor import Assessor
from wince.runtime.calibration import CalibratedScore
from wince.runtime.statement import Statement
from wince.scale import Level, LevelPair


class GatedSpeaker(Speaker):
    """A speaker that finishes a level when a test opens its gate."""

    def __init__(self) -> None:
        super().__init__("en", 150, None)
        self.spoken: list[object] = []
        self.begun, self.gate = threading.Semaphore(0), threading.Semaphore(0)

    def say(self, level: Level | None, between: LevelPair | None = None) -> None:
        self.spoken.append(between or level)
        self.begun.release()
        assert self.gate.acquire(timeout=20)


def statement(raw: float, assessor: Assessor, *, announced: bool = True) -> Statement:
    score: CalibratedScore = assessor.estimator.calibration(raw).rounded()
    return Statement.of_score(score, score.between, announced=announced)


@pytest.fixture
def voice() -> tuple[GatedSpeaker, BackgroundSpeaker]:
    speaker = GatedSpeaker()
    return speaker, BackgroundSpeaker(speaker)


def test_a_statement_that_is_no_longer_true_is_not_spoken(
    voice: tuple[GatedSpeaker, BackgroundSpeaker], assessor: Assessor
) -> None:
    speaker, background = voice
    background.follow(statement(0.5, assessor))
    assert speaker.begun.acquire(timeout=20)
    background.follow(statement(13.0, assessor))  # waits for the first to be finished
    background.follow(replace(statement(13.0, assessor), announced=False))
    background.follow(Statement.changing())
    speaker.gate.release(5)
    background.finish()
    assert speaker.spoken == [Level.NONE]


def test_only_the_newest_announcement_waits(
    voice: tuple[GatedSpeaker, BackgroundSpeaker], assessor: Assessor
) -> None:
    speaker, background = voice
    background.follow(statement(0.5, assessor))
    assert speaker.begun.acquire(timeout=20)
    background.follow(statement(4.3, assessor))
    background.follow(statement(8.0, assessor))
    background.follow(statement(8.0, assessor, announced=False))
    speaker.gate.release(5)
    background.finish()
    assert speaker.spoken == [Level.NONE, Level.MODERATE]
