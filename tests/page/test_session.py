"""The parts of a session: status, trend, markers, prompts, night screen and summary."""

import csv
import io
import json
import re

import pytest

from tests.support.barriers import DISPLAYS, find_barriers
from tests.support.browser import SHIFTS, until, wait_for_focus
from tests.support.page_server import SESSION_PATH

MINUTES = [
    ["none", 100],
    ["mild", 100],
    ["lost", 60],
    ["moderate", 60],
    ["not-in-view", 40],
    ["mouth-covered", 30],
    ["severe", 20],
    ["mild/moderate", 50],
]


@pytest.fixture
def session_page(open_page, address):
    """Open the page with the parts of a session, and with what a test lets happen."""

    def session_page(parts=None, *, language="en", **options):
        page = open_page(f"{address}{SESSION_PATH}?language={language}", **options)
        if parts:
            page.evaluate("(parts) => harness.watch(parts)", parts)
            until(page, "!document.getElementById('trend').hidden")
        return page

    return session_page


def answer(page, state, age=0):
    page.evaluate("([state, age]) => harness.answer(state, Date.now(), age)", [state, age])


def plain(text):
    """A text without the marks that isolate a label."""
    return re.sub("[\u2068\u2069]", "", text)


def strip(page):
    return plain(page.locator(".strip-text").text_content())


def saved(page, button):
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, download.value.path().read_text("utf-8")


# Status strip


def test_strip_tells_who_is_watched_and_for_how_long(session_page):
    page = session_page([["mild", 761]])
    until(page, "document.querySelector('.strip-text').textContent.includes('face seen')")
    assert re.fullmatch(r"Watching bed 4 · 00:12:4\d · face seen", strip(page))
    answer(page, "not-in-view", 17)
    until(page, "document.getElementById('status-strip').dataset.kind === 'not-in-view'")
    assert re.fullmatch(r"bed 4 not in view 0:(1[7-9]|[2-5]\d)", strip(page))
    answer(page, "mouth-covered", 3)
    until(page, "document.getElementById('status-strip').dataset.kind === 'cannot-tell'")
    assert strip(page).endswith(" · cannot tell: mouth covered")


def test_strip_says_since_when_nobody_is_watched(session_page):
    page = session_page([["mild", 60]])
    trouble = "{code: 'connection-lost', values: {}, detail: 'Lost.'}"
    page.evaluate(f"harness.setLive({{trouble: {trouble}}})")
    until(page, "document.getElementById('status-strip').dataset.kind === 'not-watching'")
    assert re.fullmatch(r"Not watching since \d\d:\d\d: no connection", strip(page))


def test_strip_is_announced_when_its_kind_changes_and_moves_nothing(session_page):
    page = session_page([["mild", 60]])
    page.evaluate("""() => {
        window.announced = [];
        const spoken = document.querySelector(".strip-spoken");
        new MutationObserver(() => announced.push(spoken.textContent))
          .observe(spoken, {childList: true, characterData: true, subtree: true});
        window.shifts = 0;
        new PerformanceObserver((list) => {
          for (const {value} of list.getEntries()) window.shifts += value;
        }).observe({type: "layout-shift"});
    }""")
    height = page.locator("#status-strip").bounding_box()["height"]
    for state, age in [("mild", 0), ("not-in-view", 3), ("not-in-view", 4), ("dark", 1)]:
        answer(page, state, age)
        page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
    page.evaluate("harness.setLive({prompt: {start: Date.now(), level: 'severe'}})")
    until(page, "!document.querySelector('#prompt .prompt-box').hidden")
    announced = [plain(text) for text in page.evaluate("announced")]
    assert announced == ["bed 4 is not in view.", "Watching bed 4: cannot tell, too dark."]
    assert page.locator("#status-strip").bounding_box()["height"] == height
    assert page.evaluate("shifts") == 0


A_MINUTE = [
    *["none"] * 6,
    *["mild", "changing", "none/mild", "mild/moderate"] * 3,
    *["moderate"] * 8,
    *["not-in-view"] * 12,
    *["mouth-covered", "busy", "dark", "changing"] * 3,
    *["severe", "moderate/severe"] * 5,
]


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (390, "de"), (320, "ar")])
def test_nothing_moves_in_a_minute_of_answers(session_page, width, language):
    page = session_page([["mild", 60]], width=width, height=860, language=language)
    page.evaluate(SHIFTS)
    page.evaluate("(states) => harness.watchQuickly(states)", A_MINUTE)
    assert page.evaluate("window.shifts") == []
    assert page.evaluate("harness.session().points.length()") > 350


# Trend


