"""Sentences spoken by a voice of this machine, offline: as a WAV file, or through the loudspeaker.

Voices, the first one found is taken:

- `espeak-ng`, when it is on the PATH: it starts fastest;
- `say`, which every Mac has;
- pyttsx3, which comes with `pip install 'wince[speech]'`: the voices of Windows, or the library of
  espeak-ng.

Each utterance has a process of its own, because pyttsx3 can hang when it is used a second time,
and a hung process can be ended. The text goes in through stdin: no shell reads it, and the list of
processes does not show it.
"""

import importlib.util
import io
import shutil
import subprocess
import sys
import tempfile
import threading
import wave
from pathlib import Path

from wince.errors import SpeechError

RATE = 150
"""Words per minute, unless asked otherwise: calm, and easy to follow in a noisy room."""

SLOWEST, FASTEST = 80, 450  # words per minute, the range of espeak-ng
MAX_CHARACTERS = 1000  # the longest of wince's own texts has some 300
LANGUAGES = {"en": "en-gb"}
"""Languages with sentences in `wince.speech`, and espeak-ng's voice for each."""

NO_VOICE = (
    "The machine that runs wince has no voice, so nothing can be spoken. Give it one with "
    "`apt-get install espeak-ng`, or on Windows with `pip install 'wince[speech]'`."
)
_RENDER_SECONDS = 20.0  # a WAV takes a tenth of a second; a busy machine gets time
_PLAY_SECONDS = 300.0  # the longest text at the slowest rate takes about two minutes


def available() -> bool:
    """Whether this machine seems to have a voice; only speaking shows whether it works."""
    return _engine() is not None


def speak_to_wav(text: str, *, rate: int = RATE, language: str = "en") -> bytes:
    """Return `text` spoken, as the bytes of a WAV file: 16-bit PCM, as a rule mono at 22,050 Hz.

    text: 1 to 1000 characters. rate: 80 to 450 words per minute. language: a key of LANGUAGES.
    Raises SpeechError when one of these is not so, when no voice is installed, and when the voice
    fails or takes longer than 20 seconds.
    """
    engine = _checked_engine(text, rate, language)
    if engine == "espeak-ng":
        return _with_true_lengths(
            _run([*_espeak(rate, language), "--stdout"], text.encode(), _RENDER_SECONDS)[0]
        )
    with tempfile.TemporaryDirectory(prefix="wince-") as folder:
        path = Path(folder, "speech.wav")
        if engine == "say":
            command = [*_say(rate), "--data-format=LEI16@22050", "-o", str(path)]
        else:  # -P: a file in the current folder must not stand in for a module
            command = [sys.executable, "-P", "-m", "wince.voice", str(rate), str(path)]
        _run(command, text.encode(), _RENDER_SECONDS)
        if not path.is_file():
            raise SpeechError("The voice of this machine gave no sound: it wrote no file.")
        return _with_true_lengths(path.read_bytes())


def speak(text: str, *, rate: int = RATE, language: str = "en") -> None:
    """Speak `text` through this machine's loudspeaker, and return when all is said.

    The arguments are those of `speak_to_wav`. Raises SpeechError as it does, and also when there is
    no loudspeaker.
    """
    engine = _checked_engine(text, rate, language)
    if engine == "espeak-ng":
        words = _run(_espeak(rate, language), text.encode(), _PLAY_SECONDS)[1]
        # Without a loudspeaker it says so and ends as if all were well.
        failed = [line for line in words.splitlines() if line.lower().startswith("error:")]
        if failed:
            raise SpeechError(
                f"espeak-ng could not play through this machine's loudspeaker ({failed[-1]}). "
                "Check that a sound device is there and not in use."
            )
    elif engine == "say":
        _run(_say(rate), text.encode(), _PLAY_SECONDS)
    else:
        _play(speak_to_wav(text, rate=rate, language=language))


def _engine() -> str | None:
    if shutil.which("espeak-ng"):
        return "espeak-ng"
    if sys.platform == "darwin" and shutil.which("say"):
        return "say"
    return "pyttsx3" if importlib.util.find_spec("pyttsx3") else None


def _checked_engine(text: str, rate: int, language: str) -> str:
    """Return the engine to use; raise SpeechError for bad arguments or when there is none."""
    if not text.strip() or len(text) > MAX_CHARACTERS:
        raise SpeechError(
            f"Expected 1 to {MAX_CHARACTERS} characters to speak; found {len(text.strip())}."
        )
    if not SLOWEST <= rate <= FASTEST:
        raise SpeechError(
            f"The rate must be from {SLOWEST} to {FASTEST} words per minute, not {rate}."
        )
    if language not in LANGUAGES:
        raise SpeechError(f"wince speaks {', '.join(LANGUAGES)}; found the language {language!r}.")
    engine = _engine()
    if engine is None:
        raise SpeechError(NO_VOICE)
    return engine


def _espeak(rate: int, language: str) -> list[str]:
    program = shutil.which("espeak-ng") or "espeak-ng"
    return [program, "-v", LANGUAGES[language], "-s", str(rate), "-b", "1", "--stdin"]


def _say(rate: int) -> list[str]:
    return ["say", "-r", str(rate), "-f", "-"]


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


def _render_with_pyttsx3(rate: int, path: str) -> None:
    """Speak what comes on stdin into a file. This runs in a process of its own."""
    import pyttsx3

    engine = pyttsx3.init()
    finished = threading.Event()
    engine.connect("finished-utterance", lambda **_: finished.set())
    engine.setProperty("rate", rate)
    engine.save_to_file(sys.stdin.buffer.read().decode(), path)
    engine.runAndWait()
    if sys.platform != "win32":  # with espeak-ng's library it returns before the file is written
        finished.wait(_RENDER_SECONDS)


if __name__ == "__main__":
    _render_with_pyttsx3(int(sys.argv[1]), sys.argv[2])
