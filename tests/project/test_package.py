"""The installed package: light to import, complete without extras, and silent to the outside."""

import importlib.metadata
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import wince
from tests.support.frames import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

# Finds the standard library, wince and the packages that `pip install wince` brings, and no other.
ONLY_CORE = """
import sys
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder

class OnlyCore:
    find_distributions = PathFinder.find_distributions

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in {allowed!r} or name.startswith("_sysconfigdata"):
            return PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [BuiltinImporter, FrozenImporter, OnlyCore]
"""


def core_modules() -> set[str]:
    """Return the top-level modules that the core dependencies install, with all they need."""
    waiting, found = [Requirement(line) for line in PROJECT["dependencies"]], set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found.add(name)
        for line in importlib.metadata.requires(name) or ():
            further = Requirement(line)
            extras = requirement.extras or {""}
            if not further.marker or any(further.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(further)
    packages = importlib.metadata.packages_distributions()
    return {
        module
        for module, owners in packages.items()
        if any(canonicalize_name(owner) in found for owner in owners)
    }


def python(script: str, *, only_core: bool = False) -> str:
    """Run a script in a fresh interpreter and return what it wrote."""
    if only_core:
        script = limited() + script
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def limited() -> str:
    allowed = core_modules() | set(sys.stdlib_module_names) | {"wince"}
    return ONLY_CORE.format(allowed=sorted(allowed))


@contextmanager
def served(*command: str, cwd: Path | None = None) -> Iterator[str]:
    """Run a command that serves wince on a port of our choice; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = subprocess.Popen(
        [*command, str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd
    )
    assert child.stdout is not None
    try:
        line = child.stdout.readline()
        address = re.search(r"http://[\w.]+:\d+", line)
        assert address, line + child.communicate(timeout=10)[1]
        assert address[0].endswith(f":{port}")
        yield address[0]
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=15) == 130
    finally:
        child.kill()
        child.communicate()


def fetch(url: str, data: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, data, {"Content-Type": "image/jpeg"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=15) as answer:
        return bytes(answer.read())


def scores(assessment: dict[str, Any]) -> dict[str, Any]:
    return {key: assessment[key] for key in ("pspi", "level", "confidence", "action_units")}


# Importing


def test_importing_wince_loads_nothing_heavy_and_takes_no_time() -> None:
    script = (
        "import sys, time; start = time.process_time(); import wince\n"
        "seconds = time.process_time() - start\n"  # a busy machine does not count
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(seconds, *sorted(tops - set(sys.stdlib_module_names)))"
    )
    runs = [python(script).split() for _ in range(5)]
    for _, *modules in runs:
        assert not {"numpy", "onnxruntime", "PIL", "torch", "typer", "fastapi"} & set(modules)
    assert min(float(seconds) for seconds, *_ in runs) < 0.15


def test_the_public_names_are_all_there_and_no_other() -> None:
    for name in wince.__all__:
        assert getattr(wince, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'asess'"):
        wince.asess  # noqa: B018 - the access is the test


def test_what_serves_and_assesses_never_imports_what_trains() -> None:
    script = (
        "import importlib, pkgutil, sys, wince\n"
        "for part in ('annotate', 'faces', 'runtime', 'server', 'speech'):\n"
        "    package = importlib.import_module(f'wince.{part}')\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "import wince.images, wince.cli\n"
        "print(*sys.modules)"
    )
    loaded = set(python(script, only_core=True).split())
    assert "wince.server.app" in loaded
    for part in ("archive", "training", "evaluation"):
        assert f"wince.{part}" not in loaded
    assert not {"torch", "pandas", "sklearn", "matplotlib", "scipy"} & loaded


# The small install


def test_the_limited_interpreter_really_lacks_the_extras() -> None:
    script = (
        "import importlib.util as u\n"
        "print(*(name for name in ('torch', 'pandas', 'scipy', 'skimage', 'pytest', 'numpy')\n"
        "        if u.find_spec(name)))"
    )
    assert python(script, only_core=True).split() == ["numpy"]


def test_without_the_extras_a_picture_is_assessed_and_annotated(frames, tmp_path: Path) -> None:
    words = ["assess", "--json", "--annotate", str(tmp_path), str(frames[1].path)]
    out = python(f"from wince.cli import main; main({words!r})", only_core=True)
    (outcome,) = json.loads(out)
    assert scores(outcome["assessment"]) == scores(wince.assess(frames[1].path).to_dict())
    assert Path(outcome["annotated"]).stat().st_size > 10_000


def test_without_the_extras_a_command_that_needs_them_says_what_to_install(tmp_path: Path) -> None:
    words = ["evaluate", "--predictions", str(tmp_path / "none.csv"), "--out", str(tmp_path)]
    script = f"from wince.cli import main; sys.stderr = sys.stdout; print(main({words!r}))"
    message, status = python(script, only_core=True).splitlines()
    assert "pip install 'wince[train]'" in message
    assert (message[:7], status) == ("wince: ", "1")


@pytest.mark.skipif(sys.platform == "win32", reason="signals work in another way on Windows")
def test_without_the_extras_the_server_answers(frames) -> None:
    script = "from wince.cli import main; sys.exit(main(['serve', '--port', sys.argv[1]]))"
    with served(sys.executable, "-c", limited() + script) as address:
        assert json.loads(fetch(f"{address}/healthz"))["status"] == "ok"
        found = json.loads(fetch(f"{address}/v1/assessments", frames[1].path.read_bytes()))
    assert scores(found) == scores(wince.assess(frames[1].path).to_dict())


# Nothing reported to anybody


def test_onnxruntime_is_told_not_to_report_before_it_is_imported() -> None:
    script = (
        "import os, sys\n"
        "seen = []\n"
        "class Watch:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name == 'onnxruntime':\n"
        "            seen.append(os.environ.get('ORT_DISABLE_TELEMETRY'))\n"
        "os.environ.pop('ORT_DISABLE_TELEMETRY', None)\n"
        "sys.meta_path.insert(0, Watch)\n"
        "import wince.runtime.assessor\n"
        "print(*seen)"
    )
    assert python(script).split() == ["1"]


def test_onnxruntime_imported_by_somebody_else_is_told_as_well() -> None:
    script = (
        "import onnxruntime\n"
        "calls = []\n"
        "onnxruntime.disable_telemetry_events = lambda: calls.append('told')\n"
        "import wince.onnx_session\n"
        "print(*calls)"
    )
    assert python(script).split() == ["told"]


def test_onnxruntime_is_pinned_below_the_release_that_reports() -> None:
    (pin,) = (r for r in map(Requirement, PROJECT["dependencies"]) if r.name == "onnxruntime")
    assert not pin.specifier.contains("1.29.0")
    assert pin.specifier.contains(importlib.metadata.version("onnxruntime"))


# A fresh installation


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What `python -m build` makes: the source archive, and the wheel made from that."""
    pytest.importorskip("build", reason="needs build: pip install build hatchling")
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (source,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return {"source": source, "wheel": wheel}


def test_the_wheel_holds_the_package_and_nothing_else(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as wheel:
        names = set(wheel.namelist())
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"wince"}
    tracked = ROOT / "src" / "wince"
    wanted = {
        f"wince/{path.relative_to(tracked).as_posix()}"
        for path in tracked.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= names
    licences = [name for name in names if ".dist-info/licenses/" in name]
    assert {Path(name).name for name in licences} == {"LICENSE", "NOTICE", "WEIGHTS-LICENSE.md"}
    assert built["wheel"].stat().st_size < 30e6


def test_tools_benchmarks_and_tests_cannot_be_imported_from_the_wheel(
    built: dict[str, Path], tmp_path: Path
) -> None:
    with zipfile.ZipFile(built["wheel"]) as wheel:
        assert not {"tools", "benchmarks", "tests"} & {
            part for name in wheel.namelist() for part in Path(name).parts
        }
    names = ("wince", "tools", "benchmarks", "tests", "conftest")
    script = (
        "import sys, importlib.util\n"
        f"sys.path.append({str(built['wheel'])!r})\n"
        f"print(*(name for name in {names} if importlib.util.find_spec(name)))"
    )
    # -I and -S: neither this folder nor what is installed here is on the path.
    output = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, cwd=tmp_path
    )
    assert output.stdout.split() == ["wince"], output.stderr


@pytest.fixture(scope="module")
def installed(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of a new virtual environment with nothing but the built wheel in it."""
    folder = tmp_path_factory.mktemp("fresh") / "env"
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(scripts / "python"), "-m", "pip"]
    asked = subprocess.run(
        [*pip, "download", "--quiet", "--no-deps", "--dest", str(folder), "annotated-doc"],
        capture_output=True,
        text=True,
    )
    if asked.returncode:
        pytest.skip(f"no package index can be reached: {asked.stderr.strip().splitlines()[-1]}")
    done = subprocess.run(
        [*pip, "install", "--quiet", "--no-compile", str(built["wheel"])],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return scripts


@pytest.mark.network
def test_a_fresh_installation_assesses_and_serves(installed: Path, frames, tmp_path: Path) -> None:
    program = str(installed / "wince")
    photo = shutil.copy(frames[1].path, tmp_path / "photo.jpg")
    done = subprocess.run(
        [program, "assess", "--json", photo], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    (outcome,) = json.loads(done.stdout)
    assert scores(outcome["assessment"]) == scores(wince.assess(photo).to_dict())
    if sys.platform != "win32":
        with served(program, "serve", "--port", cwd=tmp_path) as address:
            assert b"<html" in fetch(f"{address}/").lower()


@pytest.mark.network
def test_a_fresh_installation_is_small_and_has_no_torch(installed: Path) -> None:
    listed = subprocess.run(
        [str(installed / "python"), "-m", "pip", "list", "--format=json"],
        capture_output=True,
        text=True,
    )
    names = {canonicalize_name(row["name"]) for row in json.loads(listed.stdout)}
    assert {"wince", "onnxruntime", "numpy"} <= names
    assert not {"torch", "lightning", "pandas", "scipy", "matplotlib", "opencv-python"} & names
    (packages,) = installed.parent.rglob("site-packages")
    size = sum(
        file.stat().st_size
        for file in packages.rglob("*")
        if file.is_file() and file.relative_to(packages).parts[0] not in ("pip", "setuptools")
    )
    assert size < 250e6
