"""A `wince serve` on loopback, load for it, and the memory and time of its process."""

import http.client
import io
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from websockets.sync.client import connect

FACE = Path(__file__).parents[1] / "tests" / "data" / "frames" / "aa001t2aaaff028.jpg"


def photo(width: int, height: int, *, quality: int = 90, grain: float = 6.0) -> bytes:
    """Return a JPEG of a rendered face, half as high as the image, in front of a cloudy wall.

    Args:
        width: Pixels.
        height: Pixels.
        quality: Quality of the JPEG.
        grain: Standard deviation of the sensor's noise, of 255.
    """
    random = np.random.default_rng(0)
    clouds = random.integers(60, 190, (9, 12, 3)).astype(np.uint8)
    image = Image.fromarray(clouds).resize((width, height), Image.Resampling.BICUBIC)
    side = round(height * 0.75)
    with Image.open(FACE) as face:
        large_face = face.convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    image.paste(large_face, ((width - side) // 2, (height - side) // 2))
    noisy = np.asarray(image) + random.normal(0, grain, (height, width, 3))
    file = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return file.getvalue()


@dataclass(frozen=True)
class Served:
    """A running server.

    Attributes:
        process: Its process.
        host: Its host name.
        port: Its port.
        ready: Seconds by the clock until it printed its address.
        processor: Seconds of processor time until then.
    """

    process: subprocess.Popen[str]
    host: str
    port: int
    ready: float
    processor: float

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://{self.host}:{self.port}"

    def memory(self, what: str = "VmRSS") -> float:
        """Return the resident memory in MB (2**20 bytes) now, or its peak, VmHWM."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return megabytes(status, what)


def megabytes(status: str, what: str) -> float:
    """Return a value of /proc/PID/status in MB."""
    match = re.search(rf"^{what}:\s+(\d+) kB$", status, re.M)
    if match is None:
        raise ValueError(f"expected a line {what} in /proc/PID/status, found {status[:80]!r}")
    return int(match[1]) / 1024


@contextmanager
def running_server() -> Generator[Served]:
    """Start `wince serve` on loopback, on a free port; stop it at the end."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "wince", "serve"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        ready = time.perf_counter() - begun
        match = re.search(r"http://([\w.]+):(\d+)", line)
        if match is None:
            raise RuntimeError(f"expected the address of the server, found {line!r}")
        fields = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])  # utime and stime
        processor = ticks / os.sysconf("SC_CLK_TCK")
        yield Served(process, match[1], int(match[2]), ready, processor)
    finally:
        process.terminate()
        process.wait(20)


@dataclass
class Answers:
    """The answers to a load.

    Attributes:
        seconds: How long the load lasted.
        statuses: Number of answers by status.
        took: Seconds of each answer with status 200.
        refused: Seconds of each answer with status 503.
    """

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Assessments per second."""
        return self.statuses[200] / self.seconds

    @property
    def share_refused(self) -> float:
        """Share of the requests with status 503."""
        return self.statuses[503] / max(1, self.statuses.total())


def load(server: Served, photos: Sequence[bytes], *, clients: int, seconds: float) -> Answers:
    """Send photos for some time, from each client as soon as it has its answer.

    A client that is refused with 503 waits the seconds of Retry-After.

    Args:
        server: The server.
        photos: Sent in turn.
        clients: Number of clients.
        seconds: Duration.
    """
    answers, lock, begun = Answers(), threading.Lock(), time.perf_counter()
    failures: list[Exception] = []

    def client(number: int) -> None:
        try:
            _send(server, photos, number, begun + seconds, answers, lock)
        except Exception as error:  # raised by the main thread
            failures.append(error)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    answers.seconds = time.perf_counter() - begun
    return answers


def _send(
    server: Served,
    photos: Sequence[bytes],
    number: int,
    end: float,
    answers: Answers,
    lock: threading.Lock,
) -> None:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    headers = {"Content-Type": "image/jpeg"}
    while (begun := time.perf_counter()) < end:
        connection.request("POST", "/v1/assessments", photos[number % len(photos)], headers)
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - begun
        with lock:
            answers.statuses[answer.status] += 1
            if answer.status == 200:
                answers.took.append(took)
            elif answer.status == 503:
                answers.refused.append(took)
        if answer.status == 503:
            wait = float(answer.headers["Retry-After"])
            time.sleep(max(0.0, min(wait, end - time.perf_counter())))
        number += 1
    connection.close()


def live(server: Served, frame: bytes, *, seconds: float) -> NDArray[np.float64]:
    """Send frames over the live socket, two of them unanswered at any time.

    Returns:
        A row for each answer, (n, 2): when it came, and how long after its frame was sent, in
        seconds.
    """
    rows, sent = [], []
    address = f"ws://{server.host}:{server.port}/v1/live"
    with connect(address, proxy=None) as socket:

        def send() -> None:
            sent.append(time.perf_counter())
            socket.send(frame)

        send()
        send()
        while sent[-1] - sent[0] < seconds:
            answer = json.loads(socket.recv(timeout=60))
            now = time.perf_counter()
            if "assessment" not in answer:
                raise RuntimeError(f"expected an assessment, found {answer}")
            rows.append((now, now - sent[answer["frame"] - 1]))
            # A replaced frame gets no answer, so the frames after the answered one are counted.
            for _ in range(2 - (len(sent) - answer["frame"])):
                send()
    return np.array(rows)
