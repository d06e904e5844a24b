"""Damaged inputs of every kind end in a result or in a message. benchmarks/fuzz.py tries more."""

import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.fuzz.files import Labels, Manifests, Tables
from tests.support.fuzz.images import Images
from tests.support.fuzz.server import LiveMessages, Requests
from tests.support.fuzz.target import Target
from tests.support.server_process import Server, serve
from wince.runtime.assessor import Assessor


def ends_of(target: Target, inputs: int) -> Counter[str]:
    """Return how the first inputs ended; none is an answer with status 500."""
    ends = Counter(target.attempt(number) for number in range(inputs))
    assert not [end for end in ends if "500" in end.split()]
    return ends


def test_damaged_images_are_decoded_assessed_or_refused(assessor: Assessor) -> None:
    with Images(assessor) as target:
        ends = ends_of(target, 600)
    results = {end.partition(": ")[2] for end in ends}
    assert results >= {"decoded", "assessed", "TruncatedImageError", "NotAnImageError"}


def test_damaged_manifests_are_used_or_refused() -> None:
    with Manifests() as target:
        ends = ends_of(target, 40)
    assert set(ends) == {"assessed", "ModelError"}


def test_damaged_tables_are_read_or_refused() -> None:
    with Tables() as target:
        ends = ends_of(target, 300)
    read = ", ".join(ends)
    for kind in ("archive", "predictions", "training labels", "split", "groups"):
        assert f"{kind} read" in read
    assert ends["refused"] > 50


def test_damaged_labels_are_read_or_excluded() -> None:
    with Labels() as target:
        ends = ends_of(target, 300)
    assert set(ends) == {"1 labels, 0 invalid", "1 labels, 1 invalid"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve([sys.executable, "-m", "wince", "serve"]) as server:
        yield server
    assert "Traceback" not in server.stderr


def test_damaged_requests_are_answered_with_their_status(server: Server) -> None:
    with Requests(server.process.pid, server.host, server.port) as target:
        ends = ends_of(target, 250)
    assert set(ends) >= {f"HTTP {status}" for status in (200, 400, 404, 405, 415, 422)}


def test_damaged_messages_are_answered_with_their_status(server: Server) -> None:
    with LiveMessages(server.process.pid, server.host, server.port) as target:
        ends = ends_of(target, 150)
    assert set(ends) >= {"frame: assessed", "frame: 422", "closed 1007"}
