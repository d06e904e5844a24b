"""Damaged pictures and requests by the thousand: `python -m benchmarks.fuzz --inputs 100000`.

Nine of ten inputs are files, from the corpus of tests/support/bad_inputs.py damaged anew, and go
the whole way to an assessment; the others are JSON bodies and go through the application. Each must
end in an assessment or in a sentence with the right status. It prints how each ended, the slowest,
and the memory before and after; status 1 when one ended otherwise, with what it takes to repeat it.
Hypothesis keeps a record of what it has tried, which is in that memory too: whether the server's
own stays flat is for soak.py to say.
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
from wince.server.app import create_app
from wince.server.settings import Settings

JSON_SHARE = 0.1
REFUSED = (400, 413, 415, 422)


class Tally:
    """How the inputs ended, and how long the slowest took."""

    def __init__(self) -> None:
        self.ends: Counter[str] = Counter()
        self.slowest = 0.0

    def add(self, end: str, begun: float) -> None:
        """Count one input; begun: when it was sent, by `time.perf_counter`."""
        self.ends[end] += 1
        self.slowest = max(self.slowest, time.perf_counter() - begun)


def files(assessor: Assessor, tally: Tally, inputs: int, number: int) -> None:
    """Assess damaged files; number: the seed."""

    @seed(number)
    @_many(inputs)
    @given(data=bad_inputs.damaged_files())
    def each(data: bytes) -> None:
        begun = time.perf_counter()
        try:
            assessor.assess(data)
            end = "assessed"
        except (ImageError, NoFaceError) as error:
            assert str(error).endswith((".", ").")), str(error)
            end = type(error).__name__
        tally.add(end, begun)

    each()


def requests(client: TestClient, tally: Tally, inputs: int, number: int) -> None:
    """Send damaged requests to the application; number: the seed."""
    headers = {"Content-Type": "application/json"}

    @seed(number)
    @_many(inputs)
    @given(body=bad_inputs.json_bodies())
    def each(body: bytes) -> None:
        begun = time.perf_counter()
        answer = client.post("/analyze", content=body, headers=headers)
        assert answer.status_code in REFUSED, answer.status_code
        assert set(answer.json()) == {"error"}
        tally.add(f"HTTP {answer.status_code}", begun)

    each()


def _many(inputs: int) -> settings:
    return settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given_ = parser.parse_args()
    warnings.simplefilter("ignore")  # Pillow's, about broken EXIF
    assessor, tally, here = Assessor(), Tally(), psutil.Process()
    bodies = round(given_.inputs * JSON_SHARE)
    files(assessor, Tally(), 200, given_.seed)  # what is loaded and cached once
    before, begun = here.memory_info().rss, time.perf_counter()
    files(assessor, tally, given_.inputs - bodies, given_.seed + 1)
    app = create_app(assessor, settings=Settings())
    with TestClient(app, base_url="http://127.0.0.1:5001") as client:
        requests(client, tally, bodies, given_.seed + 2)
    for end, count in tally.ends.most_common():
        print(f"{count:8}  {end}")
    after = here.memory_info().rss
    print(
        f"{tally.ends.total():8}  inputs in {time.perf_counter() - begun:.0f} s, the slowest "
        f"{1000 * tally.slowest:.0f} ms; memory {before / 2**20:.0f} MB before, "
        f"{after / 2**20:.0f} MB after"
    )


if __name__ == "__main__":
    main()
