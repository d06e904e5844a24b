"""Put ONNX Runtime Web into the page's files: `python -m tools.vendor_onnxruntime_web`.

The page that assesses on the device itself runs its models with it. Of the package, only the build
for WebAssembly on the processor is taken. Needs npm and pip, which fetch the packages and check
their hashes. The notices of third parties come from the package for Python of the same version:
that of npm has none.
"""

import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from wince.files import write_bytes, write_text

VERSION = "1.30.0"
FOLDER = Path(__file__).parents[1] / "src" / "wince" / "server" / "static" / "onnxruntime"

NPM_FILES = {
    "ort.wasm.min.mjs": "ort.wasm.min.js",
    "ort-wasm-simd-threaded.mjs": "ort-wasm-simd-threaded.js",
    "ort-wasm-simd-threaded.wasm": "ort-wasm-simd-threaded.wasm",
}
"""Names here by names in the package. Many servers send `.mjs` with a type that browsers refuse."""
NOTICES = ("LICENSE", "ThirdPartyNotices.txt")
COMPRESSED = ".wasm"
"""Files of 14 MB, which are kept compressed, with `.gz` after the name."""


def main() -> None:
    """Fetch the packages and write the files and their SHA-256."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contents = {**_from_npm(folder), **_from_wheel(folder)}
    for name, content in contents.items():
        if name.endswith(COMPRESSED):
            write_bytes(FOLDER / f"{name}.gz", gzip.compress(content, 9, mtime=0))
        else:
            write_bytes(FOLDER / name, content)
    lines = [
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items()
    ]
    write_text(FOLDER / "SHA256SUMS", "".join(lines))


def _from_npm(folder: Path) -> dict[str, bytes]:
    """Return the scripts and the binary, by name."""
    package = f"onnxruntime-web@{VERSION}"
    npm = shutil.which("npm") or "npm"
    command = [npm, "pack", "--silent", package, "--pack-destination", str(folder)]
    subprocess.run(command, check=True)
    contents = {}
    with tarfile.open(folder / f"onnxruntime-web-{VERSION}.tgz") as archive:
        for packaged, name in NPM_FILES.items():
            member = archive.extractfile(f"package/dist/{packaged}")
            assert member is not None  # it is a file
            contents[name] = member.read()
    return contents


def _from_wheel(folder: Path) -> dict[str, bytes]:
    """Return the licence and the notices of third parties, by name."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, f"onnxruntime=={VERSION}"], check=True)
    (wheel,) = folder.glob("onnxruntime-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(f"onnxruntime/{name}") for name in NOTICES}


if __name__ == "__main__":
    main()
