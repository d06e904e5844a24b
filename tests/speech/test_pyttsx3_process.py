"""The library pyttsx3 speaks in a child process, with a voice for the language."""

import importlib.util
import sys
from types import SimpleNamespace

import pytest

from tests.support.media import measure_wav
from wince.errors import SpeechError
from wince.scale import Level
from wince.speech import languages, pyttsx3_process, sentences, voices
from wince.speech.pyttsx3_process import speaks_language

needs_pyttsx3 = pytest.mark.skipif(not importlib.util.find_spec("pyttsx3"), reason="needs pyttsx3")


@pytest.mark.parametrize(
    ("tags", "voice_id", "code"),
    [
        (["de-DE"], "anything", "de"),
        ([b"\x05fr"], "roa/fr", "fr"),
        ([], r"HKEY\TTS_MS_ES-ES_HELENA_11.0", "es"),
        (None, r"HKEY\TTS_MS_AR-SA_NAAYF", "ar"),
        (["den"], "TTS_MS_DEN", None),
    ],
)
def test_the_language_of_a_voice_is_read_from_its_tags_or_id(tags, voice_id, code) -> None:
    voice = SimpleNamespace(languages=tags, id=voice_id)
    matches = [code for code in languages.LANGUAGES if speaks_language(voice, code)]
    assert matches == ([] if code is None else [code])


@needs_pyttsx3
@pytest.mark.usefixtures("without_espeak")
def test_pyttsx3_speaks_if_espeak_is_not_on_the_path() -> None:
    if voices.find_engine() != "pyttsx3":
        pytest.skip("a Mac speaks through say")
    short = sentences.spoken_text(Level.MILD)
    long = sentences.spoken_text(Level.SEVERE, 8.0, with_percent=True, with_advice=True)
    try:
        sounds = [measure_wav(voices.speak_to_wav(text)) for text in (short, long, short)]
    except SpeechError as error:
        if "eSpeak" in str(error):  # pyttsx3's message if the library is missing
            pytest.skip("needs the library of espeak-ng")
        raise
    assert all(loudness > 0.02 for _, loudness in sounds)
    assert sounds[0] == sounds[2]
    assert sounds[0][0] > 1
    assert sounds[1][0] > 5 * sounds[0][0]


# espeak-ng's library sets parameters in a thread of its own, which may be late. Here it always is:
# they wait until something is spoken, and are lost if the library is told to stop before.
BUSY_ESPEAK = """
import runpy
from pyttsx3.drivers import _espeak as library

waiting, set_parameter, speak = [], library.SetParameter, library.Synth

def set_and_speak(text, **options):
    for parameter in waiting:
        set_parameter(*parameter)
    waiting.clear()
    return speak(text, **options)

library.SetParameter = lambda *parameter: waiting.append(parameter)
library.IsPlaying = lambda: bool(waiting)
library.Cancel = waiting.clear
library.Synth = set_and_speak
runpy.run_module("wince.speech.pyttsx3_process", run_name="__main__")
"""


@needs_pyttsx3
@pytest.mark.usefixtures("without_espeak")
def test_pyttsx3_speaks_at_the_given_rate_on_a_busy_machine(monkeypatch) -> None:
    if voices.find_engine() != "pyttsx3" or sys.platform == "win32":
        pytest.skip("the library of espeak-ng is for Linux")
    try:
        expected = voices.speak_to_wav("Mild.", rate=80)
    except SpeechError as error:
        if "eSpeak" in str(error):  # pyttsx3's message if the library is missing
            pytest.skip("needs the library of espeak-ng")
        raise
    monkeypatch.setattr(pyttsx3_process, "_COMMAND", [sys.executable, "-c", BUSY_ESPEAK])
    assert voices.speak_to_wav("Mild.", rate=80) == expected


@needs_pyttsx3
@pytest.mark.usefixtures("without_espeak")
@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_pyttsx3_speaks_every_language_with_a_voice_for_it(code: str) -> None:
    if voices.find_engine() != "pyttsx3":
        pytest.skip("a Mac speaks through say")
    try:
        names = voices.voice_names(code)
        assert names
        text = sentences.spoken_text(Level.SEVERE, 12.0, language=code)
        seconds, loudness = measure_wav(voices.speak_to_wav(text, language=code, voice=names[-1]))
    except SpeechError as error:
        if "eSpeak" in str(error):  # pyttsx3's message if the library is missing
            pytest.skip("needs the library of espeak-ng")
        raise
    assert loudness > 0.02
    assert 1.5 < seconds < 7
