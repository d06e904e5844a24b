"""3D-Pain: synthetic faces with action units and PSPI as JSON (MIT code; check the data's licence).

    annotations/BASE_annotations.json        keys AU4, AU6, AU7, AU9, AU10, AU43, PSPI
    meshes_inpainted/BASE_textured_view_000_inpainted.jpg

BASE is `flame_sample_0000_pain_1` or `flame_sample_0000_neutral`; the part before `_pain_` or
`_neutral` is the subject.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from wince.archive import folder_walk, labels
from wince.archive.frame_file import FrameFile, Label
from wince.archive.table_options import DEFAULT, TableOptions
from wince.scale import PSPI_MAXIMUM, UNIT_NAMES

NAME = "3d-pain"
TITLE = "3D-Pain"
LAID_OUT = "laid out like 3D-Pain"
SIGNS = "annotations/*_annotations.json with meshes_inpainted/"
WARNING = "The faces are synthetic: metrics measured on them tell little about people."
IMAGES = "meshes_inpainted"
LABELS = "annotations"
SUFFIX = "_annotations.json"

_BASE = re.compile(r"(?P<base>(?P<subject>.+?)_(?:pain_[0-9]+|neutral))(?=_|$)")


def fits(base: Path, options: TableOptions = DEFAULT) -> bool:
    """Return whether a folder has the layout of 3D-Pain."""
    return (base / IMAGES).is_dir() and any(
        name.endswith(SUFFIX) for name in folder_walk.names_in(base / LABELS)
    )


def group_names(base: Path, options: TableOptions = DEFAULT) -> tuple[str, ...]:
    """Return the group columns: none."""
    return ()


def notes(base: Path, options: TableOptions = DEFAULT) -> list[str]:
    """Return how the archive was read where that is not obvious: nothing."""
    return []


def files(base: Path, options: TableOptions = DEFAULT) -> Iterator[FrameFile]:
    """Yield every file below the image folder, in the order of its path."""
    label_names = folder_walk.names_in(base / LABELS)
    for folder, names in folder_walk.walk(base / IMAGES):
        for name in names:
            yield _file(folder_walk.join(IMAGES, folder, name), label_names)


def _file(name: str, label_names: frozenset[str]) -> FrameFile:
    stem = PurePosixPath(name).stem
    match = _BASE.match(stem)
    if match is None:
        missing = "its name contains neither _pain_NUMBER nor _neutral, so it has no label"
        return FrameFile(name, "", stem, stem, missing=missing)
    base = match["base"]
    label = base + SUFFIX
    exists = label in label_names
    return FrameFile(
        name=name,
        subject=match["subject"],
        sequence=base,
        frame=stem[len(base) :].lstrip("_") or stem,
        label=folder_walk.join(LABELS, label) if exists else "",
        missing="" if exists else f"expected {LABELS}/{label}",
    )


def read_label(base: Path, file: FrameFile) -> Label:
    """Return an image's PSPI and action units from its JSON file.

    Raises:
        labels.BadLabelError: The file is not JSON, or PSPI is missing or not on the scale.
    """
    text = labels.read_text(base / file.label)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise labels.BadLabelError(f"is not JSON: {error.msg}", error.lineno) from error
    except RecursionError as error:
        raise labels.BadLabelError("is not an annotation: it is nested too deeply") from error
    if not isinstance(data, dict) or "PSPI" not in data:
        raise labels.BadLabelError("has no key PSPI", 1)
    pspi = _value(data, "PSPI", PSPI_MAXIMUM, text)
    missing = [name for name in UNIT_NAMES if name not in data]
    if missing:
        return Label(pspi, doubt=f"{file.label}: has no {', '.join(missing)}")
    try:
        units = labels.units({name: _value(data, name, 5.0, text) for name in UNIT_NAMES})
    except labels.BadLabelError as error:
        at = f", line {error.line}" if error.line else ""
        return Label(pspi, doubt=f"{file.label}{at}: {error}")
    difference = labels.disagreement(pspi, units)
    return Label(pspi, units, doubt=f"{difference} ({file.label})" if difference else "")


def _value(data: dict[str, Any], key: str, high: float, text: str) -> float:
    """Return a number from 0 to `high`; `text` is the file, to find the line for an error."""
    line = next((n for n, row in enumerate(text.splitlines(), 1) if f'"{key}"' in row), 1)
    value = data[key]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise labels.BadLabelError(f"expected {key} as a number, found {value!r:.40}", line)
    return labels.number(str(value), 0.0, high, key, line)
