"""Using the page with the keyboard."""

from tests.support.browser import FOCUSED, until, wait_for_focus
from tests.support.page_constants import LIVE_RESULT, RESULT


def tab_to(page, name):
    """Press the Tab key until an element has the focus; return the names of those before it."""
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
        if reached[-1] == name:
            return reached
    raise AssertionError(f"{name} was not reached: {reached}")


def test_a_photo_is_assessed_by_keyboard(open_page, photo):
    page = open_page()
    page.on("filechooser", lambda chooser: chooser.set_files(photo))
    reached = tab_to(page, "choose")
    assert {"language", "mute", "open-settings", "tab-upload"} <= set(reached)
    page.keyboard.press("Enter")
    page.wait_for_selector(f'{RESULT}[data-kind="level"]')


def test_the_first_link_leads_past_the_header(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    wait_for_focus(page, "main")


def test_check_and_watch_are_done_by_keyboard_and_never_lose_the_focus(open_page):
    page = open_page()
    page.focus("#tab-upload")
    page.keyboard.press("ArrowRight")
    wait_for_focus(page, "tab-live")
    assert page.locator("#panel-live").is_visible()
    assert page.locator("#panel-upload").is_hidden()
    tab_to(page, "check-now")
    page.keyboard.press("Enter")
    wait_for_focus(page, "aim-title")
    page.wait_for_selector("#begin:not([disabled])")
    tab_to(page, "begin")
    page.keyboard.press("Enter")
    page.wait_for_selector(LIVE_RESULT)
    wait_for_focus(page, "check-again")
    page.focus("#leave")
    page.keyboard.press("Enter")
    wait_for_focus(page, "check-now")
    tab_to(page, "watch-over-time")
    page.keyboard.press("Enter")
    page.wait_for_selector("#begin:not([disabled])")
    tab_to(page, "label")
    page.keyboard.type("bed 4")
    page.keyboard.press("Enter")
    page.wait_for_selector(LIVE_RESULT)
    wait_for_focus(page, "mark")
    tab_to(page, "finish")
    page.keyboard.press("Enter")
    page.wait_for_selector("#summary:not([hidden])")
    until(page, "document.activeElement.closest('#summary') !== null")
    assert "bed 4" in page.locator("#summary").inner_text()
