"""Run `wince watch`: open the source, watch it to its end, and print the summary."""

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from rich.console import Console

from wince.camera import Camera
from wince.cli import watch_loop
from wince.cli.assess.inputs import find_files
from wince.cli.messages import complain
from wince.cli.speech_options import Speaker
from wince.cli.watch_options import FileOptions, WatchOptions
from wince.cli.watch_rows import rows_file
from wince.cli.watch_video import AnnotatedVideo, annotate_video
from wince.cli.watch_view import TerminalView, persons_text, summary
from wince.cli.watch_voice import BackgroundSpeaker
from wince.cli.watcher import Watcher, WatchSettings
from wince.errors import VideoError
from wince.files import refuse_existing, write_json
from wince.output_lock import locked_file
from wince.runtime.assessor import Assessor
from wince.runtime.look_ahead import HALF_WIDTH
from wince.runtime.session_summary import SCHEMA
from wince.score_scale import Scale
from wince.video import Video
from wince.video.files import is_video

MOST_AWAY = 60.0  # seconds


def run(
    source: str | None,
    options: WatchOptions,
    files: FileOptions,
    speaker: Speaker | None = None,
    scale: Scale | None = None,
) -> None:
    """Watch until the videos end or Ctrl+C, and print a summary of each.

    Args:
        source: A video file, a folder of videos, or the name or address of a camera; None for the
            first camera.
        options: How frames and persons are followed.
        files: The files that are written.
        speaker: Speaks announced levels; None for no speech.
        scale: The model's scale with other cuts and levels; None for those in model.json.

    Raises:
        WinceError: The source cannot be opened, or, after the summary, a video stops before its
            stated end.
    """
    camera = watch_loop.camera_name(source)
    paths = [] if camera is not None else list(_video_paths(str(source)))
    is_folder = camera is None and Path(str(source)).is_dir()
    if files.video_path and (camera is not None or is_folder):
        raise VideoError("--video needs one video file: cameras and folders are not copied.")
    with ExitStack() as stack:
        for path, name in (
            (files.csv_path, "--csv"),
            (files.summary_path, "--summary"),
            (files.video_path, "--video"),
        ):
            if path and path.parent.is_dir():  # otherwise it is an error, or made at the end
                stack.enter_context(locked_file(path))
                refuse_existing(path, f"Choose another name for {name}.")
        watch = _WatchRun(options, files, speaker, scale, stack)
        if camera is not None:
            watch.camera(camera)
        for path in paths:
            if is_folder:
                watch.console.print(f"\n{path}", soft_wrap=True, markup=False)
            watch.video(path, in_folder=is_folder)
            if watch.is_interrupted:
                break
        if files.summary_path:
            parts = watch.summaries
            data = {"schema": SCHEMA, "sources": parts} if is_folder else parts[0]
            write_json(files.summary_path, data)
    if watch.errors and not is_folder:
        raise watch.errors[0]
    if watch.errors:
        for error in watch.errors:
            complain(str(error))
        raise VideoError(
            f"{len(watch.errors)} of {len(paths)} videos in {source} were not watched to their end."
        )


def _video_paths(source: str) -> Iterator[Path]:
    """Yield the video, or the videos in a folder and its subfolders, sorted by name.

    Raises:
        VideoError: The folder contains no video.
    """
    if not Path(source).is_dir():
        yield Path(source)
        return
    paths = [file.path for file in find_files([Path(source)]) if is_video(file.path)]
    if not paths:
        raise VideoError(f"{source} contains no video. Expected files such as ward.mp4.")
    yield from paths