def test_trend_shows_levels_gaps_markers_and_tells_them(session_page):
    page = session_page(MINUTES)
    page.evaluate("""() => {
        const session = harness.session();
        session.mark("turned <b>", session.start + 30000);
        session.beginPrompt("moderate", session.start + 270000);
        harness.store.drawSoon();
    }""")
    trend = page.locator("#trend")
    until(page, "document.querySelectorAll('#trend .trend-marker').length === 1")
    assert trend.locator(".trend-band").count() == 4
    assert trend.locator(".trend-prompt").count() == 1
    fills = trend.locator(".trend-gaps rect").evaluate_all(
        "(areas) => areas.map((area) => area.getAttribute('fill'))"
    )
    assert [re.sub(r"url\(#trend-\d+-(.*)\)", r"\1", fill) for fill in fills] == [
        "not-connected",
        "not-in-view",
        "cannot-tell",
    ]
    assert trend.locator(".trend-line path").get_attribute("d").count("M") == 3
    label = trend.locator(".trend-image").get_attribute("aria-label")
    assert label.startswith("Trend of 7:40. Now: Between mild and moderate. Highest: PSPI 1")
    assert label.endswith("1 marker. 1 prompt to look.")


def test_trend_runs_from_left_to_right_in_arabic(session_page):
    page = session_page([["none", 60], ["severe", 60]], language="ar")
    until(page, "document.querySelector('#trend .trend-line path').getAttribute('d')")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    line = page.locator("#trend .trend-line path").get_attribute("d")
    points = [tuple(map(float, point.split())) for point in re.findall(r"[\d.]+ [\d.]+", line)]
    assert points[0][0] < points[-1][0]
    assert points[0][1] > points[-1][1], "severe is above none"
    assert page.locator("#trend .trend").get_attribute("dir") == "ltr"


# Markers and judgements


def test_marker_has_the_time_at_which_mark_was_pressed(session_page):
    page = session_page([["mild", 60]])
    page.evaluate("""() => document.getElementById("mark").addEventListener(
      "click", () => (window.pressed ??= Date.now()), {capture: true})""")
    page.click("#mark")
    pressed = page.evaluate("pressed")
    page.wait_for_timeout(300)  # typing takes time
    page.keyboard.type("turned in bed <b>")
    page.keyboard.press("Enter")
    wait_for_focus(page, "mark")
    (marker,) = page.evaluate("harness.session().markers")
    assert marker["text"] == "turned in bed <b>"
    assert abs(marker["time"] - pressed) < 250
    until(page, "document.querySelectorAll('#markers ol li').length === 1")
    assert "turned in bed <b>" in page.locator("#markers ol li").inner_text()
    page.click("#mark")
    page.keyboard.press("Escape")
    assert len(page.evaluate("harness.session().markers")) == 1
    wait_for_focus(page, "mark")


def test_own_judgement_stands_beside_what_is_stated(session_page):
    page = session_page([["moderate", 60]])
    form = page.locator("#judgement form")
    form.get_by_label("higher").check()
    form.get_by_label("Initials").fill("AB")
    form.get_by_role("button").click()
    (judgement,) = page.evaluate("harness.session().judgements")
    assert (judgement["opinion"], judgement["observer"]) == ("higher", "AB")
    assert judgement["level"] == "moderate"
    text = page.locator("#judgement li").inner_text()
    assert re.fullmatch(r"\d\d:\d\d:\d\d, AB: higher\. wince stated: Moderate\.", text)


# Prompt


def test_prompt_is_announced_leaves_the_focus_and_is_answered(session_page):
    page = session_page()
    page.evaluate("harness.watch([['mild', 60]], {}, Date.now() - 10000)")
    until(page, "!document.getElementById('night').closest('[hidden]')")
    page.focus("#night")
    page.evaluate("harness.setSettings({promptSeconds: 5})")
    now = page.evaluate("Date.now()")
    for step in range(30):
        page.evaluate("(time) => harness.answer('severe', time)", now - 9000 + 300 * step)
    until(page, "!document.querySelector('#prompt .prompt-box').hidden")
    wait_for_focus(page, "night")
    alert = page.locator("#prompt [role=alert]")
    assert plain(alert.text_content()).startswith(
        "Please look: bed 4 The expression has been severe"
    )
    assert "not an alarm" in page.locator("#prompt .prompt-box").inner_text()
    page.locator("#prompt").get_by_label("Initials").fill("CD")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#prompt .prompt-box').hidden")
    (prompt,) = page.evaluate("harness.session().prompts")
    assert (prompt["level"], prompt["observer"]) == ("severe", "CD")
    assert prompt["end"] > prompt["start"]
    wait_for_focus(page, "mark")


# Night screen


