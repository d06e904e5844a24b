"""Spoken text: the WAV has sound, and its length fits the number of words."""

import io
import shutil
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.support.media import measure_wav, needs_espeak
from wince.errors import SpeechError
from wince.scale import LEVELS, Level
from wince.speech import espeak, languages, sentences, voices

posix = pytest.mark.skipif(sys.platform == "win32", reason="replaces espeak-ng by a shell script")
SENTENCE = sentences.spoken_text(Level.MODERATE)


@pytest.fixture
def without_voice(without_espeak: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyttsx3", None)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Return a function that replaces espeak-ng by a shell script."""

    def put(lines: str) -> None:
        path = tmp_path / "espeak-ng"
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return put


@needs_espeak
@pytest.mark.parametrize("level", LEVELS)
def test_each_level_is_audible_for_about_as_long_as_its_words_take(level: Level) -> None:
    text = sentences.spoken_text(level)
    seconds, loudness = measure_wav(voices.speak_to_wav(text))
    assert loudness > 0.02  # of full scale; silence is 0
    word_count = len(text.split())
    assert 0.5 * word_count / 150 * 60 < seconds < 1.6 * word_count / 150 * 60 + 0.5


@needs_espeak
@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_each_language_is_spoken_to_its_end_at_a_plausible_length(code: str) -> None:
    """Words differ in length between languages, so letters are counted: 7 to 18 a second."""
    text = sentences.spoken_text(Level.MODERATE, 8.0, with_percent=True, language=code)
    wav = voices.speak_to_wav(text, language=code)
    seconds, loudness = measure_wav(wav)
    assert loudness > 0.02
    letters = len(languages.without_vowel_signs(text))
    assert letters / 18 < seconds < letters / 7
    with wave.open(io.BytesIO(wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16) / 32768.0
    pieces = np.array_split(samples, int(seconds / 0.75))
    energy = np.array([np.sqrt(np.mean(piece**2)) for piece in pieces])
    assert energy.min() > 0.01  # no part of it is silent
    other = "de" if code == "en" else "en"
    assert wav != voices.speak_to_wav(text, language=other)
    fast, _ = measure_wav(voices.speak_to_wav(text, language=code, rate=300))
    assert 0.4 < fast / seconds < 0.75


@needs_espeak
@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_each_level_sounds_different_in_each_language(code: str) -> None:
    sounds = {
        voices.speak_to_wav(sentences.spoken_text(level, 0, language=code), language=code)
        for level in LEVELS
    }
    assert len(sounds) == len(LEVELS)


@needs_espeak
def test_an_installed_voice_can_be_chosen() -> None:
    usual, *others = voices.voice_names("de")
    assert usual == "de"
    assert voices.speak_to_wav("Leicht", language="de", voice=usual) == voices.speak_to_wav(
        "Leicht", language="de"
    )
    woman = next(name for name in others if name.endswith("+f3"))
    sound = voices.speak_to_wav("Leicht", language="de", voice=woman)
    assert measure_wav(sound)[1] > 0.02
    assert sound != voices.speak_to_wav("Leicht", language="de")
    assert not any(
        "mb-" in name for code in languages.LANGUAGES for name in voices.voice_names(code)
    )


@needs_espeak
@pytest.mark.parametrize("name", ["en-gb", "de+nobody", "../de", "-w/tmp/made.wav", ""])
def test_an_unknown_voice_is_refused_and_the_installed_ones_are_listed(name: str) -> None:
    with pytest.raises(SpeechError, match=r"no German voice '.*'; it has de, de\+f1"):
        voices.speak_to_wav("Leicht", language="de", voice=name)


@needs_espeak
def test_the_longest_text_is_spoken_to_its_end() -> None:
    text = sentences.spoken_text(Level.SEVERE, 12.0, with_percent=True, with_advice=True)
    assert len(text) < voices.MAX_CHARACTERS / 2
    wav = voices.speak_to_wav(text)
    seconds, _ = measure_wav(wav)
    word_count = len(text.split())
    assert 0.6 * word_count / 150 * 60 < seconds < 1.4 * word_count / 150 * 60
    with wave.open(io.BytesIO(wav)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    for second in np.array_split(samples, int(seconds / 2)):  # no pause takes two seconds
        assert np.abs(second.astype(float)).max() > 2000


@needs_espeak
def test_more_words_take_longer_and_a_higher_rate_is_faster() -> None:
    texts = [
        SENTENCE,
        sentences.spoken_text(Level.MODERATE, 8.0, with_percent=True),
        sentences.spoken_text(Level.MODERATE, 8.0, with_percent=True, with_advice=True),
    ]
    lengths = [measure_wav(voices.speak_to_wav(text))[0] for text in texts]
    assert lengths[0] + 1 < lengths[1] < lengths[2] - 5
    fast, _ = measure_wav(voices.speak_to_wav(SENTENCE, rate=300))
    assert 0.4 < fast / lengths[0] < 0.7


@needs_espeak
def test_the_header_states_the_true_length() -> None:
    wav = voices.speak_to_wav(SENTENCE)
    assert wav[:4] == b"RIFF"
    assert int.from_bytes(wav[4:8], "little") == len(wav) - 8
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22050)
        assert len(wav) == 44 + 2 * file.getnframes()


@needs_espeak
def test_text_is_never_run_as_a_command_nor_taken_as_an_option(tmp_path: Path) -> None:
    mark = tmp_path / "made"
    for text in (
        f"$(touch {mark}) `touch {mark}`; touch {mark}",
        "-w made.wav",
        "--help",
        "é ß 痛",
    ):
        seconds, _ = measure_wav(voices.speak_to_wav(text))
        assert seconds > 0.3
    assert not mark.exists()


@pytest.mark.usefixtures("without_voice")
def test_without_a_voice_the_error_names_what_to_install() -> None:
    if voices.find_engine() == "say":
        pytest.skip("a Mac has a voice")
    assert not voices.available()
    for function in (voices.speak_to_wav, voices.speak):
        with pytest.raises(SpeechError) as caught:
            function(SENTENCE)
        assert "apt-get install espeak-ng" in str(caught.value)
        assert "pip install 'wince[speech]'" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "Expected 1 to 1000 characters to speak; found 0"),
        (" \n", {}, "found 0"),
        ("a" * 1001, {}, "found 1001"),
        ("Hello", {"rate": 79}, "from 80 to 450 words per minute, not 79"),
        ("Hello", {"rate": 451}, "not 451"),
        ("Hello", {"language": "tlh"}, r"speaks en \(English\), ar .*; found the language 'tlh'"),
    ],
)
def test_bad_arguments_are_refused_with_what_was_expected(text, options, message) -> None:
    for function in (voices.speak_to_wav, voices.speak):
        with pytest.raises(SpeechError, match=message):
            function(text, **options)


