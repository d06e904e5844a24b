"""The files of the page on the device: complete, consistent, and from one host."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from urllib.parse import urljoin, urlsplit

import pytest

from tests.support.frames import ROOT
from tests.support.other_scales import VAS, write_model
from wince.errors import ModelError
from wince.models import __file__ as models
from wince.runtime.assessor import Assessor
from wince.runtime.estimator import Estimator
from wince.server.device_page import model_files, onnxruntime_web, page
from wince.server.device_page.page import DevicePage, build
from wince.server.device_page.policy import HEADER_POLICY, POLICY
from wince.server.page_sources import STATIC

HOST = "https://host.example"
TEXTS = (".js", ".html", ".css", ".json", ".svg", ".webmanifest")
REFERENCES = {
    ".html": r'(?:src|href)="([^"#]+)"',
    ".css": r'url\("?([^")]+)"?\)',
    ".js": r'(?:^[^/*\n]*\bfrom\s+|\bimport\(\s*|^import\s+)"([^"]+\.\w+)"'
    r'|new URL\("([^"]+\.\w+)", import\.meta\.url\)',
    ".webmanifest": r'"src": "([^"]+)"',
}
"""What loads another file, by the ending of the file that names it."""


@pytest.fixture(scope="module")
def device_page(assessor: Assessor) -> DevicePage:
    return build(assessor.estimator)


def text_of(device_page: DevicePage, path: str) -> str:
    return device_page.files[path].decode()


def facts_of(device_page: DevicePage) -> dict:
    """What the service worker knows."""
    facts, _, _ = text_of(device_page, page.SERVICE_WORKER).partition(";\n\n")
    return json.loads(facts.removeprefix("self.wincePage = "))


def references(device_page: DevicePage, base: str = f"{HOST}/") -> set[str]:
    """The addresses of all files that a file of the page loads, as a browser sees them."""
    addresses = set()
    for path, content in device_page.files.items():
        pattern = REFERENCES.get(PurePosixPath(path).suffix)
        if pattern is None or "/onnxruntime/" in path:
            continue
        matches = re.finditer(pattern, content.decode(), re.MULTILINE)
        names = [match[match.lastindex] for match in matches]
        where = base if path == f"{device_page.folder}/index.html" else base + path
        addresses |= {urljoin(where, name) for name in names}
    return addresses


def test_every_file_that_is_named_is_there(device_page: DevicePage) -> None:
    addresses = references(device_page) - {f"{HOST}/"}  # the page itself
    assert {urlsplit(address).netloc for address in addresses} == {urlsplit(HOST).netloc}
    paths = {urlsplit(address).path.removeprefix("/") for address in addresses}
    assert len(paths) > 100
    assert paths - set(device_page.files) == set()


def test_document_asks_at_once_for_all_scripts_that_the_page_imports(
    device_page: DevicePage,
) -> None:
    preloaded = re.findall(
        r'rel="modulepreload" href="([^"]+)"', text_of(device_page, "index.html")
    )
    assert len(set(preloaded)) == len(preloaded) > 50
    for path in preloaded:
        text = text_of(device_page, path)
        for name in re.findall(r'^[^/*\n]*\bfrom "([^"]+\.js)"', text, re.MULTILINE):
            assert urljoin(f"{HOST}/{path}", name).removeprefix(f"{HOST}/") in preloaded
    assert f"{device_page.folder}/engine/device.js" in preloaded
    assert f"{device_page.folder}/engine/live_connection.js" not in preloaded  # the server's


def test_document_starts_the_engines_worker_before_other_scripts(device_page: DevicePage) -> None:
    document = text_of(device_page, "index.html")
    start, trusted = (
        f"{device_page.folder}/{name}" for name in ("engine/device_start.js", "trusted_urls.js")
    )
    assert f'<script type="module" src="{start}" async></script>' in document
    preloaded = re.findall(r'rel="modulepreload" href="([^"]+)"', document)
    assert preloaded[:2] == [start, trusted]
    assert re.findall(r'\bfrom "([^"]+)"', text_of(device_page, start)) == ["../trusted_urls.js"]


def test_every_script_is_reached_from_the_document(device_page: DevicePage) -> None:
    scripts = {f"{HOST}/{path}" for path in device_page.files if path.endswith(".js")}
    unnamed = {address.rpartition("/")[2] for address in scripts - references(device_page)}
    # Types only, and what browsers and the runtime load by themselves.
    assert unnamed <= {"types.js", "engine.js", "ort-wasm-simd-threaded.js"}


def test_service_worker_keeps_every_file_by_its_hash(device_page: DevicePage) -> None:
    facts = facts_of(device_page)
    assert facts["index"] in facts["files"]
    assert device_page.files[facts["index"]] == device_page.files["index.html"]
    for path, digest in facts["files"].items():
        assert hashlib.sha256(device_page.files[path]).hexdigest() == digest
    not_kept = set(device_page.files) - set(facts["files"])
    assert {PurePosixPath(path).name for path in not_kept} == {
        *("index.html", "service-worker.js", "wince-page.json"),
        *("LICENSE", "NOTICE", "ThirdPartyNotices.txt", "WEIGHTS-LICENSE.md", "SHA256SUMS"),
    }
    listing = json.loads(text_of(device_page, f"{device_page.folder}/{page.LISTING}"))
    assert set(listing["sha256"]) == set(device_page.files) - {
        f"{device_page.folder}/{page.LISTING}"
    }
    assert facts["files"].items() <= listing["sha256"].items()


def test_document_has_the_policy_and_the_engine_and_no_link_to_a_server(
    device_page: DevicePage,
) -> None:
    html = text_of(device_page, "index.html")
    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" />' in html
    assert html.index("Content-Security-Policy") < html.index("<link")
    assert '<meta name="wince-engine" content="device" />' in html
    assert not re.search("openapi|footer.on-", html)
    assert not re.search(r"style=|<style|<script(?! type=\"module\" src=)", html)


def test_policy_allows_webassembly_and_no_other_host() -> None:
    sources = {name: words for name, *words in (part.split() for part in POLICY.split("; "))}
    assert sources["default-src"] == ["'none'"]
    assert sources["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert sources["connect-src"] == sources["worker-src"] == ["'self'"]
    assert not re.search(r"https?:|wss?:|\*|unsafe-inline|'unsafe-eval'", POLICY)


def test_no_file_names_another_host(device_page: DevicePage) -> None:
    allowed = {
        "http://www.w3.org/2000/svg",  # a namespace, not an address that is loaded
    }
    pattern = re.compile(r"(?:https?|wss?)://\w[^\s\"'`)]*")
    for path, content in device_page.files.items():
        if path.endswith(TEXTS) and not re.search("/onnxruntime/|/models/|wince-page", path):
            assert set(pattern.findall(content.decode())) <= allowed, path


def test_models_are_those_of_the_package(device_page: DevicePage, assessor: Assessor) -> None:
    folder = Path(models).parent
    for name, source in {
        "model.onnx": folder / "starter" / "model.onnx",
        "model.json": folder / "starter" / "model.json",
        "face_detector.onnx": folder / "face" / "face_detector.onnx",
        "occlusion.json": folder / "occlusion" / "occlusion.json",
    }.items():
        assert device_page.files[f"{device_page.folder}/models/{name}"] == source.read_bytes()
    description = json.loads(text_of(device_page, f"{device_page.folder}/models/description.json"))
    assert description["name"] == assessor.estimator.model["name"]
    card = text_of(device_page, f"{device_page.folder}/models/card.html")
    assert "<h1>" in card
    assert 'href="../css/base.css"' in card


def test_subpath_makes_every_address_absolute(assessor: Assessor) -> None:
    below = build(assessor.estimator, subpath="/wince/")
    html = text_of(below, "index.html")
    # Also without the slash at the end of the page's address.
    for name in re.findall(r'(?:src|href)="([^"#]+)"', html):
        path = urlsplit(urljoin(f"{HOST}/wince", name)).path
        assert path == "/wince/" or path.removeprefix("/wince/") in below.files
    manifest = json.loads(text_of(below, f"{below.folder}/manifest.webmanifest"))
    assert {manifest[name] for name in ("id", "start_url", "scope")} == {"/wince/"}


def test_without_a_subpath_the_manifest_is_about_the_folder_of_the_document(
    device_page: DevicePage,
) -> None:
    path = f"{device_page.folder}/manifest.webmanifest"
    manifest = json.loads(text_of(device_page, path))
    for base in (f"{HOST}/", f"{HOST}/any/path/"):
        for name in ("start_url", "scope"):
            assert urljoin(base + path, manifest[name]) == base
    assert "id" not in manifest  # so that it is the address of the start


def test_version_changes_with_any_file(
    device_page: DevicePage, assessor: Assessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build(assessor.estimator).version == device_page.version
    files = {**model_files.read_files(assessor.estimator), "occlusion.json": b"{}"}
    monkeypatch.setattr(model_files, "read_files", lambda _: files)
    assert build(assessor.estimator).version != device_page.version


@pytest.mark.parametrize("damage", ["missing", "cut off", "changed"])
def test_a_runtime_that_is_not_complete_is_refused(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in onnxruntime_web.FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    binary = tmp_path / "ort-wasm-simd-threaded.wasm.gz"
    script = tmp_path / "ort.wasm.min.js"
    if damage == "missing":
        binary.unlink()
    elif damage == "cut off":
        binary.write_bytes(binary.read_bytes()[:100_000])
    else:
        script.write_bytes(script.read_bytes().replace(b"fetch", b"fetsh"))
    monkeypatch.setattr(onnxruntime_web, "FOLDER", tmp_path)
    with pytest.raises(ModelError, match=r"is missing or damaged.* Install wince again\."):
        onnxruntime_web.read_files()


def test_a_packaged_model_that_is_missing_is_refused(
    assessor: Assessor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files.resources, "files", lambda _: tmp_path)
    with pytest.raises(ModelError, match=r"face_detector\.onnx cannot be read.*install wince"):
        model_files.read_files(assessor.estimator)


def test_levels_that_were_stated_for_the_model_are_those_of_the_page(tmp_path: Path) -> None:
    stated = replace(VAS, cuts=(40.0,), levels=("low", "high"))
    estimator = Estimator(write_model(tmp_path / "model", VAS), scale=stated)
    files = model_files.read_files(estimator)
    manifest = json.loads(files["model.json"])
    assert manifest["scale"] == stated.to_dict()
    assert manifest["calibration"]["prior"] == []
    assert manifest["sha256"] == hashlib.sha256(files["model.onnx"]).hexdigest()
    levels = json.loads(files["scale.json"])["levels"]
    assert [(level["name"], level["from_score"]) for level in levels] == [("low", 0), ("high", 40)]


def test_a_model_with_state_is_refused(assessor: Assessor) -> None:
    estimator = SimpleNamespace(time_model=object(), folder=Path("run"))
    with pytest.raises(ModelError, match=r"run has a model of time.*without --over-time"):
        model_files.refuse_unsupported(estimator)
    model_files.refuse_unsupported(assessor.estimator)


@pytest.mark.parametrize("inputs", [None, [], "pixels", ["pixels"], [{"shape": [1]}]])
def test_a_model_whose_inputs_have_no_names_is_refused(inputs: object, assessor: Assessor) -> None:
    manifest = {**assessor.estimator.manifest, "inputs": inputs}
    estimator = SimpleNamespace(time_model=None, folder=Path("run"), manifest=manifest)
    with pytest.raises(ModelError, match=r"model\.json does not name the inputs.*Export"):
        model_files.refuse_unsupported(estimator)


def test_the_documented_headers_are_the_page_s_policy() -> None:
    text = (ROOT / "docs" / "on-device.md").read_text("utf-8")
    assert text.count(f'"{HEADER_POLICY}"') == 3  # nginx, Apache, IIS


def test_scripts_load_no_json_as_modules(device_page: DevicePage) -> None:
    """Firefox before 138 and Safari before 17.2 cannot."""
    for path in device_page.files:
        if path.endswith(".js") and "/onnxruntime/" not in path:
            assert not re.search(r'from "[^"]+\.json"', text_of(device_page, path)), path


def test_types_for_developers_are_left_out(device_page: DevicePage) -> None:
    assert list(STATIC.rglob("*.d.ts"))
    assert not [path for path in device_page.files if path.endswith((".d.ts", ".gz"))]
