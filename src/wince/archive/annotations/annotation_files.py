"""Which annotation belongs to which video."""

import itertools
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wince.archive import folder_walk
from wince.archive.annotations import known_forms
from wince.archive.annotations.annotation import Annotation
from wince.archive.annotations.clock import Clock
from wince.archive.annotations.known_forms import Reading
from wince.archive.annotations.video_rows import VideoRows
from wince.errors import DataError
from wince.files import file_type

FOLDER = "annotations"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the annotation of a video is.

    Attributes:
        name: Path of the file below the archive's folder.
        video: The video as a table for several videos names it, None for a file of one video.
    """

    name: str
    video: str | None = None


class AnnotationFiles:
    """The annotations in an archive's folder `annotations/` and beside its videos."""

    def __init__(self, base: Path, reading: Reading) -> None:
        self._base, self._reading = base, reading
        self._rows: dict[str, VideoRows | None] = {}
        self._by_stem: dict[str, list[Source]] = {}
        self._unmatched: dict[Source, None] = {}
        self._used: dict[Source, str] = {}
        if (base / FOLDER).is_dir():
            for folder, names in folder_walk.walk(base, FOLDER):
                for name in names:
                    self._add(folder_walk.join(folder, name))

    def _add(self, name: str) -> None:
        path = PurePosixPath(name)
        if path.suffix.lower() not in known_forms.SUFFIXES or path.name.startswith("."):
            return
        for source in self._sources(name):
            stem = PurePosixPath((source.video or name).replace("\\", "/")).stem
            self._by_stem.setdefault(_key(stem), []).append(source)
            self._unmatched[source] = None

    def _sources(self, name: str) -> list[Source]:
        """Return what a file is an annotation of: one video, or those that it names."""
        if name not in self._rows:
            self._rows[name] = known_forms.rows_by_video(self._base / name, self._reading)
        rows = self._rows[name]
        return [Source(name)] if rows is None else [Source(name, video) for video in rows.videos]

    def read(self, source: Source, clock: Clock) -> Annotation:
        """Return the annotation at a source.

        Args:
            source: The source.
            clock: Converts its times.

        Raises:
            DataError: The file has no known form, or cannot be read.
        """
        rows = self._rows.get(source.name)
        of_video = None if rows is None or source.video is None else list(rows.of(source.video))
        return known_forms.read(self._base / source.name, of_video, clock, self._reading)

    def _sources_of(self, name: str, video: str) -> list[Source]:
        """Return the sources in a file that are of a video, or of the file's only one."""
        stem = _key(PurePosixPath(video).stem)
        return [
            source
            for source in self._sources(name)
            if source.video is None
            or _key(PurePosixPath(source.video.replace("\\", "/")).stem) == stem
        ]

    def find(self, video: str, stated: str, where: str) -> Source | None:
        """Return where the annotation of a video is, None if there is none.

        Args:
            video: Path of the video below the archive's folder.
            stated: The file that the video's row names, "" for none.
            where: The row, for errors.

        Raises:
            DataError: The stated file is missing, or several files are of this video.
        """
        if stated:
            return self._stated(video, stated, where)
        path = PurePosixPath(video)
        candidates = list(self._by_stem.get(_key(path.stem), ()))
        beside = [path.with_suffix(suffix).as_posix() for suffix in known_forms.SUFFIXES]
        for name in beside:
            if file_type(self._base / name):
                candidates += self._sources_of(name, video)
        candidates = list(dict.fromkeys(candidates))
        likeness = [_common_parts(source.video or source.name, video) for source in candidates]
        best = max(likeness, default=0)
        sources = [s for s, common in zip(candidates, likeness, strict=True) if common == best]
        if len(sources) > 1:
            names = ", ".join(source.name for source in sources)
            raise DataError(
                f"{where}: {video} has more than one annotation: {names}. Keep one, or name it in "
                "a column annotation of the table of videos."
            )
        return self._use(sources[0], video, where) if sources else None

    def _use(self, source: Source, video: str, where: str) -> Source:
        """Return a source that was matched; raise DataError if another video has it."""
        other = self._used.setdefault(source, video)
        if other != video:
            raise DataError(
                f"{where}: {source.name} fits both {other} and {video}. Put each annotation into a "
                f"folder named like its video's, or name it in a column annotation."
            )
        self._unmatched.pop(source, None)
        return source

    def _stated(self, video: str, stated: str, where: str) -> Source:
        name = folder_walk.on_disk(self._base, PurePosixPath(stated.replace("\\", "/")).as_posix())
        if not file_type(self._base / name):
            raise DataError(
                f"{where}: there is no annotation {stated}. Check its path, which is relative to "
                "the table of videos."
            )
        sources = self._sources_of(name, video)
        if not sources:
            raise DataError(
                f"{where}: {name} names no video {PurePosixPath(video).name}. Correct its column "
                "video, or name another file in the column annotation."
            )
        return self._use(sources[0], video, where)

    def unmatched(self) -> list[str]:
        """Return the annotations of no video so far: files, and videos that files name."""
        return [
            source.name if source.video is None else f"{source.name}: {source.video}"
            for source in self._unmatched
        ]


def _common_parts(name: str, video: str) -> int:
    """Return how many parts at the ends of two paths are the same, without their suffixes."""
    paths = (PurePosixPath(text.replace("\\", "/")) for text in (name, video))
    first, second = ([_key(path.stem), *map(_key, reversed(path.parent.parts))] for path in paths)
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _key(stem: str) -> str:
    return stem.casefold()
