"""How long `/healthz` takes while clients send requests of very many small parts.

    python -m benchmarks.health_under_attack

Three clients send each stream of tests/support/attack_streams.py again and again, while another one
requests `/healthz`. Printed for each stream, and for no attack: the seconds until the answer, and
the processor time that the server had until then. A busy machine makes the first longer and not the
second, which is what a machine would need that has a free core for the server. It needs Linux.
"""

import argparse
import contextlib
import multiprocessing
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server_load import Served, running_server
from tests.support.attack_streams import BODIES, HEALTH

CLIENTS = 3


def send_again_and_again(host: str, port: int, data: bytes) -> None:
    """Send a stream, wait until the server closes the connection, and begin again."""
    while True:
        with contextlib.suppress(OSError):
            stream = socket.create_connection((host, port), 60)
            with stream:
                stream.sendall(data)
                while stream.recv(65536):
                    pass
        time.sleep(0.01)


def attack(host: str, port: int, name: str) -> None:
    """Attack with several clients, in a process of its own, until it is ended."""
    arguments = (host, port, BODIES[name])
    threads = [
        threading.Thread(target=send_again_and_again, args=arguments) for _ in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()


@contextmanager
def attacked(server: Served, name: str) -> Iterator[None]:
    """Attack while the block runs; with no name, do nothing."""
    process = multiprocessing.get_context("spawn").Process(
        target=attack, args=(server.host, server.port, name), daemon=True
    )
    if name:
        process.start()
        time.sleep(2)
    try:
        yield
    finally:
        if name:
            process.kill()
            process.join()
            time.sleep(2)


def processor_seconds(server: Served) -> float:
    """Return the processor time of the server's first thread, which has the event loop."""
    fields = Path(f"/proc/{server.process.pid}/schedstat").read_text("ascii").split()
    return int(fields[0]) / 1e9


def health(server: Served) -> tuple[float, float]:
    """Return the seconds until `/healthz` answers, and the server's processor time until then."""
    start, processor = time.perf_counter(), processor_seconds(server)
    with socket.create_connection((server.host, server.port), 60) as stream:
        stream.sendall(HEALTH)
        answer = stream.recv(100)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"expected the status 200, found {answer[:40]!r}")
    return time.perf_counter() - start, processor_seconds(server) - processor


def main() -> None:
    """Measure each attack and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=40, help="for each attack [40]")
    options = parser.parse_args()
    print("| attack | median ms | longest ms | processor, median ms | processor, longest ms |")
    print("|---|---|---|---|---|")
    with running_server() as server:
        for name in ("", *BODIES):
            with attacked(server, name):
                times = [health(server) for _ in range(options.requests)]
            cells = [
                f"{1000 * value:.0f}"
                for column in zip(*times, strict=True)
                for value in (statistics.median(column), max(column))
            ]
            print(f"| {name or 'none'} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
