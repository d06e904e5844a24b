"""The page as a whole: its width, its statements, and what it stores."""

from tests.support.browser import SPEECH, start_watching, unfold, upload


def test_no_width_needs_sideways_scrolling(open_page, photo):
    page = open_page(speech=f"{SPEECH}; window.voices = [];")

    def check():
        for width in (320, 375, 768, 900):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.wait_for_selector("#voice-hint:not([hidden])")
    check()
    upload(page, photo)
    unfold(page, "why", "numbers", "compare", "advice")
    page.check("#panel-upload .map-on")
    check()
    page.click("#tab-live")
    check()
    start_watching(page)
    check()
    page.click("#finish")
    check()


def test_page_states_what_it_is_and_what_it_stores(open_page):
    page = open_page()
    text = page.locator("body").inner_text()
    assert "Research software, not a medical device" in text
    assert "cannot tell what a person feels" in text
    assert "Reads the face only. Images stay on this machine. Not a medical device." in text
    assert "Images never leave this machine, and nothing is stored." in text


def test_nothing_is_stored_in_the_browser(open_page, photo):
    page = open_page()
    caches = page.evaluate("caches.keys()")  # of the page on the device, which tests before used
    upload(page, photo)
    stored = page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, document.cookie,
          (await indexedDB.databases()).length]"""
    )
    assert stored == [0, 0, "", 0]
    assert page.evaluate("caches.keys()") == caches
