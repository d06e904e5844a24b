"""An expressive clip through the page, with the real server: no contradiction in anything shown."""

import re
import time

import pytest

from tests.support.browser import SPEECH, TIMEOUT, start_watching
from tests.support.expressive_clip import RATE, clip
from tests.support.page_constants import ARGUMENTS, CHROMIUM
from tests.support.video_sample import write_video
from wince import scale
from wince.speech.languages import ENGLISH

pytest.importorskip("av", reason="needs wince[video]")

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
  card.querySelector(".fold-numbers").open = true;
  window.snapshots = [];
  const take = () => {
    const [number, interval] = card.querySelectorAll(".numbers-list dd");
    window.snapshots.push({
      kind: card.querySelector(".result").dataset.kind, title: text(".result-title"),
      score: text(".result-score"), range: text(".result-range"),
      certainty: text(".result-certainty"), number: number.textContent,
      interval: interval.textContent,
      scale: card.querySelector(".scale").getAttribute("aria-label"),
      current: [...card.querySelectorAll(".shares .current .share-number")].map(
        (share) => share.textContent),
    });
  };
  new MutationObserver(take).observe(card, {subtree: true, childList: true, attributes: true});
}"""


def test_the_page_contradicts_itself_in_nothing_that_it_shows(browser, address, frames, tmp_path):
    path = write_video(tmp_path / "clip.y4m", clip(frames), rate=RATE, codec="wrapped_avframe")
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
        start_watching(page)
        snapshots, spoken = watched(page)
    finally:
        chromium.close()
    stated = [snapshot for snapshot in snapshots if snapshot["kind"] == "level"]
    assert len(stated) > 10
    for snapshot in snapshots:
        check_result(snapshot)
    assert titles(snapshots) >= EXPECTED
    spoken_for = {ENGLISH.titles[key]: text for key, text in ENGLISH.spoken_sentences.items()}
    assert set(spoken) <= {spoken_for[snapshot["title"]] for snapshot in stated}


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
    return {snapshot["title"].partition(":")[0] for snapshot in snapshots}


def check_result(snapshot):
    if snapshot["kind"] != "level":
        for name in ("number", "interval"):
            assert snapshot[name] in ("–", "")
        assert snapshot["range"] == ""
        assert snapshot["current"] == []
        assert "PSPI" not in snapshot["score"] + snapshot["scale"]
        assert "%" not in snapshot["certainty"]
        return
    title = snapshot["title"]
    number, maximum = numbers_of(snapshot["number"])
    whole = numbers_of(snapshot["score"])[0]
    assert maximum == 16
    assert abs(whole - number) <= 0.6
    for score in (number, whole):
        level = scale.level(score)
        if title.startswith("Between "):
            words = title.removeprefix("Between ").split(" and ")
            assert level in ["none" if word == "no pain expression" else word for word in words]
        else:
            assert LEVELS[title] == level
    low, high = numbers_of(snapshot["interval"])
    assert low - 0.05 <= number <= high + 0.05  # each is rounded
    ends = numbers_of(snapshot["range"])
    assert ends[0] <= whole <= ends[-1]
    assert abs(ends[0] - low) <= 0.6
    assert abs(ends[-1] - high) <= 0.6
    assert f"PSPI {whole:.0f} of 16: {title}." in snapshot["scale"]
    share = re.search(r"\(([^)]*)\)", snapshot["certainty"])[1]
    assert share in snapshot["current"]


def numbers_of(text):
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]
