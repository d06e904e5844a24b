"""The inputs of `wince assess`: images, frames of videos, and folders of both.

All functions are generators: folders are walked as needed, and one frame of a video is in memory at
a time. Memory does not grow with the number of files.
"""

import math
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wince.errors import ImageError, VideoError, WinceError
from wince.images import SUFFIXES as IMAGE_SUFFIXES
from wince.video import SUFFIXES as VIDEO_SUFFIXES
from wince.video import Video, VideoFrame

ANNOTATED = "-annotated"
"""End of the stem of every annotated copy."""
STDIN = "-"
"""Stands for an image on stdin."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """An image or a video.

    Attributes:
        path: The path as given, or below a given folder.
        relative_path: Path of the annotated copy below the annotation folder, before renaming.
        error: Why the file cannot be read, if that is known already.
    """

    path: Path
    relative_path: Path
    error: WinceError | None = None


@dataclass(frozen=True, slots=True)
class InputImage:
    """An image to assess: an image file or one frame of a video.

    Attributes:
        file: The image file or the video.
        frame: The frame; None for an image file, and for the error of a video.
        error: Why there is no image.
        frames_to_come: At the first frame of a video, about how many more follow; otherwise 0.
    """

    file: InputFile
    frame: VideoFrame | None = None
    error: WinceError | None = None
    frames_to_come: int = 0


def find_files(paths: Iterable[Path]) -> Iterator[InputFile]:
    """Yield the files given, and the images and videos in the folders given, sorted by name.

    Hidden files and annotated copies are left out. A folder that is empty or cannot be opened is
    yielded with its error.
    """
    for path in paths:
        if path.is_dir():
            yield from _walk(path)
        else:
            yield InputFile(path, Path("stdin" if str(path) == STDIN else path.name))


def _walk(root: Path) -> Iterator[InputFile]:
    unreadable: list[InputFile] = []

    def add_error(error: OSError) -> None:
        message = f"{error.filename} cannot be opened: {error.strerror}."
        unreadable.append(InputFile(Path(error.filename), Path(), ImageError(message)))

    empty = True
    for folder, subfolders, names in os.walk(root, onerror=add_error):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        names.sort(reverse=True)
        while names:  # popped one by one, because a Path caches its parts
            name = names.pop()
            if _is_input(name):
                empty = False
                path = Path(folder, name)
                yield InputFile(path, path.relative_to(root), _irregular_file_error(path))
    yield from unreadable
    if empty and not unreadable:
        message = (
            f"{root} contains no image: expected files that end in {', '.join(IMAGE_SUFFIXES)}, or "
            "videos."
        )
        yield InputFile(root, Path(), ImageError(message))


def _is_input(name: str) -> bool:
    stem, suffix = Path(name).stem, Path(name).suffix.lower()
    return (
        not name.startswith(".")
        and (suffix in IMAGE_SUFFIXES or suffix in VIDEO_SUFFIXES)
        and not stem.endswith(ANNOTATED)
    )


def _irregular_file_error(path: Path) -> WinceError | None:
    """Return an error for a pipe or a device, because reading it might never end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None  # reading the file gives the error
    if stat.S_ISREG(mode):
        return None
    return ImageError(f"{path} is not a file but a pipe or a device. Remove it from the folder.")


def read_images(
    files: Iterable[InputFile], *, every: float, last_frames: Mapping[str, int] | None = None
) -> Iterator[InputImage]:
    """Yield image files as they are, and the frames of each video, followed by its error if any.

    Args:
        files: Images and videos.
        every: Seconds between the frames of a video; 0 for every frame.
        last_frames: For a path of a video, the index of the last frame that was assessed before;
            only later frames are yielded.
    """
    for file in files:
        is_video = file.path.suffix.lower() in VIDEO_SUFFIXES
        if is_video and file.error is None:
            yield from _read_video(file, every, (last_frames or {}).get(str(file.path), -1))
        else:
            yield InputImage(file, error=file.error)


def _read_video(file: InputFile, every: float, last_frame: int) -> Iterator[InputImage]:
    try:
        with Video(file.path) as video:
            to_come = _expected_frames(video, every) - 1
            for frame in video.frames(min_interval=every):
                if frame.index <= last_frame:
                    to_come -= 1
                    continue
                yield InputImage(file, frame, frames_to_come=max(0, to_come))
                to_come = 0
            if video.damaged_parts:
                raise VideoError(
                    f"{file.path} is damaged: {video.damaged_parts} parts of it could not be "
                    "decoded, their frames are missing. Export or copy it again."
                )
    except WinceError as error:
        yield InputImage(file, error=error)


def _expected_frames(video: Video, every: float) -> int:
    if every > 0 and video.duration is not None:
        return math.ceil(video.duration / max(every, 1 / video.frame_rate))
    return video.expected_frames or 1
