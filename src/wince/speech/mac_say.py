"""The program `say` of macOS: it speaks the languages that are installed on the Mac."""

import re
from pathlib import Path

from wince.errors import SpeechError
from wince.speech import languages
from wince.speech.voice_process import PLAY_SECONDS, RENDER_SECONDS, run

PROGRAM = "say"


def voice_names(program: str, language: str) -> tuple[str, ...]:
    """Return the voices in a language; `program` is the path of `say`."""
    return parse_voice_names(run([program, "-v", "?"], b"", RENDER_SECONDS)[0], language)


def parse_voice_names(listing: bytes, language: str) -> tuple[str, ...]:
    """Return the voices in a language from the output of `say -v ?`.

    Its lines are like "Anna    de_DE    # Hallo!".
    """
    lines = listing.decode(errors="replace").splitlines()
    matches = [re.match(r"(.+?)\s+([a-z]{2,3})[_-]\w+\s+#", line) for line in lines]
    return tuple(match[1] for match in matches if match and match[2] == language)


def render(text: str, rate: int, language: str, voice: str | None, path: Path) -> None:
    """Write the text as a WAV file."""
    command = [*_command(rate, language, voice), "--data-format=LEI16@22050", "-o", str(path)]
    run(command, text.encode(), RENDER_SECONDS)


def play(text: str, rate: int, language: str, voice: str | None) -> None:
    """Speak the text through the loudspeaker."""
    run(_command(rate, language, voice), text.encode(), PLAY_SECONDS)


def _command(rate: int, language: str, voice: str | None) -> list[str]:
    if voice is None and language != "en":  # the Mac's default voice is for its own language only
        names = voice_names(PROGRAM, language)
        if not names:
            raise SpeechError(languages.missing_voice(language))
        voice = names[0]
    return [PROGRAM, *(["-v", voice] if voice else []), "-r", str(rate), "-f", "-"]
