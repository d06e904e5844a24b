"""Whether memory stays constant: a server at full load for a while, with its memory watched.

    python -m benchmarks.soak --minutes 10

Four clients upload photos and, every other time, one of the bad inputs of the tests, and a live
socket is fed, all as fast as answers come. The resident memory of the server's process is read
every second, after a warm-up in which everything is loaded and cached once. The exit status is 1
when the median of the last third exceeds that of the first by more than --share, when the server
dies or a connection breaks, or when an answer has the status of a server failure. It needs Linux
(/proc).
"""

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.server_load import Answers, Served, live, load, photo, running_server
from tests.support import bad_inputs

SHARE = 0.05
CLIENTS = 4


@dataclass
class Soak:
    """What a soak gives.

    Attributes:
        samples: Resident memory in MB, one value a second.
        peak: Highest resident memory in MB.
        lived: Whether the server was alive at the end.
        uploads: Answers to the uploads; empty if a client failed.
        live_frames: Number of live frames answered; empty if the live client failed.
    """

    samples: list[float] = field(default_factory=list)
    peak: float = 0.0
    lived: bool = False
    uploads: list[Answers] = field(default_factory=list)
    live_frames: list[int] = field(default_factory=list)


def uploaded_files() -> list[bytes]:
    """Return what is uploaded in turn: photos of three sizes, and a bad input after each."""
    photos = [photo(640, 480), photo(1920, 1080), photo(3464, 2598)]
    bad_files = [data for data, _ in bad_inputs.corpus().values() if data]
    pairs = [(photos[turn % len(photos)], data) for turn, data in enumerate(bad_files)]
    return [data for pair in pairs for data in pair]


def growth(megabytes: Sequence[float]) -> float:
    """Return by which share the median of the last third exceeds that of the first.

    Raises:
        ValueError: There are fewer than three samples.
    """
    third = len(megabytes) // 3
    if not third:
        raise ValueError(f"expected three samples of memory or more, found {len(megabytes)}")
    first, last = statistics.median(megabytes[:third]), statistics.median(megabytes[-third:])
    return last / first - 1


def run_soak(server: Served, seconds: float, warm_up: float) -> Soak:
    """Load a server and watch its memory.

    Args:
        server: The server.
        seconds: Duration of the load.
        warm_up: Seconds of load before memory is read.
    """
    result, files, frame = Soak(), uploaded_files(), photo(640, 480, quality=85)

    def upload() -> None:
        result.uploads.append(load(server, files, clients=CLIENTS, seconds=seconds))

    def film() -> None:
        result.live_frames.append(len(live(server, frame, seconds=seconds)))

    load(server, files, clients=CLIENTS, seconds=warm_up)
    threads = [threading.Thread(target=work) for work in (upload, film)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and server.process.poll() is None:
        result.samples.append(server.memory())
        time.sleep(1)
    for thread in threads:
        thread.join()
    result.lived = server.process.poll() is None
    result.peak = server.memory("VmHWM") if result.lived else max(result.samples)
    return result


def main() -> int:
    """Load, watch and print; return 1 if memory grew or the server failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="how long [10]")
    parser.add_argument("--share", type=float, default=SHARE, help=f"allowed growth [{SHARE}]")
    parser.add_argument("--warm-up", type=float, default=15, help="seconds before it counts [15]")
    options = parser.parse_args()
    with running_server() as server:
        result = run_soak(server, 60 * options.minutes, options.warm_up)
    if not (result.lived and result.uploads and result.live_frames):
        print("The server died or stopped answering; the exception is printed above.")
        return 1
    samples = result.samples
    for number in range(0, len(samples), max(1, len(samples) // 12)):
        print(f"{number:6d} s {samples[number]:7.1f} MB")
    grown = growth(samples)
    statuses = dict(sorted(result.uploads[0].statuses.items()))
    print(
        f"{options.minutes:g} minutes: {sum(statuses.values())} uploads by status {statuses}, "
        f"{result.live_frames[0]} live frames; peak {result.peak:.0f} MB; "
        f"last third against first: {grown:+.1%} (allowed {options.share:+.1%})"
    )
    failures = sorted(status for status in statuses if status >= 500 and status != 503)
    if failures:
        print(f"The server failed: answers with the status {failures}.")
    return 1 if grown > options.share or failures else 0


if __name__ == "__main__":
    sys.exit(main())
