"""The page on the device with a camera."""

import pytest

from tests.support.browser import TIMEOUT, start_watching
from tests.support.page_constants import LIVE

SLOW = 4 * TIMEOUT
"""A busy machine takes long to load the networks."""


@pytest.fixture
def device_page(context, address):
    """The page on the device, and the requests that it and its worker make after it is ready."""
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.goto(f"{address}/device/")
    page.wait_for_selector("html[data-ready]")
    requests = []
    page.on("request", lambda request: requests.append(request))
    page.on("websocket", lambda socket: requests.append(socket))
    yield page, requests
    page.close()


def test_a_face_is_watched_and_no_frame_leaves_the_device(device_page):
    page, requests = device_page
    start_watching(page)
    assert page.inner_text(f"{LIVE} .result-title") == "No pain expression seen"
    assert page.inner_text(f"{LIVE} .result-score") == "PSPI 0 of 16"
    page.click("#finish")
    page.wait_for_selector("#summary:not([hidden])")
    assert {getattr(request, "method", "socket") for request in requests} <= {"GET"}
