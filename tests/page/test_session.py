"""The session of the live view: chart, markers and times in each level."""

import re

import pytest

from tests.support.browser import until


def test_chart_has_a_text_alternative(live):
    page, _ = live("mild")
    until(page, "document.querySelector('.chart-line').getAttribute('d').includes('L')")
    label = "document.querySelector('.chart svg').getAttribute('aria-label')"
    until(page, f"{label}.includes('now mild, PSPI 3.0; PSPI from 3.0 to 3.0')")
    assert page.evaluate(label).startswith("The last 5 minutes: ")
    assert page.locator(".chart-band").count() == 4
    page.select_option(".chart-minutes", "1")
    assert page.evaluate(label).startswith("The last minute: ")
    assert "1 min ago" in page.locator(".chart svg").text_content()


def test_markers_are_in_the_chart_and_in_the_list(live):
    page, _ = live()
    page.fill(".marker-text", "turned in bed <b>")
    page.press(".marker-text", "Enter")
    page.click(".marker-form button")
    listed = page.locator(".marker-list li").all_inner_texts()
    assert re.fullmatch(r"\d\d:\d\d:\d\d turned in bed <b>", listed[0])
    assert listed[1].endswith(" marker")
    assert page.locator(".chart-mark").count() == 2
    assert page.locator(".marker-message").inner_text() == "Marked: marker."
    label = page.locator(".chart svg").get_attribute("aria-label")
    assert "Markers: 1, " in label
    assert "turned in bed" in label


def test_session_sums_up_time_in_each_level_and_the_peak(live):
    page, level = live("mild")
    until(
        page, "document.querySelector('.level-times [data-shape=mild] td').textContent === '0:02'"
    )
    level[0] = None
    absent = "document.querySelector('.level-times [data-state=not-in-view] td')?.textContent"
    until(page, f"{absent} === '0:01'")
    assert page.locator(".level-times [data-shape=severe] td").first.inner_text() == "0:00"
    assert re.search(
        r"Highest: PSPI 3\.0 \(mild\) at \d\d:\d\d:\d\d",
        page.locator(".session-summary").inner_text(),
    )
    page.click("#stop")
    assert page.locator("#session-panel").is_visible(), "to be read and saved after the end"
    page.click(".session-clear")
    assert page.locator(".session-summary").inner_text() == "No live view has run yet."
    assert page.locator(".note-save button").first.is_disabled()


def test_session_counts_as_the_terminal_does(open_page):
    page = open_page()
    session = page.evaluate(
        """async () => {
          const {createSession} = await import("/static/session/session.js");
          const scale = await (await fetch("/v1/scale")).json();
          const session = createSession(scale);
          const track = (kind, level, pspi, between = null) =>
            ({statement: {kind, level, pspi, between}, score: pspi === null ? null : {pspi}});
          session.add(track("level", "none", 0), 1000);
          session.add(track("level", "none", 0), 2000);
          session.add({...track("changing", null, null), score: {pspi: 9}}, 2300);
          session.add(track("level", "mild", 3), 2500);
          session.add(track("level", "mild", 4), 3000);
          session.add(track("between", "mild", 5.4, ["mild", "moderate"]), 3200);
          session.add(track("not-in-view", null, null), 3700);
          session.add(track("cannot-tell", null, null), 3800);
          session.add(track("level", "mild", 3), 60000);  // nobody watched in between
          return {...session.summary(), samples: session.samples().length};
        }"""
    )
    expected = {
        "none": 1,
        "mild": 0.7,
        "moderate": 0,
        "severe": 0,
        "changing": 0.3,
        "mild/moderate": 0.2,
        "not-in-view": 0.5,
        "cannot-tell": 0.1,
        "not-connected": 56.2,
    }
    assert session["seconds"] == pytest.approx(expected)
    assert session["peak"] == {"time": 3000, "pspi": 4, "level": "mild"}
    assert session["samples"] == 6
