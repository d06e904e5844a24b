"""What importing, assessing and installing wince cost."""

import importlib.metadata
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

import wince
from benchmarks.server_load import megabytes

IMPORT = """
import time
begun = time.perf_counter(), time.process_time()
import wince
print(time.perf_counter() - begun[0], time.process_time() - begun[1])
"""

# ru_maxrss of a child process starts with its parent's memory, so the program prints its own peak.
ASSESS = """
import pathlib, sys
from wince.cli import main
try:
    main()
finally:
    print(pathlib.Path("/proc/self/status").read_text("ascii"), file=sys.stderr)
"""


def import_seconds() -> tuple[float, float]:
    """Return the seconds by the clock and of processor time that `import wince` takes."""
    command = [sys.executable, "-c", IMPORT]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    clock, processor = map(float, output.split())
    return clock, processor


def assess_peak_memory(photo: bytes) -> float:
    """Return the peak resident memory of `wince assess` on a photo, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(photo)
        command = [sys.executable, "-c", ASSESS, "assess", str(path)]
        status = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return megabytes(status, "VmHWM")


def installed_megabytes(name: str) -> dict[str, float]:
    """Return the size of a distribution and of all that it needs, without extras.

    Returns:
        MB of 10**6 bytes by the name of the distribution.
    """
    sizes: dict[str, float] = {}
    waiting = [Requirement(name)]
    while waiting:
        requirement = waiting.pop()
        key = _normalised(requirement.name)
        distribution = importlib.metadata.distribution(requirement.name)
        if key not in sizes:
            sizes[key] = _package_size() if key == "wince" else _size(distribution)
        for line in distribution.requires or []:
            needed = Requirement(line)
            extras = requirement.extras or {""}
            applies = not needed.marker or any(
                needed.marker.evaluate({"extra": extra}) for extra in extras
            )
            if applies and (_normalised(needed.name) not in sizes or needed.extras):
                waiting.append(needed)
    return sizes


def _normalised(name: str) -> str:
    return name.lower().replace("_", "-")


def _size(distribution: importlib.metadata.Distribution) -> float:
    paths = [Path(str(file.locate())) for file in distribution.files or []]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def _package_size() -> float:
    """Return the MB of our own package, which may be installed as a link to its source."""
    root = Path(wince.__file__).parent
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) / 1e6
