"""Where the data of an archive come from. The layout of an archive does not tell that."""

from pathlib import Path

from wince.archive.layouts.known_layouts import Layout
from wince.errors import DataError

FILE = "PROVENANCE.txt"
"""File beside an archive's folders whose first line states where the data come from."""
LONGEST = 200  # characters


def find(layout: Layout, folder: Path, root: Path, stated: str | None) -> str:
    """Return where the data of an archive come from, in words for reports and model cards.

    Args:
        layout: The archive's layout.
        folder: Where the archive begins.
        root: The folder that the user named, which may be above `folder`.
        stated: What the user states.

    Raises:
        DataError: The text is empty or too long, or the file cannot be read.
    """
    if stated is not None:
        return _checked(stated, "--provenance")
    for path in (folder / FILE, root / FILE):
        if path.is_file():
            return _checked(_first_line(path), str(path))
    return f"{layout.LAID_OUT}; provenance not stated"


def _first_line(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}). Save it as UTF-8 text.") from error


def _checked(text: str, source: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > LONGEST:
        raise DataError(
            f"{source}: expected one line of at most {LONGEST} characters that states where the "
            f"data come from, such as 'rendered faces'; found {len(text)} characters."
        )
    return text
