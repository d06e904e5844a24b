"""How fast the live tab is: frames a second, and from a frame's capture to its overlay drawn.

    python -m benchmarks.live_page

It serves the page, opens it in headless Chromium with a camera fed from a film of a face, lets it
run for ten seconds, and prints the numbers beside the budget. The browser, the film's decoding and
the server share the machine, so run nothing else meanwhile.
"""

import io
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image
from playwright.sync_api import sync_playwright

SECONDS = 10
WARM_UP = 4
BUDGET = "budget: 15 frames/s or more, p95 at most 150 ms"

# The overlay is drawn while the answer's message is handled, before any task queued there.
WATCH = """
window.times = [];
let grabbed = 0;
const encode = HTMLCanvasElement.prototype.toBlob;
HTMLCanvasElement.prototype.toBlob = function (...given) {
  grabbed = performance.now();
  return encode.apply(this, given);
};
const Plain = WebSocket;
window.WebSocket = class extends Plain {
  constructor(address) {
    super(address);
    let sent = 0;
    const begun = new Map();
    const send = this.send.bind(this);
    this.send = (frame) => {
      begun.set(++sent, grabbed);
      send(frame);
    };
    this.addEventListener("message", ({data}) => {
      const answer = JSON.parse(data);
      setTimeout(() => {
        const now = performance.now();
        const inside = answer.assessment?.milliseconds.total ?? 0;
        window.times.push([now, now - begun.get(answer.frame), inside]);
      });
    });
  }
};
"""


def film(path: Path) -> None:
    """Write two seconds of a face that moves from side to side."""
    near = Image.fromarray(skimage.data.astronaut()).crop((100, 0, 420, 240)).resize((640, 480))
    with path.open("wb") as file:
        for step in range(60):
            shift = round(90 * math.sin(2 * math.pi * step / 60))
            frame = io.BytesIO()
            moved = near.transform(near.size, Image.Transform.AFFINE, (1, 0, shift, 0, 1, 0))
            moved.save(frame, "JPEG", quality=85)
            file.write(frame.getvalue())


def measure(address: str, camera: Path) -> np.ndarray:
    """Return a row for each frame: when (ms), latency (ms), time in the server (ms)."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        page = browser.new_page()
        page.add_init_script(WATCH)
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        page.click("#tab-live")
        page.click("#start")
        page.wait_for_timeout(1000 * WARM_UP)
        page.evaluate("window.times.length = 0")
        page.wait_for_timeout(1000 * SECONDS)
        rows = np.array(page.evaluate("window.times"))
        browser.close()
    return rows


def main() -> None:
    """Serve, measure, print."""
    command = [sys.executable, "-m", "wince", "serve"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = re.search(r"http://\S+", server.stdout.readline())[0]
        with tempfile.TemporaryDirectory() as folder:
            camera = Path(folder) / "face.mjpeg"
            film(camera)
            rows = measure(address, camera)
    finally:
        server.terminate()
        server.wait()
    when, latency, inside = rows.T
    rate = 1000 * (len(rows) - 1) / (when[-1] - when[0])
    p50, p95 = np.percentile(latency, [50, 95])
    print(f"{rate:.1f} frames/s; capture to overlay p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    print(f"in the server p50 {np.median(inside):.1f} ms; load {os.getloadavg()[0]:.1f}")
    print(BUDGET)


if __name__ == "__main__":
    main()
