"""Runs the examples of the pages below and writes what they print into them.

    python -m tools.docs.run_examples

An example is a block of kind `console`: lines that begin with `$ ` are commands, the others what
they print. A block of kind `python` is run too. All of a page's examples share one folder, with a
face of the synthetic archive as `face.jpg`, and a server. The tests run them and compare, digits
aside.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("tour.md", "http-api.md", "serving.md")
FACE = "demo/Images/011-kk011/kk011t1aaaff/kk011t1aaaff034.jpg"
STANDS_FOR = "http://127.0.0.1:5001"  # the address of the server in the pages
_BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.M | re.S)


def run(text: str, folder: Path, address: str) -> str:
    """Return the text of a page with what its examples print now."""

    def renewed(match: re.Match[str]) -> str:
        kind, body = match[1], match[2]
        if kind == "python":
            _python(body, folder, address)
            return match[0]
        return f"```console\n{''.join(_console(body, folder, address))}```"

    return _BLOCK.sub(renewed, text)


@contextlib.contextmanager
def workplace() -> Iterator[tuple[Path, str]]:
    """Yield a folder with face.jpg, and the address of a server that runs meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder, elsewhere = Path(name, "here"), Path(name, "elsewhere")
        folder.mkdir()
        elsewhere.mkdir()
        _shell("wince demo-archive demo", elsewhere)
        (folder / "face.jpg").write_bytes((elsewhere / FACE).read_bytes())
        with _server(folder) as address:
            yield folder, address


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "wince", "serve", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        if "wince is ready" not in line:
            raise RuntimeError("the server of the examples did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.communicate(timeout=20)


def _console(body: str, folder: Path, address: str) -> Iterator[str]:
    commands = re.findall(r"^\$ ((?:.*\\\n)*.*)\n", body, re.M)
    for command in commands:
        yield f"$ {command}\n"
        printed = _shell(command.replace(STANDS_FOR, address), folder)
        yield _readable(printed.replace(address, STANDS_FOR))


def _shell(command: str, folder: Path) -> str:
    """Return what a command line prints; raise when it fails."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
    }
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{command}\nended with {done.returncode}:\n{done.stdout}")
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def _python(body: str, folder: Path, address: str) -> None:
    script = body.replace(STANDS_FOR, address)
    script = script.replace(STANDS_FOR.replace("http", "ws"), address.replace("http", "ws"))
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True, stdout=subprocess.PIPE)


def _readable(printed: str) -> str:
    """Return an answer in JSON with a line for each of its members; all else as it is."""
    try:
        found = json.loads(printed)
    except ValueError:
        return printed
    if not isinstance(found, dict):
        return printed
    lines = (
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in found.items()
    )
    return "{" + ",\n ".join(lines) + "}\n"


if __name__ == "__main__":
    for page in map(DOCS.joinpath, PAGES):
        with workplace() as (folder, address):
            page.write_text(run(page.read_text("utf-8"), folder, address), "utf-8")
