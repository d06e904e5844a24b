"""Run the examples of the documentation and write their outputs into the pages.

    python -m tools.docs.run_examples

An example is a `console` block. Its lines that begin with `$ ` are commands, the others are their
output. `python` blocks are run too. The examples of a page share one folder, which contains a face
of the demo archive as `face.jpg`, and one server. A test runs them and compares the outputs without
their digits.
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
DOCUMENTED_ADDRESS = "http://127.0.0.1:5001"  # of the server, in the pages
_BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.M | re.S)


def run(text: str, folder: Path, address: str) -> str:
    """Return a page with the present outputs of its examples.

    Args:
        text: The page.
        folder: The folder in which the examples run.
        address: The address of a running server.

    Raises:
        RuntimeError: A command failed.
        CalledProcessError: A Python example failed.
    """

    def run_block(match: re.Match[str]) -> str:
        kind, body = match[1], match[2]
        if kind == "python":
            _python(body, folder, address)
            return match[0]
        return f"```console\n{''.join(_console(body, folder, address))}```"

    return _BLOCK.sub(run_block, text)


@contextlib.contextmanager
def workplace() -> Iterator[tuple[Path, str]]:
    """Yield a folder with face.jpg and the address of a server that runs in it."""
    with tempfile.TemporaryDirectory() as name:
        folder, archive = Path(name, "examples"), Path(name, "archive")
        folder.mkdir()
        archive.mkdir()
        _shell("wince demo-archive demo", archive)
        (folder / "face.jpg").write_bytes((archive / FACE).read_bytes())
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
        if "wince is ready" not in server.stdout.readline():
            raise RuntimeError("The server of the examples did not start: run `wince serve`.")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.communicate(timeout=20)


def _console(body: str, folder: Path, address: str) -> Iterator[str]:
    commands = re.findall(r"^\$ ((?:.*\\\n)*.*)\n", body, re.M)
    for command in commands:
        yield f"$ {command}\n"
        printed = _shell(command.replace(DOCUMENTED_ADDRESS, address), folder)
        yield _indent_json(printed.replace(address, DOCUMENTED_ADDRESS))


def _shell(command: str, folder: Path) -> str:
    """Return the output of a command line, stderr included; raise RuntimeError if it fails."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
    }
    process = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if process.returncode:
        raise RuntimeError(f"{command}\nended with {process.returncode}:\n{process.stdout}")
    return "".join(f"{line.rstrip()}\n" for line in process.stdout.splitlines())


def _python(body: str, folder: Path, address: str) -> None:
    script = body.replace(DOCUMENTED_ADDRESS, address)
    script = script.replace(DOCUMENTED_ADDRESS.replace("http", "ws"), address.replace("http", "ws"))
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True, stdout=subprocess.PIPE)


def _indent_json(printed: str) -> str:
    """Return a JSON object with one line for each member, and any other text unchanged."""
    try:
        content = json.loads(printed)
    except ValueError:
        return printed
    if not isinstance(content, dict):
        return printed
    lines = (
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in content.items()
    )
    return "{" + ",\n ".join(lines) + "}\n"


if __name__ == "__main__":
    for page in map(DOCS.joinpath, PAGES):
        with workplace() as (folder, address):
            page.write_text(run(page.read_text("utf-8"), folder, address), "utf-8")
