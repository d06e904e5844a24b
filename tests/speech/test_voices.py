"""The offline voice, listened to: it has sound, of the length that the words take."""

import importlib.util
import io
import shutil
import sys
import wave
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.support.media import measure_wav, needs_espeak
from wince.errors import SpeechError
from wince.scale import LEVELS, Level
from wince.speech import languages, sentences, voices

needs_pyttsx3 = pytest.mark.skipif(not importlib.util.find_spec("pyttsx3"), reason="needs pyttsx3")
posix = pytest.mark.skipif(sys.platform == "win32", reason="its stand-ins are shell scripts")
SENTENCE = sentences.sentence(Level.MODERATE)


@pytest.fixture
def without_espeak(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide every program, espeak-ng with them."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def without_voice(without_espeak: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyttsx3", None)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Return a function that puts a shell script in the place of espeak-ng."""

    def put(lines: str) -> None:
        path = tmp_path / "espeak-ng"
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return put


@needs_espeak
@pytest.mark.parametrize("level", LEVELS)
def test_every_level_is_heard_for_as_long_as_its_words_take(level: Level) -> None:
    text = sentences.sentence(level)
    seconds, loudness = measure_wav(voices.speak_to_wav(text))
    assert loudness > 0.02  # of full scale; silence is 0
    words = len(text.split())
    assert 0.5 * words / 150 * 60 < seconds < 1.6 * words / 150 * 60 + 0.5


@needs_espeak
@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_every_language_is_heard_to_its_end_at_a_plausible_length(code: str) -> None:
    """Languages differ in how long a word is, so letters give the measure: 9 to 18 a second."""
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
def test_every_level_sounds_different_in_every_language(code: str) -> None:
    said = {
        voices.speak_to_wav(sentences.spoken_text(level, 0, language=code), language=code)
        for level in LEVELS
    }
    assert len(said) == len(LEVELS)


@needs_espeak
def test_a_voice_can_be_chosen_from_those_that_are_there() -> None:
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
def test_a_voice_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(SpeechError, match=r"no German voice '.*'; it has de, de\+f1"):
        voices.speak_to_wav("Leicht", language="de", voice=name)


def test_the_voices_of_a_mac_are_told_apart_by_language() -> None:
    listed = (
        "Anna                de_DE    # Hallo! Ich heiße Anna.\n"
        "Eddy (Deutsch)      de_DE    # Hallo!\n"
        "Maged               ar_001   # مرحبا\n"
        "Daniel              en_GB    # Hello!\n"
    ).encode()
    assert voices._say_names(listed, "de") == ["Anna", "Eddy (Deutsch)"]
    assert voices._say_names(listed, "ar") == ["Maged"]
    assert voices._say_names(listed, "fr") == []


@pytest.mark.parametrize(
    ("tags", "name", "code"),
    [
        (["de-DE"], "anything", "de"),
        ([b"\x05fr"], "roa/fr", "fr"),
        ([], r"HKEY\TTS_MS_ES-ES_HELENA_11.0", "es"),
        (None, r"HKEY\TTS_MS_AR-SA_NAAYF", "ar"),
        (["den"], "TTS_MS_DEN", None),
    ],
)
def test_the_voices_of_pyttsx3_are_told_apart_by_language(tags, name, code) -> None:
    found = SimpleNamespace(languages=tags, id=name)
    assert [one for one in languages.LANGUAGES if voices._is_of(found, one)] == [code] * bool(code)


@needs_espeak
def test_the_longest_text_is_heard_to_its_end() -> None:
    text = sentences.spoken_text(Level.SEVERE, 12.0, with_percent=True, with_advice=True)
    assert len(text) < voices.MAX_CHARACTERS / 2
    wav = voices.speak_to_wav(text)
    seconds, _ = measure_wav(wav)
    words = len(text.split())
    assert 0.6 * words / 150 * 60 < seconds < 1.4 * words / 150 * 60
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
def test_text_is_spoken_and_never_run_nor_read_as_an_option(tmp_path: Path) -> None:
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


@needs_pyttsx3
@pytest.mark.usefixtures("without_espeak")
def test_pyttsx3_speaks_where_espeak_is_not_on_the_path() -> None:
    if voices._engine() != "pyttsx3":
        pytest.skip("a Mac speaks through say")
    short = sentences.sentence(Level.MILD)
    long = sentences.spoken_text(Level.SEVERE, 8.0, with_percent=True, with_advice=True)
    try:
        found = [measure_wav(voices.speak_to_wav(text)) for text in (short, long, short)]
    except SpeechError as error:
        if "eSpeak" in str(error):  # pyttsx3's own words when the library is missing
            pytest.skip("needs the library of espeak-ng")
        raise
    assert all(loudness > 0.02 for _, loudness in found)
    assert found[0] == found[2]
    assert found[0][0] > 1
    assert found[1][0] > 5 * found[0][0]


@needs_pyttsx3
@pytest.mark.usefixtures("without_espeak")
@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_pyttsx3_speaks_every_language_with_a_voice_of_it(code: str) -> None:
    if voices._engine() != "pyttsx3":
        pytest.skip("a Mac speaks through say")
    try:
        names = voices.voice_names(code)
        assert names
        text = sentences.spoken_text(Level.SEVERE, 12.0, language=code)
        seconds, loudness = measure_wav(voices.speak_to_wav(text, language=code, voice=names[-1]))
    except SpeechError as error:
        if "eSpeak" in str(error):  # pyttsx3's own words when the library is missing
            pytest.skip("needs the library of espeak-ng")
        raise
    assert loudness > 0.02
    assert 1.5 < seconds < 7


@pytest.mark.usefixtures("without_voice")
def test_without_a_voice_the_error_says_what_to_install() -> None:
    if voices._engine() == "say":
        pytest.skip("a Mac has a voice")
    assert not voices.available()
    for function in (voices.speak_to_wav, voices.speak):
        with pytest.raises(SpeechError) as caught:
            function(SENTENCE)
        assert "apt-get install espeak-ng" in str(caught.value)
        assert "pip install 'wince[speech]'" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", {}, "Expected 1 to 1000 characters to speak; found 0"),
        (" \n", {}, "found 0"),
        ("a" * 1001, {}, "found 1001"),
        ("Hello", {"rate": 79}, "from 80 to 450 words per minute, not 79"),
        ("Hello", {"rate": 451}, "not 451"),
        ("Hello", {"language": "tlh"}, r"speaks en \(English\), ar .*; found the language 'tlh'"),
    ],
)
def test_what_cannot_be_spoken_is_refused_with_what_was_expected(text, options, words) -> None:
    for function in (voices.speak_to_wav, voices.speak):
        with pytest.raises(SpeechError, match=words):
            function(text, **options)


@posix
def test_a_voice_that_hangs_is_stopped(script, monkeypatch: pytest.MonkeyPatch) -> None:
    script("exec sleep 30")
    monkeypatch.setattr(voices, "_RENDER_SECONDS", 0.3)
    with pytest.raises(SpeechError, match=r"within 0\.3 seconds and was stopped"):
        voices.speak_to_wav(SENTENCE)


@posix
@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("cat > /dev/null; echo first >&2; echo 'no such voice' >&2; exit 1", "no such voice"),
        ("cat > /dev/null; exit 3", "exit status 3"),
        ("cat > /dev/null", "no WAV file"),
        ("cat > /dev/null; echo not a wave file", "no WAV file"),
    ],
)
def test_a_voice_that_fails_says_how(script, lines: str, words: str) -> None:
    script(lines)
    with pytest.raises(SpeechError, match=words):
        voices.speak_to_wav(SENTENCE)


@posix
def test_a_header_without_sound_is_no_speech(script, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "empty.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
    script(f"cat > /dev/null; cat {tmp_path}/empty.wav")
    with pytest.raises(SpeechError, match="gave no sound"):
        voices.speak_to_wav(SENTENCE)


@posix
def test_a_loudspeaker_that_is_missing_is_an_error_and_not_a_silence(script) -> None:
    script("cat > /dev/null; echo 'error: No such file or directory' >&2")  # as espeak-ng does
    with pytest.raises(SpeechError, match="could not play through this machine's loudspeaker"):
        voices.speak(SENTENCE)


@posix
@needs_espeak
def test_the_loudspeaker_gets_the_words_through_stdin(script, tmp_path: Path) -> None:
    """The real espeak-ng speaks, into a file where the loudspeaker would be."""
    expected = measure_wav(voices.speak_to_wav(SENTENCE))
    script(
        f'echo "$@" > {tmp_path}/arguments\n'
        f'exec {shutil.which("espeak-ng")} -w {tmp_path}/heard.wav "$@"'
    )
    voices.speak(SENTENCE)
    assert "moderate" not in (tmp_path / "arguments").read_text()
    assert measure_wav((tmp_path / "heard.wav").read_bytes()) == expected
