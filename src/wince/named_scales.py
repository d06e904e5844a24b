"""The scale that a user chooses: a name, a file, or options.

    --target vas
    --target vas --range 0 10 --cuts 1,4,7 --levels none,mild,moderate,severe
    --target pain-scale.toml

A file is TOML or JSON with the keys name, range, and optionally unit, cuts and levels. Options that
are given beside a file or a known name replace its values.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wince.errors import ScaleError
from wince.scale import PSPI, Scale

KNOWN: dict[str, Scale] = {
    "pspi": PSPI,
    "vas": Scale("VAS", 0.0, 10.0),
    "opr": Scale("OPR", 0.0, 5.0),
    "nrs": Scale("NRS", 0.0, 10.0),
    "nfcs": Scale("NFCS", 0.0, 10.0, "actions"),
    "slider": Scale("Slider", 0.0, 100.0),
}
"""Scales by the name that `--target` takes. Their cuts differ between studies, so only PSPI has
some."""
KEYS = ("name", "range", "unit", "cuts", "levels")
SUFFIXES = (".toml", ".json")


@dataclass(frozen=True, slots=True)
class ScaleOptions:
    """What a user states of a scale, None for what is not stated.

    Attributes:
        target: A name, or the path of a .toml or .json file.
        range: The lowest and the highest score.
        cuts: Cuts between levels, separated by commas.
        levels: Names of the levels, separated by commas.
    """

    target: str | None = None
    range: tuple[float, float] | None = None
    cuts: str | None = None
    levels: str | None = None

    def scale(self) -> Scale | None:
        """Return the scale, None if none is stated.

        Raises:
            ScaleError: The parts contradict each other, a file cannot be read, or a new name comes
                without a range.
        """
        if self.target is None:
            if self.cuts is not None or self.levels is not None:
                raise ScaleError("--cuts and --levels need --target, which names their scale.")
            return None
        stated: dict[str, Any] = {}
        if self.range is not None:
            stated["low"], stated["high"] = self.range
        if self.cuts is not None:
            stated["cuts"] = _numbers(self.cuts.split(","))
        if self.levels is not None:
            stated["levels"] = _names(self.levels.split(","))
        if Path(self.target).suffix.lower() in SUFFIXES:
            return _changed(read(Path(self.target)), stated)
        return _named(self.target, stated)


def _named(target: str, stated: Mapping[str, Any]) -> Scale:
    known = KNOWN.get(target.strip().lower())
    if known is not None:
        return _changed(known, stated)
    if "low" not in stated:
        raise ScaleError(
            f"--target {target} is not a scale that wince knows ({', '.join(KNOWN)}). State its "
            "range, such as --range 0 10, or name a .toml or .json file that describes it."
        )
    return Scale(target.strip(), **stated)


def _changed(scale: Scale, stated: Mapping[str, Any]) -> Scale:
    if scale == PSPI and any(getattr(scale, name) != value for name, value in stated.items()):
        raise ScaleError(
            "PSPI has a fixed range and fixed levels. Give another scale another name in --target."
        )
    return replace(scale, **stated)


def read(path: Path) -> Scale:
    """Return the scale of a TOML or JSON file.

    Raises:
        ScaleError: The file cannot be read, has other keys, or describes no possible scale.
    """
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ScaleError(f"The scale {path} cannot be read: {error!s:.200}.") from error
    if not isinstance(data, dict) or set(data) - set(KEYS) or not {"name", "range"} <= set(data):
        keys = ", ".join(map(str, data)) if isinstance(data, dict) else f"{data!r:.40}"
        raise ScaleError(
            f"The scale {path} must have name and range = [lowest, highest], and may have unit, "
            f"cuts and levels; found {keys or 'nothing'}."
        )
    ends = _numbers(data["range"])
    if len(ends) != 2:
        raise ScaleError(f"{path}: range must be [lowest, highest], found {data['range']!r:.80}.")
    scale = Scale(
        str(data["name"]).strip(),
        *ends,
        unit=str(data.get("unit", "points")),
        cuts=_numbers(data.get("cuts", ())),
        levels=_names(data.get("levels", ())),
    )
    if scale.name.lower() == "pspi" and scale != PSPI:
        raise ScaleError(f"{path}: PSPI has a fixed range and fixed levels. Choose another name.")
    return scale


def _numbers(values: Any) -> tuple[float, ...]:
    try:
        return tuple(float(value) for value in values)
    except (TypeError, ValueError):
        raise ScaleError(f"Expected numbers such as 1, 4, 7; found {values!r:.80}.") from None


def _names(values: Any) -> tuple[str, ...]:
    if isinstance(values, str) or not all(isinstance(value, str) for value in values):
        raise ScaleError(f"Expected names of levels, found {values!r:.80}.")
    return tuple(value.strip().lower() for value in values)


def refuse_other(stated: Scale | None, recorded: Scale, where: object) -> None:
    """Raise ScaleError if a stated scale contradicts the recorded one.

    Args:
        stated: The scale that the user states, None if none.
        recorded: The scale that a file records.
        where: The file.
    """
    if stated is None or stated == recorded:
        return
    raise ScaleError(
        f"{where} is on the scale {described(recorded)}, and --target states {described(stated)}. "
        "Leave out --target: the scale is read from there. For another scale prepare again with "
        "`wince prepare --target`."
    )


def with_levels_of(recorded: Scale, stated: Scale | None, where: object) -> Scale:
    """Return the recorded scale of a model, with the cuts and levels that a user states for it.

    Args:
        recorded: The scale in model.json.
        stated: The scale that the user states, None if none. Without cuts the recorded ones hold.
        where: The model, for the message.

    Raises:
        ScaleError: The stated scale has another name or range.
    """
    if stated is None:
        return recorded
    identity = (stated.name.lower(), stated.low, stated.high)
    if identity != (recorded.name.lower(), recorded.low, recorded.high):
        raise ScaleError(
            f"{where} gives {recorded.words}, and --target states {stated.words}. Leave out "
            "--target: the scale is read from the model. With the same name and range it can "
            "state cuts and levels."
        )
    if not stated.cuts:
        return recorded
    return replace(recorded, cuts=stated.cuts, levels=stated.levels)


def described(scale: Scale) -> str:
    """Return range and levels of a scale in a few words."""
    levels = f" with the levels {', '.join(scale.levels)}" if scale.levels else " without levels"
    cuts = f" cut at {', '.join(f'{cut:g}' for cut in scale.cuts)}" if scale.cuts else ""
    return scale.words + levels + cuts
