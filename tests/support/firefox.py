"""Firefox for tests of the page, driven through WebDriver BiDi, without a driver in between."""

import itertools
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
TIMEOUT = 30.0  # seconds; long, because the machine may be busy

# A test camera, which shows coloured areas and no face, without asking for permission.
_PREFERENCES = """
user_pref("media.navigator.streams.fake", true);
user_pref("media.navigator.permission.disabled", true);
"""


class Firefox:
    """A tab of a running Firefox.

    Attributes:
        errors: Messages of errors in the page's scripts, and of violations of its policy.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.errors: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self._tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **parameters: Any) -> Any:
        """Return the result of a command of WebDriver BiDi."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters}
        self._connection.send(json.dumps(command))
        while True:
            message = json.loads(self._connection.recv(TIMEOUT))
            if message.get("method") == "log.entryAdded":
                if message["params"]["level"] == "error":
                    self.errors.append(message["params"]["text"])
            elif message.get("id") == number:
                assert message["type"] == "success", f"{method}: {message}"
                return message["result"]

    def open(self, address: str) -> None:
        """Open the page of wince and wait until it is ready."""
        self.call("browsingContext.navigate", context=self._tab, url=address, wait="complete")
        self.wait_for("html[data-ready]")

    def leave(self) -> None:
        """Leave the page, whose camera would go on."""
        self.call("browsingContext.navigate", context=self._tab, url="about:blank", wait="complete")

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression: text, a number, a truth value or null."""
        return self._evaluate(expression).get("value")

    def wait_for(self, selector: str) -> None:
        """Wait until an element exists."""
        deadline = time.monotonic() + TIMEOUT
        while not self.evaluate(f"document.querySelector({json.dumps(selector)}) !== null"):
            assert time.monotonic() < deadline, f"did not appear: {selector}"
            time.sleep(0.05)

    def text(self, selector: str) -> str:
        """Return the text of an element."""
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent"))

    def click(self, selector: str) -> None:
        """Click an element."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in a file field."""
        element = self._evaluate(f"document.querySelector({json.dumps(selector)})")
        reference = {"sharedId": element["sharedId"]}
        self.call("input.setFiles", context=self._tab, element=reference, files=[str(path)])

    def _evaluate(self, expression: str) -> Any:
        target = {"context": self._tab}
        answer = self.call(
            "script.evaluate", expression=expression, target=target, awaitPromise=True
        )
        assert answer["type"] == "success", answer
        return answer["result"]


@contextmanager
def start_firefox(profile: Path) -> Iterator[Firefox]:
    """Run Firefox without a window while the block runs.

    Args:
        profile: An empty folder for its settings.
    """
    assert FIREFOX is not None
    (profile / "user.js").write_text(_PREFERENCES, "utf-8")
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(profile)]
    process = subprocess.Popen(
        [*command, "--remote-debugging-port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        lines = (re.search(r"BiDi listening on (ws://\S+)", line) for line in process.stderr)
        address = next((match[1] for match in lines if match), None)
        assert address, "Firefox did not start"
        with connect(f"{address}/session", max_size=None, compression=None) as connection:
            yield Firefox(connection)
    finally:
        process.terminate()
        process.communicate(timeout=30)
