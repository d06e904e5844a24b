"""Words and bars on a dark panel, measured in text sizes, with the font that Pillow brings."""

import unicodedata
from dataclasses import dataclass

from PIL import ImageDraw, ImageFont

BACKGROUND, TRACK, TEXT, FAINT = "#161b24", "#323b4a", "#f3f5f8", "#a9b4c4"
_PLAIN = str.maketrans({"–": "-", "—": "-", "‘": "'", "×": "x"})


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws on a panel in units of the text size, within its margins. width: the panel's."""

    draw: ImageDraw.ImageDraw
    unit: int
    width: float

    left = 1.0

    @property
    def right(self) -> float:
        """Where the right margin begins."""
        return self.width - 1.0

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 1.0,
        fill: str = TEXT,
        anchor: str = "la",
    ) -> None:
        """Write words on one line; anchor: as Pillow names it."""
        font = ImageFont.load_default(self.unit * size)
        self.draw.text((x * self.unit, y * self.unit), drawable(words), fill, font, anchor=anchor)

    def bar(self, x0: float, y0: float, x1: float, y1: float, fill: str) -> None:
        """Fill a rectangle."""
        points = (round(value * self.unit) for value in (x0, y0, x1, y1))
        left, top, right, bottom = points
        if right > left:
            self.draw.rectangle((left, top, right - 1, bottom - 1), fill=fill)

    def paragraph(
        self, y: float, words: str, size: float, fill: str, left: float | None = None
    ) -> float:
        """Write words broken into lines from `left` on; return where the next thing may stand."""
        left = self.left if left is None else left
        font = ImageFont.load_default(self.unit * size)
        room = (self.right - left) * self.unit
        line = ""
        for word in [*drawable(words).split(), ""]:
            longer = f"{line} {word}".strip()
            if line and (not word or font.getlength(longer) > room):
                self.text(left, y, line, size, fill)
                y, line = y + 1.3 * size, word
            else:
                line = longer
        return y


def drawable(words: str) -> str:
    """Return the words in the characters that Pillow's own font has: plain Latin ones."""
    plain = unicodedata.normalize("NFKD", words.translate(_PLAIN))
    return plain.encode("ascii", "ignore").decode("ascii")
