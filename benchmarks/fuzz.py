"""Damaged files and requests by the thousand.

    python -m benchmarks.fuzz --inputs 100000

Nine of ten inputs are files of the corpus of tests/support/bad_inputs.py, damaged at random, which
are assessed. The others are JSON bodies, which are sent to the application. Each must end in an
assessment, or in a message with the right status. It prints how the inputs of each format ended,
the slowest, and the memory before and after. When one ends in another way, the exit status is 1 and
Hypothesis prints how to reproduce it. Hypothesis keeps a record of the inputs it has tried, which
is part of that memory: `benchmarks.soak` shows whether the server's memory stays constant.
"""

import argparse
import time
import warnings
from collections import Counter

import psutil
from hypothesis import HealthCheck, Phase, given, seed, settings
from starlette.testclient import TestClient

from tests.support import bad_inputs
from wince import Assessor
from wince.errors import ImageError, NoFaceError
from wince.image_formats import file_format
from wince.server.app import create_app
from wince.server.settings import load_settings

JSON_SHARE = 0.1
WARM_UP = 200  # inputs after which everything is loaded and cached
REFUSED = (400, 413, 415, 422)


class Tally:
    """How the inputs ended.

    Attributes:
        ends: Number of inputs by how they ended.
        slowest: Seconds that the slowest took.
        slowest_end: How the slowest ended.
    """

    def __init__(self) -> None:
        """Start without any input."""
        self.ends: Counter[str] = Counter()
        self.slowest = 0.0
        self.slowest_end = ""

    def add(self, end: str, start: float) -> None:
        """Count one input.

        Args:
            end: How it ended.
            start: `time.perf_counter()` before it.
        """
        self.ends[end] += 1
        seconds = time.perf_counter() - start
        if seconds > self.slowest:
            self.slowest, self.slowest_end = seconds, end


def assess_files(assessor: Assessor, tally: Tally, inputs: int, number: int) -> None:
    """Assess damaged files; number: the seed."""

    @seed(number)
    @_many(inputs)
    @given(data=bad_inputs.damaged_files())
    def assess(data: bytes) -> None:
        start = time.perf_counter()
        try:
            assessor.assess(data)
            end = "assessed"
        except (ImageError, NoFaceError) as error:
            assert str(error).endswith((".", ").")), str(error)
            end = type(error).__name__
        tally.add(f"{file_format(data) or 'no image'}: {end}", start)

    assess()


def send_requests(client: TestClient, tally: Tally, inputs: int, number: int) -> None:
    """Send damaged requests to the application; number: the seed."""
    headers = {"Content-Type": "application/json"}

    @seed(number)
    @_many(inputs)
    @given(body=bad_inputs.json_bodies())
    def send(body: bytes) -> None:
        start = time.perf_counter()
        answer = client.post("/analyze", content=body, headers=headers)
        assert answer.status_code in REFUSED, answer.status_code
        assert set(answer.json()) == {"error"}
        tally.add(f"HTTP {answer.status_code}", start)

    send()


def _many(inputs: int) -> settings:
    return settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def main() -> None:
    """Try all inputs and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # Pillow's, about broken EXIF
    assessor, tally, process = Assessor(), Tally(), psutil.Process()
    requests = round(options.inputs * JSON_SHARE)
    assess_files(assessor, Tally(), WARM_UP, options.seed)
    before, start = process.memory_info().rss, time.perf_counter()
    assess_files(assessor, tally, options.inputs - requests, options.seed + 1)
    app = create_app(assessor, settings=load_settings({}))
    with TestClient(app, base_url="http://127.0.0.1:5001") as client:
        send_requests(client, tally, requests, options.seed + 2)
    for end, count in tally.ends.most_common():
        print(f"{count:8}  {end}")
    after = process.memory_info().rss
    print(
        f"{tally.ends.total():8}  inputs in {time.perf_counter() - start:.0f} s, the slowest "
        f"{1000 * tally.slowest:.0f} ms ({tally.slowest_end}); memory "
        f"{before / 2**20:.0f} MB before, {after / 2**20:.0f} MB after"
    )


if __name__ == "__main__":
    main()
