"""Start a server as a child process on a free port, for tests that need a real one."""

import re
import socket
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """A running server, and what it printed once it has ended.

    Attributes:
        process: The child process.
        address: For example http://127.0.0.1:5001.
        stdout: What it printed to stdout, complete after its end.
        stderr: What it printed to stderr, available after its end.
    """

    process: subprocess.Popen[str]
    address: str
    stdout: str
    stderr: str = ""

    @property
    def host(self) -> str:
        """Its host name."""
        return str(urlsplit(self.address).hostname)

    @property
    def port(self) -> int:
        """Its port."""
        return urlsplit(self.address).port or 0


@contextmanager
def serve(
    command: Sequence[str], *, environment: dict[str, str] | None = None, folder: Path | None = None
) -> Iterator[Server]:
    """Run a command that serves wince, with `--port` and a free port added, while the block runs.

    Args:
        command: The command without a port.
        environment: Its environment variables; by default those of this process.
        folder: Its working directory.
    """
    port = free_port()
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.search(rf"http://[\w.]+:{port}\b", line)
        assert match, line + process.communicate(timeout=20)[1]
        server = Server(process, match[0], line)
        yield server
        process.terminate()
        stdout, server.stderr = process.communicate(timeout=30)
        server.stdout += stdout
    finally:
        process.kill()
        process.communicate()


def fetch(url: str, body: bytes | None = None) -> bytes:
    """Return the answer to a GET request or, with a JPEG file as its body, to a POST request."""
    request = urllib.request.Request(url, body, {"Content-Type": "image/jpeg"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=15) as answer:
        return bytes(answer.read())
