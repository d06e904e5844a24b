"""The page as a phone opens it: over HTTPS with a certificate that was accepted, and installed."""

import os
import re
import subprocess
import sys

import pytest

from tests.support.browser import SPEECH, TIMEOUT, start_watching
from tests.support.server_process import free_port

pytest.importorskip("segno", reason="needs segno")
pytest.importorskip("cryptography", reason="needs cryptography")


@pytest.fixture
def phone_address(tmp_path):
    """The address with the token that `wince serve --phone` prints."""
    from wince.server.network_addresses import list_addresses

    if not list_addresses():
        pytest.skip("needs a network interface")
    process = subprocess.Popen(
        [sys.executable, "-m", "wince", "serve", "--phone", "--port", str(free_port())],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "XDG_DATA_HOME": str(tmp_path)},
    )
    addresses = (re.match(r"https://\S+#token=\S+", line) for line in process.stdout)
    yield next(match[0] for match in addresses if match)
    process.terminate()
    process.wait(20)


def test_scanned_address_opens_the_page_with_its_camera(browser, phone_address):
    context = browser.new_context(ignore_https_errors=True, is_mobile=True)
    context.grant_permissions(["camera"])
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    page.add_init_script(SPEECH)
    page.goto(phone_address)
    page.wait_for_selector("html[data-ready]")
    assert page.url == phone_address.partition("#")[0]
    assert page.evaluate("isSecureContext")
    start_watching(page)
    assert page.locator("#token-dialog").is_hidden()
    context.close()


def test_browser_finds_nothing_wrong_with_the_manifest(open_page):
    page = open_page()
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["url"].endswith("/static/manifest.webmanifest")
    assert manifest["errors"] == []
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in errors} <= {"in-incognito"}  # as each tested page is
