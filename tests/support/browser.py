"""Helpers for tests of the page in Chromium, driven by Playwright."""

import re
import subprocess
import sys
import time

from tests.support.frames import ROOT
from tests.support.page_constants import LIVE, LIVE_RESULT, RESULT

TIMEOUT = 20_000  # milliseconds; long, because the machine may be busy

# Headless Chromium has no voices, so these functions replace those of the browser.
SPEECH = """
window.spoken = [];
window.voices = [
  {name: "Distant", lang: "en-GB", localService: false, default: true},
  {name: "Near", lang: "en-GB", localService: true, default: false},
];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
speechSynthesis.getVoices = () => window.voices;
speechSynthesis.speak = (utterance) => {
  window.spoken.push({text: utterance.text, voice: utterance.voice.name});
  utterance.onend?.();
};
"""

# No voice in the browser. The duration of each sound that the page plays is recorded.
NO_VOICE = f"""{SPEECH}
window.voices = [];
window.heard = [];
document.addEventListener("playing", ({{target}}) => {{
  if (target.id !== "voice") return;
  window.heard.push(target.duration);
}}, true);
"""


def serve(port):
    command = [sys.executable, "-m", "tests.support.page_server", "--port", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    )
    match = re.search(r"http://\S+", process.stdout.readline())
    assert match, "the server did not start"
    return process, match[0]


DRAWN = (
    "() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))"
)


def upload(page, file, kind="level"):
    """Upload a file and wait for its result: a level, "cannot-tell" or "problem"."""
    with page.expect_response("**/v1/assessments*"):
        page.set_input_files("#file", file)
    page.evaluate(DRAWN)
    page.wait_for_selector("#upload-result[aria-busy=false]")
    page.wait_for_selector(f'{RESULT}[data-kind="{kind}"]')


def set_up(page, **settings):
    """Change settings by the names of their fields in the dialog, and close it."""
    page.click("#open-settings")
    for name, value in settings.items():
        field = page.locator(f"#settings [name={name}]")
        if isinstance(value, bool):
            field.set_checked(value)
        elif field.evaluate("(element) => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(str(value))
    page.click(".settings-close")


def unfold(page, *names, root="#upload-result"):
    """Open folded parts of a result: "why", "numbers", "compare" or "advice"."""
    for name in names:
        fold = page.locator(f"{root} .fold-{name}")
        if fold.get_attribute("open") is None:
            fold.locator("summary").click()


def until(page, expression):
    """Wait until a JavaScript expression is true. The page's policy forbids wait_for_function."""
    deadline = time.monotonic() + TIMEOUT / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"did not become true: {expression}"
        page.wait_for_timeout(50)


def wait_for(page, condition):
    """Wait until a function returns true, while the page goes on."""
    deadline = time.monotonic() + TIMEOUT / 1000
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true"
        page.wait_for_timeout(50)


FOCUSED = "document.activeElement.id || document.activeElement.name"


def wait_for_focus(page, name):
    """Wait until an element has the focus: the page draws a change with its next frame."""
    until(page, f"({FOCUSED}) === {name!r}")


def spoken(page):
    return [speech["text"] for speech in page.evaluate("window.spoken")]


def change_answers(page, **changes):
    """Let the page receive the real answers of the server with some values changed.

    A changed level is clear unless `between` is changed too.
    """
    if "level" in changes:
        changes = {"between": None, **changes}

    def handle(route):
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), **changes})

    page.route("**/v1/assessments*", handle)


LIVE_PROBLEM = f'{LIVE}[data-kind="problem"]'


def aim(page, way="watch"):
    """Switch the camera on, and wait until a face is ready: way is "watch" or "check"."""
    page.click("#tab-live")
    page.click("#watch-over-time" if way == "watch" else "#check-now")
    page.wait_for_selector("#begin:not([disabled])")


def start_watching(page, label="bed 4"):
    """Watch the face that the camera shows, and wait for a level."""
    aim(page)
    page.fill("[name=label]", label)
    page.click("#begin")
    page.wait_for_selector(LIVE_RESULT)


def live_title(title):
    """Return an expression that tells whether the live result has a title."""
    return f"document.querySelector('#live-result .result-title').textContent === {title!r}"


# What moves without a click half a second before.
# What was drawn before is shown first, so that its own movement does not count.
SHIFTS = """async () => {
  await new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)));
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const {hadRecentInput, value, sources} of list.getEntries()) {
      if (!hadRecentInput) {
        const nodes = sources.map(({node}) => node?.id || node?.className || node?.nodeName);
        window.shifts.push([value, ...nodes]);
      }
    }
  }).observe({type: "layout-shift"});
}"""

DRAWN_AREA = """(selector) => {
  const canvas = document.querySelector(selector);
  const {width, height} = canvas;
  const {data} = canvas.getContext("2d").getImageData(0, 0, width, height);
  const box = {left: 1, top: 1, right: 0, bottom: 0};
  for (let i = 3; i < data.length; i += 4) {
    if (!data[i]) continue;
    const [x, y] = [((i - 3) / 4) % width, Math.floor((i - 3) / 4 / width)];
    box.left = Math.min(box.left, x / width);
    box.right = Math.max(box.right, x / width);
    box.top = Math.min(box.top, y / height);
    box.bottom = Math.max(box.bottom, y / height);
  }
  return box;
}"""


def speech_requests(page):
    """Return a list that receives the body of each request for speech from now on."""
    requests = []
    page.on(
        "request",
        lambda request: (
            requests.append(request.post_data_json)
            if request.url.endswith("/v1/speech") and request.method == "POST"
            else None
        ),
    )
    return requests
