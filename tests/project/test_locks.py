"""The lock files: complete, with hashes, and in step with pyproject.toml."""

import importlib.metadata
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.frames import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKS = {
    "serve": PROJECT["dependencies"],
    "dev": PROJECT["dependencies"]
    + [line for extra in PROJECT["optional-dependencies"].values() for line in extra],
}
RENEW = "run scripts/lock"


def read(name: str) -> dict[str, list[tuple[Requirement, int]]]:
    """Return the pins of a lock by package: each as it stands, and how many hashes it has."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found: dict[str, list[tuple[Requirement, int]]] = {}
    for entry in "\n".join(lines).replace("\\\n", " ").splitlines():
        pin, *hashes = entry.split(" --hash=sha256:")
        assert all(re.fullmatch(r"[0-9a-f]{64}", one.strip()) for one in hashes), entry
        requirement = Requirement(pin.strip())
        found.setdefault(canonicalize_name(requirement.name), []).append((requirement, len(hashes)))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_is_exact_and_has_hashes(name):
    for pins in read(name).values():
        for pin, hashes in pins:
            (specifier,) = pin.specifier
            assert specifier.operator == "=="
            assert "+" not in specifier.version  # a build of one index alone
            assert hashes > 0
            assert pin.url is None


@pytest.mark.parametrize("name", LOCKS)
def test_what_pyproject_asks_for_is_locked_in_a_version_that_fits(name):
    pins = read(name)
    for line in LOCKS[name]:
        wanted = Requirement(line)
        if wanted.name == "wince":
            continue
        found = pins.get(canonicalize_name(wanted.name))
        assert found, f"{wanted.name} is not in requirements/{name}.lock: {RENEW}"
        for pin, _ in found:
            (specifier,) = pin.specifier
            assert specifier.version in wanted.specifier, f"{pin} is not {wanted}: {RENEW}"


@pytest.mark.parametrize("name", LOCKS)
def test_what_the_locked_packages_need_is_locked_too(name):
    pins = read(name)
    for package in pins:
        try:
            needs = importlib.metadata.requires(package) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another system
        for line in needs:
            need = Requirement(line)
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                assert canonicalize_name(need.name) in pins, f"{package} needs {need}: {RENEW}"


def test_the_tests_run_with_what_is_served():
    def versions(name):
        return {
            package: {str(pin.specifier) for pin, _ in pins} for package, pins in read(name).items()
        }

    dev = versions("dev")
    assert {package: dev[package] for package in versions("serve")} == versions("serve")


@pytest.mark.parametrize("name", LOCKS)
def test_no_address_of_an_index_is_written_down(name):
    text = (ROOT / "requirements" / f"{name}.lock").read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
