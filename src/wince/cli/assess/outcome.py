"""The outcome of one face or file: an assessment or an error."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from wince.cli.messages import complain
from wince.errors import NoFaceError, WinceError
from wince.faces import MIN_SCORE
from wince.runtime.assessment import Assessment
from wince.score_scale import LevelName, LevelPair, Scale


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
        min_score: Minimum score of the face detector.
    """

    file: str
    assessment: Assessment | None = None
    error: WinceError | None = None
    annotated: str | None = None
    frame: int | None = None
    seconds: float | None = None
    min_score: float = MIN_SCORE

    @property
    def name(self) -> str:
        """The file, with the time of the frame of a video, and the face if there are several."""
        name = self.file if self.seconds is None else f"{self.file} at {self.seconds:.2f} s"
        if self.assessment is None or len(self.assessment.faces) == 1:
            return name
        return f"{name}, face {self.assessment.face.index + 1} of {len(self.assessment.faces)}"

    @property
    def error_message(self) -> str:
        """The error with the name of the file."""
        message = str(self.error)
        names_file = self.frame is None and self.file in message
        return message if names_file else f"{self.name}: {message}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: `file`, and `assessment` or `error` with its type and message.

        `face` is the number of the face by size, from 1, and `faces` the number of faces.
        """
        data: dict[str, Any] = {"file": self.file, "min_score": self.min_score}
        if self.frame is not None:
            data |= {"frame": self.frame, "seconds": self.seconds}
        if self.assessment is not None:
            data |= {"face": self.assessment.face.index + 1, "faces": len(self.assessment.faces)}
            data["assessment"] = self.assessment.to_dict()
        if self.error is not None:
            data["error"] = {"type": type(self.error).__name__, "message": str(self.error)}
        if self.annotated is not None:
            data["annotated"] = self.annotated
        return data


@dataclass(frozen=True, slots=True)
class StatedScore:
    """What is said of a face: its level and score, None if it could not be judged."""

    level: LevelName | None
    between: LevelPair | None
    score: float | None
    scale: Scale


@dataclass(slots=True)
class Tally:
    """Counts outcomes as they pass, and reports errors on stderr.

    Attributes:
        statements: What is said of each face.
        images: Number of images, also of those with an error.
        without_face: Number of images without a face to assess.
        failures: Number of errors, also of images without a face.
    """

    statements: list[StatedScore] = field(default_factory=list)
    images: int = 0
    without_face: int = 0
    failures: int = 0
    _last: tuple[str, int | None, int] | None = None

    def follow(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Yield the outcomes unchanged."""
        for outcome in outcomes:
            self._count(outcome)
            yield outcome

    def _count(self, outcome: Outcome) -> None:
        assessment, last, self._last = outcome.assessment, self._last, None
        if assessment is None:
            self.images += 1
            self.failures += 1
            self.without_face += isinstance(outcome.error, NoFaceError)
            complain(outcome.error_message)
            return
        self._last = outcome.file, outcome.frame, assessment.face.index
        is_same_image = last is not None and last[:2] == self._last[:2] and last < self._last
        self.images += not is_same_image
        self.statements.append(
            StatedScore(assessment.level, assessment.between, assessment.score, assessment.scale)
        )

    @property
    def is_complete(self) -> bool:
        """Whether every image has a face, and every face a score."""
        return not self.failures and all(stated.score is not None for stated in self.statements)

    def summary(self) -> str:
        """Return the counts, such as "5 images: 3 assessed, 1 could not be judged, 1 no face."."""
        refused = sum(stated.score is None for stated in self.statements)
        images = self.images - self.failures
        faces = "" if len(self.statements) == images else f", {len(self.statements)} faces"
        counts = {
            "assessed": len(self.statements) - refused,
            "could not be judged": refused,
            "without a face": self.without_face,
            "could not be read": self.failures - self.without_face,
        }
        parts = [f"{count} {text}" for text, count in counts.items() if count or text == "assessed"]
        return f"{self.images} image{'' if self.images == 1 else 's'}{faces}: {', '.join(parts)}."
