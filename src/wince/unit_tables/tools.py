"""Which programs write which tables: their columns, their ranges, and what is missing.

The names of columns are those of the programs' own documentation and sample files. They are
compared in lower case, without spaces at both ends.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wince.errors import DataError
from wince.scale import PSPI_TERMS


class Measure(StrEnum):
    """What the values of an action unit mean."""

    INTENSITY = "intensity"
    """FACS intensity, 0 to 5."""
    FACEREADER = "facereader"
    """NotActive and A to E, which are FACS intensities, or numbers of an unknown range."""
    UNKNOWN_RANGE = "unknown range"
    """Intensity, which some versions divide by 5."""
    CLOSURE = "closure"
    """1 with closed eyes, else 0."""
    PROBABILITY = "probability"
    """0 to 1: how sure it is that the unit is there, not how strong it is."""
    EVIDENCE = "evidence"
    """Logarithm of the odds that the unit is there; there from 0 on."""
    PERCENT = "percent"
    """0 to 100, not on the FACS range."""


FACS_MEASURES = (Measure.INTENSITY, Measure.CLOSURE)


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that writes tables of action units.

    Attributes:
        name: Its name.
        units: For each action unit a pattern of the names of its columns. If there are several,
            such as one for each side of the face, the highest value counts.
        measures: What the values of each of these units mean.
        no_face: Columns that are 0 in rows without a face.
        faces: Column with the number of the face, if a table can have several.
        frame: Names of the column with the number of the frame.
        seconds: Columns with the time, and how many of their units are a second; 0 for a timecode.
        only_rows: A column that is empty in rows of other instruments.
        caution: What to say about it.
    """

    name: str
    units: Mapping[str, str]
    measures: Mapping[str, Measure]
    no_face: Sequence[str] = ()
    faces: str | None = None
    frame: Sequence[str] = ("frame",)
    seconds: Mapping[str, float] = field(default_factory=dict)
    only_rows: str | None = None
    caution: str = ""

    def columns(self, header: Sequence[str]) -> dict[str, list[str]] | None:
        """Return the columns of each unit in a header, None if the table is not of this program."""
        columns = {
            unit: [name for name in header if re.fullmatch(pattern, name)]
            for unit, pattern in self.units.items()
        }
        return columns if all(columns.values()) else None


_SEEN_UNBC = (
    "Models of {name} have learned from the UNBC-McMaster archive, so figures on that archive are "
    "too good."
)

OPENFACE = Tool(
    "OpenFace",
    units={
        **{f"AU{number}": rf"au{number:02}_r" for number in (4, 6, 7, 9, 10)},
        "AU43": "au45_c",
    },
    measures={
        **dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10"), Measure.INTENSITY),
        "AU43": Measure.CLOSURE,
    },
    no_face=("success",),
    faces="face_id",
    seconds={"timestamp": 1},
    caution="It subtracts each video's own neutral face, so a constant grimace is hidden. "
    + _SEEN_UNBC.format(name="OpenFace"),
)
FACEREADER = Tool(
    "FaceReader",
    units={
        unit: rf"action unit {int(unit[2:]):02} - {name}( - (left|right))?"
        for unit, name in {
            "AU4": "brow lowerer",
            "AU6": "cheek raiser",
            "AU7": "lid tightener",
            "AU9": "nose wrinkler",
            "AU10": "upper lip raiser",
            "AU43": "eyes closed",
        }.items()
    },
    measures=dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), Measure.FACEREADER),
    frame=("frame", "video frame"),
    seconds={"video time": 0},
)
LIBREFACE = Tool(
    "LibreFace",
    units={f"AU{number}": f"au_{number}_intensity" for number in (4, 6, 9)},
    measures=dict.fromkeys(("AU4", "AU6", "AU9"), Measure.UNKNOWN_RANGE),
    frame=("frame_idx", "frame"),
    seconds={"frame_time_in_ms": 1000},
    caution="It states no intensity of AU7 and AU10, and nothing of closed eyes.",
)
PY_FEAT = Tool(
    "py-feat",
    units={f"AU{number}": f"au{number:02}" for number in (4, 6, 7, 9, 10, 43)},
    measures=dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), Measure.PROBABILITY),
    faces="identity",
    caution="Its values are probabilities and no intensities. " + _SEEN_UNBC.format(name="py-feat"),
)
FACET = Tool(
    "iMotions FACET",
    units={f"AU{number}": f"au{number} evidence" for number in (4, 6, 7, 9, 10, 43)},
    measures=dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), Measure.EVIDENCE),
    frame=("frameno", "frame"),
    seconds={"timestamp": 1000},
    only_rows="au4 evidence",
    caution="Its values are evidence that a unit is there, and no intensities.",
)
AFFDEX = Tool(
    "iMotions AFFDEX",
    units={
        "AU4": "brow furrow",
        "AU6": "cheek raise",
        "AU7": "lid tighten",
        "AU9": "nose wrinkle",
        "AU10": "upper lip raise",
        "AU43": "eye closure",
    },
    measures=dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), Measure.PERCENT),
    frame=("frameno", "frame"),
    seconds={"timestamp": 1000},
    only_rows="brow furrow",
    caution="Its values run from 0 to 100 and are no FACS intensities.",
)
TOOLS = (OPENFACE, FACEREADER, LIBREFACE, PY_FEAT, FACET, AFFDEX)

_OPENFACE_3 = {f"au{number}" for number in (1, 2, 4, 6, 9, 12, 25, 26)}


def recognise(header: Sequence[str]) -> Tool | None:
    """Return the program that writes a header, None if no program does.

    Args:
        header: Names of the columns, in lower case.

    Raises:
        DataError: The table is of a program whose units do not make an index of pain.
    """
    for tool in TOOLS:
        if tool.columns(header) is not None:
            return tool
    if set(header) >= _OPENFACE_3:
        raise DataError(
            "This is a table of OpenFace 3. It has AU4, AU6 and AU9, but neither AU7, AU10 nor "
            "closed eyes, on a range of 0 to 1: neither PSPI nor an index can be made of it. Use "
            "OpenFace 2, or let wince assess the video."
        )
    return None


def missing_units(tool: Tool) -> list[str]:
    """Return the action units of PSPI that a program does not give."""
    return [unit for term in PSPI_TERMS for unit in term if unit not in tool.units]
