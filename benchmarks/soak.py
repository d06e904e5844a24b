"""Whether memory stays flat: a server at full load for a while, its memory watched.

    python -m benchmarks.soak --minutes 10

Four clients upload photos and, every other time, one of the bad inputs of the tests, while a live
socket is fed, all as fast as answers come. The resident memory of the server's process is read
every second, after a warm-up in which what is loaded and cached once is there. Ends with status 1
when the median of the last third exceeds that of the first by more than --share, when the server
dies or a connection breaks, or when an answer says that the server failed. It needs Linux (/proc).
"""

import argparse
import statistics
import sys
import threading
import time

from benchmarks.server_load import Answers, live, load, photo, served
from tests.support import bad_inputs

SHARE = 0.05
CLIENTS = 4


def pictures() -> list[bytes]:
    """Return what is uploaded in turn: photos of three sizes, and a bad input after each."""
    good = [photo(640, 480), photo(1920, 1080), photo(3464, 2598)]
    bad = [data for data, _ in bad_inputs.corpus().values() if data]
    return [one for turn, data in enumerate(bad) for one in (good[turn % len(good)], data)]


def grown(megabytes: list[float]) -> float:
    """Return by which share the median of the last third exceeds that of the first."""
    third = len(megabytes) // 3
    if not third:
        raise ValueError(f"expected three samples of memory or more, found {len(megabytes)}")
    first, last = statistics.median(megabytes[:third]), statistics.median(megabytes[-third:])
    return last / first - 1


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10, help="how long [10]")
    parser.add_argument("--share", type=float, default=SHARE, help=f"allowed growth [{SHARE}]")
    parser.add_argument("--warm-up", type=float, default=15, help="seconds before it counts [15]")
    chosen = parser.parse_args()
    sent, frame = pictures(), photo(640, 480, quality=85)
    seconds = 60 * chosen.minutes
    uploads: list[Answers] = []
    frames: list[int] = []
    with served() as server:

        def upload() -> None:
            uploads.append(load(server, sent, clients=CLIENTS, seconds=seconds))

        def film() -> None:
            frames.append(len(live(server, frame, seconds=seconds)))

        load(server, sent, clients=CLIENTS, seconds=chosen.warm_up)
        workers = [threading.Thread(target=work) for work in (upload, film)]
        for worker in workers:
            worker.start()
        samples = []
        while any(worker.is_alive() for worker in workers) and server.process.poll() is None:
            samples.append(server.memory())
            time.sleep(1)
        for worker in workers:
            worker.join()
        lived = server.process.poll() is None
        peak = server.memory("VmHWM") if lived else max(samples)
    if not (lived and uploads and frames):
        print("The server died or stopped answering; what was raised stands above.")
        return 1
    for number in range(0, len(samples), max(1, len(samples) // 12)):
        print(f"{number:6d} s {samples[number]:7.1f} MB")
    growth = grown(samples)
    statuses = dict(sorted(uploads[0].statuses.items()))
    print(
        f"{chosen.minutes:g} minutes: {sum(statuses.values())} uploads by status {statuses}, "
        f"{frames[0]} live frames; peak {peak:.0f} MB; "
        f"last third against first: {growth:+.1%} (allowed {chosen.share:+.1%})"
    )
    failed = sorted(status for status in statuses if status >= 500 and status != 503)
    if failed:
        print(f"The server failed: answers with the status {failed}.")
    return 1 if growth > chosen.share or failed else 0


if __name__ == "__main__":
    sys.exit(main())
