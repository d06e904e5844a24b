"""The lock files: complete, with hashes, and in agreement with pyproject.toml."""

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
    """Return the pins of a lock file by package, each with the number of its hashes."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    pins: dict[str, list[tuple[Requirement, int]]] = {}
    for entry in "\n".join(lines).replace("\\\n", " ").splitlines():
        pin, *digests = entry.split(" --hash=sha256:")
        assert all(re.fullmatch(r"[0-9a-f]{64}", digest.strip()) for digest in digests), entry
        requirement = Requirement(pin.strip())
        pins.setdefault(canonicalize_name(requirement.name), []).append((requirement, len(digests)))
    return pins


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_is_exact_and_has_hashes(name):
    for pins in read(name).values():
        for pin, hashes in pins:
            (specifier,) = pin.specifier
            assert specifier.operator == "=="
            assert "+" not in specifier.version  # a build that only one index has
            assert hashes > 0
            assert pin.url is None


@pytest.mark.parametrize("name", LOCKS)
def test_each_dependency_of_pyproject_is_locked_to_a_version_that_it_allows(name):
    pins = read(name)
    for line in LOCKS[name]:
        requirement = Requirement(line)
        if requirement.name == "wince":
            continue
        package_pins = pins.get(canonicalize_name(requirement.name))
        assert package_pins, f"{requirement.name} is not in requirements/{name}.lock: {RENEW}"
        for pin, _ in package_pins:
            (specifier,) = pin.specifier
            assert specifier.version in requirement.specifier, (
                f"{pin} is not {requirement}: {RENEW}"
            )


@pytest.mark.parametrize("name", LOCKS)
def test_dependencies_of_locked_packages_are_locked_too(name):
    pins = read(name)
    for package in pins:
        try:
            dependencies = importlib.metadata.requires(package) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        for dependency in map(Requirement, dependencies):
            if dependency.marker is None or dependency.marker.evaluate({"extra": ""}):
                name = canonicalize_name(dependency.name)
                assert name in pins, f"{package} needs {dependency}: {RENEW}"


def test_the_tests_use_the_versions_of_the_container():
    def versions(name):
        return {
            package: {str(pin.specifier) for pin, _ in pins} for package, pins in read(name).items()
        }

    dev = versions("dev")
    assert {package: dev[package] for package in versions("serve")} == versions("serve")


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_contain_no_address_of_a_package_index(name):
    text = (ROOT / "requirements" / f"{name}.lock").read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
