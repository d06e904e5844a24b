"""The outcome of one file: an assessment or an error."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from wince.cli.messages import complain
from wince.errors import WinceError
from wince.runtime.assessment import Assessment
from wince.scale import Level


@dataclass(frozen=True, slots=True)
class Outcome:
    """An assessment, or the error that prevented it.

    Attributes:
        file: Path as given.
        assessment: None if there is an error.
        error: None if there is an assessment.
        annotated: Path of the annotated copy, if one was written.
        frame: Index of the frame, from 0; None for an image file.
        seconds: Time of the frame since the first one; None for an image file.
    """

    file: str
    assessment: Assessment | None = None
    error: WinceError | None = None
    annotated: str | None = None
    frame: int | None = None
    seconds: float | None = None

    @property
    def name(self) -> str:
        """The file, with the time of the frame for a video."""
        return self.file if self.seconds is None else f"{self.file} at {self.seconds:.2f} s"

    @property
    def error_message(self) -> str:
        """The error with the name of the file."""
        message = str(self.error)
        names_file = self.frame is None and self.file in message
        return message if names_file else f"{self.name}: {message}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: `file`, and `assessment` or `error` with its type and message."""
        data: dict[str, Any] = {"file": self.file}
        if self.frame is not None:
            data |= {"frame": self.frame, "seconds": self.seconds}
        if self.assessment is not None:
            data["assessment"] = self.assessment.to_dict()
        if self.error is not None:
            data["error"] = {"type": type(self.error).__name__, "message": str(self.error)}
        if self.annotated is not None:
            data["annotated"] = self.annotated
        return data


@dataclass(slots=True)
class Tally:
    """Counts outcomes as they pass, and reports errors on stderr.

    Attributes:
        levels: Level of each assessment, None where the face could not be judged.
        failures: Number of errors.
    """

    levels: list[Level | None] = field(default_factory=list)
    failures: int = 0

    def follow(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Yield the outcomes unchanged."""
        for outcome in outcomes:
            if outcome.assessment is not None:
                self.levels.append(outcome.assessment.level)
            else:
                self.failures += 1
                complain(outcome.error_message)
            yield outcome

    @property
    def total(self) -> int:
        """Number of outcomes."""
        return len(self.levels) + self.failures
