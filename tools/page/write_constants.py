"""Write the constants of the page's own engine: `python -m tools.page.write_constants`.

The engine's modules mirror those of Python, and read their constants from this file by the name of
the module, so that each constant has one home.
"""

import json
from dataclasses import asdict, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from wince import scale
from wince.files import write_text
from wince.runtime.track import TrackSettings

PATH = Path(__file__).parents[2] / "src/wince/server/static/engine/device/constants.js"

_COMMENT = (
    "// The constants that Python and the page share. "
    "`python -m tools.page.write_constants` writes them."
)

NAMES: dict[str, tuple[str, ...]] = {
    "faces": ("MIN_SCORE",),
    "faces.boxes": ("MIN_OVERLAP",),
    "faces.detect": (
        "PROPOSAL_SCORE",
        "STRICTNESS",
        "FINEST_SCALE",
        "FINEST_SCALE_IF_EMPTY",
        "LEVEL_FACTOR",
        "MAX_AREA",
        "MARGIN",
        "LARGE_SHARE",
        "UPRIGHT",
        "SURE_SCORE",
        "CERTAIN_SCORE",
        "MAX_TILT",
        "MAX_RESIDUAL",
        "MIN_SHARED",
        "MIN_STILL",
        "MAX_CLOSE_SEARCHES",
    ),
    "faces.face": ("KEYPOINTS", "NOSE_DEPTH", "NOSE_HEIGHT", "NOSE_REACH"),
    "faces.face_colours": ("SAME_PERSON", "_SIDE", "_BINS", "_MEAN"),
    "faces.frame_view": ("SIDE_TOLERANCE", "REDUCED"),
    "faces.network": ("INPUT_SIDE", "CELL"),
    "faces.person_search": (
        "FULL_SEARCH_SECONDS",
        "LOST_SEARCH_SECONDS",
        "GLANCE_SECONDS",
        "NEIGHBOURHOOD",
        "MIN_STAY",
        "NEAR_STRICTNESS",
        "STEADY",
        "STEADY_ROLL",
        "SAME_FACE",
        "_TOLERANCE",
    ),
    "faces.persons": (
        "SAME_PLACE",
        "REACH",
        "SIZE_CHANGE",
        "SHORT_GAP",
        "MISSED_COST",
        "GAP_COST",
        "SPEED_SECONDS",
        "GLIDE_SECONDS",
        "SAME_SHIFT",
        "FARTHEST",
        "MOST_SHIFTS",
        "COLOUR_WEIGHT",
    ),
    "decode_limits": ("MAX_SCANS",),
    "image_formats": ("_HEIF_BRANDS",),
    "images": (
        "_FRAMES_WARNING",
        "MAX_BYTES",
        "MAX_PIXELS",
        "MIN_SIDE",
    ),
    "image_reduction": ("MIN_DECODED_SIDE", "MAX_DECODED_PIXELS"),
    "runtime.assessment": ("SCHEMA", "HEATMAP_NOTE"),
    "runtime.calibration": ("FEWEST_SUBJECTS", "CLEAR", "_TAIL", "_UNKNOWN_SHARE"),
    "runtime.face_crop": ("NO_FACE",),
    "runtime.network_outputs": ("OUTPUT_COUNTS",),
    "runtime.occlusion": ("CELLS", "ORIENTATIONS", "PARTS"),
    "runtime.quality": (
        "SPEC",
        "WIDTH",
        "YAW",
        "CONTRAST",
        "SHARPNESS",
        "CUT",
        "SCORE",
        "COVERED",
        "DARK",
        "INNER_FACE",
        "REASONS",
    ),
    "runtime.score_filter": (
        "REFERENCE_SECONDS",
        "LONGEST_STEP",
        "CONFIRMATION",
        "SLACK",
        "SLACK_OF_STEP",
        "BLINK",
        "CLOSED",
        "EYES",
        "TOLERANCE",
        "_GRID_STEP",
        "_PRECISION",
    ),
    "runtime.statement": ("CHANGING", "NOT_IN_VIEW", "SHOW_FACE"),
    "runtime.track": ("GRACE", "MAX_SECONDS", "MAX_MARGIN"),
    "scale": ("UNIT_NAMES", "RAW_MAXIMUM", "PSPI_TERMS"),
}
"""Names by module of wince. A leading underscore is left out of the file."""


def constants() -> dict[str, Any]:
    """Return the constants by the last part of their module's name."""
    sections: dict[str, Any] = {
        module.rpartition(".")[2]: {
            name.lstrip("_"): getattr(import_module(f"wince.{module}"), name) for name in names
        }
        for module, names in NAMES.items()
    }
    sections["scale"]["UNIT_MAXIMA"] = [unit.maximum for unit in scale.ACTION_UNITS.values()]
    sections["scale"]["PSPI"] = scale.PSPI.to_dict()
    sections["track"]["SETTINGS"] = asdict(TrackSettings())
    return sections


def text() -> str:
    """Return the contents of the file."""
    data = json.dumps(constants(), indent=2, ensure_ascii=False, default=_plain)
    return f"{_COMMENT}\n\nexport const constants = {data};\n"


def _plain(value: Any) -> Any:
    """Return a dataclass, or a set of bytes, as plain data."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, frozenset):
        return sorted(item.decode("ascii") for item in value)
    raise TypeError(f"{value!r} has no form in JSON")


if __name__ == "__main__":
    write_text(PATH, text())
