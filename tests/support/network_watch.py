"""Programs run under a watch that notes, and prevents, every attempt to reach another machine."""

import ipaddress
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "watch"

STRACE = shutil.which("strace")
CALLS = "connect,sendto,sendmsg,sendmmsg,open,openat,creat"
_NOWHERE = ("/dev/", "/proc/")


def environment(log: Path, **more: str) -> dict[str, str]:
    """Return an environment in which Python programs, and the Python programs they start, note
    what they do in the file `log`."""
    paths = [str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONDONTWRITEBYTECODE": "1",
        "WATCH_LOG": str(log),
        **more,
    }


def events(log: Path) -> list[dict[str, Any]]:
    """Return what was noted."""
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def foreign(log: Path) -> list[dict[str, Any]]:
    """Return the attempts to reach another machine."""
    return [event for event in events(log) if event["foreign"]]


def written(log: Path) -> list[str]:
    """Return the files that were opened for writing."""
    return [event["what"] for event in events(log) if event["event"] == "write"]


def strace(trace: Path) -> list[str]:
    """Return the beginning of a command that notes a program's system calls, its children's too.

    The program itself is the process that is started, so that it can be sent a signal.
    """
    assert STRACE is not None
    return [STRACE, "-D", "-f", "-qq", "--seccomp-bpf", "-e", f"trace={CALLS}", "-o", str(trace)]


def strace_works() -> bool:
    """Whether strace is installed and may watch programs here."""
    if STRACE is None:
        return False
    done = subprocess.run([STRACE, "-f", "--seccomp-bpf", "true"], capture_output=True, timeout=60)
    return done.returncode == 0


def traced_foreign(trace: Path) -> list[str]:
    """Return the system calls that name the address of another machine."""
    lines = trace.read_text("utf-8", "replace").splitlines()
    return [line for line in lines if any(map(_beyond, _addresses(line)))]


def traced_written(trace: Path) -> list[str]:
    """Return the calls that opened a file for writing."""
    wanted = re.compile(r'(?:open|openat|creat)\([^"]*"([^"]*)".*(?:O_WRONLY|O_RDWR|O_CREAT)')
    found = (wanted.search(line) for line in trace.read_text("utf-8", "replace").splitlines())
    return [match[0] for match in found if match and not match[1].startswith(_NOWHERE)]


def _addresses(line: str) -> list[str]:
    pairs = re.findall(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"', line)
    return [one or other for one, other in pairs]


def _beyond(address: str) -> bool:
    found = ipaddress.ip_address(address)
    return not (found.is_loopback or found.is_unspecified)
