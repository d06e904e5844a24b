"""Whether the labels of a table are on their scale, and how PSPI on another range is converted."""

from collections.abc import Iterable

from wince.errors import DataError
from wince.scale import PSPI_MAXIMUM, Scale

FEW = 3
SHARE = 0.1
"""Values above the scale are mistakes of single rows if there are fewer than FEW of them, or fewer
than this share of the values above 0. More of them mean another scale."""


def check(cells: Iterable[str], source: object) -> None:
    """Raise DataError if the values of a column pspi seem to be on another scale than 0 to 16.

    Args:
        cells: The column.
        source: The table, for the message.
    """
    values = [value for value in map(_number, cells) if value is not None and value > 0]
    above = [value for value in values if value > PSPI_MAXIMUM]
    problem = ""
    if len(above) >= max(FEW, SHARE * len(values)):
        problem = (
            f"{len(above):,} of {len(values):,} values above 0 are above 16, up to {max(above):g}"
        )
    elif len(values) >= FEW and max(values) <= 1 and any(value < 1 for value in values):
        problem = f"all {len(values):,} values above 0 are fractions, up to {max(values):g}"
    if problem:
        raise DataError(
            f"{source}: the column pspi does not seem to be PSPI from 0 to 16: {problem}. "
            "State the scale with --range LOW HIGH, such as --range 0 100: its values are then "
            "converted to 0 to 16. If the values are PSPI as they are, pass --range 0 16."
        )


def check_target(cells: Iterable[str], source: object, scale: Scale) -> None:
    """Raise DataError if the labels of a table seem to be on another scale than they should.

    Args:
        cells: The column of the labels.
        source: The table, for the message.
        scale: The scale of the labels, another one than PSPI.
    """
    values = [value for value in map(_number, cells) if value is not None]
    outside = [value for value in values if not scale.low <= value <= scale.high]
    if len(outside) >= max(FEW, SHARE * len(values)):
        raise DataError(
            f"{source}: the column {scale.name.lower()} does not seem to be {scale.words}: "
            f"{len(outside):,} of {len(values):,} values are outside, such as {outside[0]:g}. "
            "State its range: --range LOW HIGH."
        )


def rescale(cell: str, pspi_range: tuple[float, float] | None) -> str:
    """Return a cell of the column pspi on the scale 0 to 16.

    A cell that is not a number in the range is returned as text that is not a number, with the
    reason.
    """
    value = _number(cell)
    if pspi_range is None or value is None:
        return cell
    low, high = pspi_range
    if not low <= value <= high:
        return f"{cell}, outside {low:g} to {high:g}"
    return f"{(value - low) / (high - low) * PSPI_MAXIMUM:.10g}"


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
