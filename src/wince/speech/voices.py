"""Sentences spoken by a voice of this machine, offline: as a WAV file, or through the loudspeaker.

Voices, the first one found is taken:

- `espeak-ng`, when it is on the PATH: it starts fastest, and speaks every language of
  `wince.speech.languages`;
- `say`, which every Mac has, in the languages that are installed there;
- pyttsx3, which comes with `pip install 'wince[speech]'`: the voices of Windows, or the library of
  espeak-ng.

Each utterance has a process of its own, because pyttsx3 can hang when it is used a second time,
and a hung process can be ended. The text goes in through stdin: no shell reads it, and the list of
processes does not show it.
"""

import importlib.util
import io
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import wave
from functools import lru_cache
from pathlib import Path
from typing import Any

from wince.errors import SpeechError
from wince.speech import languages

DEFAULT_RATE = 150
"""Words per minute, unless asked otherwise: calm, and easy to follow in a noisy room."""

MIN_RATE, MAX_RATE = 80, 450  # words per minute, the range of espeak-ng
MAX_CHARACTERS = 1000  # the longest of wince's own texts has some 300
NO_VOICE = (
    "The machine that runs wince has no voice, so nothing can be spoken. Give it one with "
    "`apt-get install espeak-ng`, or on Windows with `pip install 'wince[speech]'`."
)
_VARIANT = re.compile(r"[fm]\d")  # espeak-ng's plain female and male variants, of its hundred
_RENDER_SECONDS = 20.0  # a WAV takes a tenth of a second; a busy machine gets time
_PLAY_SECONDS = 300.0  # the longest text at the slowest rate takes about two minutes


def available() -> bool:
    """Whether this machine seems to have a voice; only speaking shows whether it works."""
    return _engine() is not None


def voice_names(language: str) -> tuple[str, ...]:
    """Return the names of this machine's voices in a language, the usual one first.

    Empty when it has none. Raises SpeechError for an unknown language, and when asking fails.
    """
    languages.language(language)
    engine = _engine()
    program = shutil.which(engine) if engine in ("espeak-ng", "say") else sys.executable
    return _voices(engine, str(program), language) if engine else ()


def speak_to_wav(
    text: str, *, rate: int = DEFAULT_RATE, language: str = "en", voice: str | None = None
) -> bytes:
    """Return `text` spoken, as the bytes of a WAV file: 16-bit PCM, as a rule mono at 22,050 Hz.

    text: 1 to 1000 characters. rate: 80 to 450 words per minute. language: a code of
    `wince.speech.languages`. voice: one of `voice_names(language)`, or None for the usual one.
    Raises SpeechError when one of these is not so, when no voice is installed, and when the voice
    fails or takes longer than 20 seconds.
    """
    engine = _checked_engine(text, rate, language, voice)
    if engine == "espeak-ng":
        return _with_true_lengths(
            _run([*_espeak(rate, language, voice), "--stdout"], text.encode(), _RENDER_SECONDS)[0]
        )
    with tempfile.TemporaryDirectory(prefix="wince-") as folder:
        path = Path(folder, "speech.wav")
        if engine == "say":
            command = [*_say(rate, language, voice), "--data-format=LEI16@22050", "-o", str(path)]
        else:
            command = [*_PYTTSX3, language, str(rate), voice or "", str(path)]
        _run(command, text.encode(), _RENDER_SECONDS)
        if not path.is_file():
            raise SpeechError("The voice of this machine gave no sound: it wrote no file.")
        return _with_true_lengths(path.read_bytes())


def speak(
    text: str, *, rate: int = DEFAULT_RATE, language: str = "en", voice: str | None = None
) -> None:
    """Speak `text` through this machine's loudspeaker, and return when all is said.

    The arguments are those of `speak_to_wav`. Raises SpeechError as it does, and also when there is
    no loudspeaker.
    """
    engine = _checked_engine(text, rate, language, voice)
    if engine == "espeak-ng":
        words = _run(_espeak(rate, language, voice), text.encode(), _PLAY_SECONDS)[1]
        # Without a loudspeaker it says so and ends as if all were well.
        failed = [line for line in words.splitlines() if line.lower().startswith("error:")]
        if failed:
            raise SpeechError(
                f"espeak-ng could not play through this machine's loudspeaker ({failed[-1]}). "
                "Check that a sound device is there and not in use."
            )
    elif engine == "say":
        _run(_say(rate, language, voice), text.encode(), _PLAY_SECONDS)
    else:
        _play(speak_to_wav(text, rate=rate, language=language, voice=voice))


