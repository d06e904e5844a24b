"""Speed and memory of the page on the device, beside the same page with `wince serve`.

    python -m benchmarks.device_speed [--rounds 3]

In turns it opens the page both ways in Chromium: for the first time with a new profile, twice from
the cache, and, on the device, without a network. When it is opened the second time from the cache,
Chromium has kept the code that it compiled. It then assesses photos, and follows one person in the
film of `benchmarks.live_page`, which the camera plays with 1920 x 1080 pixels. The page judges at
most 15 frames a second. Values are medians over the rounds. A ratio is the median of a round's
value on the device divided by that with the server.

Memory and processor time are those of the page's process in the browser, which its worker shares,
and of the server. Memory that processes share is divided among them (proportional set size). The
processor time with the whole browser also has the decoding of the film.
"""

import argparse
import base64
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks.device_page import hosted
from benchmarks.live_page import write_film
from benchmarks.server_load import photo, running_server
from tests.support.page_constants import ARGUMENTS, CHROMIUM, LIVE_RESULT, RESULT
from wince.runtime.estimator import Estimator
from wince.server.device_page import export, page

PHOTOS = 10  # assessed in a round, after the first one
WARM_UP, SECONDS = 4, 10  # of watching
CODE_CACHE = 5  # seconds, in which the browser saves the compiled code for the next visit
TIMEOUT = 120_000  # milliseconds
TARGETS = {
    "from cache, to the first result, s": "at most 3",
    "from cache again, to the first result, s": "at most 3",
    "photo, ms": "at most 300",
    "live, frames/s": "at least 15",
    "memory after photos, page and server, MB": "at most 300",
    "memory live, page and server, MB": "at most 300",
}
Address = Callable[[], AbstractContextManager[tuple[str, list[psutil.Process]]]]

# Records the answers to frames that have an assessment, from the worker or the socket: when they
# came, and the milliseconds of each stage.
RECORD = """
window.answers = [];
const listen = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (type, ...given) {
  if (type === "message" && (this instanceof Worker || this instanceof WebSocket)) {
    listen.call(this, type, ({ data }) => {
      const answer = typeof data === "string" ? JSON.parse(data) : data.result;
      if (answer?.assessment)
        window.answers.push([performance.now(), answer.assessment.milliseconds]);
    });
  }
  return listen.call(this, type, ...given);
};
"""

# Gives the page a photo as a file dialog does, and waits until its result is in the document.
ASSESS = """async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
  const input = document.getElementById("file");
  const result = document.getElementById("upload-result");
  const began = performance.now();
  const ended = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if (result.ariaBusy !== "false") return;
      observer.disconnect();
      resolve(performance.now());
    }).observe(result, { attributeFilter: ["aria-busy"] });
  });
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return (await ended) - began;
}"""


def processor_seconds(processes: list[psutil.Process]) -> float:
    """Return the processor time of processes."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def browser_processes(kind: str = "") -> list[psutil.Process]:
    """Return the processes of Chromium, or those of a kind, such as "renderer"."""
    children = psutil.Process().children(recursive=True)
    return [each for each in children if any(f"--type={kind}" in word for word in each.cmdline())]


def opened(context: BrowserContext, address: str) -> tuple[Page, float]:
    """Open the page; return it and the seconds until it is ready."""
    view = context.new_page()
    view.set_default_timeout(TIMEOUT)
    view.add_init_script(RECORD)
    began = time.perf_counter()
    view.goto(address)
    view.wait_for_selector("html[data-ready]")
    return view, time.perf_counter() - began


def first_result(context: BrowserContext, address: str, data: str) -> tuple[Page, float, float]:
    """Open the page and assess a photo; return the seconds until ready and until the result."""
    began = time.perf_counter()
    view, ready = opened(context, address)
    view.evaluate(ASSESS, data)
    view.wait_for_selector(f'{RESULT}[data-kind="level"]')
    return view, ready, time.perf_counter() - began


def watch(view: Page, server: list[psutil.Process]) -> dict[str, float]:
    """Follow the person in the film; return frames a second and processor time of a frame."""
    view.click("#tab-live")
    view.click("#watch-over-time")
    view.click("#begin")
    view.wait_for_selector(LIVE_RESULT)
    view.wait_for_timeout(1000 * WARM_UP)
    page_processes = [*browser_processes("renderer"), *server]
    all_processes = [*browser_processes(), *server]
    before = processor_seconds(page_processes), processor_seconds(all_processes)
    view.evaluate("window.answers.length = 0")
    view.wait_for_timeout(1000 * SECONDS)
    answers = view.evaluate("window.answers")
    after = processor_seconds(page_processes), processor_seconds(all_processes)
    frames = len(answers)
    if frames < 2:
        raise RuntimeError(f"expected two or more assessed frames in {SECONDS} s, found {frames}")
    times, stages = zip(*answers, strict=True)
    return {
        "live, frames/s": 1000 * (frames - 1) / (times[-1] - times[0]),
        "live, processor ms of a frame": 1000 * (after[0] - before[0]) / frames,
        "live, with the whole browser, processor ms of a frame": (
            1000 * (after[1] - before[1]) / frames
        ),
        **{
            f"live, {stage}, ms": statistics.median([frame[stage] for frame in stages])
            for stage in stages[0]
        },
    }


def memory(when: str, server: list[psutil.Process]) -> dict[str, float]:
    """Return the memory of the page's process and the server in MB."""
    pages = [each.memory_full_info() for each in browser_processes("renderer")]
    page_bytes = max(each.pss for each in pages)
    server_bytes = sum(each.memory_full_info().pss for each in server)
    return {
        f"memory {when}, page, resident MB": max(each.rss for each in pages) / 1e6,
        f"memory {when}, page, MB": page_bytes / 1e6,
        f"memory {when}, page and server, MB": (page_bytes + server_bytes) / 1e6,
    }


