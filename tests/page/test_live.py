"""The live tab in a real browser: chart, markers, sums, note, quiet mode, and what is lost comes
back."""

import csv
import io
import re

import pytest
from PIL import Image

from tests.support.browser import free_port, serve, spoken, until
from tests.support.live_answers import answer_all

FOUND = "#live-result .found:not([hidden])"
PROBLEM = "#live-result .problem:not([hidden])"
LOSE = "document.getElementById('video').srcObject.getVideoTracks()[0]"


@pytest.fixture
def live(open_page):
    """Open the live tab with a server whose level a test decides: (page, [level])."""

    def live(level="mild", **options):
        page, now = open_page(**options), [level]
        page.route_web_socket(
            "**/v1/live*", lambda route: route.on_message(answer_all(route, lambda: now[0]))
        )
        page.click("#tab-live")
        page.click("#start")
        page.wait_for_selector(FOUND)
        return page, now

    return live


def saved(page, button):
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_card_shows_the_level_that_stands_and_not_the_one_of_a_frame(live):
    page, now = live("mild")
    until(page, "window.spoken.length === 1")
    now[0] = "severe"
    page.wait_for_timeout(600)
    assert page.locator("#live-result .level-name").inner_text() == "Mild"
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Severe'")
    until(page, "window.spoken.length === 2")
    assert spoken(page) == ["Level mild.", "Level severe."]


def test_chart_shows_the_last_minutes_in_words_too(live):
    page, _ = live("mild")
    until(page, "document.querySelector('.chart-line').getAttribute('d').includes('L')")
    label = "document.querySelector('.chart svg').getAttribute('aria-label')"
    until(page, f"{label}.includes('now mild, PSPI 3.0; PSPI from 3.0 to 3.0')")
    assert page.evaluate(label).startswith("The last 5 minutes: ")
    assert page.locator(".chart-band").count() == 4
    page.select_option(".chart-minutes", "1")
    assert page.evaluate(label).startswith("The last minute: ")
    assert "1 min ago" in page.locator(".chart svg").text_content()


def test_markers_stand_in_the_chart_and_in_the_list(live):
    page, _ = live()
    page.fill(".marker-text", "turned in bed <b>")
    page.press(".marker-text", "Enter")
    page.click(".marker-form button")
    listed = page.locator(".marker-list li").all_inner_texts()
    assert re.fullmatch(r"\d\d:\d\d:\d\d turned in bed <b>", listed[0])
    assert listed[1].endswith(" marker")
    assert page.locator(".chart-mark").count() == 2
    assert page.locator(".marker-said").inner_text() == "Marked: marker."
    label = page.locator(".chart svg").get_attribute("aria-label")
    assert "Markers: 1, " in label
    assert "turned in bed" in label


def test_session_sums_up_time_in_each_level_and_the_peak(live):
    page, now = live("mild")
    until(page, "document.querySelector('.sums [data-shape=mild] td').textContent === '0:02'")
    now[0] = None
    until(page, "/Without a face: 0:0[1-9]/.test(document.querySelector('.sums-more').textContent)")
    assert page.locator(".sums [data-shape=mild] td").nth(1).inner_text() == "100 %"
    assert page.locator(".sums [data-shape=severe] td").first.inner_text() == "0:00"
    assert re.search(
        r"Highest: PSPI 3\.0 \(mild\) at \d\d:\d\d:\d\d", page.locator(".sums-more").inner_text()
    )
    page.click("#stop")
    assert page.locator("#watching").is_visible(), "to be read and saved after the end"
    page.click(".session-clear")
    assert page.locator(".sums-more").inner_text() == "Nothing has been watched yet."
    assert page.locator(".note-save button").first.is_disabled()


def test_session_in_the_browser_counts_as_the_terminal_does(open_page):
    page = open_page()
    found = page.evaluate(
        """async () => {
          const {createSession} = await import("/static/session.js");
          const facts = await (await fetch("/v1/scale")).json();
          const session = createSession(facts);
          const say = (level, pspi, away = 0) => ({level, pspi, away});
          session.add(say("none", 0), 1000);
          session.add(say("none", 0), 2000);
          session.add(say("mild", 3), 2500);
          session.add(say("mild", 4), 3000);
          session.add(say("mild", 9, 0.5), 3500);
          session.add(say("mild", 3), 60000);  // nobody watched in between
          session.add(null, 60500);
          return {...session.sums(), samples: session.samples().length};
        }"""
    )
    assert found["seconds"] == {"none": 1, "mild": 1, "moderate": 0, "severe": 0}
    assert found["absent"] == 1
    assert found["peak"] == {"time": 3000, "pspi": 4, "level": "mild"}
    assert found["samples"] == 7


