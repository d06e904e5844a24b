"""How soon speech begins: from a result on the page to its sound, where the browser has no voice.

    python -m benchmarks.speech_start [LANGUAGE ...]

For each language (en, ar, es, de and fr unless some are named) it opens the page in headless
Chromium, which has no voices, uploads a photo and presses "Say again" twenty times. Printed are the
median and the 95th percentile of three times: the WAV alone, made in this process; the request,
asked for by the page until the sound is there; and the whole, until the browser says that it plays.
The browser, the server and espeak-ng share the machine, so run nothing else meanwhile.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import skimage.data
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from wince.scale import Level
from wince.speech import languages, sentences, voices

TIMES = 20
BUDGET = "budget: 100 ms from the result to the begin of speech"

# Asking begins in the same turn of the event loop in which the result is shown.
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


def rendering(language: str) -> list[float]:
    """Return the milliseconds that a sentence takes to become a WAV."""
    found = []
    words = sentences.spoken_text(Level.MODERATE, 0.0, language=language)
    for _ in range(TIMES):
        begin = time.perf_counter()
        voices.speak_to_wav(words, language=language)
        found.append(1000 * (time.perf_counter() - begin))
    return found


def on_the_page(page: Page, address: str) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each request, and of each begin of speech."""
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_selector("#voice-hint:not([hidden])")
    photo = io.BytesIO()
    Image.fromarray(skimage.data.astronaut()).save(photo, "JPEG", quality=92)
    file = {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
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
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    command = [sys.executable, "-m", "wince", "serve"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        found = re.search(r"http://\S+", server.stdout.readline())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program, args=["--no-sandbox", "--disable-gpu"]
            )
            for language in sys.argv[1:] or languages.LANGUAGES:
                place = f"{found[0]}/?language={language}"
                requests, begins = on_the_page(browser.new_page(), place)
                print(languages.language(language).english_name)
                print(line("WAV", rendering(language)))
                print(line("request", requests))
                print(line("whole", begins))
            browser.close()
    finally:
        server.terminate()
        server.wait(20)
    print(f"{BUDGET}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
