"""The inputs of `wince assess`: images, frames of videos, and folders of both.

All functions are generators: folders are walked as needed, and one frame of a video is in memory at
a time. Memory does not grow with the number of files.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wince import folder_tree
from wince.errors import ImageError, VideoError, WinceError
from wince.files import refuse_irregular
from wince.images import SUFFIXES as IMAGE_SUFFIXES
from wince.remote_path import parse_path
from wince.video import Video, VideoFrame
from wince.video.files import SUFFIXES as VIDEO_SUFFIXES
from wince.video.files import is_video

ANNOTATED = "-annotated"
"""End of the stem of every annotated copy."""
HIDDEN, NO_SUFFIX, COPY = "hidden file", "file without a suffix", "annotated copy"
"""Kinds of files that are left out, beside their suffixes."""
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


def find_files(paths: Iterable[Path], left_out: Counter[str] | None = None) -> Iterator[InputFile]:
    """Yield the files given, and the images and videos in the folders given, sorted by name.

    Hidden files, annotated copies and files of other kinds are left out. A link to a folder is
    followed, unless it leads to a folder above it or one that was searched already. A folder that
    is empty or cannot be opened is yielded with its error.

    Args:
        paths: Files and folders.
        left_out: Counts by kind what is left out in folders.
    """
    left_out = Counter() if left_out is None else left_out
    for path in paths:
        if path.is_dir():
            yield from _walk(path, left_out)
        else:
            yield InputFile(path, Path("stdin" if str(path) == STDIN else path.name))


def left_out_text(left_out: Counter[str]) -> str:
    """Return the counts as text, such as `3 .txt, 1 hidden file`; "" if nothing is left out."""
    plurals = {
        HIDDEN: "hidden files",
        NO_SUFFIX: "files without a suffix",
        COPY: "annotated copies",
    }
    return ", ".join(
        f"{count} {kind if count == 1 else plurals.get(kind, kind)}"
        for kind, count in sorted(left_out.items())
    )


def _walk(root: Path, left_out: Counter[str]) -> Iterator[InputFile]:
    unreadable: list[InputFile] = []

    def add_error(error: OSError) -> None:
        message = f"{error.filename} cannot be opened: {error.strerror}."
        unreadable.append(InputFile(parse_path(error.filename), Path(), ImageError(message)))

    empty = True
    for folder, names in folder_tree.walk(root, add_error, hidden=False):
        names.reverse()
        while names:  # popped one by one, because a Path caches its parts
            name = names.pop()
            kind = _left_out_kind(name)
            if kind is None:
                empty = False
                path = type(root)(folder, name)
                yield InputFile(path, path.relative_to(root), _irregular_file_error(path))
            else:
                left_out[kind] += 1
    yield from unreadable
    if empty and not unreadable:
        message = (
            f"{root} contains no image: expected files that end in {', '.join(IMAGE_SUFFIXES)}, or "
            "videos."
        )
        yield InputFile(root, Path(), ImageError(message))


def _left_out_kind(name: str) -> str | None:
    """Return the kind of a file that is not assessed; None for an image or a video."""
    if name.startswith("."):
        return HIDDEN
    stem, suffix = Path(name).stem, Path(name).suffix.lower()
    if suffix not in IMAGE_SUFFIXES and suffix not in VIDEO_SUFFIXES:
        return suffix or NO_SUFFIX
    return COPY if stem.endswith(ANNOTATED) else None


def _irregular_file_error(path: Path) -> WinceError | None:
    """Return an error for a pipe or a device, because reading it might never end."""
    try:
        refuse_irregular(path)
    except OSError as error:
        return ImageError(f"{path} cannot be read: {error.strerror}. Remove it from the folder.")
    return None


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
        if file.error is None and is_video(file.path):
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