def test_note_is_saved_as_csv_text_and_picture_and_nowhere_else(live):
    page, _ = live("mild")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_selector(".note-save button:enabled")
    page.fill("[name=person]", '=HYPERLINK("x"), bed 4')
    page.fill("[name=observer]", "AB")
    page.check("[name=judgement][value=higher]")
    page.click(".note-take")

    name, data = saved(page, ".note-save button[value=csv]")
    assert re.fullmatch(r"wince-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.csv", name)
    (row,) = csv.DictReader(io.StringIO(data.decode(), newline=""))
    assert row["person"] == '\'=HYPERLINK("x"), bed 4', "a text and no formula"
    assert (row["observer"], row["observer_judgement"]) == ("AB", "higher")
    assert (row["pspi"], row["level"], row["model"]) == ("3.0", "mild", "m 1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", row["time"])
    assert float(row["interval_low"]) <= 3 <= float(row["interval_high"])

    name, data = saved(page, ".note-save button[value=text]")
    assert name.endswith(".txt")
    text = data.decode()
    for words in ("Observer: AB", "The observer: judges it higher", "PSPI: 3.0 of 16"):
        assert words in text
    assert "not a medical device" in text

    name, data = saved(page, ".note-save button[value=png]")
    assert name.endswith(".png")
    picture = Image.open(io.BytesIO(data)).convert("L")
    assert picture.width == 1280
    dark = sum(picture.histogram()[:128]) / (picture.width * picture.height)
    assert 0.005 < dark < 0.2, "dark letters on a light ground"

    assert [url for url in asked if not url.startswith("blob:")] == []
    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]


def test_note_keeps_the_score_of_its_moment(live):
    page, now = live("mild")
    page.wait_for_selector(".note-save button:enabled")
    first = page.locator(".note-score").inner_text()
    assert "Mild, PSPI 3.0 of 16" in first
    now[0] = "severe"
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Severe'")
    assert page.locator(".note-score").inner_text() == first
    page.click(".note-take")
    assert "Severe" in page.locator(".note-score").inner_text()


def test_quiet_mode_shows_the_word_and_speaks_nothing(live):
    page, now = live("mild")
    until(page, "window.spoken.length === 1")
    page.click("#tuning summary")
    assert "speaks nothing" in page.locator("#quiet-says").inner_text()
    page.click("#quiet")
    dialog = page.locator("#bedside")
    assert dialog.is_visible()
    assert dialog.locator(".bedside-word").inner_text() == "Mild"
    now[0] = "severe"
    until(page, "document.getElementById('bedside-word').textContent === 'Severe'")
    page.wait_for_timeout(300)
    assert spoken(page) == ["Level mild."]
    paper = page.evaluate("getComputedStyle(document.getElementById('bedside')).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", paper)) < 20
    now[0] = None
    until(page, "document.querySelector('.bedside-note').textContent === 'No face in view.'")
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    now[0] = "moderate"
    until(page, "window.spoken.length === 2")
    assert spoken(page)[-1] == "Level moderate."


def test_quiet_mode_has_its_word_in_the_chosen_language(live):
    page, _ = live("mild")
    page.click("#voice-settings")
    page.select_option("#language", "ar")
    page.click("#quiet")
    word = page.locator("#bedside-word")
    assert word.get_attribute("dir") == "rtl"
    assert word.get_attribute("lang") == "ar"
    assert re.search("[\u0600-\u06ff]", word.inner_text())


def test_quiet_mode_leaves_a_muted_page_muted(live):
    page, now = live("mild")
    page.click("#mute")
    page.click("#quiet")
    page.click(".bedside-end")
    before = len(spoken(page))
    now[0] = "severe"
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Severe'")
    page.wait_for_timeout(300)
    assert len(spoken(page)) == before


