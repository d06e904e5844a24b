"""What the command line says on stderr."""

import sys


def complain(words: object) -> None:
    """Write `wince: words` as one line on stderr, control characters of file names made visible."""
    print(f"wince: {one_line(str(words))}", file=sys.stderr)  # noqa: T201 - this is the program's voice


def one_line(words: str) -> str:
    """Return the words with what is not printable escaped, so that they fill one line."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in words
    )
