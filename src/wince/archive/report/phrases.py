"""Counts and lists in sentences."""

from collections.abc import Sequence


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: 1 frame, 2 frames."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return the first names, and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
