"""Time limits of clients count the time for which the server waits for them."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from wince.server import body_limits, event_loop, turns
from wince.server.problems import ProblemError

SECONDS = 0.2


def run(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=event_loop.EventLoop) as runner:
        runner.run(story)


async def work(seconds: float) -> None:
    """Keep the event loop busy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.02)
        await asyncio.sleep(0)


def test_time_in_which_the_server_is_busy_does_not_count() -> None:
    async def story() -> None:
        async with body_limits.time_limit(SECONDS):
            await work(3 * SECONDS)

    run(story())


def test_time_in_which_costly_input_waits_for_its_turn_does_not_count(monkeypatch) -> None:
    async def story() -> None:
        monkeypatch.setattr(turns, "_next_turn", time.monotonic() + 3 * SECONDS)
        async with body_limits.time_limit(SECONDS):
            await asyncio.sleep(3 * SECONDS)

    run(story())


def test_time_in_which_the_server_waits_for_the_client_counts() -> None:
    async def story() -> None:
        async with body_limits.time_limit(SECONDS):
            await work(SECONDS)
            await asyncio.sleep(60)

    with pytest.raises(ProblemError) as error:
        run(story())
    assert error.value.kind == "too-slow"


def test_a_busy_server_waits_ten_times_as_long_at_most() -> None:
    async def story() -> None:
        async with body_limits.time_limit(0.02):
            await work(60)

    with pytest.raises(ProblemError):
        run(story())


def test_other_event_loops_count_all_time() -> None:
    async def story() -> None:
        async with body_limits.time_limit(SECONDS):
            await work(60)

    with pytest.raises(ProblemError):
        asyncio.run(story())
