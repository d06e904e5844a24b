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

PATH = Path(__file__).parents[2] / "src/wince/server/static/engine/device/constants.json"

NAMES: dict[str, tuple[str, ...]] = {
    "runtime.assessment": ("SCHEMA", "HEATMAP_NOTE"),
    "runtime.calibration": ("FEWEST_SUBJECTS", "CLEAR", "_TAIL", "_UNKNOWN_SHARE"),
    "runtime.face_crop": ("NO_FACE",),
    "runtime.network_outputs": ("OUTPUT_COUNTS",),
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
    return json.dumps(constants(), indent=2, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    """Return a dataclass as plain data."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{value!r} has no form in JSON")


if __name__ == "__main__":
    write_text(PATH, text())
