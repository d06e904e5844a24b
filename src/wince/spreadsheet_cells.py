"""Texts in CSV files that a spreadsheet must not take for a formula."""

import re
from typing import Any

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(value: Any) -> Any:
    """Return a cell with an apostrophe before a text that begins like a formula.

    A text that begins with apostrophes before such a character gets one more, so that `unguarded`
    is the inverse. Numbers and other values are returned as they are.
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def unguarded(text: str) -> str:
    """Return the text that `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
