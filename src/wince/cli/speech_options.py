"""Options shared by assess and watch: whether and how results are spoken."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wince.score_scale import LevelPair
    from wince.speech.sentences import LevelledScore


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """Whether results are spoken, and with which voice."""

    speak: Annotated[
        bool, typer.Option("--speak", help="Speak the results, with a voice of this machine.")
    ] = False
    language: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="With --speak: en (default), ar, es, de or fr."),
    ] = None
    rate: Annotated[
        int | None,
        typer.Option(
            metavar="WORDS", help="With --speak: words per minute, 80 to 450. Default: 150."
        ),
    ] = None
    voice: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --speak: a voice of this machine for the language. An unknown name gives an "
            "error that lists the voices.",
        ),
    ] = None

    def speaker(self) -> "Speaker | None":
        """Return the speaker; None without --speak.

        Raises:
            BadParameter: An option is given without --speak, or is not supported.
        """
        if not self.speak:
            for name in ("language", "rate", "voice"):
                if getattr(self, name) is not None:
                    raise typer.BadParameter(f"--{name} needs --speak")
            return None
        from wince.errors import SpeechError
        from wince.speech import voices

        rate = voices.DEFAULT_RATE if self.rate is None else self.rate
        speaker = Speaker(self.language or "en", rate, self.voice)
        try:
            voices.check_options(speaker.rate, speaker.language, speaker.voice)
        except SpeechError as error:
            raise typer.BadParameter(str(error)) from None
        return speaker


@dataclass(frozen=True, slots=True)
class Speaker:
    """Speaks levels with a voice of this machine."""

    language: str
    rate: int
    voice: str | None

    def say(self, score: "LevelledScore", between: "LevelPair | None" = None) -> None:
        """Speak the sentence for a score and return when it has been spoken.

        Args:
            score: The score with its level, both None for a face that cannot be judged.
            between: The two levels that are named if neither is clear.

        Raises:
            SpeechError: Nothing can be spoken.
        """
        from wince.speech import sentences, voices

        text = sentences.spoken_text(
            score.level, score.score, between=between, language=self.language, scale=score.scale
        )
        voices.speak(text, rate=self.rate, language=self.language, voice=self.voice)
