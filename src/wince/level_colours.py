"""Colours of the four levels, one table for each medium.

Levels differ in lightness as well as in hue, and every display names the level in words beside the
colour. The page's own colours, for a light and a dark screen, are in server/static/style.css.
"""

from collections.abc import Mapping

from wince.scale import Level

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
"""Styles of rich."""
