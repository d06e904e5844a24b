"""Take every screenshot in docs/images: `python -m tools.docs.take_screenshot`.

Needs the `dev` extra and Chromium. The faces are rendered ones from the tests, of no real person,
and the results are what the packaged model says about them. The camera is a film of such faces.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
FACES = ROOT / "tests" / "data" / "frames"
FACE = FACES / "kk011t1aaaff034.jpg"
PERSON = "kk011"  # whose frames are the film
LIVE_SECONDS = 20  # so that the chart has something to show
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
EXACT = 96  # colours of the page itself
PHONE = {"viewport": {"width": 390, "height": 844}}
# Headless Chromium has no voices; without one the page would show a hint that users rarely see.
VOICE = """
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
speechSynthesis.getVoices = () => [{name: "Local", lang: "en-GB", localService: true}];
speechSynthesis.speak = () => {};
"""


def main() -> None:
    """Serve the page, put the faces in, and keep the pictures; draw the annotated copy."""
    draw_where()
    command = [sys.executable, "-m", "wince", "serve"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        address = re.search(r"http://\S+", server.stdout.readline())
        if address is None:
            raise SystemExit("The server did not start: run `wince serve` to see why.")
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
                args=[
                    "--no-sandbox",
                    "--disable-gpu",
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-video-capture={film(Path(folder))}",
                ],
            )
            take_all(browser, address[0])
            browser.close()
    finally:
        server.terminate()
        server.wait()


def draw_where() -> None:
    """Write the annotated copy of the face with its maps into images/."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["assess", "--annotate", folder, "--heatmap", str(FACE)]
        subprocess.run([sys.executable, "-m", "wince", *command], check=True)
        (copy,) = Path(folder).iterdir()
        shutil.copyfile(copy, IMAGES / "where.jpg")


def film(folder: Path) -> Path:
    """Write the person's frames, each shown for four seconds, as a camera delivers them."""
    path = folder / "film.mjpeg"
    with path.open("wb") as file:
        for frame in sorted(FACES.glob(f"{PERSON}*.jpg")):
            with Image.open(frame) as face:
                face.resize((640, 640 * face.height // face.width)).save(folder / "one.jpg")
            file.write((folder / "one.jpg").read_bytes() * 120)
    return path


def take_all(browser: Browser, address: str) -> None:
    """Write what the page at `address` shows in each look into images/."""
    IMAGES.mkdir(exist_ok=True)
    page = opened(browser, address, DESKTOP, "light")
    keep(page, "page-start.png")
    upload(page)
    keep(page, "page.png")
    page = opened(browser, address, DESKTOP, "dark")
    upload(page)
    page.check("#panel-upload .map-on")
    page.evaluate("scrollTo(0, 0)")
    keep(page, "page-dark.png")
    page = opened(browser, address, PHONE, "light")
    upload(page)
    keep(page, "page-phone.png")
    page = opened(browser, address, DESKTOP, "light")
    page.click("#tab-live")
    page.click("#start")
    page.wait_for_selector("#live-result .assessed:not([hidden])")
    page.select_option(".chart-minutes", "1")
    page.wait_for_timeout(1000 * LIVE_SECONDS)
    keep(page, "page-live.png", full=True)


def opened(browser: Browser, address: str, size: dict[str, Any], scheme: Any) -> Page:
    """Return the page, ready, in a window of that size and in that colour scheme."""
    page = browser.new_page(**size, color_scheme=scheme)
    page.add_init_script(VOICE)
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


def upload(page: Page) -> None:
    """Choose the face, and wait for its result."""
    page.set_input_files("#file", FACE)
    page.wait_for_selector("#upload-result .assessed:not([hidden])")


def keep(page: Page, name: str, *, full: bool = False) -> None:
    """Write what is in view, or the full page, as a small PNG."""
    page.wait_for_timeout(600)  # the bars grow into place
    target = IMAGES / name
    page.screenshot(path=target, full_page=full)
    with Image.open(target) as picture:
        smaller(picture.convert("RGB")).save(target, optimize=True)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KB")


def smaller(picture: Image.Image) -> Image.Image:
    """Return an RGB picture with a palette, in about 40 % of the bytes.

    The page's own colours, the most frequent ones, stay exact; the faces share the other places.
    """
    colours, where, counts = np.unique(
        np.asarray(picture).reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    exact = colours[np.argsort(-counts)[:EXACT]]
    spread = picture.quantize(256 - EXACT, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette = np.concatenate([exact, np.array(spread.getpalette(), np.uint8).reshape(-1, 3)])
    known = palette.astype(int)
    nearest = [((known - one) ** 2).sum(axis=1).argmin() for one in colours.astype(int)]
    places = np.array(nearest, np.uint8)[where].reshape(picture.height, picture.width)
    small = Image.fromarray(places, "P")
    small.putpalette(palette.tobytes())
    return small


if __name__ == "__main__":
    main()
