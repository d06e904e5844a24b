"""How a command speaks: its options, checked, and the levels said."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wince.scale import Level

LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="CODE",
        help="With --speak: en (the default), ar, es, de or fr is spoken.",
    ),
]
RateOption = Annotated[
    int | None,
    typer.Option("--rate", metavar="WORDS", help="With --speak: words per minute, 80 to 450; 150."),
]
VoiceOption = Annotated[
    str | None,
    typer.Option(
        "--voice",
        metavar="NAME",
        help="With --speak: a voice of this machine in that language; a name that it does not "
        "have is answered with those that it has.",
    ),
]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says levels with a voice of this machine."""

    language: str
    rate: int
    voice: str | None

    def say(self, level: "Level | None") -> None:
        """Say the sentence for a level, None for a refusal, and return when it is said.

        Raises SpeechError when nothing can be spoken.
        """
        from wince.speech import sentences, voices

        words = sentences.spoken_text(level, 0.0, language=self.language)
        voices.speak(words, rate=self.rate, language=self.language, voice=self.voice)


def chosen(
    speak: bool, language: str | None, rate: int | None, voice: str | None
) -> Speaker | None:
    """Return the speaker that the options ask for, None without --speak.

    Raises BadParameter for options that make no sense.
    """
    if not speak:
        for name, value in (("--language", language), ("--rate", rate), ("--voice", voice)):
            if value is not None:
                raise typer.BadParameter(f"{name} says how to speak; it needs --speak")
        return None
    from wince.errors import SpeechError
    from wince.speech import voices as engine

    found = Speaker(language or "en", engine.DEFAULT_RATE if rate is None else rate, voice)
    try:
        engine.check_options(found.rate, found.language, found.voice)
    except SpeechError as error:
        raise typer.BadParameter(str(error)) from None
    return found
