"""Using the page with the keyboard."""

from tests.support.browser import until


def test_everything_can_be_done_by_keyboard(open_page, photo):
    page = open_page()
    page.on("filechooser", lambda chooser: chooser.set_files(photo))
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
        if reached[-1] == "choose":
            break
    assert {"language", "mute", "open-settings", "tab-upload", "choose"} <= set(reached)
    page.keyboard.press("Enter")
    page.wait_for_selector('#upload-result .result[data-kind="level"]')
    page.focus("#tab-upload")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-live"
    page.wait_for_selector("#panel-live")
    assert page.locator("#panel-upload").is_hidden()
    page.focus("#check-now")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id === 'aim-title'")
    page.focus("#leave")
    page.keyboard.press("Space")
    until(page, "document.activeElement.id === 'check-now'")
