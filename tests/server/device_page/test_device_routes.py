"""The page on the device, as `wince serve` shows it below its own page."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from wince.runtime.assessor import Assessor
from wince.server import device_routes
from wince.server.app import create_app
from wince.server.device_page.policy import HEADER_POLICY
from wince.server.settings import load_settings

BASE = "http://127.0.0.1:5001"
LINK = 'href="device/"'


def client_of(assessor: Assessor, **settings) -> TestClient:
    return TestClient(create_app(assessor, settings=load_settings(settings)), base_url=BASE)


@pytest.fixture(scope="module")
def client(assessor: Assessor) -> TestClient:
    return client_of(assessor)


def test_server_shows_the_page_with_a_link_there_and_back(client: TestClient) -> None:
    assert LINK in client.get("/").text
    page = client.get("/device/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'content="device"' in page.text
    assert 'href="../" data-text="footer.on-server"' in page.text
    assert LINK not in page.text
    moved = client.get("/device", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (307, "/device/")


def test_every_file_has_its_type_and_the_policy_of_the_page(client: TestClient) -> None:
    script = client.get("/device/service-worker.js")
    assert script.headers["cache-control"] == "no-cache"
    facts = json.loads(script.text.partition(";\n\n")[0].removeprefix("self.wincePage = "))
    types = {
        "app.js": "text/javascript; charset=utf-8",
        "onnxruntime/ort-wasm-simd-threaded.wasm": "application/wasm",
        "models/model.onnx": "application/octet-stream",
        "models/model.json": "application/json",
        "manifest.webmanifest": "application/manifest+json",
        "css/base.css": "text/css; charset=utf-8",
        "icons/icon-192.png": "image/png",
    }
    folder = facts["index"].partition("/")[0]
    for name, expected in types.items():
        answer = client.head(f"/device/{folder}/{name}")
        assert answer.headers["content-type"] == expected
        assert answer.headers["content-security-policy"] == HEADER_POLICY
        assert "immutable" in answer.headers["cache-control"]
    assert "wasm" not in client.get("/").headers["content-security-policy"]


@pytest.mark.parametrize("path", ["nothing.js", "../app.py", "%2e%2e/v1/model", "files-0/app.js"])
def test_other_paths_are_not_found(client: TestClient, path: str) -> None:
    answer = client.get(f"/device/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_option_turns_it_off(assessor: Assessor) -> None:
    client = client_of(assessor, on_device=False)
    page = client.get("/")
    assert LINK not in page.text
    assert "footer.on-device" not in page.text
    assert client.get("/device/").status_code == 404


def test_with_a_token_only_the_packaged_model_is_given_away(assessor: Assessor) -> None:
    settings = load_settings({"token": "a-token-of-more-than-16-letters"})
    assert device_routes.is_offered(assessor, settings)
    manifest = assessor.estimator.manifest
    estimator = SimpleNamespace(folder=Path("run"), time_model=None, manifest=manifest)
    trained = SimpleNamespace(estimator=estimator)
    assert not device_routes.is_offered(trained, settings)
    assert device_routes.is_offered(trained, load_settings({}))


def test_with_a_token_the_files_need_none(assessor: Assessor) -> None:
    client = client_of(assessor, token="a-token-of-more-than-16-letters")
    assert client.get("/device/").status_code == 200
    assert client.get("/v1/model").status_code == 401


def test_a_model_that_the_device_cannot_run_is_not_offered() -> None:
    estimator = SimpleNamespace(folder=Path("run"), time_model=object())
    assert not device_routes.is_offered(SimpleNamespace(estimator=estimator), load_settings({}))
