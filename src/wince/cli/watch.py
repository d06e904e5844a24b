"""`wince watch`: follow a face over time in the terminal, from a camera or a video file."""

from pathlib import Path
from typing import Annotated

import typer

from wince.cli.option_groups import with_option_groups
from wince.cli.speech_options import SpeechOptions


@with_option_groups
def watch(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="A video file, a folder of videos, the name of a camera, such as /dev/video0, or "
            "the address of one, such as rtsp://127.0.0.1/ward. Default: the first camera.",
            show_default=False,
        ),
    ] = None,
    *,
    csv_path: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Write a row for each frame and followed person into a new FILE.",
        ),
    ] = None,
    summary_path: Annotated[
        Path | None,
        typer.Option(
            "--summary", metavar="FILE", help="Write the summary as JSON into a new FILE."
        ),
    ] = None,
    video_path: Annotated[
        Path | None,
        typer.Option(
            "--video",
            metavar="OUT.mp4",
            help="Write a copy of the video with boxes, levels and the scores over time.",
        ),
    ] = None,
    smoothing: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=60,
            help="Time constant of the smoothing, in seconds. In a video: how far before and after "
            "a frame others count. Default: 0.05 for a camera, 0.2 for a video.",
            show_default=False,
        ),
    ] = None,
    hold: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds a level must last to be announced.")
    ] = 1.0,
    margin: Annotated[
        float,
        typer.Option(
            min=0,
            max=5,
            help="How far the score must move to count as another level at once, as a multiple of "
            "the model's mean error.",
        ),
    ] = 1.2,
    person: Annotated[
        int | None,
        typer.Option(
            "--person",
            metavar="NUMBER",
            min=1,
            help="Follow the person with this number. Numbers count from 1 in the order in which "
            "faces appear, the largest first. Default: the largest face at the start.",
        ),
    ] = None,
    all_persons: Annotated[
        bool,
        typer.Option("--all-persons", help="Follow everybody: rows and a summary for each person."),
    ] = False,
    every: Annotated[int, typer.Option(min=1, help="Assess every Nth frame only.")] = 1,
    allow_network: Annotated[
        bool,
        typer.Option("--allow-network", help="Allow the address of a camera on another machine."),
    ] = False,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="A model.onnx or its folder. Default: the packaged model."
        ),
    ] = None,
    speech: SpeechOptions,
) -> None:
    """Watch a face over time, with a camera or in a video file.

    One person is followed, and never another one: whoever is lost is "not in view".
    Shows the level with its score, the action units, the frame rate and the time from a frame to
    its result. A level is announced when it has lasted; blinks do not count. At the end (of the
    video, or with Ctrl+C) a summary gives the time in each state and the peaks. A camera that is
    disconnected is opened again. Nothing is stored except the files of --csv and --summary.

    A video is processed as fast as this machine can; of a camera the newest frame is used. Needs
    `pip install 'wince[video]'`.
    """
    from wince.cli.watch_run import WatchOptions, run
    from wince.cli.watcher import WatchSettings
    from wince.runtime.track import TrackSettings

    track = TrackSettings(margin=margin, hold=hold)
    options = WatchOptions(
        WatchSettings(track, person=person, everybody=all_persons),
        csv_path=csv_path,
        summary_path=summary_path,
        video_path=video_path,
        smoothing=smoothing,
        every=every,
        speaker=speech.speaker(),
        model=model,
        allow_network=allow_network,
    )
    run(source, options)
