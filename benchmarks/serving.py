"""A `wince serve` of its own process, and clients that keep it busy; for the other benchmarks."""

import contextlib
import http.client
import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil
import skimage.data
from PIL import Image

READY = "wince is ready"


@dataclass
class Server:
    """A running server. seconds: from its start until it was ready."""

    port: int
    process: psutil.Process
    seconds: float

    def memory(self) -> float:
        """Return its resident memory in MB."""
        return self.process.memory_info().rss / 2**20


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Start `wince serve` on a free port, and stop it at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    begun = time.perf_counter()
    words = [sys.executable, "-m", "wince", "serve", "--port", str(port)]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert child.stdout is not None
    said = ""
    while READY not in said:
        line = child.stdout.readline()
        if not line:
            sys.exit(f"the server did not start: {said}")
        said += line
    seconds = time.perf_counter() - begun
    threading.Thread(target=child.stdout.read, daemon=True).start()
    try:
        yield Server(port, psutil.Process(child.pid), seconds)
    finally:
        child.terminate()
        child.wait(30)


def photo(width: int, height: int, quality: int = 88) -> bytes:
    """Return NASA's portrait of Eileen Collins, public domain, as a JPEG of any size."""
    portrait = Image.fromarray(skimage.data.astronaut())
    side = min(width, height)
    picture = Image.new("RGB", (width, height), (90, 100, 110))
    picture.paste(portrait.resize((side, side), Image.Resampling.LANCZOS), ((width - side) // 2, 0))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


@dataclass
class Load:
    """What clients met. latencies: seconds of each answered picture. refused: answers of 503."""

    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    seconds: float = 0.0


def load(port: int, clients: int, seconds: float, picture: bytes) -> Load:
    """Let clients send a picture again and again, each waiting for its answer.

    One that is told to come again waits as long as it is told.
    """
    found, lock = Load(), threading.Lock()
    end = time.perf_counter() + seconds

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < end:
            begun = time.perf_counter()
            connection.request("POST", "/v1/assessments", picture, {"Content-Type": "image/jpeg"})
            answer = connection.getresponse()
            answer.read()
            took = time.perf_counter() - begun
            with lock:
                if answer.status == 200:
                    found.latencies.append(took)
                elif answer.status == 503:
                    found.refused += 1
                else:
                    raise RuntimeError(f"HTTP {answer.status}")
            if answer.status == 503:
                time.sleep(float(answer.headers["Retry-After"]))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds = time.perf_counter() - begun
    return found
