"""The program espeak-ng: it starts fastest, and speaks every language of wince."""

import re
import shutil

from wince.errors import SpeechError
from wince.speech import languages
from wince.speech.voice_process import PLAY_SECONDS, RENDER_SECONDS, bare_environment, run

PROGRAM = "espeak-ng"

_PLAIN_VARIANT = re.compile(r"[fm]\d")  # the plain female and male ones of about a hundred


def voice_names(program: str, language: str) -> tuple[str, ...]:
    """Return the voices in a language, the usual one first, then variants such as "de+f1".

    Args:
        program: Path of espeak-ng.
        language: A code of `wince.speech.languages`.
    """
    usual = languages.language(language).espeak_voice
    installed = _listed_voices(program, language)
    names = [usual] * (usual in installed) + [name for name in installed if name != usual]
    if not names:
        return ()
    variants = _listed_voices(program, "variant")
    plain_variants = sorted(name for name in variants if _PLAIN_VARIANT.fullmatch(name))
    return (*names, *(f"{names[0]}+{variant}" for variant in plain_variants))


def _listed_voices(program: str, language: str) -> list[str]:
    """Return values for espeak-ng's option -v: codes such as en-us, or variants such as f2.

    MBROLA voices are left out: espeak-ng lists them even if they are not installed.
    """
    stdout, _ = run([program, f"--voices={language}"], b"", RENDER_SECONDS, bare_environment())
    rows = [line.split() for line in stdout.decode(errors="replace").splitlines()[1:]]
    rows = [row for row in rows if len(row) >= 5]
    if language == "variant":
        return [row[4].removeprefix("!v/") for row in rows]
    return [row[1] for row in rows if not row[4].startswith(("mb/", "!v/"))]


def render(text: str, rate: int, language: str, voice: str | None) -> bytes:
    """Return the text as WAV bytes whose header does not state the true length."""
    command = [*_command(rate, language, voice), "--stdout"]
    return run(command, text.encode(), RENDER_SECONDS, bare_environment())[0]


def play(text: str, rate: int, language: str, voice: str | None) -> None:
    """Speak the text through the loudspeaker; raise SpeechError if there is none."""
    _, stderr = run(_command(rate, language, voice), text.encode(), PLAY_SECONDS)
    # Without a loudspeaker espeak-ng prints an error and exits with status 0.
    errors = [line for line in stderr.splitlines() if line.lower().startswith("error:")]
    if errors:
        raise SpeechError(
            f"espeak-ng could not play through this machine's loudspeaker ({errors[-1]}). "
            "Check that a sound device is there and not in use."
        )


def _command(rate: int, language: str, voice: str | None) -> list[str]:
    program = shutil.which(PROGRAM) or PROGRAM
    name = voice or languages.language(language).espeak_voice
    return [program, "-v", name, "-s", str(rate), "-b", "1", "--stdin"]
