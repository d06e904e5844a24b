"""Paths of annotated copies."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from wince.cli.assess.inputs import ANNOTATED, InputImage


@dataclass(slots=True)
class AnnotatedPaths:
    """Chooses a path for each annotated copy, so that no copy replaces another or an input.

    Attributes:
        folder: Where the copies are written.
        taken: Normalised paths that must not be used.
    """

    folder: Path
    taken: set[str] = field(default_factory=set)

    def reserve(self, path: Path) -> None:
        """Mark a path as taken."""
        self.taken.add(_normalised(path))

    def choose(self, image: InputImage) -> Path:
        """Return a free path for the copy of an image, and mark it as taken.

        The stem ends in "-annotated". The suffix is .png for a PNG and .jpg for everything else.
        Subfolders are kept, and a frame of a video has its index in the name. If the name is taken,
        "-2", "-3"... is inserted before "-annotated".
        """
        relative_path = image.file.relative_path
        suffix = ".png" if image.file.path.suffix.lower() == ".png" else ".jpg"
        stem = relative_path.stem.removesuffix(ANNOTATED)
        if image.frame is not None:
            stem = f"{stem}-{image.frame.index:06d}"
        number = 1
        while True:
            numbered = stem if number == 1 else f"{stem}-{number}"
            path = self.folder / relative_path.parent / f"{numbered}{ANNOTATED}{suffix}"
            if _normalised(path) not in self.taken:
                self.reserve(path)
                return path
            number += 1


def _normalised(path: Path) -> str:
    return os.path.normcase(path.resolve())
