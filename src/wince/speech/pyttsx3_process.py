"""The library pyttsx3, in a child process: the voices of Windows, or the library of espeak-ng.

`python -m wince.speech.pyttsx3_process LANGUAGE` lists voices; with RATE VOICE PATH as further
arguments it writes the text from stdin to a WAV file.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

from wince.speech import languages
from wince.speech.voice_process import NO_SOUND_SERVER, RENDER_SECONDS, run

# -P: a file in the current folder is not imported in place of a module.
_COMMAND = [sys.executable, "-P", "-m", "wince.speech.pyttsx3_process"]


def voice_names(language: str) -> tuple[str, ...]:
    """Return the ids of the voices in a language."""
    stdout, _ = run([*_COMMAND, language], b"", RENDER_SECONDS, _environment())
    return tuple(stdout.decode(errors="replace").split("\0")[:-1])


def render(text: str, rate: int, language: str, voice: str | None, path: Path) -> None:
    """Write the text as a WAV file."""
    command = [*_COMMAND, language, str(rate), voice or "", str(path)]
    run(command, text.encode(), RENDER_SECONDS, _environment())


def _environment() -> dict[str, str]:
    """Return this process's environment; Python and the voices of Windows need much of it."""
    return {**os.environ, **NO_SOUND_SERVER}


def speaks_language(voice: Any, language: str) -> bool:
    """Return whether one of pyttsx3's voices is for a language.

    Args:
        voice: Its `languages` are tags such as "de", as text or as bytes that begin with a byte for
            the priority. On Windows they may be missing, and its `id` contains the tag, such as
            TTS_MS_DE-DE_HEDDA.
        language: A code of `wince.speech.languages`.
    """
    tags = [
        tag.decode(errors="replace") if isinstance(tag, bytes) else str(tag)
        for tag in voice.languages or ()
    ]
    if any(re.match(rf"\W*{language}(?![a-z])", tag, re.IGNORECASE) for tag in tags):
        return True
    return re.search(rf"[\\/_]{language}-[a-z]{{2}}(?![a-z])", voice.id, re.IGNORECASE) is not None


def _print_voice_names(language: str) -> None:
    """Write the ids of the voices in a language to stdout, each followed by a null byte."""
    import pyttsx3

    for voice in pyttsx3.init().getProperty("voices"):
        if speaks_language(voice, language):
            sys.stdout.write(f"{voice.id}\0")


def _render_stdin(language: str, rate: int, voice_id: str, path: str) -> None:
    """Write the text from stdin to a WAV file."""
    import pyttsx3

    engine = pyttsx3.init()
    if voice_id:
        engine.setProperty("voice", voice_id)
    else:
        _choose_voice(engine, language)
    engine.setProperty("rate", rate)
    engine.save_to_file(sys.stdin.buffer.read().decode(), path)
    if sys.platform == "win32":
        engine.runAndWait()
    else:
        # With espeak-ng's library, runAndWait returns before the file is written, and it cancels
        # the rate if espeak-ng has not set it yet. This loop ends when the file is written.
        engine.startLoop()


def _choose_voice(engine: Any, language: str) -> None:
    """Set a voice for the language, unless the engine's own is one; exit if there is none."""
    voices = engine.getProperty("voices")
    voice_ids = [voice.id for voice in voices if speaks_language(voice, language)]
    if voice_ids and engine.getProperty("voice") not in voice_ids:
        engine.setProperty("voice", voice_ids[0])
    elif not voice_ids and language != "en":
        raise SystemExit(languages.missing_voice(language))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        _print_voice_names(sys.argv[1])
    else:
        _render_stdin(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
