"""A server at full load for ten minutes, its memory watched: `python benchmarks/soak.py`.

Half of what is sent are photos, the others the bad inputs of the tests. It prints the memory every
few seconds and compares the last third with the second one, the first being for what is loaded and
cached once. Status 1 when it grew by more than ten megabytes.
"""

import argparse
import http.client
import statistics
import sys
import threading
import time
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests import bad_inputs

import serving

CLIENTS = 8
GROWTH = 10.0  # MB
FAILED = (500, 502, 504)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    seconds = parser.parse_args().seconds
    good = [serving.photo(640, 480), serving.photo(1920, 1080)]
    bad = [data for data, _ in bad_inputs.corpus().values() if data]
    sent, broken = count(), []
    memory: list[float] = []
    with serving.server() as server:
        end = time.monotonic() + seconds

        def keep_busy(mine: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            for turn in count(mine):
                if time.monotonic() > end:
                    return
                pictures = good if turn % 2 else bad
                picture = pictures[turn // 2 % len(pictures)]
                headers = {"Content-Type": "image/jpeg"}
                try:
                    connection.request("POST", "/v1/assessments", picture, headers)
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status in FAILED:
                        broken.append(answer.status)
                except (OSError, http.client.HTTPException) as error:
                    broken.append(error)
                    connection.close()
                next(sent)

        threads = [threading.Thread(target=keep_busy, args=(n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            memory.append(server.memory())
            time.sleep(min(2.0, seconds / 30))
    third = len(memory) // 3
    middle, last = (statistics.median(part) for part in (memory[third:-third], memory[-third:]))
    for number in range(0, len(memory), max(1, len(memory) // 15)):
        print(f"{number / len(memory) * seconds:6.0f} s {memory[number]:7.1f} MB")
    print(
        f"{next(sent)} requests from {CLIENTS} clients in {seconds:.0f} s, {len(broken)} broken; "
        f"memory {middle:.1f} MB in the second third, {last:.1f} MB in the last, "
        f"{max(memory):.1f} MB at most"
    )
    if broken or last > middle + GROWTH:
        sys.exit(f"not flat or not whole: {broken[:5]}")


if __name__ == "__main__":
    main()
