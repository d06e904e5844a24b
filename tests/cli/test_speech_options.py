"""`--speak` and its options."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command_line import Run
from tests.support.frames import Frame
from tests.support.media import measure_wav, needs_espeak
from wince.runtime.assessor import Assessor
from wince.speech import sentences, voices

Loudspeaker = Callable[[], list[bytes]]


@needs_espeak
def test_results_are_spoken_in_order_after_they_are_written(
    run: Run,
    frames: list[Frame],
    assessor: Assessor,
    truncated_jpeg: Path,
    loudspeaker: Loudspeaker,
) -> None:
    first, *others = (assessor.assess(frame.path) for frame in frames)
    index = next(n for n, other in enumerate(others, start=1) if other.level != first.level)
    spoken = [
        sentences.spoken_text(assessment.level, between=assessment.between)
        for assessment in (first, others[index - 1])
    ]
    lengths = [measure_wav(voices.speak_to_wav(sentence))[0] for sentence in spoken]
    files = [frames[0].path, truncated_jpeg, frames[index].path]
    silent = run("assess", "--csv", *files)
    assert loudspeaker() == []
    assert run("assess", "--csv", "--speak", *files) == silent
    sounds = [measure_wav(wav) for wav in loudspeaker()]
    assert [seconds for seconds, _ in sounds] == lengths
    assert lengths[0] != lengths[1]
    assert all(loudness > 0.02 for _, loudness in sounds)


@needs_espeak
def test_results_are_spoken_in_the_language_rate_and_voice_asked_for(
    run: Run, frames: list[Frame], assessor: Assessor, loudspeaker: Loudspeaker
) -> None:
    options = ("--language", "de", "--rate", "250", "--voice", "de+f3")
    status, _, err = run("assess", "--csv", "--speak", *options, frames[0].path)
    assert (status, err) == (0, "")
    level = assessor.assess(frames[0].path).level
    text = sentences.spoken_text(level, 0.0, language="de")
    expected = voices.speak_to_wav(text, language="de", rate=250, voice="de+f3")
    sounds = [measure_wav(wav) for wav in loudspeaker() if len(wav) > 100]
    assert sounds == [measure_wav(expected)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--language", "de"), "--language needs --speak"),
        (("--rate", "150"), "--rate needs --speak"),
        (("--voice", "de"), "--voice needs --speak"),
        (("--speak", "--language", "nl"), "wince speaks en (English), ar (Arabic)"),
        (("--speak", "--rate", "20"), "from 80 to 450 words per minute, not 20"),
        pytest.param(
            ("--speak", "--language", "fr", "--voice", "de"),
            "no French voice 'de'; it has fr-fr",
            marks=needs_espeak,
        ),
    ],
)
def test_wrong_options_are_refused_before_anything_is_assessed(
    run: Run, frames: list[Frame], options: tuple[str, ...], message: str
) -> None:
    status, out, err = run("assess", "--csv", *options, frames[0].path)
    assert (status, out) == (2, "")
    assert message in err


def test_without_a_voice_the_result_is_written_and_the_status_is_1(
    run: Run, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "find_engine", lambda: None)
    status, out, err = run("assess", "--csv", "--speak", frames[0].path)
    assert status == 1
    assert (0, out, "") == run("assess", "--csv", frames[0].path)
    assert err == f"wince: {voices.NO_VOICE}\n"
