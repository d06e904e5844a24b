"""One row for each video of `wince assess`: its scores, the share of each level, its episodes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wince import files
from wince.cli.assess.csv_rows import line
from wince.cli.assess.outcome import Outcome
from wince.errors import NoFaceError
from wince.runtime.calibration import CalibratedScore
from wince.scale import LEVELS, Level

COLUMNS = (
    *("video", "frames", "judged", "not_judged", "without_face", "unreadable"),
    *("mean_pspi", "max_pspi", "max_seconds"),
    *(f"share_{level}" for level in LEVELS),
    *("episodes", "longest_episode"),
)


@dataclass(slots=True)
class _Video:
    """Counts of one video.

    An episode is an unbroken run of judged frames whose level is not none. Frames without a score
    neither begin nor end one.
    """

    frames: int = 0
    judged: int = 0
    not_judged: int = 0
    without_face: int = 0
    total: float = 0.0
    highest: tuple[float, float] | None = None
    levels: dict[Level, int] = field(default_factory=lambda: dict.fromkeys(LEVELS, 0))
    episodes: int = 0
    longest_episode: float = 0.0
    _episode_start: float | None = None

    def add(self, outcome: Outcome) -> None:
        """Add the outcome of a frame."""
        self.frames += 1
        if outcome.assessment is None:
            self.without_face += isinstance(outcome.error, NoFaceError)
        elif outcome.assessment.score is None:
            self.not_judged += 1
        else:
            self._add_score(outcome.seconds or 0.0, outcome.assessment.score)

    def _add_score(self, seconds: float, score: CalibratedScore) -> None:
        self.judged += 1
        self.total += score.pspi
        self.levels[score.level] += 1
        if self.highest is None or score.pspi > self.highest[0]:
            self.highest = (score.pspi, seconds)
        if score.level is Level.NONE:
            self._episode_start = None
            return
        if self._episode_start is None:
            self._episode_start = seconds
            self.episodes += 1
        self.longest_episode = max(self.longest_episode, seconds - self._episode_start)

    def values(self, name: str) -> dict[str, Any]:
        """Return the cells of the video's row; scores are empty if no frame was judged."""
        counts = {
            "video": name,
            "frames": self.frames,
            "judged": self.judged,
            "not_judged": self.not_judged,
            "without_face": self.without_face,
            "unreadable": self.frames - self.judged - self.not_judged - self.without_face,
        }
        if self.highest is None:
            return counts
        return counts | {
            "mean_pspi": round(self.total / self.judged, 3),
            "max_pspi": self.highest[0],
            "max_seconds": self.highest[1],
            **{f"share_{level}": round(n / self.judged, 4) for level, n in self.levels.items()},
            "episodes": self.episodes,
            "longest_episode": round(self.longest_episode, 3),
        }


class VideoSummaries:
    """Sums up the frames of each video as their outcomes pass."""

    def __init__(self, path: Path) -> None:
        """Check the file that is written at the end.

        Args:
            path: A new CSV file.

        Raises:
            FileWriteError: Something exists there.
        """
        files.refuse_existing(path, "Choose another --video-summary.")
        self._path = path
        self._videos: dict[str, _Video] = {}

    def follow(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Yield the outcomes unchanged, and write the file after the last one."""
        for outcome in outcomes:
            if outcome.frame is not None:
                self._videos.setdefault(outcome.file, _Video()).add(outcome)
            yield outcome
        rows = [video.values(name) for name, video in self._videos.items()]
        lines = [line(row.get(column) for column in COLUMNS) for row in rows]
        files.write_text(self._path, line(COLUMNS) + "".join(lines))
