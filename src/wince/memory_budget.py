"""Memory that all threads of this process share for their largest pieces of work.

Two large images at the same time would take twice the memory of one. So who needs much memory for a
moment reserves it, and waits while others have it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MAX_BYTES = 190 * 2**20
"""Memory for decoding images and for showing large ones to the face detector."""

_changed = threading.Condition()
_reserved = 0


@contextmanager
def reserved(size: int) -> Iterator[None]:
    """Wait until a number of bytes is free, and keep it during the block.

    More than MAX_BYTES waits until nobody else has any. A block must not reserve memory again: two
    threads could wait for each other.
    """
    global _reserved
    size = min(size, MAX_BYTES)
    with _changed:
        _changed.wait_for(lambda: _reserved + size <= MAX_BYTES)
        _reserved += size
    try:
        yield
    finally:
        with _changed:
            _reserved -= size
            _changed.notify_all()
