"""Using the page with the keyboard."""


def test_everything_can_be_done_by_keyboard(open_page, photo):
    page = open_page()
    page.on("filechooser", lambda chooser: chooser.set_files(photo))
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
        if reached[-1] == "choose":
            break
    assert {"tab-upload", "mute", "say-percent", "say-advice", "choose"} <= set(reached)
    page.keyboard.press("Enter")
    page.wait_for_selector("#upload-result .assessed:not([hidden])")
    page.focus("#tab-upload")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-live"
    assert page.locator("#panel-live").is_visible()
    assert page.locator("#panel-upload").is_hidden()
    page.focus("#start")
    page.keyboard.press("Enter")
    page.wait_for_selector("#live-result .assessed:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "stop"
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.id") == "start"
