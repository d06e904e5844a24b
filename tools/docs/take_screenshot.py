"""Take every screenshot in docs/images: `python -m tools.docs.take_screenshot`.

Needs the `dev` extra and Chromium. The faces are rendered ones from the tests and show no real
person. The results are those of the packaged model. The camera shows a video of such faces.
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
PERSON = "kk011"  # the person in the video
LIVE_SECONDS = 20  # until the chart shows a line
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
EXACT_COLOURS = 96  # the colours of the page itself
PHONE = {"viewport": {"width": 390, "height": 844}}
# Headless Chromium has no voices; without one the page would show a hint that users rarely see.
VOICE = """
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
speechSynthesis.getVoices = () => [{name: "Local", lang: "en-GB", localService: true}];
speechSynthesis.speak = () => {};
"""


def main() -> None:
    """Write the screenshots of a running server, and the annotated copy."""
    write_annotated_copy()
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
                    f"--use-file-for-fake-video-capture={write_video(Path(folder))}",
                ],
            )
            take_all(browser, address[0])
            browser.close()
    finally:
        server.terminate()
        server.wait()


def write_annotated_copy() -> None:
    """Write the annotated copy of the face with its maps into images/."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["assess", "--annotate", folder, "--heatmap", str(FACE)]
        subprocess.run([sys.executable, "-m", "wince", *command], check=True)
        (copy,) = Path(folder).iterdir()
        shutil.copyfile(copy, IMAGES / "where.jpg")


def write_video(folder: Path) -> Path:
    """Write a video for Chromium's camera: the person's frames, each for four seconds."""
    path = folder / "camera.mjpeg"
    with path.open("wb") as file:
        for frame in sorted(FACES.glob(f"{PERSON}*.jpg")):
            with Image.open(frame) as face:
                face.resize((640, 640 * face.height // face.width)).save(folder / "frame.jpg")
            file.write((folder / "frame.jpg").read_bytes() * 120)
    return path


def take_all(browser: Browser, address: str) -> None:
    """Write the screenshots of the page at `address` into images/."""
    IMAGES.mkdir(exist_ok=True)
    page = open_page(browser, address, DESKTOP, "light")
    save(page, "page-start.png")
    upload(page)
    save(page, "page.png")
    page = open_page(browser, address, DESKTOP, "dark")
    upload(page)
    page.click("#upload-result .fold-why summary")
    page.check("#upload-result .map-on")
    page.evaluate("scrollTo(0, 0)")
    save(page, "page-dark.png")
    page = open_page(browser, address, PHONE, "light")
    upload(page)
    save(page, "page-phone.png")
    page = open_page(browser, address, DESKTOP, "light")
    page.click("#tab-live")
    page.click("#watch-over-time")
    page.wait_for_selector("#begin:enabled")
    page.fill("[name=label]", "bed 4")
    save(page, "page-aim.png")
    page.click("#begin")
    page.wait_for_timeout(1000 * LIVE_SECONDS)
    save(page, "page-live.png")
    page.click("#night")
    save(page, "page-night.png")
    page.keyboard.press("Escape")
    page.click("#finish")
    page.wait_for_selector("#summary:not([hidden])")
    save(page, "page-summary.png")
    page = open_page(browser, f"{address}/?language=ar", PHONE, "dark")
    upload(page)
    save(page, "page-arabic.png")


def open_page(browser: Browser, address: str, size: dict[str, Any], scheme: Any) -> Page:
    """Return the loaded page in a window of a size and with a colour scheme."""
    page = browser.new_page(**size, color_scheme=scheme)
    page.add_init_script(VOICE)
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


def upload(page: Page) -> None:
    """Upload the face and wait for its result."""
    page.set_input_files("#file", FACE)
    page.wait_for_selector("#upload-result .result[data-kind=level]")


def save(page: Page, name: str, *, full: bool = False) -> None:
    """Write the visible part of the page, or all of it if `full`, as a small PNG."""
    page.wait_for_timeout(600)  # until the bars have their final length
    target = IMAGES / name
    page.screenshot(path=target, full_page=full)
    with Image.open(target) as image:
        with_palette(image.convert("RGB")).save(target, optimize=True)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KB")


def with_palette(image: Image.Image) -> Image.Image:
    """Return an RGB image with a palette of 256 colours, in about 40 % of the bytes.

    The most frequent colours, those of the page itself, stay exact. The others of the palette are
    for the faces.
    """
    colours, indexes, counts = np.unique(
        np.asarray(image).reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    exact = colours[np.argsort(-counts)[:EXACT_COLOURS]]
    quantised = image.quantize(
        256 - EXACT_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    palette = np.concatenate([exact, np.array(quantised.getpalette(), np.uint8).reshape(-1, 3)])
    entries = palette.astype(int)
    nearest = [((entries - colour) ** 2).sum(axis=1).argmin() for colour in colours.astype(int)]
    pixels = np.array(nearest, np.uint8)[indexes].reshape(image.height, image.width)
    result = Image.fromarray(pixels, "P")
    result.putpalette(palette.tobytes())
    return result


if __name__ == "__main__":
    main()