def test_night_screen_states_in_large_letters_and_is_silent(session_page):
    page = session_page([["moderate", 60]])
    page.click("#night")
    night = page.locator("#night-screen")
    until(page, "document.getElementById('night-screen').open")
    assert night.locator("#night-word").inner_text() == "Moderate"
    assert page.evaluate("harness.quiet.at(-1)") is True
    paper = night.evaluate("(dialog) => getComputedStyle(dialog).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", paper)) < 20
    before = page.locator(".strip-spoken").text_content()
    answer(page, "mouth-covered", 5)
    until(page, "document.getElementById('night-word').textContent === 'Cannot tell'")
    assert night.locator(".night-note").inner_text() == "mouth covered"
    assert night.evaluate("(dialog) => dialog.classList.contains('stale')")
    answer(page, "not-in-view", 17)
    until(page, "document.getElementById('night-word').textContent === 'Not in view'")
    assert re.fullmatch(
        r"Last face 0:(1[7-9]|[2-5]\d) ago", night.locator(".night-age").inner_text()
    )
    assert page.locator(".strip-spoken").text_content() == before, "nothing is announced"
    page.keyboard.press("Escape")
    until(page, "!harness.store.get().live.isNight")
    assert night.is_hidden()
    assert page.evaluate("harness.quiet.at(-1)") is False


def test_night_screen_says_not_watching_in_red_on_any_trouble(session_page):
    page = session_page([["moderate", 60]])
    page.evaluate("harness.setLive({isNight: true})")
    page.evaluate("harness.setLive({trouble: {code: 'camera-lost', values: {}, detail: ''}})")
    until(page, "document.getElementById('night-word').textContent === 'Not watching'")
    note = page.locator("#night-screen .night-note").inner_text()
    assert re.fullmatch(r"Since \d\d:\d\d: no camera", note)
    colour = page.locator("#night-word").evaluate("(word) => getComputedStyle(word).color")
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour))
    assert red > 200 > 2 * max(green, blue) - 100
    page.evaluate("harness.setLive({trouble: null})")
    answer(page, "busy")
    page.wait_for_timeout(200)
    assert page.locator("#night-word").inner_text() == "Moderate", "busy is no absence"


# Summary


@pytest.fixture
def summary(session_page):
    page = session_page(MINUTES)
    page.evaluate("""() => {
        const session = harness.session();
        session.mark("=turned", session.start + 30000);
        session.beginPrompt("moderate", session.start + 270000);
        session.endPrompt("AB", session.start + 290000);
        session.judge("higher", "CD", session.start + 295000);
        harness.finish();
    }""")
    page.wait_for_selector("#summary .summary-page")
    return page


def test_summary_has_everything_on_one_page(summary):
    text = summary.locator("#summary").inner_text()
    for part in (
        "bed 4",
        "at rest",
        "wince-starter 0.6.1",
        "smoothing 0.05 s, hold 1 s, margin 1.2.",
        "A low score never rules pain out. Not a medical device.",
        "=turned",
        "moderate: stood for 0:20; AB looked.",
        "CD: higher.",
        "Not saved.",
    ):
        assert part in text
    rows = summary.locator("#summary tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
    )
    times = {name: time for name, time, _ in rows}
    assert times["Severe"] == "0:20"
    assert times["Cannot tell: mouth covered"] == "0:30"
    assert times["Not connected"] == "1:00"
    assert sum(int(share.rstrip("%")) for *_, share in rows) == pytest.approx(100, abs=3)


def test_summary_is_printed_alone_on_one_page(summary):
    for paper in ("A4", "Letter"):
        pdf = summary.pdf(format=paper)
        assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1, paper
    summary.emulate_media(media="print")
    for selector in (".top", "#tabs", "#summary .summary-actions", "body > footer"):
        assert summary.locator(selector).is_hidden(), selector
    assert summary.locator("#summary .trend-image").is_visible()


def test_points_and_summary_are_saved_and_nothing_is_sent_or_stored(summary):
    urls = []
    summary.on("request", lambda request: urls.append(request.url))
    name, text = saved(summary, "#summary .save-csv")
    assert re.fullmatch(r"wince-bed-4-\d{4}(-\d\d){5}\.csv", name)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == summary.evaluate("harness.session().points.length()")
    assert "'=turned" in {row["marker"] for row in rows}, "a text, not a formula"
    assert {row["label"] for row in rows} == {"bed 4"}
    until(summary, "document.querySelector('#summary .summary-saved').textContent === 'Saved.'")
    name, text = saved(summary, "#summary .save-json")
    assert name.endswith(".json")
    data = json.loads(text)
    assert data["schema"] == "1"
    assert data["seconds"]["levels"]["severe"] == pytest.approx(20, abs=0.5)
    assert (data["label"], data["activity"]) == ("bed 4", "rest")
    assert [prompt["observer"] for prompt in data["prompts"]] == ["AB"]
    assert [url for url in urls if not url.startswith("blob:")] == []
    assert summary.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [
        0,
        0,
        "",
    ]


