"""How numbers are written in reports, tables and model cards."""

import math

UNDEFINED = "undefined"


def decimal(value: float | None, digits: int = 3, *, sign: bool = False) -> str:
    """Return a number with a fixed count of decimals, such as "0.713".

    Args:
        value: The number; NaN or None gives "undefined".
        digits: Decimals.
        sign: Whether a positive number gets a plus sign.

    Returns:
        ASCII text; a value that rounds to zero has no minus sign.
    """
    if value is None or math.isnan(value):
        return UNDEFINED
    rounded = round(value, digits) + 0.0  # -0.0 + 0.0 is 0.0
    return f"{rounded:{'+' if sign else ''}.{digits}f}"


def interval(low: float, high: float, digits: int = 3) -> str:
    """Return an interval such as "0.572 to 0.916", or a dash when an end is NaN."""
    if math.isnan(low) or math.isnan(high):
        return "–"
    return f"{decimal(low, digits)} to {decimal(high, digits)}"


def whole(value: int) -> str:
    """Return a whole number with commas between thousands, such as "48,398"."""
    return f"{value:,}"
