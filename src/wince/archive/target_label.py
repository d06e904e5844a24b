"""The label of a frame on another scale than PSPI: its own, or the rating of its sequence.

A rating of a sequence is a weak label of each of its frames: most of them show less than the moment
that was rated.
"""

from pathlib import Path

from wince.archive import labels
from wince.archive.frame_file import RATINGS, Box, FrameFile, Label
from wince.archive.layouts.known_layouts import Layout
from wince.errors import DataError
from wince.scale import Scale

ANY_TARGET = ("table", "recordings")
"""Layouts of tables, which may have a column of any target."""
RATED = ("unbc",)
"""Other layouts whose sequences may have ratings."""


def read_label(layout: Layout, base: Path, file: FrameFile, scale: Scale) -> Label:
    """Return the label of a frame on a scale.

    Args:
        layout: The archive's layout.
        base: Where the archive begins.
        file: The frame, with a label.
        scale: The scale of the label.

    Raises:
        labels.BadLabelError: There is no number on the scale.
    """
    if scale.is_pspi:
        return layout.read_label(base, file)
    box, doubt = _box(file)
    name = scale.name.lower()
    if name in file.row:
        value = labels.number(file.row[name], scale.low, scale.high, scale.name, file.line)
        return Label(value, box=box, doubt=doubt)
    rating = rating_of_sequence(file, scale)
    if rating is None:
        reason = "; ".join(file.remarks) or f"the sequence has no {scale.name}"
        raise labels.BadLabelError(reason, file.line)
    value = labels.number(f"{rating:g}", scale.low, scale.high, scale.name, file.line)
    return Label(value, box=box, doubt=doubt)


def exists(file: FrameFile, scale: Scale) -> bool:
    """Return whether a frame has a label on a scale, valid or not."""
    if scale.is_pspi or file.video or scale.name.lower() in file.row:
        return bool(file.label)
    return bool(file.remarks) or rating_of_sequence(file, scale) is not None


def missing(file: FrameFile, scale: Scale) -> str:
    """Return why a frame has no label on a scale."""
    return file.missing if scale.is_pspi or file.video else f"the sequence has no {scale.name}"


def rating_of_sequence(file: FrameFile, scale: Scale) -> float | None:
    """Return the rating of a frame's sequence on a scale, None if there is none."""
    name = scale.name.lower()
    return file.ratings[RATINGS.index(name)] if name in RATINGS else None


def refuse_missing(layout: Layout, scale: Scale, base: Path) -> None:
    """Raise DataError if an archive of a layout has no labels on a scale."""
    name = scale.name.lower()
    rated = layout.NAME in RATED
    if scale.is_pspi or layout.NAME in ANY_TARGET or (rated and name in RATINGS):
        return
    known = ", ".join(("pspi", *(RATINGS if rated else ())))
    raise DataError(
        f"{base} is {layout.LAID_OUT}, which has no {scale.name}. Expected --target to be one of "
        f"{known}. A CSV file with the columns image or video, subject and {name} gives other "
        "labels."
    )


def _box(file: FrameFile) -> tuple[Box | None, str]:
    """Return the labelled face of a table's row, and why it cannot be read."""
    try:
        return labels.parse_box(file.row.get("box", ""), file.line), ""
    except labels.BadLabelError as error:
        return None, f"{file.label}, line {file.line}: {error}"
