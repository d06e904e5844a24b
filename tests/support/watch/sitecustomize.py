"""Records network, process and file events of a Python program, and prevents foreign connections.

Python runs this module at its start when its folder is on the path, in child processes too. Each
line of the file in WATCH_LOG is one event as JSON: a name that is looked up, an address that is
connected or sent to, a program that is started, a file that is opened for writing. An attempt to
reach another machine is recorded as foreign and refused before anything is sent.
"""

import ipaddress
import json
import os
import sys

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NOT_FILES = ("/dev/", "/proc/")


def _watch(log):
    def record(event, what, *, foreign=False):
        line = {"event": event, "what": str(what), "foreign": foreign, "process": os.getpid()}
        os.write(log, (json.dumps(line) + "\n").encode())
        if foreign:
            raise OSError(f"the network watch prevents a connection to {what}")

    def hook(event, arguments):
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            record(event, arguments[1], foreign=_foreign(arguments[1]))
        elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
            record(event, arguments[0], foreign=_foreign(arguments[:1]))
        elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
            record(event, arguments[0])
        elif event == "open" and isinstance(arguments[0], str | bytes):
            path, _, flags = arguments
            if flags & _WRITING and not os.fsdecode(path).startswith(_NOT_FILES):
                record("write", os.fsdecode(path))

    sys.addaudithook(hook)


def _foreign(address):
    """Whether the address of a socket, or a name to look up, is that of another machine."""
    if not isinstance(address, tuple):
        return False  # a socket of the file system or the kernel, or one that is already connected
    host = address[0]
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost"):
        return False
    try:
        parsed = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return True  # a name: looking it up would ask a name server
    return not (parsed.is_loopback or parsed.is_unspecified)


if os.environ.get("WATCH_LOG"):
    _watch(os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
