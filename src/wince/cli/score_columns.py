"""Names of the columns of tables of scores, by the scale of the scores.

Tables of PSPI have columns such as pspi and pspi_low. On another scale these are score and
score_low, the name of the scale is in the column scale, and there are no action units.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from wince.scale import UNIT_NAMES
from wince.score_scale import Scale

SCALE = "scale"


def columns(names: Sequence[str], scale: Scale) -> tuple[str, ...]:
    """Return the columns of a table on a scale.

    Args:
        names: The columns of a table of PSPI, in order.
        scale: The scale.
    """
    if scale.is_pspi:
        return tuple(names)
    renamed = [_renamed(name) for name in names if name not in UNIT_NAMES]
    return (*renamed, SCALE)


def cells(values: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
    """Return the cells of a row by the columns of its scale.

    Args:
        values: The cells by the columns of a table of PSPI.
        scale: The scale.
    """
    if scale.is_pspi:
        return dict(values)
    renamed = {_renamed(name): value for name, value in values.items() if name not in UNIT_NAMES}
    return {**renamed, SCALE: scale.name}


def _renamed(name: str) -> str:
    return name.replace("pspi", "score")
