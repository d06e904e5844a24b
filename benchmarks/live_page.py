"""Speed of the live tab: frames per second, and the time from capture to the drawn overlay.

    python -m benchmarks.live_page

It serves the page, opens it in headless Chromium with a camera of 1920x1080 that plays a film of a
face, watches it for ten seconds, and prints the values beside the budget, and the processor time of
the server and of the browser, which also decodes the film. The browser, the decoding of the film
and the server share the machine, so run nothing else meanwhile.
"""

import math
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import sync_playwright
from skimage import data

from benchmarks.server_load import running_server
from tests.support.video_sample import write_video

SECONDS = 10
WARM_UP = 4
BUDGET = "budget: 15 frames/s, p95 at most 100 ms"
CAMERA = (1920, 1080)
FACE = 480  # pixels of the square with the portrait in it

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
  constructor(...given) {
    super(...given);
    let sent = 0;
    const begun = new Map();
    const send = this.send.bind(this);
    this.send = (message) => {
      if (typeof message !== "string") begun.set(++sent, grabbed);
      send(message);
    };
    this.addEventListener("message", ({data}) => {
      const answer = JSON.parse(data);
      if (answer.frame === null) return;
      requestAnimationFrame(() => setTimeout(() => {
        const now = performance.now();
        const inside = answer.assessment?.milliseconds.total ?? 0;
        window.times.push([now, now - begun.get(answer.frame), inside]);
      }));
    });
  }
};
"""


def portrait() -> Image.Image:
    """Return scikit-image's portrait of an astronaut, 512 x 512."""
    return Image.fromarray(data.astronaut())  # type: ignore[no-untyped-call]  # has no types


def chromium() -> str | None:
    """Return the path of Chromium, None if there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def write_film(path: Path) -> None:
    """Write two seconds of a face that moves from side to side, at 15 frames a second."""
    face = portrait().crop((90, 0, 360, 270)).resize((FACE, FACE))
    frames = []
    for step in range(30):
        frame = Image.new("RGB", CAMERA, (92, 96, 100))
        shift = round(90 * math.sin(2 * math.pi * step / 30))
        frame.paste(face, ((CAMERA[0] - FACE) // 2 + shift, 200))
        frames.append(np.asarray(frame))
    write_video(path, frames, rate=15, codec="wrapped_avframe")


def processor_seconds(parent: psutil.Process) -> float:
    """Return the processor time of a process and of those that it has started."""
    return sum(
        sum(process.cpu_times()[:2]) for process in [parent, *parent.children(recursive=True)]
    )


def measure(address: str, camera: Path, server: int) -> tuple[NDArray[np.float64], list[float]]:
    """Return a row for each frame, in ms: time of drawing, latency, and time in the server.

    Args:
        address: Address of the page.
        camera: The film that the camera plays.
        server: Process number of the server.

    Returns:
        The rows, and the processor seconds of the server and of the browser.
    """
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        page = browser.new_page()
        page.add_init_script(WATCH)
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        page.click("#tab-live")
        page.click("#watch-over-time")
        page.wait_for_selector("#begin:enabled")
        page.click("#begin")
        page.wait_for_timeout(1000 * WARM_UP)
        page.evaluate("window.times.length = 0")
        processes = [psutil.Process(server), psutil.Process()]
        before = [processor_seconds(process) for process in processes]
        page.wait_for_timeout(1000 * SECONDS)
        rows = np.array(page.evaluate("window.times"), np.float64)
        after = [processor_seconds(process) for process in processes]
        browser.close()
    used = [end - start for start, end in zip(before, after, strict=True)]
    return rows, [used[0], used[1] - used[0]]  # the server is a child of this process


def main() -> None:
    """Serve, measure and print."""
    with running_server() as server, tempfile.TemporaryDirectory() as folder:
        camera = Path(folder) / "face.y4m"
        write_film(camera)
        rows, (by_server, by_browser) = measure(server.address, camera, server.process.pid)
    drawn, latency, in_server = rows.T
    rate = 1000 * (len(rows) - 1) / (drawn[-1] - drawn[0])
    p50, p95 = np.percentile(latency, [50, 95])
    print(f"{rate:.1f} frames/s; capture to overlay p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    print(f"in the server p50 {np.median(in_server):.1f} ms; load {os.getloadavg()[0]:.1f}")
    print(
        f"processor time of a second: server {by_server / SECONDS:.2f} s, browser "
        f"{by_browser / SECONDS:.2f} s"
    )
    print(BUDGET)


if __name__ == "__main__":
    main()
