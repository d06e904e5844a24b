"""The built wheel: what it contains, and what a fresh installation of it can do."""

import json
import os
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

import wince
from tests.support import server_process
from tests.support.frames import ROOT, Frame
from tests.support.server_process import fetch
from tests.support.small_install import comparable

MAX_WHEEL_BYTES = 30e6
MAX_INSTALL_BYTES = 250e6


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `python -m build` makes from the source archive."""
    pytest.importorskip("build", reason="needs build: pip install build hatchling")
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    process = subprocess.run(build, capture_output=True, text=True)
    assert process.returncode == 0, process.stdout + process.stderr
    assert len(list(folder.glob("*.tar.gz"))) == 1
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of a new virtual environment that contains only the built wheel."""
    folder = tmp_path_factory.mktemp("fresh") / "env"
    venv.create(folder)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(scripts / "python")]
    download = [*pip, "download", "--quiet", "--no-deps", "--dest", str(folder), "annotated-doc"]
    process = subprocess.run(download, capture_output=True, text=True)
    if process.returncode:
        pytest.skip(f"no package index can be reached: {process.stderr.strip().splitlines()[-1]}")
    install = [*pip, "install", "--quiet", "--no-compile", str(wheel)]
    process = subprocess.run(install, capture_output=True, text=True, cwd=folder)
    assert process.returncode == 0, process.stderr
    return scripts


def test_the_wheel_contains_the_package_and_its_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"wince"}
    source = ROOT / "src" / "wince"
    expected = {
        f"wince/{path.relative_to(source).as_posix()}"
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected <= names
    licences = [name for name in names if ".dist-info/licenses/" in name]
    assert {Path(name).name for name in licences} == {"LICENSE", "NOTICE", "WEIGHTS-LICENSE.md"}
    assert wheel.stat().st_size < MAX_WHEEL_BYTES


def test_tools_benchmarks_and_tests_cannot_be_imported_from_the_wheel(
    wheel: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        parts = {part for name in archive.namelist() for part in Path(name).parts}
    assert not {"tools", "benchmarks", "tests"} & parts
    names = ("wince", "tools", "benchmarks", "tests", "conftest")
    script = (
        "import sys, importlib.util\n"
        f"sys.path.append({str(wheel)!r})\n"
        f"print(*(name for name in {names} if importlib.util.find_spec(name)))"
    )
    # -I and -S: neither this folder nor an installed package is on the path.
    process = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, cwd=tmp_path
    )
    assert process.stdout.split() == ["wince"], process.stderr


@pytest.mark.network
def test_a_fresh_installation_assesses_and_serves(
    installed: Path, frames: list[Frame], tmp_path: Path
) -> None:
    program = str(installed / "wince")
    photo = shutil.copy(frames[1].path, tmp_path / "photo.jpg")
    process = subprocess.run(
        [program, "assess", "--json", photo], capture_output=True, text=True, cwd=tmp_path
    )
    assert (process.returncode, process.stderr) == (0, "")
    (result,) = json.loads(process.stdout)
    assert comparable(result["assessment"]) == comparable(wince.assess(photo).to_dict())
    if sys.platform != "win32":
        with server_process.serve([program, "serve"], folder=tmp_path) as server:
            assert b"<html" in fetch(f"{server.address}/").lower()
            server.process.send_signal(signal.SIGINT)
            assert server.process.wait(timeout=15) == 130


@pytest.mark.network
def test_a_fresh_installation_is_small_and_has_no_torch(installed: Path) -> None:
    python = str(installed / "python")
    process = subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "list", "--format=json"],
        capture_output=True,
        text=True,
    )
    names = {canonicalize_name(package["name"]) for package in json.loads(process.stdout)}
    assert {"wince", "onnxruntime", "numpy"} <= names
    assert not {"torch", "lightning", "pandas", "scipy", "matplotlib", "opencv-python"} & names
    (packages,) = installed.parent.rglob("site-packages")
    size = sum(file.stat().st_size for file in packages.rglob("*") if file.is_file())
    assert size < MAX_INSTALL_BYTES
