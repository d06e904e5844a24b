"""Notes what a Python program does beyond itself, and lets it reach no other machine.

Python runs this at its start when the folder is on its path, in child processes too. Each line of
the file named by WATCH_LOG is one event as JSON: names looked up, addresses connected or sent to,
programs started, files opened for writing. What would reach another machine is noted as foreign and
refused before anything is sent.
"""

import ipaddress
import json
import os
import sys

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_HARMLESS = ("/dev/", "/proc/")


def _watch(log):
    def note(event, what, *, foreign=False):
        line = {"event": event, "what": str(what), "foreign": foreign, "process": os.getpid()}
        os.write(log, (json.dumps(line) + "\n").encode())
        if foreign:
            raise OSError(f"the watch lets nothing reach {what}")

    def hook(event, arguments):
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            note(event, arguments[1], foreign=_foreign(arguments[1]))
        elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
            note(event, arguments[0], foreign=_foreign(arguments[:1]))
        elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
            note(event, arguments[0])
        elif event == "open" and isinstance(arguments[0], str | bytes):
            path, _, flags = arguments
            if flags & _WRITING and not os.fsdecode(path).startswith(_HARMLESS):
                note("write", os.fsdecode(path))

    sys.addaudithook(hook)


def _foreign(address):
    """Whether a socket's address, or a name to look up, is another machine's."""
    if not isinstance(address, tuple):
        return False  # a socket in the file system, or of the kernel, or one connected before
    host = address[0]
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost"):
        return False
    try:
        found = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return True  # a name: asking for it would ask a name server
    return not (found.is_loopback or found.is_unspecified)


if os.environ.get("WATCH_LOG"):
    _watch(os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
