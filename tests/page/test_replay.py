"""An expressive clip through the page, with the real server: no contradiction in anything shown."""

import re
import time

from tests.support.browser import ARGUMENTS, CHROMIUM, SPEECH, TIMEOUT
from tests.support.expressive_clip import RATE, as_jpeg, clip
from wince import scale
from wince.speech.languages import ENGLISH

LEVELS = {
    "No pain expression seen": "none",
    "Mild": "mild",
    "Moderate": "moderate",
    "Severe": "severe",
}
EXPECTED = {"No pain expression seen", "Moderate", "Changing", "Cannot tell", "Not in view"}
WATCH = """() => {
  const card = document.querySelector("#live-result");
  const text = (name) => card.querySelector(name).textContent;
  window.snapshots = [];
  const take = () => {
    const shown = (name) => !card.querySelector(name).hidden;
    window.snapshots.push({
      assessed: shown(".assessed"), state: shown(".state") ? text(".state-title") : null,
      title: text(".level-name"), number: text(".score-number"), sentence: text(".sentence"),
      interval: text(".interval-text"), confidence: text(".confidence-number"),
      scale: card.querySelector(".scale").getAttribute("aria-label"),
      current: card.querySelector(".shares .current .share-number")?.textContent ?? null,
    });
  };
  new MutationObserver(take).observe(card, {subtree: true, childList: true, attributes: true});
}"""


def test_the_page_contradicts_itself_in_nothing_that_it_shows(browser, address, frames, tmp_path):
    path = tmp_path / "clip.mjpeg"
    # Chromium plays the file at 30 frames a second.
    path.write_bytes(b"".join(as_jpeg(rgb) * (30 // RATE) for rgb in clip(frames)))
    chromium = browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=[
            *ARGUMENTS,
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={path}",
        ],
    )
    try:
        page = chromium.new_page()
        page.set_default_timeout(TIMEOUT)
        page.add_init_script(SPEECH)
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        page.evaluate(WATCH)
        page.click("#tab-live")
        page.click("#start")
        page.wait_for_selector("#live-result .assessed:not([hidden])")
        snapshots, spoken = watched(page)
    finally:
        chromium.close()
    shown = [snapshot for snapshot in snapshots if snapshot["assessed"]]
    stated = [snapshot for snapshot in shown if snapshot["number"]]
    assert len(stated) > 10
    for snapshot in shown:
        check_card(snapshot)
    assert titles(snapshots) >= EXPECTED
    spoken_for = {
        ENGLISH.sentences[key]: ENGLISH.spoken_sentences[key] for key in ENGLISH.sentences
    }
    assert set(spoken) <= {spoken_for[snapshot["sentence"]] for snapshot in stated}


def watched(page):
    """Return what was shown and spoken while the clip, which is repeated, had every state."""
    deadline = time.monotonic() + 240  # a busy machine
    snapshots, spoken = [], []
    while not titles(snapshots) >= EXPECTED:
        assert time.monotonic() < deadline, f"saw only {titles(snapshots)}"
        page.wait_for_timeout(1000)
        snapshots, spoken = page.evaluate("[window.snapshots, window.spoken.map(({text}) => text)]")
    return snapshots, spoken


def titles(snapshots):
    return {snapshot["state"] or snapshot["title"] for snapshot in snapshots}


def check_card(snapshot):
    title, number = snapshot["title"], snapshot["number"]
    numbers = ("interval", "confidence", "sentence")
    if title == "Changing":
        assert number == ""
        assert {snapshot[name] for name in numbers} == {""}
        return
    level = scale.level(float(number))
    if title.startswith("Between "):
        words = title.removeprefix("Between ").split(" and ")
        assert level in ["none" if word == "no pain expression" else word for word in words]
    else:
        assert LEVELS[title] == level
    low, high = map(float, re.findall(r"[\d.]+", snapshot["interval"].removeprefix("90 %")))
    assert low - 0.05 <= float(number) <= high + 0.05  # each is rounded
    assert f"PSPI {number} of 16" in snapshot["scale"]
    assert snapshot["current"] == snapshot["confidence"]
