"""How soon speech starts: from a result on the page to its sound, without a voice in the browser.

    python -m benchmarks.speech_start [LANGUAGE ...]

For each language (all of wince's unless some are named) it opens the page in headless Chromium,
which has no voices, uploads a photo and presses "Say again" twenty times. It prints the median and
the 95th percentile of three times: the WAV alone, made in this process; the request, from sending
until the page has the sound; and the whole, until the browser reports that it plays. The browser,
the server and espeak-ng share the machine, so run nothing else meanwhile.
"""

import io
import os
import sys
import time

import numpy as np
from playwright.sync_api import FilePayload, Page, sync_playwright

from benchmarks.live_page import chromium, portrait
from benchmarks.server_load import running_server
from wince.scale import Level
from wince.speech import languages, sentences, voices

TIMES = 20
BUDGET = "budget: 100 ms from the result to the start of speech"

# The request starts in the same turn of the event loop in which the result is shown.
WATCH = """
window.requests = [];
window.begins = [];
let asked = 0;
const plain = window.fetch;
window.fetch = async (address, options) => {
  const speech = address === "/v1/speech" && options?.method === "POST";
  if (speech) asked = performance.now();
  const answer = await plain(address, options);
  if (speech) window.requests.push(performance.now() - asked);
  return answer;
};
document.addEventListener("playing", ({target}) => {
  if (target.id === "voice") window.begins.push(performance.now() - asked);
}, true);
"""


def wav_milliseconds(language: str) -> list[float]:
    """Return the milliseconds that a sentence takes to become a WAV, twenty times."""
    text = sentences.spoken_text(Level.MODERATE, 0.0, language=language)
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        voices.speak_to_wav(text, language=language)
        times.append(1000 * (time.perf_counter() - start))
    return times


def page_milliseconds(page: Page, address: str) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each request and of each start of speech."""
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_selector("#voice-hint:not([hidden])")
    photo = io.BytesIO()
    portrait().save(photo, "JPEG", quality=92)
    file: FilePayload = {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    page.set_input_files("#file", file)
    for count in range(1, TIMES + 1):
        while page.evaluate("window.begins.length") < count:
            page.wait_for_timeout(20)
        page.wait_for_timeout(300)
        page.click("#upload-result .say-again")
    return page.evaluate("window.requests"), page.evaluate("window.begins")


def line(name: str, times: list[float]) -> str:
    """Return one line of the table."""
    return f"{name:10s} median {np.median(times):4.0f} ms, p95 {np.quantile(times, 0.95):4.0f} ms"


def main() -> None:
    """Serve, measure and print."""
    with running_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        for language in sys.argv[1:] or languages.LANGUAGES:
            address = f"{server.address}/?language={language}"
            requests, starts = page_milliseconds(browser.new_page(), address)
            print(languages.language(language).english_name)
            print(line("WAV", wav_milliseconds(language)))
            print(line("request", requests))
            print(line("whole", starts))
        browser.close()
    print(f"{BUDGET}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
