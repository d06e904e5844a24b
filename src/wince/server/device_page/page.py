"""All files of the page on the device: those that hosts serve, by path."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from wince import __version__
from wince.errors import ModelError
from wince.runtime.estimator import Estimator
from wince.server.device_page import index_page, model_files, module_graph, onnxruntime_web
from wince.server.device_page.policy import HEADER_POLICY
from wince.server.page_sources import STATIC
from wince.speech.languages import CATALOGUES

INDEX = "index.html"
SERVICE_WORKER = "service-worker.js"
LISTING = "wince-page.json"
"""In the folder with the files: names the versions, and each file of the page with its SHA-256."""
FOLDER_PREFIX = "files-"
"""The other files are in one folder, whose name changes with their content. So a host, a browser or
an upload that stops halfway never mixes two versions."""

_SOURCE_OF_SERVICE_WORKER = "service_worker.js"
_MANIFEST = "manifest.webmanifest"
_UNCACHED = ("LICENSE", "ThirdPartyNotices.txt", "NOTICE", "WEIGHTS-LICENSE.md", "SHA256SUMS")
_LEFT_OUT = (".d.ts", ".gz")
"""Endings of files that are for developers, or whose content is served decompressed."""


@dataclass(frozen=True, slots=True)
class DevicePage:
    """The page on the device.

    Attributes:
        version: 16 hexadecimal digits of the SHA-256 of all files.
        files: Contents by path. All but the document and the service worker are in `folder`.
    """

    version: str
    files: Mapping[str, bytes]

    @property
    def folder(self) -> str:
        """Name of the folder with the files."""
        return FOLDER_PREFIX + self.version


def build(
    estimator: Estimator, *, subpath: str | None = None, has_server: bool = False
) -> DevicePage:
    """Return the page for a model.

    Args:
        estimator: The model.
        subpath: Path below which hosts serve the page, such as "/wince/". None makes all addresses
            relative.
        has_server: Whether a wince server shows the page below its own, so that it links to it.

    Raises:
        ModelError: The page cannot run the model, or a packaged file is missing or damaged.
    """
    files = _static_files(subpath)
    files |= {f"models/{name}": file for name, file in model_files.read_files(estimator).items()}
    # The document is not final yet, because it names the folder.
    render = partial(
        index_page.render,
        modules=module_graph.modules(files),
        subpath=subpath,
        has_server=has_server,
    )
    document = render("")
    version = _version({**files, INDEX: document.encode()})
    folder = f"{FOLDER_PREFIX}{version}/"
    document = render(folder)
    placed = {folder + path: content for path, content in files.items()}
    placed[folder + INDEX] = placed[INDEX] = document.encode()
    placed[SERVICE_WORKER] = _service_worker(placed, folder + INDEX)
    placed[folder + LISTING] = _listing(version, estimator.model, placed)
    return DevicePage(version, placed)


def _static_files(subpath: str | None) -> dict[str, bytes]:
    """Return the page's scripts, styles, icons, texts and runtime by path."""
    files = {
        path.relative_to(STATIC).as_posix(): path.read_bytes()
        for path in sorted(STATIC.rglob("*"))
        if path.is_file() and not path.name.endswith(_LEFT_OUT)
    }
    for name in (INDEX, _SOURCE_OF_SERVICE_WORKER):
        del files[name]
    files |= {f"texts/{path.name}": path.read_bytes() for path in sorted(CATALOGUES.glob("*.json"))}
    files |= _licences()
    runtime = onnxruntime_web.read_files()
    files |= {f"{onnxruntime_web.FOLDER.name}/{name}": file for name, file in runtime.items()}
    if subpath is not None:
        addresses = dict.fromkeys(("id", "start_url", "scope"), subpath)
        manifest = {**json.loads(files[_MANIFEST]), **addresses}
        files[_MANIFEST] = json.dumps(manifest, indent=2, ensure_ascii=False).encode()
    return files


def _licences() -> dict[str, bytes]:
    """Return the licences of wince by path.

    Raises:
        ModelError: The installed package has none.
    """
    try:
        installed = distribution("wince").files or ()
    except PackageNotFoundError:
        installed = ()
    files = {
        f"licences/{file.name}": Path(str(file.locate())).read_bytes()
        for file in installed
        if "licenses" in file.parts
    }
    if not files:
        raise ModelError(
            "The licences of wince are missing in this installation, and the page may not be given "
            "to others without them. Install wince again."
        )
    return files


def _version(files: Mapping[str, bytes]) -> str:
    listing = [f"{_sha256(content)}  {path}\n" for path, content in sorted(files.items())]
    source = (STATIC / _SOURCE_OF_SERVICE_WORKER).read_text("utf-8")
    return _sha256("".join([*listing, HEADER_POLICY, source]).encode())[:16]


def _service_worker(files: Mapping[str, bytes], index: str) -> bytes:
    """Return the service worker, with what it has to know."""
    kept = {
        path: _sha256(content)
        for path, content in files.items()
        if path != INDEX and PurePosixPath(path).name not in _UNCACHED
    }
    facts = json.dumps({"index": index, "policy": HEADER_POLICY, "files": kept}, indent=1)
    source = (STATIC / _SOURCE_OF_SERVICE_WORKER).read_text("utf-8")
    return f"self.wincePage = {facts};\n\n{source}".encode()


def _listing(version: str, model: Mapping[str, str], files: Mapping[str, bytes]) -> bytes:
    sums = {path: _sha256(content) for path, content in files.items()}
    facts = {"wince": __version__, "model": dict(model), "version": version, "sha256": sums}
    return (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
