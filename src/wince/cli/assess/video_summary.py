"""One row for each video of `wince assess`: its scores, the share of each level, its episodes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wince import files
from wince.cli import score_columns
from wince.cli.assess.csv_rows import line
from wince.cli.assess.outcome import Outcome
from wince.errors import NoFaceError
from wince.runtime.calibration import CalibratedScore
from wince.score_scale import LevelName, Scale

EPISODES = ("episodes", "longest_episode")


def columns(scale: Scale) -> tuple[str, ...]:
    """Return the columns for a scale. One without levels has no shares and no episodes."""
    names = (
        *("video", "frames", "judged", "not_judged", "without_face", "unreadable"),
        *("mean_pspi", "max_pspi", "max_seconds"),
        *(_share(level) for level in scale.levels),
        *(EPISODES if scale.levels else ()),
    )
    return score_columns.columns(names, scale)


def _share(level: LevelName) -> str:
    return f"share_{level.replace(' ', '_')}"


@dataclass(slots=True)
class _Video:
    """Counts of one video.

    An episode is an unbroken run of judged frames above the lowest level. Frames without a score
    neither begin nor end one.
    """

    scale: Scale
    frames: int = 0
    judged: int = 0
    not_judged: int = 0
    without_face: int = 0
    total: float = 0.0
    highest: tuple[float, float] | None = None
    levels: dict[LevelName | None, int] = field(default_factory=dict)
    episodes: int = 0
    longest_episode: float = 0.0
    _episode_start: float | None = None

    def add(self, outcome: Outcome) -> None:
        """Add the outcome of a frame."""
        self.frames += 1
        if outcome.assessment is None:
            self.without_face += isinstance(outcome.error, NoFaceError)
        elif outcome.assessment.calibrated is None:
            self.not_judged += 1
        else:
            self._add_score(outcome.seconds or 0.0, outcome.assessment.calibrated)

    def _add_score(self, seconds: float, score: CalibratedScore) -> None:
        self.judged += 1
        self.total += score.score
        self.levels[score.level] = self.levels.get(score.level, 0) + 1
        if self.highest is None or score.score > self.highest[0]:
            self.highest = (score.score, seconds)
        if self.scale.level_index(score.score) == 0:
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
            **{
                _share(level): round(self.levels.get(level, 0) / self.judged, 4)
                for level in self.scale.levels
            },
            "episodes": self.episodes,
            "longest_episode": round(self.longest_episode, 3),
        }


class VideoSummaries:
    """Sums up the frames of each video as their outcomes pass."""

    def __init__(self, path: Path, scale: Scale) -> None:
        """Check the file that is written at the end.

        Args:
            path: A new CSV file.
            scale: The scale of the scores.

        Raises:
            FileWriteError: Something exists there.
        """
        files.refuse_existing(path, "Choose another --video-summary.")
        self._path = path
        self._scale = scale
        self._videos: dict[str, _Video] = {}

    def follow(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Yield the outcomes unchanged, and write the file after the last one."""
        for outcome in outcomes:
            if outcome.frame is not None:
                self._videos.setdefault(outcome.file, _Video(self._scale)).add(outcome)
            yield outcome
        names = columns(self._scale)
        rows = [
            score_columns.cells(video.values(name), self._scale)
            for name, video in self._videos.items()
        ]
        lines = [line(row.get(column) for column in names) for row in rows]
        files.write_text(self._path, line(names) + "".join(lines))
