"""How far the page on the device is from Python for large JPEGs, which two decoders read.

    python -m benchmarks.device_page

Python lets the decoder of a JPEG halve it; a browser decodes it whole, and the page reduces it.
It needs Chromium.
"""

import functools
import http.server
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, sync_playwright

import wince
from benchmarks.live_page import chromium
from benchmarks.server_load import photo
from wince.runtime.estimator import Estimator
from wince.server.device_page import export, page

LARGE = (4000, 3000)
TIMEOUT = 300_000

ASSESS = """async ([files, address]) => {
  const { createDeviceEngine } = await import(new URL(`${files}/engine/device.js`, location).href);
  const engine = createDeviceEngine();
  await engine.open();
  const result = await engine.assess(await (await fetch(address)).blob());
  engine.close();
  return result;
}"""


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """Serve a folder as a web host does; yield its address."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    handler = functools.partial(Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def large_jpeg_differences(browser: Browser, address: str, folder: Path) -> list[tuple[float, ...]]:
    """Return how far scores of large JPEGs are from Python's: PSPI, raw score, the largest unit."""
    view = browser.new_page()
    view.set_default_timeout(TIMEOUT)
    view.goto(address)
    view.wait_for_selector("html[data-ready]")
    source = view.get_attribute("script[type=module]", "src") or ""
    differences: list[tuple[float, ...]] = []
    for quality in (60, 75, 90, 95):
        data = photo(*LARGE, quality=quality)
        (folder / "large.jpg").write_bytes(data)
        there = view.evaluate(ASSESS, [source.partition("/")[0], f"large.jpg?{quality}"])
        in_python = wince.assess(data)
        units = in_python.action_units or {}
        differences.append(
            (
                abs(there["pspi"] - (in_python.pspi or 0)),
                abs(there["raw_score"] - (in_python.raw_score or 0)),
                max(abs(there["action_units"][name] - value) for name, value in units.items()),
            )
        )
    view.close()
    return differences


def main() -> None:
    """Serve the page, measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export.write(page.build(Estimator()), folder)
        with hosted(folder) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
            )
            differences = np.array(large_jpeg_differences(browser, address, folder))
            browser.close()
    print(
        "JPEG of 4000 x 3000, device against Python: PSPI, raw score and a unit differ by at most"
    )
    print(differences.max(axis=0).round(4))


if __name__ == "__main__":
    main()