def measure(context: BrowserContext, way: Address, data: str) -> dict[str, float]:
    """Return the values of one round of one way."""
    values: dict[str, float] = {}
    with way() as (address, server):
        view, values["first visit, to ready, s"] = opened(context, address)
        if not server:
            view.locator("#offline", has_text="Saved on this device").wait_for()
        view.close()
        for label in ("from cache", "from cache again"):
            view, ready, result = first_result(context, address, data)
            values[f"{label}, to ready, s"] = ready
            values[f"{label}, to the first result, s"] = result
            if label == "from cache":
                view.wait_for_timeout(1000 * CODE_CACHE)
                view.close()
        processes = [*browser_processes("renderer"), *server]
        before = processor_seconds(processes)
        values["photo, ms"] = statistics.median(
            [view.evaluate(ASSESS, data) for _ in range(PHOTOS)]
        )
        values["photo, processor ms"] = 1000 * (processor_seconds(processes) - before) / PHOTOS
        values |= memory("after photos", server)
        values |= watch(view, server)
        values |= memory("live", server)
        view.close()
    if not server:
        view, values["offline, to ready, s"] = opened(context, address)
    return values


@contextmanager
def with_server() -> Iterator[tuple[str, list[psutil.Process]]]:
    """Run `wince serve`; yield its address and process."""
    with running_server() as server:
        yield server.address, [psutil.Process(server.process.pid)]


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    data = base64.b64encode(photo(640, 480)).decode()
    results: dict[str, list[dict[str, float]]] = {"server": [], "device": []}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        camera, folder = Path(name, "face.y4m"), Path(name, "page")
        write_film(camera)
        export.write(page.build(Estimator()), folder)

        @contextmanager
        def on_device() -> Iterator[tuple[str, list[psutil.Process]]]:
            with hosted(folder) as address:
                yield address, []

        ways: dict[str, Address] = {"server": with_server, "device": on_device}
        film = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
        for number in range(rounds):
            for label, way in ways.items():
                context = playwright.chromium.launch_persistent_context(
                    Path(name, f"profile-{label}-{number}"),
                    executable_path=CHROMIUM,
                    args=[*ARGUMENTS, *film],
                    locale="en",
                    permissions=["camera"],
                )
                results[label].append(measure(context, way, data))
                context.close()
                print(label, results[label][-1], flush=True)
    print(f"{shutil.which(CHROMIUM or '')}, load {os.getloadavg()[0]:.1f}")
    for name in results["device"][0]:
        device = [values[name] for values in results["device"]]
        line = f"{name}: device {statistics.median(device):.2f}"
        if name in results["server"][0]:
            server = [values[name] for values in results["server"]]
            ratio = statistics.median(a / b for a, b in zip(device, server, strict=True))
            line += f", server {statistics.median(server):.2f}, ratio {ratio:.2f}"
        print(f"{line}; target {TARGETS[name]}" if name in TARGETS else line)


if __name__ == "__main__":
    main()
