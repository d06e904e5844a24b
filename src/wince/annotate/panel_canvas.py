"""A dark panel for text and bars, with the font that is part of Pillow."""

import unicodedata

from PIL import Image, ImageDraw, ImageFont

BACKGROUND, BAR_TRACK, TEXT, FAINT = "#161b24", "#323b4a", "#f3f5f8", "#a9b4c4"

_MARGIN = 1.0
_ASCII_SUBSTITUTES = str.maketrans({"–": "-", "—": "-", "‘": "'", "×": "x"})


class PanelCanvas:
    """A panel to draw on. Positions and lengths are in units of the text size, from the top left.

    Attributes:
        text_size: Pixels per unit.
        left: Where the left margin ends.
        right: Where the right margin begins.
    """

    def __init__(self, width: float, height: float, text_size: int) -> None:
        self.text_size = text_size
        self.left, self.right = _MARGIN, width - _MARGIN
        size = round(width * text_size), round(height * text_size)
        self._image = Image.new("RGB", size, BACKGROUND)
        self._draw = ImageDraw.Draw(self._image)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 1.0,
        colour: str = TEXT,
        anchor: str = "la",
    ) -> None:
        """Write one line of text; `anchor` is one of Pillow's text anchors."""
        position = x * self.text_size, y * self.text_size
        self._draw.text(position, to_ascii(text), colour, self._font(size), anchor=anchor)

    def bar(self, x0: float, y0: float, x1: float, y1: float, colour: str) -> None:
        """Fill a rectangle."""
        left, top, right, bottom = (round(value * self.text_size) for value in (x0, y0, x1, y1))
        if right > left:
            self._draw.rectangle((left, top, right - 1, bottom - 1), fill=colour)

    def paragraph(
        self, y: float, text: str, size: float, colour: str, left: float | None = None
    ) -> float:
        """Write text broken into lines, from `left` to the right margin.

        Returns:
            The y of the first line below the paragraph.
        """
        left = self.left if left is None else left
        font = self._font(size)
        max_length = (self.right - left) * self.text_size
        line = ""
        for word in [*to_ascii(text).split(), ""]:
            longer_line = f"{line} {word}".strip()
            if line and (not word or font.getlength(longer_line) > max_length):
                self.text(left, y, line, size, colour)
                y, line = y + 1.3 * size, word
            else:
                line = longer_line
        return y

    def paste(self, image: Image.Image, x: float, y: float) -> None:
        """Copy an image onto the panel, its top left corner at x, y."""
        self._image.paste(image, (round(x * self.text_size), round(y * self.text_size)))

    def cropped(self, content_bottom: float) -> Image.Image:
        """Return the panel, cut off a little below the y where its content ends."""
        height = min(self._image.height, round((content_bottom + 0.8) * self.text_size))
        return self._image.crop((0, 0, self._image.width, height))

    def _font(self, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        return ImageFont.load_default(self.text_size * size)


def to_ascii(text: str) -> str:
    """Return the text in ASCII, the characters of Pillow's own font, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_ASCII_SUBSTITUTES))
    return decomposed.encode("ascii", "ignore").decode("ascii")
