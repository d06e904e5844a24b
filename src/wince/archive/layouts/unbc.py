"""The UNBC-McMaster Shoulder Pain Expression Archive (Lucey et al. 2011).

Two arrangements of the same files are read as they are:

    as distributed                          as publicly repackaged
    Images/SUBJECT/SEQUENCE/FRAME.png       images/Images/SUBJECT/SEQUENCE/FRAME.png
    Frame_Labels/PSPI/.../FRAME_facs.txt    labels/PSPI/.../FRAME_facs.txt
    Frame_Labels/FACS/.../FRAME_facs.txt    labels/FACS/.../FRAME_facs.txt
    Sequence_Labels/VAS/SUBJECT/SEQ.txt     labels/VAS/... or Sequence_Labels/VAS/...
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wince.archive import labels
from wince.archive.frame_file import RATINGS, FrameFile, Label
from wince.archive.layouts import folder_walk

NAME = "unbc"
TITLE = "UNBC-McMaster"
SIGNS = "Images/ with Frame_Labels/PSPI/, or images/Images/ with labels/PSPI/"
WARNING = ""
SUFFIX = "_facs.txt"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where an arrangement keeps what, as paths below the archive's folder."""

    images: str
    pspi: str
    facs: str
    ratings: tuple[str, ...]  # folders that may hold VAS, OPR, SEN and AFF


ARRANGEMENTS = (
    Arrangement("Images", "Frame_Labels/PSPI", "Frame_Labels/FACS", ("Sequence_Labels",)),
    Arrangement(
        "images/Images",
        "labels/PSPI",
        "labels/FACS",
        ("labels", "labels/Sequence_Labels", "Sequence_Labels"),
    ),
)


def places(base: Path) -> Arrangement | None:
    """Return the arrangement that a folder has, or None."""
    for arrangement in ARRANGEMENTS:
        if (base / arrangement.images).is_dir() and (base / arrangement.pspi).is_dir():
            return arrangement
    return None


def fits(base: Path) -> bool:
    """Return whether a folder holds the archive in one of its arrangements."""
    return places(base) is not None


def group_names(base: Path) -> tuple[str, ...]:
    """Return the group columns: the archive as distributed has none."""
    return ()


def files(base: Path) -> Iterator[FrameFile]:
    """Yield every file below the image folder, in order of its path."""
    where = _places(base)
    for folder, names in folder_walk.walk(base / where.images):
        # Two pictures may mirror one label: asked of its folder once for all of them.
        labelled = folder_walk.names_in(base / where.pspi / folder)
        subject, sequence = _subject_and_sequence(folder)
        ratings, remarks = _ratings(base, where, folder) if names else ((None,) * 4, ())
        for name in names:
            stem = PurePosixPath(name).stem
            label = stem + SUFFIX
            found = label in labelled
            yield FrameFile(
                name=folder_walk.join(where.images, folder, name),
                subject=subject,
                sequence=sequence,
                frame=folder_walk.frame_number(sequence, stem),
                label=folder_walk.join(where.pspi, folder, label) if found else "",
                missing="" if found else _missing(where.pspi, folder, stem, labelled),
                ratings=ratings,
                remarks=remarks,
            )


def read_label(base: Path, file: FrameFile) -> Label:
    """Return a frame's PSPI and, where a FACS file lies beside it, its action units.

    Raises labels.BadLabelError when the PSPI file holds no score on the scale. A FACS file that
    cannot be read, or that gives another PSPI, is the label's `doubt`.
    """
    pspi = labels.parse_pspi(labels.read_text(base / file.label))
    where = _places(base)
    name = folder_walk.join(where.facs, str(PurePosixPath(file.label).relative_to(where.pspi)))
    if not (base / name).is_file():
        return Label(pspi)
    try:
        units = labels.parse_facs(labels.read_text(base / name))
    except labels.BadLabelError as error:
        at = f", line {error.line}" if error.line else ""
        return Label(pspi, doubt=f"{name}{at}: {error}")
    difference = labels.disagreement(pspi, units)
    return Label(pspi, units, doubt=f"{difference} ({name})" if difference else "")


def _places(base: Path) -> Arrangement:
    found = places(base)
    if found is None:
        raise FileNotFoundError(f"{base} no longer holds {SIGNS}")
    return found


def _subject_and_sequence(folder: str) -> tuple[str, str]:
    subject, _, sequence = folder.partition("/")
    return subject, sequence or subject


def _missing(pspi: str, folder: str, stem: str, labelled: frozenset[str]) -> str:
    expected = f"expected {folder_walk.join(pspi, folder, stem + SUFFIX)}"
    near = sorted(name for name in labelled if name.lower().startswith(stem.lower()))
    if near:
        return f"{expected}, found only {', '.join(near[:3])}"
    return expected if labelled else f"{expected}, there is no such folder or it is empty"


def _ratings(
    base: Path, where: Arrangement, folder: str
) -> tuple[tuple[float | None, ...], tuple[str, ...]]:
    """Return a sequence's four ratings, None where there is none, and what was wrong with them."""
    values: list[float | None] = []
    remarks = []
    for rating in RATINGS:
        value = None
        for place in where.ratings:
            name = folder_walk.join(place, rating.upper(), f"{folder}.txt")
            if not (base / name).is_file():
                continue
            try:
                value = labels.parse_rating(labels.read_text(base / name), rating)
            except labels.BadLabelError as error:
                remarks.append(f"{name}: {error}; the rating is left empty")
            break
        values.append(value)
    return tuple(values), tuple(remarks)
