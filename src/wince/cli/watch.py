"""`wince watch`: a face over time, from a camera or a video file, in the terminal."""

from pathlib import Path
from typing import Annotated

import typer

from wince.cli.speech_options import LanguageOption, RateOption, VoiceOption, chosen


def watch(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="A video file, or a camera by its name, such as /dev/video0. Without it, the "
            "first camera.",
            show_default=False,
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="Write a row for each frame into FILE, as it is assessed."
        ),
    ] = None,
    smoothing: Annotated[
        float, typer.Option(min=0, max=60, help="Time constant of the smoothing, in seconds.")
    ] = 1.0,
    hold: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds a level must hold to be announced.")
    ] = 2.0,
    margin: Annotated[
        float,
        typer.Option(min=0, max=2.5, help="Points below a cut at which the level falls again."),
    ] = 0.5,
    every: Annotated[int, typer.Option(min=1, help="Look at every Nth frame only.")] = 1,
    speak: Annotated[
        bool, typer.Option("--speak", help="Say each level that is announced.")
    ] = False,
    language: LanguageOption = None,
    rate: RateOption = None,
    voice: VoiceOption = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="A model.onnx, or its folder, in place of the packaged one."
        ),
    ] = None,
) -> None:
    """Watch a face over time, with a camera or in a video file.

    Shows the announced level, the smoothed score, the action units, frames per second and how old a
    frame is when its result stands. A level is announced when it has held; blinks do not count. At
    the end (of the video, or with Ctrl+C) it says how long each level stood and where the peaks
    were. A camera that is lost is tried again. Nothing is stored but the file of --csv.

    A video is gone through as fast as this machine can; with a camera the newest frame is taken.
    Needs `pip install 'wince[video]'`.
    """
    from wince.cli import watch_loop
    from wince.runtime.track import TrackSettings

    watch_loop.run(
        source,
        table=table,
        settings=TrackSettings(smoothing, hold, margin),
        every=every,
        speaker=chosen(speak, language, rate, voice),
        model=model,
    )
