"""ONNX Runtime Web as it is kept in the repository: complete, unchanged, and contacting nobody."""

import gzip
import hashlib
import re

from tests.support.frames import ROOT
from wince.server.routes import STATIC

FOLDER = STATIC / "onnxruntime"
ADDRESS = re.compile(rb"(?:https?|wss?)://([\w.-]+)")


def contents() -> dict[str, bytes]:
    """The files as they come from the package, by name."""
    files = {
        path.name: path.read_bytes()
        for path in FOLDER.iterdir()
        if path.suffix != ".gz" and path.name not in ("SHA256SUMS", "ort.wasm.min.d.ts")
    }
    (compressed,) = FOLDER.glob("*.gz")
    return {**files, compressed.stem: gzip.decompress(compressed.read_bytes())}


def test_every_file_has_the_hash_that_is_noted() -> None:
    lines = (FOLDER / "SHA256SUMS").read_text("utf-8").splitlines()
    noted = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert noted == {
        name: hashlib.sha256(content).hexdigest() for name, content in contents().items()
    }


def test_no_script_contacts_another_host() -> None:
    scripts = {name: text for name, text in contents().items() if name.endswith(".js")}
    hosts = {host for text in scripts.values() for host in ADDRESS.findall(text)}
    assert hosts == {b"web.dev"}  # in the text of a warning
    requests = [
        request for text in scripts.values() for request in re.findall(rb"\bfetch\(([^,)]+)", text)
    ]
    assert requests
    assert not [request for request in requests if request.startswith((b'"', b"'", b"`"))]
    words = (b"WebSocket", b"sendBeacon", b"importScripts(", b"EventSource")
    assert not [word for word in words for text in scripts.values() if word in text]


def test_addresses_in_the_binary_are_those_of_documentation() -> None:
    (binary,) = (content for name, content in contents().items() if name.endswith(".wasm"))
    assert set(ADDRESS.findall(binary)) == {
        *(b"arxiv.org", b"docs.nvidia.com", b"github.com"),
        *(b"ieeexplore.ieee.org", b"tinyurl.com"),  # of the descriptions of operators
    }


def test_version_in_the_script_is_the_one_that_the_notice_names() -> None:
    (version,) = re.findall(rb"ONNX Runtime Web v([\d.]+)\n", contents()["ort.wasm.min.js"])
    assert f"ONNX Runtime Web {version.decode()}" in (ROOT / "NOTICE").read_text("utf-8")
