"""`wince watch`: follow a face over time in the terminal, from a camera or a video file."""

from typing import Annotated

import typer

from wince.cli.option_groups import with_option_groups
from wince.cli.scale_options import LevelOptions
from wince.cli.speech_options import SpeechOptions
from wince.cli.watch_options import FileOptions, WatchOptions


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
    files: FileOptions,
    options: WatchOptions,
    levels: LevelOptions,
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
    from wince.cli.watch_run import run

    run(source, options, files, speech.speaker(), levels.scale())
