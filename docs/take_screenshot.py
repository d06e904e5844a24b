"""Takes images/page.png, the README's picture of the page: `python docs/take_screenshot.py`.

Needs the `dev` extra and Chromium. The face is a rendered one from the tests, of no real person,
and the result is what the packaged model says about it.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
FACE = HERE.parent / "tests" / "data" / "frames" / "kk011t1aaaff034.jpg"
SIZE = {"width": 1280, "height": 860}
# Headless Chromium has no voices; without one the page would show a hint that users rarely see.
VOICE = """
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
speechSynthesis.getVoices = () => [{name: "Local", lang: "en-GB", localService: true}];
speechSynthesis.speak = () => {};
"""


def main() -> None:
    """Serve the page, put the face in, and keep the picture."""
    command = [sys.executable, "-m", "wince", "serve"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        address = re.search(r"http://\S+", server.stdout.readline())
        if address is None:
            raise SystemExit("The server did not start: run `wince serve` to see why.")
        take(address[0], HERE / "images" / "page.png")
    finally:
        server.terminate()
        server.wait()


def take(address: str, target: Path) -> None:
    """Write what the page at `address` shows for the face into `target`."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    target.parent.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.add_init_script(VOICE)
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        page.set_input_files("#file", FACE)
        page.wait_for_selector("#upload-result .found:not([hidden])")
        page.wait_for_timeout(600)  # the bars grow into place
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main()