def check_options(rate: int, language: str, voice: str | None) -> None:
    """Raise SpeechError for a rate, language or voice that `speak` and `speak_to_wav` refuse."""
    if not MIN_RATE <= rate <= MAX_RATE:
        raise SpeechError(
            f"The rate must be from {MIN_RATE} to {MAX_RATE} words per minute, not {rate}."
        )
    english = languages.language(language).english_name
    if voice is None or _engine() is None:
        return
    known = voice_names(language)
    if voice not in known:
        raise SpeechError(
            f"This machine has no {english} voice {voice[:60]!r}; "
            + (f"it has {', '.join(known)}." if known else f"it has no {english} voice at all.")
        )


def _engine() -> str | None:
    if shutil.which("espeak-ng"):
        return "espeak-ng"
    if sys.platform == "darwin" and shutil.which("say"):
        return "say"
    return "pyttsx3" if importlib.util.find_spec("pyttsx3") else None


def _checked_engine(text: str, rate: int, language: str, voice: str | None) -> str:
    """Return the engine to use; raise SpeechError for bad arguments or when there is none."""
    if not text.strip() or len(text) > MAX_CHARACTERS:
        raise SpeechError(
            f"Expected 1 to {MAX_CHARACTERS} characters to speak; found {len(text.strip())}."
        )
    check_options(rate, language, voice)
    engine = _engine()
    if engine is None:
        raise SpeechError(NO_VOICE)
    return engine


@lru_cache
def _voices(engine: str, program: str, language: str) -> tuple[str, ...]:
    """Return the names of the voices of an engine in a language; program: where it is."""
    if engine == "espeak-ng":
        found = _espeak_names(program, language)
        usual = languages.language(language).espeak_voice
        names = [usual] * (usual in found) + [name for name in found if name != usual]
        if not names:
            return ()
        variants = sorted(name for name in _espeak_names(program, "variant") if _is_plain(name))
        return (*names, *(f"{names[0]}+{variant}" for variant in variants))
    if engine == "say":
        return tuple(_say_names(_run([program, "-v", "?"], b"", _RENDER_SECONDS)[0], language))
    listed = _run([*_PYTTSX3, language], b"", _RENDER_SECONDS)[0]
    return tuple(listed.decode(errors="replace").split("\0")[:-1])


def _is_plain(variant: str) -> bool:
    return _VARIANT.fullmatch(variant) is not None


def _espeak_names(program: str, language: str) -> list[str]:
    """Return what follows espeak-ng's -v: codes such as en-us, or names of variants such as f2.

    Voices of MBROLA are left out: they are listed whether they are installed or not.
    """
    listed = _run([program, f"--voices={language}"], b"", _RENDER_SECONDS)[0]
    rows = [line.split() for line in listed.decode(errors="replace").splitlines()[1:]]
    rows = [row for row in rows if len(row) >= 5]
    if language == "variant":
        return [row[4].removeprefix("!v/") for row in rows]
    return [row[1] for row in rows if not row[4].startswith(("mb/", "!v/"))]


def _say_names(listed: bytes, language: str) -> list[str]:
    """Return the voices in a language of what `say -v ?` lists: "Anna    de_DE    # Hallo!"."""
    lines = listed.decode(errors="replace").splitlines()
    found = [re.match(r"(.+?)\s+([a-z]{2,3})[_-]\w+\s+#", line) for line in lines]
    return [match[1] for match in found if match and match[2] == language]


def _espeak(rate: int, language: str, voice: str | None) -> list[str]:
    program = shutil.which("espeak-ng") or "espeak-ng"
    name = voice or languages.language(language).espeak_voice
    return [program, "-v", name, "-s", str(rate), "-b", "1", "--stdin"]


def _say(rate: int, language: str, voice: str | None) -> list[str]:
    if (
        voice is None and language != "en"
    ):  # the Mac's own choice is right for its own language only
        found = voice_names(language)
        if not found:
            raise SpeechError(_without(language))
        voice = found[0]
    return ["say", *(["-v", voice] if voice else []), "-r", str(rate), "-f", "-"]


def _without(language: str) -> str:
    english = languages.language(language).english_name
    return (
        f"This machine has no {english} voice. Add one in the system's settings for speech, or "
        "install espeak-ng, which has one."
    )


