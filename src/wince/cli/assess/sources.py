"""What `wince assess` is given: pictures, the frames of videos, and folders of both, one by one.

Nothing here is a list of everything: a folder's files are found as they are needed, and of a video
one frame is held, so that a hundred thousand files take no more memory than ten.
"""

import math
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from wince.errors import ImageError, VideoError, WinceError
from wince.images import SUFFIXES as PICTURES
from wince.video import SUFFIXES as VIDEOS
from wince.video import Video, VideoFrame

MARK = "-annotated"  # at the end of the name of every annotated copy
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """A picture, a video, or one frame of a video.

    relative: where its annotated copy belongs below the annotation folder. problem: why it cannot
    be had, such as a folder that cannot be opened. frame: the frame that is meant. adds: how many
    more of its kind are about to follow, known at the first frame of a video.
    """

    path: Path
    relative: Path
    problem: WinceError | None = None
    frame: VideoFrame | None = None
    adds: int = 0

    @property
    def is_video(self) -> bool:
        """Whether it is a video by its name."""
        return self.path.suffix.lower() in VIDEOS

    @property
    def copy_stem(self) -> str:
        """The name of the annotated copy without its ending."""
        stem = self.relative.stem.removesuffix(MARK)
        return stem if self.frame is None else f"{stem}-{self.frame.index:06d}"


def files(given: Iterable[Path]) -> Iterator[Source]:
    """Yield the pictures and videos given, and those in folders, each folder's in sorted order.

    Hidden files and earlier annotated copies are left out. A folder that holds nothing, or cannot
    be looked into, is yielded with its problem.
    """
    for path in given:
        if path.is_dir():
            yield from _below(path)
        else:
            yield Source(path, Path("stdin" if str(path) == STDIN else path.name))


def _below(folder: Path) -> Iterator[Source]:
    closed: list[Source] = []

    def keep(error: OSError) -> None:
        reason = f"{error.filename} cannot be opened: {error.strerror}."
        closed.append(Source(Path(error.filename), Path(), ImageError(reason)))

    empty = True
    for root, folders, names in os.walk(folder, onerror=keep):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names.sort(reverse=True)
        while names:  # let go of one by one: pathlib makes more of each name it has seen
            name = names.pop()
            if _is_wanted(name):
                empty = False
                path = Path(root, name)
                yield Source(path, path.relative_to(folder), _irregular(path))
    yield from closed
    if empty and not closed:
        reason = (
            f"{folder} holds no picture: expected files that end in {', '.join(PICTURES)}, or "
            "videos."
        )
        yield Source(folder, Path(), ImageError(reason))


def _is_wanted(name: str) -> bool:
    stem, kind = Path(name).stem, Path(name).suffix.lower()
    return (
        not name.startswith(".")
        and (kind in PICTURES or kind in VIDEOS)
        and not stem.endswith(MARK)
    )


def _irregular(path: Path) -> WinceError | None:
    """Return a problem for a pipe or a device, which could be waited for without end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None  # reading it will say why
    if stat.S_ISREG(mode):
        return None
    return ImageError(f"{path} is not a file but a pipe or a device. Remove it from the folder.")


def frames(
    sources: Iterable[Source], *, every: float, after: dict[str, int] | None = None
) -> Iterator[Source]:
    """Yield pictures as they are, and of each video its frames, then what is wrong with it, if any.

    every: seconds between the frames that are yielded, 0 for all of them. after: for the name of a
    video, the last frame of it that is done; only later ones are yielded.
    """
    for source in sources:
        if source.is_video and source.problem is None:
            yield from _of_video(source, every, (after or {}).get(str(source.path), -1))
        else:
            yield source


def _of_video(source: Source, every: float, after: int) -> Iterator[Source]:
    try:
        with Video(source.path) as video:
            left = _expected(video, every) - 1
            for frame in video.frames(min_interval=every):
                if frame.index <= after:
                    left -= 1
                    continue
                yield replace(source, frame=frame, adds=max(0, left))
                left = 0  # said once
            if video.damaged_parts:
                raise VideoError(
                    f"{source.path} is damaged: {video.damaged_parts} parts of it could not be "
                    "decoded, their frames are missing. Export or copy it again."
                )
    except WinceError as error:
        yield replace(source, problem=error)


def _expected(video: Video, every: float) -> int:
    if every > 0 and video.duration is not None:
        return math.ceil(video.duration / max(every, 1 / video.frame_rate))
    return video.expected_frames or 1
