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
            help="A video file, the name of a camera, such as /dev/video0, or the address of one, "
            "such as rtsp://127.0.0.1/ward. Default: the first camera.",
            show_default=False,
        ),
    ] = None,
    *,
    csv_path: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write a row for each frame into a new FILE."),
    ] = None,
    summary_path: Annotated[
        Path | None,
        typer.Option(
            "--summary", metavar="FILE", help="Write the summary as JSON into a new FILE."
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

    Shows the level with its score, the action units, the frame rate and the time from a frame to
    its result. A level is announced when it has lasted; blinks do not count. At the end (of the
    video, or with Ctrl+C) a summary gives the time in each state and the peaks. A camera that is
    disconnected is opened again. Nothing is stored except the files of --csv and --summary.

    A video is processed as fast as this machine can; of a camera the newest frame is used. Needs
    `pip install 'wince[video]'`.
    """
    from wince.cli import watch_loop
    from wince.runtime.track import TrackSettings

    watch_loop.run(
        source,
        csv_path=csv_path,
        summary_path=summary_path,
        settings=TrackSettings(margin=margin, hold=hold),
        smoothing=smoothing,
        every=every,
        speaker=speech.speaker(),
        model=model,
        allow_network=allow_network,
    )
