"""The UNBC-McMaster Shoulder Pain Expression Archive (Lucey et al. 2011).

Arrangements of the same files that are read, with folders in upper or lower case, doubled or not:

    as distributed                          as publicly repackaged
    Images/SUBJECT/SEQUENCE/FRAME.png       images/Images/SUBJECT/SEQUENCE/FRAME.png
    Frame_Labels/PSPI/.../FRAME_facs.txt    labels/PSPI/.../FRAME_facs.txt
    Frame_Labels/FACS/.../FRAME_facs.txt    labels/FACS/.../FRAME_facs.txt
    Sequence_Labels/VAS/SUBJECT/SEQ.txt     labels/VAS/... or Sequence_Labels/VAS/...

The labels may also be in Sequence_Labels/Frame_Labels/.
"""

import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from wince.archive import folder_walk, labels
from wince.archive.frame_file import RATINGS, FrameFile, Label
from wince.archive.table_options import DEFAULT, TableOptions
from wince.files import file_type

NAME = "unbc"
TITLE = "UNBC-McMaster"
LAID_OUT = "laid out like UNBC-McMaster"
SIGNS = "Images/ with Frame_Labels/PSPI/, or images/Images/ with labels/PSPI/"
WARNING = ""
SUFFIX = "_facs.txt"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Folders of the archive's files, as paths below the archive's folder.

    Attributes:
        images: Folder of the images.
        pspi: Folder of the PSPI files.
        facs: Folder of the FACS files.
        ratings: Folders that may contain the folders VAS, OPR, SEN and AFF.
    """

    images: str
    pspi: str
    facs: str
    ratings: tuple[str, ...]


IMAGES = ("Images/Images", "Images")
PSPI = ("PSPI/PSPI", "PSPI")
LABELS = (
    "Frame_Labels/Frame_Labels",
    "Frame_Labels",
    "labels/Frame_Labels",
    "labels",
    "Sequence_Labels/Frame_Labels",
)
RATINGS_FOLDERS = (
    "Sequence_Labels/Sequence_Labels",
    "Sequence_Labels",
    "labels/Sequence_Labels",
    "labels",
)
"""Where the folders may be, in upper or lower case. Unpacking a .zip often doubles its folder."""


def fits(base: Path, options: TableOptions = DEFAULT) -> bool:
    """Return whether a folder has the archive in one of its arrangements."""
    return _find_arrangement(base) is not None


def group_names(base: Path, options: TableOptions = DEFAULT) -> tuple[str, ...]:
    """Return the group columns: none."""
    return ()


def notes(base: Path, options: TableOptions = DEFAULT) -> list[str]:
    """Return how the archive was read where that is not obvious: nothing."""
    return []


def files(base: Path, options: TableOptions = DEFAULT) -> Iterator[FrameFile]:
    """Yield every file below the image folder, in the order of its path."""
    arrangement = _present_arrangement(base)
    for folder, names in folder_walk.walk(base / arrangement.images):
        label_folder = folder_walk.on_disk(base, folder_walk.join(arrangement.pspi, folder))
        label_names = folder_walk.names_in(base / label_folder)
        subject, sequence = _subject_and_sequence(folder)
        ratings, remarks, rating_files = (
            _ratings_of_sequence(base, arrangement, folder) if names else ((None,) * 4, (), {})
        )
        for name in names:
            stem = PurePosixPath(name).stem
            label = folder_walk.spelling(label_names, stem + SUFFIX)
            exists = label in label_names
            path = folder_walk.join(label_folder, label) if exists else ""
            yield FrameFile(
                name=folder_walk.join(arrangement.images, folder, name),
                subject=subject,
                sequence=sequence,
                frame=folder_walk.frame_number(sequence, stem),
                label=path
                if options.target.is_pspi
                else rating_files.get(options.label_column, ""),
                missing="" if exists else _missing(arrangement.pspi, folder, stem, label_names),
                ratings=ratings,
                remarks=remarks,
            )


def read_label(base: Path, file: FrameFile) -> Label:
    """Return a frame's PSPI and, if it has a FACS file, its action units.

    A FACS file that cannot be read, or that gives another PSPI, is the label's `doubt`.

    Raises:
        labels.BadLabelError: The PSPI file has no score on the scale.
    """
    pspi = labels.parse_pspi(labels.read_text(base / file.label))
    arrangement = _present_arrangement(base)
    below_pspi = str(PurePosixPath(file.label).relative_to(arrangement.pspi))
    name = folder_walk.on_disk(base, folder_walk.join(arrangement.facs, below_pspi))
    if file_type(base / name) != stat.S_IFREG:
        return Label(pspi)
    try:
        units = labels.parse_facs(labels.read_text(base / name))
    except labels.BadLabelError as error:
        at = f", line {error.line}" if error.line else ""
        return Label(pspi, doubt=f"{name}{at}: {error}")
    difference = labels.disagreement(pspi, units)
    return Label(pspi, units, doubt=f"{difference} ({name})" if difference else "")


def _find_arrangement(base: Path) -> Arrangement | None:
    images = _folder(base, IMAGES)
    pspi = _folder(base, [f"{labels_folder}/{name}" for labels_folder in LABELS for name in PSPI])
    if images is None or pspi is None:
        return None
    labels_folder = pspi[: pspi.upper().index("/PSPI")]
    facs = _folder(base, [f"{labels_folder}/FACS/FACS", f"{labels_folder}/FACS"])
    ratings = [_folder(base, [name]) for name in RATINGS_FOLDERS]
    return Arrangement(
        images, pspi, facs or f"{labels_folder}/FACS", tuple(name for name in ratings if name)
    )


def _folder(base: Path, choices: Iterable[str]) -> str | None:
    """Return the first folder that exists, as it is spelled on the disk; None if there is none."""
    for choice in choices:
        path = ""
        for part in choice.split("/"):
            names = sorted(folder_walk.names_in(base / path))
            same = [part, *(name for name in names if name.lower() == part.lower())]
            paths = (folder_walk.join(path, name) for name in same if name in names)
            path = next((joined for joined in paths if (base / joined).is_dir()), "")
            if not path:
                break
        if path:
            return path
    return None


@lru_cache(maxsize=8)
def _known_arrangement(base: Path) -> Arrangement | None:
    return _find_arrangement(base)


def _present_arrangement(base: Path) -> Arrangement:
    """Return the arrangement of an archive; raise FileNotFoundError if it is gone."""
    arrangement = _known_arrangement(base)
    if arrangement is None or not (base / arrangement.pspi).is_dir():
        _known_arrangement.cache_clear()
        arrangement = _find_arrangement(base)
    if arrangement is None:
        raise FileNotFoundError(f"{base} no longer contains {SIGNS}")
    return arrangement


def _subject_and_sequence(folder: str) -> tuple[str, str]:
    subject, _, sequence = folder.partition("/")
    return subject, sequence or subject


def _missing(pspi: str, folder: str, stem: str, label_names: frozenset[str]) -> str:
    """Return which label was expected and which similar ones exist, in words."""
    expected = f"expected {folder_walk.join(pspi, folder, stem + SUFFIX)}"
    similar = sorted(name for name in label_names if name.lower().startswith(stem.lower()))
    if similar:
        return f"{expected}, found only {', '.join(similar[:3])}"
    return expected if label_names else f"{expected}, there is no such folder or it is empty"


def _ratings_of_sequence(
    base: Path, arrangement: Arrangement, folder: str
) -> tuple[tuple[float | None, ...], tuple[str, ...], dict[str, str]]:
    """Return a sequence's ratings, None if not rated, problems with them, and their files."""
    values: list[float | None] = []
    remarks, rating_files = [], {}
    for rating in RATINGS:
        value = None
        for ratings_folder in arrangement.ratings:
            rating_file = folder_walk.join(ratings_folder, rating.upper(), f"{folder}.txt")
            name = folder_walk.on_disk(base, rating_file)
            if file_type(base / name) != stat.S_IFREG:
                continue
            rating_files[rating] = name
            try:
                value = labels.parse_rating(labels.read_text(base / name), rating)
            except labels.BadLabelError as error:
                remarks.append(f"{name}: {error}; the rating is left empty")
            break
        values.append(value)
    return tuple(values), tuple(remarks), rating_files