def test_settings_go_to_the_server_that_does_the_smoothing(live):
    page, _ = live()
    asked = []
    page.route_web_socket(
        "**/v1/live*",
        lambda route: (asked.append(route.url), route.on_message(answer_all(route))),
    )
    page.click("#tuning summary")
    page.fill("[name=hold]", "5")
    page.press("[name=hold]", "Tab")
    until(page, "document.querySelector('#live-result .found').hidden === false")
    for _ in range(100):
        if asked:
            break
        page.wait_for_timeout(50)
    assert asked[-1].endswith("?smoothing=1&hold=5&margin=0.5")
    count = len(asked)
    page.fill("[name=margin]", "9")
    page.press("[name=margin]", "Tab")
    page.wait_for_timeout(300)
    assert len(asked) == count, "a value out of range is not sent"


def test_lost_camera_is_told_and_comes_back_by_itself(live):
    page, _ = live("mild")
    page.evaluate(
        """() => {
          const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          window.tries = [];
          window.plugged = false;
          navigator.mediaDevices.getUserMedia = (wanted) => {
            window.tries.push(performance.now());
            return window.plugged ? open(wanted)
              : Promise.reject(new DOMException("no", "NotFoundError"));
          };
          document.getElementById("video").srcObject.getVideoTracks()[0].stop();
        }"""
    )
    page.evaluate(f"{LOSE}.dispatchEvent(new Event('ended'))")
    page.wait_for_selector(PROBLEM)
    told = page.locator("#live-result .problem").inner_text()
    assert "The camera is lost" in told
    assert "tried again by itself" in told
    until(page, "window.tries.length >= 6")  # each time the same camera, then any
    first, second, third = page.evaluate("[0, 2, 4].map((index) => window.tries[index])")
    assert third - second > 1.5 * (second - first) - 300, "the pauses grow"
    assert page.locator("#stop").is_visible()
    page.evaluate("window.plugged = true")
    page.wait_for_selector(FOUND)
    assert page.evaluate(f"{LOSE}.readyState") == "live"


def test_stop_ends_the_trying(live):
    page, _ = live("mild")
    page.evaluate(
        """() => {
          window.tries = 0;
          navigator.mediaDevices.getUserMedia = () => {
            window.tries += 1;
            return Promise.reject(new DOMException("no", "NotFoundError"));
          };
        }"""
    )
    page.evaluate(f"{LOSE}.dispatchEvent(new Event('ended'))")
    until(page, "window.tries >= 2")
    page.click("#stop")
    tries = page.evaluate("window.tries")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.tries") == tries
    assert page.locator("#start").is_visible()


def test_lost_connection_is_told_and_comes_back_by_itself(open_page):
    port = free_port()
    process, there = serve(port)
    try:
        page = open_page(there)
        opened = []
        page.on("websocket", lambda socket: opened.append(socket.url))
        page.click("#tab-live")
        page.click("#start")
        page.wait_for_selector(FOUND)
        process.kill()
        process.wait(20)
        page.wait_for_selector(PROBLEM)
        told = page.locator("#live-result .problem").inner_text()
        assert "The connection is lost" in told
        assert "tried again by itself" in told
        process, _ = serve(port)
        page.set_default_timeout(60_000)
        page.wait_for_selector(FOUND)
        assert len(opened) >= 2
        assert page.locator("#watching").is_visible()
    finally:
        process.kill()
        process.wait(20)


def test_pauses_between_tries_double_up_to_fifteen_seconds(open_page):
    page = open_page()
    pauses = page.evaluate(
        """async () => {
          const {createRecovery} = await import("/static/recover.js");
          const pauses = [];
          const real = window.setTimeout;
          window.setTimeout = (call, pause) => { pauses.push(pause); return 0; };
          const recovery = createRecovery();
          for (let n = 0; n < 7; n += 1) recovery.again(() => {});
          recovery.worked();
          recovery.again(() => {});
          window.setTimeout = real;
          return pauses;
        }"""
    )
    assert pauses == [500, 1000, 2000, 4000, 8000, 15000, 15000, 500]


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 800), (320, 640)])
def test_live_tab_fits_its_window(live, width, height):
    page, _ = live("mild", width=width, height=height)
    page.click("#tuning summary")
    page.fill(".marker-text", "turned in bed")
    page.click(".marker-form button")
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0
    page.locator(".note-save").scroll_into_view_if_needed()