def test_a_session_that_is_not_saved_is_left_only_after_a_question(summary):
    summary.click("#summary .summary-leave")
    summary.wait_for_selector("#discard-dialog[open]")
    summary.click("#discard-dialog [value=stay]")
    assert summary.evaluate("harness.left()") == 0
    saved(summary, "#summary .save-json")
    until(summary, "document.querySelector('#summary .summary-saved').textContent === 'Saved.'")
    summary.click("#summary .summary-leave")
    until(summary, "harness.left() === 1")


def test_a_judgement_in_the_summary_has_to_be_saved_again(summary):
    saved(summary, "#summary .save-json")
    form = summary.locator("#summary .judgement form")
    form.get_by_label("the same").check()
    form.get_by_role("button").click()
    until(
        summary,
        "document.querySelector('#summary .summary-saved').textContent.startsWith('Not saved')",
    )
    summary.click("#summary .summary-leave")
    summary.click("#discard-dialog [value=discard]")
    until(summary, "harness.left() === 1")


@pytest.mark.parametrize("width", [320, 390, 640])
def test_nothing_scrolls_sideways_on_narrow_screens(session_page, width):
    page = session_page(MINUTES, width=width)
    widest = "document.documentElement.scrollWidth"
    assert page.evaluate(widest) <= width
    page.evaluate("harness.setLive({prompt: {start: Date.now(), level: 'severe'}})")
    page.evaluate("harness.finish()")
    page.wait_for_selector("#summary .summary-page")
    assert page.evaluate(widest) <= width


def test_film_has_the_trend_and_the_summary_of_its_own_times(session_page):
    page = session_page()
    page.evaluate("""() => {
        harness.watch([["mild", 90]], {
          label: "", activity: null, source: "ward.mp4", isRecording: true, start: 0}, 90000);
        const {session} = harness.store.get().live;
        harness.setLive({step: "choose", session: null});
        document.getElementById("panel-upload").hidden = false;
        const progress = {seconds: 60, duration: 90, isFinished: false};
        harness.store.updatePart("upload", {session, progress});
    }""")
    until(page, "document.querySelector('#film-trend .trend-line path').getAttribute('d')")
    assert "1:15" in page.locator("#film-trend .trend-ticks").text_content()
    page.evaluate("""() => {
        const {session, progress} = harness.store.get().upload;
        session.end(90000);
        harness.store.updatePart("upload", {progress: {...progress, isFinished: true}});
    }""")
    page.wait_for_selector("#film-summary .summary-page")
    assert page.locator("#film-trend").is_hidden()
    facts = page.locator("#film-summary .summary-facts").inner_text()
    assert "ward.mp4" in facts
    assert "1:30" in facts
    name, text = saved(page, "#film-summary .save-csv")
    assert name == "wince-ward-mp4.csv"
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {(row["time"], row["activity"], row["source"]) for row in rows} == {("", "", "ward.mp4")}


SMALL_TARGETS = """() => [...document.querySelectorAll("button, input, select, a[href]")]
  .filter((element) => element.checkVisibility({visibilityProperty: true}))
  .map((element) => element.closest("label") ?? element)
  .filter((element) => element.closest("#panel-live, dialog"))
  .filter((element) => element.getBoundingClientRect().height < 44)
  .map((element) => element.outerHTML)"""


@pytest.mark.parametrize("display", DISPLAYS)
def test_axe_finds_no_barrier_and_no_target_is_small(session_page, display):
    pytest.importorskip("axe_playwright_python", reason="needs axe-core")
    page = session_page(MINUTES, **DISPLAYS[display])
    page.evaluate("harness.session().mark('turned')")
    page.evaluate("harness.setLive({prompt: {start: Date.now(), level: 'severe'}})")
    page.wait_for_selector("#prompt .prompt-box:not([hidden])")
    assert find_barriers(page) == [], "watch, with a prompt"
    assert page.evaluate(SMALL_TARGETS) == []
    page.click("#mark")
    assert find_barriers(page) == [], "new marker"
    page.keyboard.press("Escape")
    page.evaluate("harness.setLive({isNight: true})")
    page.wait_for_selector("#night-screen[open]")
    assert find_barriers(page, "#night-screen") == [], "night screen"
    page.evaluate("harness.setLive({trouble: {code: 'camera-lost', values: {}, detail: ''}})")
    until(page, "document.getElementById('night-screen').dataset.kind === 'not-watching'")
    assert find_barriers(page, "#night-screen") == [], "night screen, not watching"
    page.evaluate("harness.setLive({isNight: false})")
    page.wait_for_selector("#night-screen", state="hidden")
    assert find_barriers(page) == [], "not watching"
    page.evaluate("harness.finish()")
    page.wait_for_selector("#summary .summary-page")
    assert find_barriers(page) == [], "summary"
    assert page.evaluate(SMALL_TARGETS) == []
    page.click("#summary .summary-leave")
    assert find_barriers(page, "#discard-dialog") == [], "question before leaving"
