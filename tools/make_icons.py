"""Draw the page's PNG icons from icon.svg: `python -m tools.make_icons`.

Needs the `dev` extra and Chromium. Phones show these icons when the page is installed.
"""

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

STATIC = Path(__file__).parents[1] / "src" / "wince" / "server" / "static"
FOLDER = STATIC / "icons"
BACKGROUND = "#0b6b63"  # that of the circle in icon.svg

ICONS = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "maskable-512.png": (512, True),
    "apple-touch-icon.png": (180, True),
}
"""Size in pixels, and whether the background fills the square, which phones cut to a shape."""


def main() -> None:
    """Write every icon."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        page = browser.new_page()
        for name, (size, is_filled) in ICONS.items():
            write_icon(page, FOLDER / name, size, is_filled=is_filled)
        browser.close()


def write_icon(page: Page, path: Path, size: int, *, is_filled: bool) -> None:
    """Draw icon.svg and write it as a small PNG.

    Args:
        page: Any page of the browser; its content is replaced.
        path: The icon.
        size: Width and height in pixels.
        is_filled: Whether the background fills the square.
    """
    svg = (STATIC / "icon.svg").read_text("utf-8")
    background = BACKGROUND if is_filled else "transparent"
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(
        f"<style>*{{margin:0}}body{{background:{background}}}svg{{display:block;width:100vw}}</style>"
        + svg
    )
    picture = page.screenshot(omit_background=True)
    path.parent.mkdir(exist_ok=True)
    image = Image.open(io.BytesIO(picture)).quantize(64, method=Image.Quantize.FASTOCTREE)
    image.save(path, optimize=True)


if __name__ == "__main__":
    main()