@posix
def test_a_voice_program_that_hangs_is_stopped(script, monkeypatch: pytest.MonkeyPatch) -> None:
    script("exec sleep 30")
    monkeypatch.setattr(espeak, "RENDER_SECONDS", 0.3)
    with pytest.raises(SpeechError, match=r"within 0\.3 seconds and was stopped"):
        voices.speak_to_wav(SENTENCE)


@posix
@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("cat > /dev/null; echo first >&2; echo 'no such voice' >&2; exit 1", "no such voice"),
        ("cat > /dev/null; exit 3", "exit status 3"),
        ("cat > /dev/null", "no WAV file"),
        ("cat > /dev/null; echo not a wave file", "no WAV file"),
    ],
)
def test_the_message_of_a_voice_program_that_fails_is_passed_on(
    script, lines: str, message: str
) -> None:
    script(lines)
    with pytest.raises(SpeechError, match=message):
        voices.speak_to_wav(SENTENCE)


@posix
def test_a_wav_without_sound_is_an_error(script, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "empty.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
    script(f"cat > /dev/null; cat {tmp_path}/empty.wav")
    with pytest.raises(SpeechError, match="gave no sound"):
        voices.speak_to_wav(SENTENCE)


@posix
def test_a_missing_loudspeaker_is_an_error(script) -> None:
    script("cat > /dev/null; echo 'error: No such file or directory' >&2")  # as espeak-ng does
    with pytest.raises(SpeechError, match="could not play through this machine's loudspeaker"):
        voices.speak(SENTENCE)


@posix
@needs_espeak
def test_the_text_for_the_loudspeaker_is_passed_through_stdin(script, tmp_path: Path) -> None:
    """The real espeak-ng speaks into a file in place of the loudspeaker."""
    expected = measure_wav(voices.speak_to_wav(SENTENCE))
    script(
        f'echo "$@" > {tmp_path}/arguments\n'
        f'exec {shutil.which("espeak-ng")} -w {tmp_path}/heard.wav "$@"'
    )
    voices.speak(SENTENCE)
    assert "moderate" not in (tmp_path / "arguments").read_text()
    assert measure_wav((tmp_path / "heard.wav").read_bytes()) == expected