class _WatchRun:
    """One run of the command, with everything that its sources share."""

    def __init__(
        self,
        options: WatchOptions,
        files: FileOptions,
        speaker: Speaker | None,
        scale: Scale | None,
        stack: ExitStack,
    ) -> None:
        self.console = Console(highlight=False)
        self.is_interrupted = False
        self.errors: list[VideoError] = []
        self.summaries: list[dict[str, Any]] = []
        self._options = options
        self._files = files
        self._speaker = speaker
        self._scale = scale
        self._stack = stack

    @cached_property
    def _assessor(self) -> Assessor:
        return Assessor(self._options.model, scale=self._scale)

    @cached_property
    def _rows(self) -> "csv.DictWriter[str] | None":
        """The writer of rows. The file is created when the first source is open."""
        path = self._files.csv_path
        return (
            self._stack.enter_context(rows_file(path, self._assessor.estimator.scale))
            if path
            else None
        )

    def camera(self, name: str) -> None:
        """Watch a camera until Ctrl+C."""
        options = self._options
        open_camera = partial(Camera, name, allow_network=options.allow_network)
        camera = open_camera()
        watcher = self._watcher(camera.name, _for_camera(options), None)
        self._watch(
            watcher,
            lambda view: watch_loop.watch_camera(camera, open_camera, options.every, watcher, view),
        )

    def video(self, path: Path, *, in_folder: bool) -> None:
        """Watch a video to its end. In a folder, the next one follows an error."""
        options = self._options
        try:
            opened = Video(path)
        except VideoError as error:
            if not in_folder:
                raise
            self.errors.append(error)
            return
        with opened as video, ExitStack() as stack:
            copy = None
            if self._files.video_path:
                copy = annotate_video(video, self._files.video_path, options.every)
            settings = _for_recording(options, options.every / video.frame_rate)
            watcher = self._watcher(
                video.name, settings, stack.enter_context(copy) if copy else None
            )
            self._watch(
                watcher,
                lambda view: watch_loop.watch_video(video, options.every, watcher, view),
                video.duration,
            )
            if video.damaged_parts:
                complain(f"{video.name}: {video.damaged_parts} damaged parts were skipped.")

    def _watcher(self, name: str, settings: WatchSettings, copy: AnnotatedVideo | None) -> Watcher:
        voice = BackgroundSpeaker(self._speaker) if self._speaker else None
        return Watcher(name, self._assessor, settings, self._rows, voice, copy)

    def _watch(
        self,
        watcher: Watcher,
        watch: Callable[[TerminalView], object],
        duration: float | None = None,
    ) -> None:
        """Watch a source until it ends or Ctrl+C, and print its summary."""
        with TerminalView(self.console) as view:
            try:
                watch(view)
            except KeyboardInterrupt:
                self.is_interrupted = True
            except VideoError as error:
                self.errors.append(error)
            for seconds in watcher.finish():
                view.show(watcher.status, position=seconds, duration=duration)
        if watcher.voice:
            watcher.voice.finish()
        self._print_summary(watcher)
        self.summaries.append(_summary_data(watcher))

    def _print_summary(self, watcher: Watcher) -> None:
        for number, session in watcher.sessions.items():
            if watcher.settings.everybody and number is not None:
                self.console.print(f"\nPerson {number}")
            self.console.print(summary(session))
        if watcher.others:
            others = persons_text(watcher.others).capitalize()
            self.console.print(
                f"Person {watcher.followed} was followed. {others} came into view too: follow one "
                "with --person, or all with --all-persons."
            )


def _summary_data(watcher: Watcher) -> dict[str, Any]:
    """Return the sums as plain data, with what was watched and how, and each person's number."""
    track, half_width = watcher.settings.track, watcher.settings.half_width
    settings = {
        "seconds": 0.0,
        "smoothing": half_width or track.smoothing,
        "hold": track.hold,
        "margin": track.margin,
    }
    facts = {
        "source": watcher.source,
        "model": watcher.assessor.model,
        "settings": [settings],
    }
    persons = [
        {"person": number, **session.to_dict()} for number, session in watcher.sessions.items()
    ]
    if watcher.settings.everybody:
        return {"schema": SCHEMA, **facts, "persons": persons}
    return {**facts, **persons[0]}


def _for_camera(options: WatchOptions) -> WatchSettings:
    """Return the settings for a camera."""
    settings = options.settings()
    if options.smoothing is None:
        return settings
    return replace(settings, track=replace(settings.track, smoothing=options.smoothing))


def _for_recording(options: WatchOptions, step: float) -> WatchSettings:
    """Return the settings for a recording.

    The look-ahead smooths its scores, and a track survives three steps between assessed frames.
    """
    settings = options.settings()
    away = min(MOST_AWAY, max(settings.track.away, 3 * step))
    return replace(
        settings,
        track=replace(settings.track, smoothing=0.0, away=away),
        half_width=HALF_WIDTH if options.smoothing is None else options.smoothing,
        recorded=True,
    )
