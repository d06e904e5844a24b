"""Colours of pain levels, one table for each medium.

The levels of a table differ in lightness as well as in hue, and every display also names the level
in words. The colours of the web page, for light and dark mode, are in server/static/css/base.css.
"""

from collections.abc import Mapping

from wince.scale import Level, Scale

ON_WHITE: Mapping[str, str] = {
    Level.NONE: "#8fa3b0",
    Level.MILD: "#e3b341",
    Level.MODERATE: "#dd7a3a",
    Level.SEVERE: "#b3312c",
}
"""For charts of HTML reports."""

ON_DARK: Mapping[str, str] = {
    Level.NONE: "#3fb6a8",
    Level.MILD: "#f0c75e",
    Level.MODERATE: "#f29b4b",
    Level.SEVERE: "#ef6f5b",
}
"""For the dark panel of an annotated copy."""

TERMINAL: Mapping[str, str] = {
    Level.NONE: "green",
    Level.MILD: "yellow",
    Level.MODERATE: "dark_orange",
    Level.SEVERE: "bold red",
}
"""Styles of the library rich, for the terminal."""


def of_scale(colours: Mapping[str, str], scale: Scale) -> dict[str, str]:
    """Return a colour for each level of a scale, {} for a scale without levels.

    The colours of a table are spread over the levels, so that with more than four of them
    neighbours may share one.
    """
    table, last = list(colours.values()), max(len(scale.levels) - 1, 1)
    return {
        level: table[round(index * (len(table) - 1) / last)]
        for index, level in enumerate(scale.levels)
    }
