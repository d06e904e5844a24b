"""Messages of the command line on stderr."""

import sys


def complain(message: object) -> None:
    """Write `wince: message` as one line on stderr."""
    print(f"wince: {one_line(str(message))}", file=sys.stderr)  # noqa: T201 - the output of a command


def one_line(text: str) -> str:
    """Return the text on one line, with unprintable characters escaped.

    File names can contain line feeds and control characters.
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
