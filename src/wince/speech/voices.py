"""Speak text offline with a voice of this machine, as a WAV file or through the loudspeaker.

The first of these that is installed is used:

- `espeak-ng` on the PATH (see `wince.speech.espeak`);
- `say`, which every Mac has (see `wince.speech.mac_say`);
- pyttsx3, installed by `pip install 'wince[speech]'` (see `wince.speech.pyttsx3_process`).
"""

import importlib.util
import io
import shutil
import sys
import tempfile
import wave
from functools import lru_cache
from pathlib import Path

from wince.errors import SpeechError
from wince.speech import espeak, languages, mac_say, pyttsx3_process
from wince.speech.voice_process import PLAY_SECONDS, run

DEFAULT_RATE = 150
"""Words per minute; slow enough to follow in a noisy room."""
MIN_RATE, MAX_RATE = 80, 450
"""Words per minute, the range of espeak-ng."""
MAX_CHARACTERS = 1000  # the longest text of wince has about 300
PYTTSX3 = "pyttsx3"
NO_VOICE = (
    "The machine that runs wince has no voice, so nothing can be spoken. Install one with "
    "`apt-get install espeak-ng`, or on Windows with `pip install 'wince[speech]'`."
)


def available() -> bool:
    """Return whether a voice is installed; only speaking shows whether it works."""
    return find_engine() is not None


def find_engine() -> str | None:
    """Return the name of the voice program or library to use; None if none is installed."""
    if shutil.which(espeak.PROGRAM):
        return espeak.PROGRAM
    if sys.platform == "darwin" and shutil.which(mac_say.PROGRAM):
        return mac_say.PROGRAM
    return PYTTSX3 if importlib.util.find_spec(PYTTSX3) else None


def voice_names(language: str) -> tuple[str, ...]:
    """Return the names of this machine's voices in a language, the usual one first.

    Raises:
        SpeechError: The language is unknown, or the voices cannot be listed.
    """
    languages.language(language)
    engine = find_engine()
    return () if engine is None else _names_of_engine(engine, shutil.which(engine), language)


@lru_cache
def _names_of_engine(engine: str, program: str | None, language: str) -> tuple[str, ...]:
    """Return an engine's voices; `program` is its path, None for a library."""
    if engine == espeak.PROGRAM:
        return espeak.voice_names(str(program), language)
    if engine == mac_say.PROGRAM:
        return mac_say.voice_names(str(program), language)
    return pyttsx3_process.voice_names(language)


def speak_to_wav(
    text: str, *, rate: int = DEFAULT_RATE, language: str = "en", voice: str | None = None
) -> bytes:
    """Return the spoken text as a WAV file: 16-bit PCM, usually mono at 22,050 Hz.

    Args:
        text: 1 to 1000 characters.
        rate: 80 to 450 words per minute.
        language: A code of `wince.speech.languages`.
        voice: One of `voice_names(language)`, or None for the usual one.

    Raises:
        SpeechError: An argument is not as described, no voice is installed, or the voice fails or
            takes longer than 20 seconds.
    """
    engine = _checked_engine(text, rate, language, voice)
    if engine == espeak.PROGRAM:
        return _with_true_length(espeak.render(text, rate, language, voice))
    with tempfile.TemporaryDirectory(prefix="wince-") as folder:
        path = Path(folder, "speech.wav")
        if engine == mac_say.PROGRAM:
            mac_say.render(text, rate, language, voice, path)
        else:
            pyttsx3_process.render(text, rate, language, voice, path)
        if not path.is_file():
            raise SpeechError("The voice of this machine wrote no sound file.")
        return _with_true_length(path.read_bytes())


def speak(
    text: str, *, rate: int = DEFAULT_RATE, language: str = "en", voice: str | None = None
) -> None:
    """Speak the text through this machine's loudspeaker; return when it has been spoken.

    Args:
        text: As in `speak_to_wav`.
        rate: As in `speak_to_wav`.
        language: As in `speak_to_wav`.
        voice: As in `speak_to_wav`.

    Raises:
        SpeechError: As in `speak_to_wav`, and if there is no loudspeaker.
    """
    engine = _checked_engine(text, rate, language, voice)
    if engine == espeak.PROGRAM:
        espeak.play(text, rate, language, voice)
    elif engine == mac_say.PROGRAM:
        mac_say.play(text, rate, language, voice)
    else:
        _play_wav(speak_to_wav(text, rate=rate, language=language, voice=voice))


def check_options(rate: int, language: str, voice: str | None) -> None:
    """Raise SpeechError for a rate, language or voice that `speak` and `speak_to_wav` refuse."""
    if not MIN_RATE <= rate <= MAX_RATE:
        raise SpeechError(
            f"The rate must be from {MIN_RATE} to {MAX_RATE} words per minute, not {rate}."
        )
    language_name = languages.language(language).english_name
    if voice is None or not available():
        return
    names = voice_names(language)
    if voice not in names:
        raise SpeechError(
            f"This machine has no {language_name} voice {voice[:60]!r}; "
            + (f"it has {', '.join(names)}." if names else f"it has no {language_name} voice.")
        )


def _checked_engine(text: str, rate: int, language: str, voice: str | None) -> str:
    """Return the engine to use; raise SpeechError for bad arguments or if there is none."""
    if not text.strip() or len(text) > MAX_CHARACTERS:
        raise SpeechError(
            f"Expected 1 to {MAX_CHARACTERS} characters to speak; found {len(text.strip())}."
        )
    check_options(rate, language, voice)
    engine = find_engine()
    if engine is None:
        raise SpeechError(NO_VOICE)
    return engine


def _with_true_length(wav: bytes) -> bytes:
    """Return the same sound with its length in the header; raise SpeechError if it is empty.

    A program that writes to a pipe does not know the length when it writes the header and states a
    huge one, which some players refuse.
    """
    file = io.BytesIO()
    try:
        with wave.open(io.BytesIO(wav)) as source:
            frames = source.readframes(len(wav))
            if not frames:
                raise SpeechError("The voice of this machine gave no sound.")
            with wave.open(file, "wb") as target:
                target.setnchannels(source.getnchannels())
                target.setsampwidth(source.getsampwidth())
                target.setframerate(source.getframerate())
                target.writeframes(frames)
    except (wave.Error, EOFError) as error:
        raise SpeechError(f"The voice of this machine gave no WAV file: {error}.") from error
    return file.getvalue()


def _play_wav(wav: bytes) -> None:
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
            "No program that plays sound was found. Install espeak-ng, which needs none: "
            "`apt-get install espeak-ng`."
        )
    run([player, "-q", "-"], wav, PLAY_SECONDS)
