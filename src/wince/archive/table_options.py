"""How an archive is read: column names, moved images, another scale, groups, the target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from wince.errors import DataError
from wince.scale import PSPI, Scale


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How an archive is read. Layouts without a table ignore all but the target.

    Attributes:
        renames: Columns with another name in the file, see `csv_reader.parse_renames`.
        prefixes: Beginnings of paths, and what they are on this machine.
        pspi_range: The ends of the scale that PSPI is given on, None for 0 to 16.
        groups: Columns that are groups, () for every one that the layout takes for a group.
        fps: Frames to take of each second of a video, None for every frame.
        annotation_fps: Frames per second of annotations by frame, None for the video's.
        first_frame: Number of the first frame in annotations by frame, None if not stated.
        coded_units: Action units that were coded, beside those that the annotations contain.
        unit_range: "0-5" or "0-1": range of the numbers in tables of programs that do not state it.
        target: The scale of the labels. Another one than PSPI is a rating of the sequence, or a
            column of the table with the scale's name.
    """

    renames: Mapping[str, str] = field(default_factory=dict)
    prefixes: tuple[tuple[str, str], ...] = ()
    pspi_range: tuple[float, float] | None = None
    groups: tuple[str, ...] = ()
    fps: float | None = None
    annotation_fps: float | None = None
    first_frame: int | None = None
    coded_units: tuple[str, ...] = ()
    unit_range: str | None = None
    target: Scale = PSPI

    @property
    def label_column(self) -> str:
        """Name of the column that has the labels."""
        return self.target.name.lower()

    def clean_path(self, path: str) -> str:
        """Return a path of the table with forward slashes, without `./`, on this machine."""
        name = str(PurePosixPath(path.replace("\\", "/"))) if path else ""
        for old, new in self.prefixes:
            if f"{name}/".lower().startswith(f"{old}/".lower()):
                return str(PurePosixPath(new, name[len(old) :].lstrip("/")))
        return name

    def to_dict(self) -> dict[str, Any]:
        """Return the options that are set, for report.json."""
        options = {
            "columns": dict(self.renames),
            "path_prefixes": [list(pair) for pair in self.prefixes],
            "pspi_range": list(self.pspi_range) if self.pspi_range else None,
            "groups": list(self.groups),
            "fps": self.fps,
            "annotation_fps": self.annotation_fps,
            "first_frame": self.first_frame,
            "coded_units": list(self.coded_units),
            "unit_range": self.unit_range,
            "target": None if self.target.is_pspi else self.target.to_dict(),
        }
        return {name: value for name, value in options.items() if value or value == 0}

    @classmethod
    def from_dict(cls, options: Mapping[str, Any]) -> "TableOptions":
        """Return the options that `to_dict` wrote."""
        return cls(
            renames=options.get("columns", {}),
            prefixes=tuple((old, new) for old, new in options.get("path_prefixes", ())),
            pspi_range=tuple(options["pspi_range"]) if "pspi_range" in options else None,
            groups=tuple(options.get("groups", ())),
            fps=options.get("fps"),
            annotation_fps=options.get("annotation_fps"),
            first_frame=options.get("first_frame"),
            coded_units=tuple(options.get("coded_units", ())),
            unit_range=options.get("unit_range"),
            target=Scale.from_dict(options.get("target")),
        )


DEFAULT = TableOptions()


def parse_prefixes(options: Sequence[str]) -> tuple[tuple[str, str], ...]:
    r"""Return the pairs of `--path-prefix OLD=NEW`, with forward slashes.

    Raises:
        DataError: An option has another form.

    >>> parse_prefixes([r"C:\\study\\=images"])
    (('C:/study', 'images'),)
    """
    pairs = []
    for option in options:
        old, equals, new = option.replace("\\", "/").partition("=")
        if not (old and equals):
            raise DataError(
                f"--path-prefix {option}: expected OLD=NEW, such as C:\\study=images: how the "
                "paths in the table begin, and where that folder is on this machine."
            )
        pairs.append((old.rstrip("/"), new))
    return tuple(pairs)
