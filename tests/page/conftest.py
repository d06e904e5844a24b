"""A server, a browser and the page opened in it.

The server and the browser have package scope: they run for all tests of this folder and stop before
those of other folders. While Playwright runs, `asyncio.run` cannot be called in the same thread.
Tests open the page in the same tabs one after the other. All tabs have one browser context and one
process, because the start of a process takes longer than loading the page; the page stores nothing
that could remain.
"""

import math

import numpy as np
import pytest
from PIL import Image

from tests.support.browser import SPEECH, TIMEOUT, serve, start_watching
from tests.support.firefox import FIREFOX, start_firefox
from tests.support.live_answers import answer_all
from tests.support.page_constants import ARGUMENTS, CHROMIUM
from tests.support.server_process import free_port
from tests.support.tabs import Tabs
from tests.support.video_sample import write_video


@pytest.fixture(scope="session")
def playwright_api():
    """Playwright's synchronous API; skips where it or Chromium is missing."""
    if CHROMIUM is None:
        pytest.skip("needs the chromium program on the path")
    return pytest.importorskip("playwright.sync_api", reason="needs playwright")


@pytest.fixture(scope="package")
def address():
    process, address = serve(free_port())
    yield address
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="package")
def camera_file(astronaut, tmp_path_factory):
    """Two seconds of a face that moves from side to side, as a camera delivers it.

    Ten uncompressed frames a second take half the computing time of the usual thirty of MJPEG.
    """
    pytest.importorskip("av", reason="needs wince[video]")
    near = Image.fromarray(astronaut).crop((100, 0, 420, 240)).resize((640, 480))
    shifts = [round(90 * math.sin(2 * math.pi * step / 20)) for step in range(20)]
    frames = [
        np.asarray(near.transform(near.size, Image.Transform.AFFINE, (1, 0, shift, 0, 1, 0)))
        for shift in shifts
    ]
    path = tmp_path_factory.mktemp("camera") / "face.y4m"
    return write_video(path, frames, rate=10, codec="wrapped_avframe")


@pytest.fixture(scope="package")
def browser(camera_file, playwright_api):
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                *ARGUMENTS,
                "--process-per-site",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera_file}",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def firefox_process(tmp_path_factory):
    if FIREFOX is None:
        pytest.skip("needs the firefox-esr or firefox program on the path")
    with start_firefox(tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox


@pytest.fixture
def firefox(firefox_process):
    """A tab of Firefox; checks afterwards that no script of the page failed."""
    firefox_process.errors.clear()
    yield firefox_process
    firefox_process.leave()
    assert firefox_process.errors == []


@pytest.fixture(scope="package")
def context(browser, address):
    """A browser context that may use the camera."""
    context = browser.new_context()
    context.grant_permissions(["camera"])
    context.new_page().goto(f"{address}/healthz")  # keeps the process when a test ends
    return context


@pytest.fixture(scope="package")
def tabs(context, address):
    return Tabs(context, f"{address}/healthz")


@pytest.fixture
def open_page(tabs, address):
    """Open the page; check afterwards that it had no error and asked no other machine.

    `speech` is a script that runs before those of the page. `answer_socket` handles the route of
    its live socket; without it the server answers.
    """
    taken, requests, errors = [], [], []

    def open_page(
        where=address, *, width=1280, height=900, speech=SPEECH, answer_socket=None, **media
    ):
        tab = tabs.take(answer_socket)
        taken.append(tab)
        tab.prepare(speech)
        page = tab.page
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(**media)
        page.set_default_timeout(TIMEOUT)
        page.on("request", lambda request: requests.append(request.url))
        page.on("websocket", lambda socket: requests.append(socket.url.replace("ws:", "http:")))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                errors.append(message.text)
                if "Content Security Policy" in message.text or "Trusted" in message.text
                else None
            ),
        )
        page.goto(where)
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for tab in taken:
        tabs.give_back(tab)
    assert errors == []
    assert requests
    foreign = [url for url in requests if not url.startswith(("http://127.0.0.1:", "blob:"))]
    assert foreign == []


@pytest.fixture
def photo(portrait_jpeg):
    return {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": portrait_jpeg}


@pytest.fixture
def live(open_page):
    """Watch a face with answers whose level a test decides: (page, [level])."""

    def live(level="mild", **options):
        current = [level]

        def answer(route):
            route.on_message(answer_all(route, lambda: current[0]))

        page = open_page(answer_socket=answer, **options)
        start_watching(page)
        return page, current

    return live
