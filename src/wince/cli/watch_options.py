"""Options of `wince watch`: the files that are written, and how persons are followed."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli.face_options import MinScore, ModelPath
from wince.faces import MIN_SCORE

if TYPE_CHECKING:
    from wince.cli.watcher import WatchSettings


@dataclass(frozen=True, slots=True)
class FileOptions:
    """New files for rows, the summary and an annotated copy of a video; None to write none."""

    csv_path: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Write a row for each frame and followed person into a new FILE.",
        ),
    ] = None
    summary_path: Annotated[
        Path | None,
        typer.Option(
            "--summary", metavar="FILE", help="Write the summary as JSON into a new FILE."
        ),
    ] = None
    video_path: Annotated[
        Path | None,
        typer.Option(
            "--video",
            metavar="OUT.mp4",
            help="Write a copy of the video with boxes, levels and the scores over time.",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """Which frames and persons are followed, how, and with which model.

    Attributes:
        smoothing: Time constant of the smoothing for a camera, half width of the centred window
            for a video, in seconds; None for the usual one.
    """

    smoothing: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=60,
            help="Time constant of the smoothing, in seconds. In a video: how far before and after "
            "a frame others count. Default: 0.05 for a camera, 0.2 for a video.",
            show_default=False,
        ),
    ] = None
    hold: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds a level must last to be announced.")
    ] = 1.0
    margin: Annotated[
        float,
        typer.Option(
            min=0,
            max=5,
            help="How far the score must move to count as another level at once, as a multiple of "
            "the model's mean error.",
        ),
    ] = 1.2
    person: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            min=1,
            help="Follow the person with this number. Numbers count from 1 in the order in which "
            "faces appear, the largest first. Default: the largest face at the start.",
        ),
    ] = None
    all_persons: Annotated[
        bool,
        typer.Option("--all-persons", help="Follow everybody: rows and a summary for each person."),
    ] = False
    every: Annotated[int, typer.Option(min=1, help="Assess every Nth frame only.")] = 1
    min_score: MinScore = MIN_SCORE
    allow_network: Annotated[
        bool,
        typer.Option("--allow-network", help="Allow the address of a camera on another machine."),
    ] = False
    model: ModelPath = None

    def settings(self) -> "WatchSettings":
        """Return how frames are watched, without smoothing."""
        from wince.cli.watcher import WatchSettings
        from wince.runtime.track import TrackSettings

        track = TrackSettings(margin=self.margin, hold=self.hold)
        return WatchSettings(
            track, person=self.person, everybody=self.all_persons, min_score=self.min_score
        )
