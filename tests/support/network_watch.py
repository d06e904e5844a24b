"""Run programs under a watch that records and prevents attempts to reach another machine."""

import ipaddress
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

WATCH_FOLDER = Path(__file__).parent / "watch"

STRACE = shutil.which("strace")
CALLS = "connect,sendto,sendmsg,sendmmsg,open,openat,creat"
_NOT_FILES = ("/dev/", "/proc/")


def environment(log: Path, **variables: str) -> dict[str, str]:
    """Return an environment in which Python programs record their events in the file `log`.

    The Python programs that they start record there too.
    """
    paths = [str(WATCH_FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        "WATCH_LOG": str(log),
        **variables,
    }


def events(log: Path) -> list[dict[str, Any]]:
    """Return the recorded events."""
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def foreign(log: Path) -> list[dict[str, Any]]:
    """Return the attempts to reach another machine."""
    return [event for event in events(log) if event["foreign"]]


def written(log: Path) -> list[str]:
    """Return the files that were opened for writing."""
    return [event["what"] for event in events(log) if event["event"] == "write"]


def strace(trace: Path) -> list[str]:
    """Return the beginning of a command that records the system calls of a program.

    Those of its children are recorded too. The program itself is the process that is started, so
    that it can be sent a signal.
    """
    assert STRACE is not None
    return [STRACE, "-D", "-f", "-qq", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o", str(trace)]


def strace_works() -> bool:
    """Return whether strace is installed and may trace programs on this machine."""
    if STRACE is None:
        return False
    process = subprocess.run(
        [STRACE, "-f", "--seccomp-bpf", "true"], capture_output=True, timeout=60
    )
    return process.returncode == 0


def traced_foreign(trace: Path) -> list[str]:
    """Return the system calls with the address of another machine."""
    lines = trace.read_text("utf-8", "replace").splitlines()
    return [line for line in lines if any(map(_is_foreign, _addresses(line)))]


def traced_written(trace: Path) -> list[str]:
    """Return the system calls that opened a file for writing."""
    opening = re.compile(r'(?:open|openat|creat)\([^"]*"([^"]*)".*(?:O_WRONLY|O_RDWR|O_CREAT)')
    matches = map(opening.search, trace.read_text("utf-8", "replace").splitlines())
    return [match[0] for match in matches if match and not match[1].startswith(_NOT_FILES)]


def _addresses(line: str) -> list[str]:
    pairs = re.findall(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"', line)
    return [version_4 or version_6 for version_4, version_6 in pairs]


def _is_foreign(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return not (address.is_loopback or address.is_unspecified)
