"""Costly pieces of input take turns, so that the event loop serves others in between.

Some input takes far more time than its length suggests, such as a body in chunks of one byte. Who
has parsed a costly piece waits for as long as that took, one after the other: all of them together
have at most half of the event loop's time, and between two of their pieces others are served.
"""

import asyncio
import time

COSTLY_SECONDS = 0.001
"""Processor time for one piece above which it is costly."""

REST = 2.0
"""Time from one costly piece to the next, in multiples of its processor time."""

_next_turn = 0.0  # by the event loop's clock


def begin() -> float:
    """Return the processor time of this thread, for `turn_after`."""
    return time.thread_time()


def turn_after(start: float) -> float | None:
    """Return when the next piece may be parsed, by the event loop's clock; None for at once.

    Args:
        start: What `begin` returned before the piece that has just been parsed.
    """
    global _next_turn
    seconds = time.thread_time() - start
    if seconds < COSTLY_SECONDS:
        return None
    _next_turn = max(_next_turn, asyncio.get_running_loop().time()) + REST * seconds
    return _next_turn


def next_turn() -> float:
    """Return when costly input may be parsed next, by the event loop's clock."""
    return _next_turn
