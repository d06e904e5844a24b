"""The page on the device: served as files, then without a network, with the server's results."""

import functools
import http.server
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.browser import SPEECH, TIMEOUT, upload
from tests.support.page_constants import RESULT
from wince.server.device_page import export
from wince.server.device_page.page import build

SLOW = 4 * TIMEOUT
"""A busy machine takes long to load the networks."""


@dataclass
class Host:
    """`python -m http.server` for a folder, which can be stopped and started again."""

    folder: Path
    port: int = 0
    methods: set[str] = field(default_factory=set)
    has_networks: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.has_networks.set()

    def start(self) -> None:
        methods, has_networks = self.methods, self.has_networks

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith(".onnx"):
                    has_networks.wait(SLOW / 1000)
                super().do_GET()

            def log_message(self, *_) -> None:
                methods.add(self.command)

        handler = functools.partial(Handler, directory=str(self.folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@pytest.fixture(scope="module")
def host(tmp_path_factory, assessor):
    host = Host(tmp_path_factory.mktemp("device_page"))
    export.write(build(assessor.estimator), host.folder)
    host.start()
    yield host
    host.stop()


@pytest.fixture
def device_context(browser):
    """A browser that has never seen the page."""
    context = browser.new_context(locale="en")
    yield context
    context.close()


@dataclass(frozen=True)
class Visit:
    """A browser after its first visit: the page is saved on the device.

    Attributes:
        context: The browser.
        addresses: What its pages have asked for.
        hints: What the page said before the networks were there, and when it was ready.
    """

    context: object
    addresses: list[str]
    hints: tuple[str, str]


@pytest.fixture(scope="module")
def visit(browser, host):
    """The first visit, at which the networks arrive only after the page has said that it loads."""
    context = browser.new_context(locale="en")
    addresses: list[str] = []
    context.on("request", lambda request: addresses.append(request.url))
    host.has_networks.clear()
    page = new_page(context)
    page.goto(host.address)
    hint = page.locator("#voice-hint", has_text="The page")
    hint.wait_for()
    loading = hint.text_content()
    host.has_networks.set()
    page.wait_for_selector("html[data-ready]")
    ready = page.text_content("#voice-hint")
    wait_for_note(page, "Saved on this device")
    page.close()
    yield Visit(context, addresses, (loading, ready))
    context.close()


def new_page(context):
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.add_init_script(SPEECH)
    return page


def open_device_page(context, host):
    page = new_page(context)
    page.goto(host.address)
    page.wait_for_selector("html[data-ready]")
    return page


def result_of(page, photo):
    """What the page states of a photo: the lines of the result, and its action units."""
    page.set_input_files("#file", photo)
    page.wait_for_selector('#upload-result[aria-busy=false] .result[data-kind="level"]')
    return statement(page)


def statement(page):
    return [page.text_content(f"{RESULT} {part}") for part in (".result-lines", ".units")]


def version_of(page):
    return page.get_attribute("script[type=module]", "src").partition("/")[0]


def wait_for_note(page, words):
    page.locator("#offline", has_text=words).wait_for()


def test_after_the_first_visit_photos_are_assessed_without_a_network_as_on_the_server(
    host, visit, open_page, frames
):
    photos = [str(frame.path) for frame in frames[1:4]]
    server = open_page()
    expected = []
    for photo in photos:
        upload(server, photo)
        expected.append(statement(server))
    host.stop()
    try:
        page = open_device_page(visit.context, host)
        assert [result_of(page, photo) for photo in photos] == expected
        page.close()
    finally:
        host.start()
    assert {address for address in visit.addresses if not address.startswith(host.address)} <= {
        address for address in visit.addresses if address.startswith(f"blob:{host.address}")
    }
    assert host.methods == {"GET"}


def test_the_page_says_that_it_loads_until_the_networks_are_there(visit):
    loading, ready = visit.hints
    assert "The page is loading" in loading
    assert "loading" not in ready


def test_an_engine_that_cannot_be_loaded_is_told(host, device_context):
    device_context.route("**/engine/device.js", lambda route: route.abort())
    page = new_page(device_context)
    page.goto(host.address)
    page.locator("#voice-hint", has_text="The page failed").wait_for()


def test_a_new_version_is_offered_and_not_forced(host, visit, assessor):
    page = open_device_page(visit.context, host)
    wait_for_note(page, "Saved on this device")
    old = version_of(page)
    session = visit.context.new_cdp_session(page)
    assert session.send("Page.getAppManifest")["errors"] == []
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in errors} <= {"in-incognito"}  # as each tested page is
    new = build(assessor.estimator, has_server=True)
    export.write(new, host.folder)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    wait_for_note(page, "A new version is ready")
    assert version_of(page) == old
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert version_of(page) == old != new.folder
    page.click("#offline button")
    page.wait_for_selector(f'script[src^="{new.folder}/"]', state="attached")
    wait_for_note(page, "Saved on this device")
