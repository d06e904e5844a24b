"""Run scripts in a new interpreter, with all packages or only those of `pip install wince`."""

import importlib.metadata
import subprocess
import sys
import tomllib
from functools import cache
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.frames import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

# Makes other modules impossible to import than the standard library and those in `allowed`.
_ONLY_CORE = """
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


def run(script: str) -> str:
    """Return the output of a script in a new interpreter."""
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return process.stdout


@cache
def without_extras() -> str:
    """Return the beginning of a script that can import no package of an extra."""
    allowed = _core_modules() | set(sys.stdlib_module_names) | {"wince"}
    return _ONLY_CORE.format(allowed=sorted(allowed))


def _core_modules() -> set[str]:
    """Return the top-level modules of the core dependencies and of everything that they need."""
    requirements, packages = [Requirement(line) for line in PROJECT["dependencies"]], set()
    while requirements:
        requirement = requirements.pop()
        name = canonicalize_name(requirement.name)
        if name in packages:
            continue
        packages.add(name)
        extras = requirement.extras or {""}
        for dependency in map(Requirement, importlib.metadata.requires(name) or ()):
            marker = dependency.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                requirements.append(dependency)
    return {
        module
        for module, owners in importlib.metadata.packages_distributions().items()
        if packages & {canonicalize_name(owner) for owner in owners}
    }


def comparable(assessment: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of an assessment that do not differ from run to run."""
    return {key: assessment[key] for key in ("pspi", "level", "confidence", "action_units")}
