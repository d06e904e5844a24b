"""The package: quick to import, complete without its extras, and without reports to its vendors."""

import importlib.metadata
import json
import signal
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import wince
from tests.support import server_process, small_install
from tests.support.frames import Frame
from tests.support.server_process import fetch
from tests.support.small_install import comparable

# Importing


def test_importing_wince_loads_no_large_package_and_is_quick() -> None:
    script = (
        "import sys, time; start = time.process_time(); import wince\n"
        "seconds = time.process_time() - start\n"  # the load of the machine does not count
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(seconds, *sorted(tops - set(sys.stdlib_module_names)))"
    )
    outputs = [small_install.run(script).split() for _ in range(5)]
    for _, *modules in outputs:
        assert not {"numpy", "onnxruntime", "PIL", "torch", "typer", "fastapi"} & set(modules)
    assert min(float(seconds) for seconds, *_ in outputs) < 0.15


def test_every_public_name_exists_and_another_name_is_an_error() -> None:
    for name in wince.__all__:
        assert getattr(wince, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'asess'"):
        wince.asess  # noqa: B018 - the access is the test


def test_assessing_and_serving_never_import_training() -> None:
    script = (
        "import importlib, pkgutil, sys, wince\n"
        "for part in ('annotate', 'faces', 'runtime', 'server', 'speech'):\n"
        "    package = importlib.import_module(f'wince.{part}')\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "import wince.images, wince.cli\n"
        "print(*sys.modules)"
    )
    modules = set(small_install.run(small_install.without_extras() + script).split())
    assert "wince.server.app" in modules
    for part in ("archive", "training", "evaluation"):
        assert f"wince.{part}" not in modules
    assert not {"torch", "pandas", "sklearn", "matplotlib", "scipy"} & modules


# Without the extras


def test_an_interpreter_without_extras_has_no_package_of_them() -> None:
    script = (
        "import importlib.util as u\n"
        "print(*(name for name in ('torch', 'pandas', 'scipy', 'skimage', 'pytest', 'numpy')\n"
        "        if u.find_spec(name)))"
    )
    assert small_install.run(small_install.without_extras() + script).split() == ["numpy"]


def test_without_the_extras_an_image_is_assessed_and_annotated(
    frames: list[Frame], tmp_path: Path
) -> None:
    arguments = ["assess", "--json", "--annotate", str(tmp_path), str(frames[1].path)]
    script = f"from wince.cli import main; main({arguments!r})"
    (result,) = json.loads(small_install.run(small_install.without_extras() + script))
    assert comparable(result["assessment"]) == comparable(wince.assess(frames[1].path).to_dict())
    assert Path(result["annotated"]).stat().st_size > 10_000


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (["evaluate", "--predictions", "none.csv"], "train"),
        (["prepare", "s3://bucket/archive"], "urls"),
    ],
)
def test_without_the_extras_a_command_that_needs_them_names_what_to_install(
    command: list[str], extra: str, tmp_path: Path
) -> None:
    arguments = [*command, "--out", str(tmp_path)]
    script = f"from wince.cli import main; sys.stderr = sys.stdout; print(main({arguments!r}))"
    output = small_install.run(small_install.without_extras() + script)
    message, status = output.splitlines()
    assert f"pip install 'wince[{extra}]'" in message
    assert (message[:7], status) == ("wince: ", "1")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a child process")
def test_without_the_extras_the_server_answers(frames: list[Frame]) -> None:
    script = "from wince.cli import main; sys.exit(main(['serve', *sys.argv[1:]]))"
    command = [sys.executable, "-c", small_install.without_extras() + script]
    with server_process.serve(command) as server:
        assert json.loads(fetch(f"{server.address}/healthz"))["status"] == "ok"
        answer = fetch(f"{server.address}/v1/assessments", frames[1].path.read_bytes())
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(timeout=15) == 130
    expected = wince.assess(frames[1].path).to_dict()
    assert comparable(json.loads(answer)) == comparable(expected)


# No usage report of onnxruntime


def test_reports_of_onnxruntime_are_off_before_it_is_imported() -> None:
    script = (
        "import os, sys\n"
        "values = []\n"
        "class Finder:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name == 'onnxruntime':\n"
        "            values.append(os.environ.get('ORT_DISABLE_TELEMETRY'))\n"
        "os.environ.pop('ORT_DISABLE_TELEMETRY', None)\n"
        "sys.meta_path.insert(0, Finder)\n"
        "import wince.runtime.assessor\n"
        "print(*values)"
    )
    assert small_install.run(script).split() == ["1"]


def test_reports_of_onnxruntime_are_turned_off_if_another_package_imported_it() -> None:
    script = (
        "import onnxruntime\n"
        "calls = []\n"
        "onnxruntime.disable_telemetry_events = lambda: calls.append('disabled')\n"
        "import wince.onnx_session\n"
        "print(*calls)"
    )
    assert small_install.run(script).split() == ["disabled"]


def test_onnxruntime_is_pinned_below_the_release_that_reports() -> None:
    requirements = map(Requirement, small_install.PROJECT["dependencies"])
    (pin,) = (requirement for requirement in requirements if requirement.name == "onnxruntime")
    assert not pin.specifier.contains("1.29.0")
    assert pin.specifier.contains(importlib.metadata.version("onnxruntime"))
