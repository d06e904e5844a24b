"""The page of a server that needs a token."""

import os
import re
import subprocess
import sys

import pytest

from tests.support.browser import SPEECH, TIMEOUT, start_watching
from tests.support.server_process import free_port

TOKEN = "a-token.for_tests~1234567890"


@pytest.fixture(scope="module")
def address():
    command = [sys.executable, "-m", "wince", "serve", "--port", str(free_port())]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "WINCE_TOKEN": TOKEN},
    )
    match = re.search(r"http://\S+", process.stdout.readline())
    assert match, "the server did not start"
    yield match[0]
    process.terminate()
    process.wait(20)


@pytest.fixture
def open_at(address, browser):
    """Open the page at a path; check afterwards that there was no error and no policy violation."""
    contexts, errors = [], []

    def on_console(message):
        if "Policy" in message.text:
            errors.append(message.text)

    def open_at(path):
        context = browser.new_context()
        contexts.append(context)
        context.grant_permissions(["camera"])
        page = context.new_page()
        page.set_default_timeout(TIMEOUT)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", on_console)
        page.add_init_script(SPEECH)
        page.goto(address + path)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert errors == []


def test_printed_address_opens_the_page_and_is_removed_from_the_address_bar(
    open_at, address, frames
):
    page = open_at(f"/#token={TOKEN}")
    page.wait_for_selector("html[data-ready]")
    assert page.url == f"{address}/"
    assert (
        page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    )
    page.set_input_files("#file", frames[1].path)
    page.wait_for_selector("#upload-result .result[data-kind=level]")
    start_watching(page)
    assert page.locator("#token-dialog").is_hidden()


def test_page_asks_for_the_token_until_it_is_right(open_at):
    page = open_at("/")
    dialog = page.locator("#token-dialog")
    dialog.wait_for()
    assert page.locator("#token-wrong").is_hidden()
    page.keyboard.press("Escape")
    assert dialog.is_visible()
    page.fill("#token", "a-wrong-token-of-enough-length")
    page.keyboard.press("Enter")
    page.locator("#token-wrong").wait_for()
    page.fill("#token", TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-ready]")
    assert dialog.is_hidden()


def test_printed_address_answers_the_question_of_an_open_page(open_at, address):
    page = open_at("/")
    page.locator("#token-dialog").wait_for()
    page.evaluate(f"location.hash = 'token={TOKEN}'")
    page.wait_for_selector("html[data-ready]")
    assert page.url == f"{address}/"