def _run(command: list[str], given: bytes, seconds: float) -> tuple[bytes, str]:
    """Run a program with `given` on its stdin; return its stdout and the text of its stderr."""
    try:
        done = subprocess.run(  # noqa: S603 - a list, without a shell, of our own words only
            command, input=given, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise SpeechError(
            f"The voice of this machine did not finish within {seconds:g} seconds and was stopped. "
            "Try again; if it stays so, install espeak-ng."
        ) from None
    except OSError as error:
        raise SpeechError(f"{command[0]} could not be started: {error.strerror}.") from error
    words = done.stderr.decode(errors="replace").strip()
    if done.returncode:
        last = words.splitlines()[-1] if words else f"exit status {done.returncode}"
        raise SpeechError(
            f"The voice of this machine failed: {last}. "
            "Installing espeak-ng gives it one that works."
        )
    return done.stdout, words


def _with_true_lengths(wav: bytes) -> bytes:
    """Return the same sound with a header that states its length; raise SpeechError if it has none.

    A program that writes to a pipe cannot know the length beforehand and states a huge one, which
    some players refuse.
    """
    file = io.BytesIO()
    try:
        with wave.open(io.BytesIO(wav)) as found:
            frames = found.readframes(len(wav))
            if not frames:
                raise SpeechError("The voice of this machine gave no sound.")
            with wave.open(file, "wb") as written:
                written.setnchannels(found.getnchannels())
                written.setsampwidth(found.getsampwidth())
                written.setframerate(found.getframerate())
                written.writeframes(frames)
    except (wave.Error, EOFError) as error:
        raise SpeechError(f"The voice of this machine gave no WAV file: {error}.") from error
    return file.getvalue()


def _play(wav: bytes) -> None:
    if sys.platform == "win32":
        import winsound

        try:
            winsound.PlaySound(wav, winsound.SND_MEMORY)
        except RuntimeError as error:
            raise SpeechError(f"Windows could not play the voice: {error}.") from error
        return
    player = shutil.which("aplay")
    if player is None:
        raise SpeechError(
            "No program that plays sound was found. Install espeak-ng, which speaks by itself: "
            "`apt-get install espeak-ng`."
        )
    _run([player, "-q", "-"], wav, _PLAY_SECONDS)


# -P: a file in the current folder must not stand in for a module
_PYTTSX3 = [sys.executable, "-P", "-m", "wince.speech.voices"]


def _is_of(voice: Any, language: str) -> bool:
    """Whether one of pyttsx3's voices is of a language: by its tags, or by its id on Windows.

    Tags are text, or bytes that begin with a byte for the priority, such as `de`; an id on Windows
    has the tag within, such as TTS_MS_DE-DE_HEDDA.
    """
    tags = [
        tag.decode(errors="replace") if isinstance(tag, bytes) else str(tag)
        for tag in voice.languages or ()
    ]
    if any(re.match(rf"\W*{language}(?![a-z])", tag, re.IGNORECASE) for tag in tags):
        return True
    return re.search(rf"[\\/_]{language}-[a-z]{{2}}(?![a-z])", voice.id, re.IGNORECASE) is not None


def _render_with_pyttsx3(language: str, rate: int, name: str, path: str) -> None:
    """Speak what comes on stdin into a file. This runs in a process of its own."""
    import pyttsx3

    engine = pyttsx3.init()
    if name:
        engine.setProperty("voice", name)
    else:
        found = [voice.id for voice in engine.getProperty("voices") if _is_of(voice, language)]
        if found and engine.getProperty("voice") not in found:
            engine.setProperty("voice", found[0])
        elif not found and language != "en":
            raise SystemExit(_without(language))
    finished = threading.Event()
    engine.connect("finished-utterance", lambda **_: finished.set())
    engine.setProperty("rate", rate)
    engine.save_to_file(sys.stdin.buffer.read().decode(), path)
    engine.runAndWait()
    if sys.platform != "win32":  # with espeak-ng's library it returns before the file is written
        finished.wait(_RENDER_SECONDS)


def _list_for_pyttsx3(language: str) -> None:
    """Write the ids of the voices in a language to stdout, each with a zero byte behind it."""
    import pyttsx3

    for voice in pyttsx3.init().getProperty("voices"):
        if _is_of(voice, language):
            sys.stdout.write(f"{voice.id}\0")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        _list_for_pyttsx3(sys.argv[1])
    else:
        _render_with_pyttsx3(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
