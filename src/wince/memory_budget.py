"""Memory that all threads of this process share for their largest pieces of work.

Two large images at the same time would take twice the memory of one. So who needs much memory
reserves it, and waits while others have it. An image needs most while it is decoded; its pixels
stay until its faces are found, for which the face detector needs memory again. Threads that have
pixels and wait for the detector's memory cannot wait for each other: all pixels together leave
enough for one search.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MAX_BYTES = 208 * 2**20
"""Memory for decoding images, for their pixels, and for showing large ones to the face detector."""
SEARCH_BYTES = 112 * 2**20
"""Part of it that is never used for pixels that stay; the face detector needs 110 MB at most."""

_changed = threading.Condition()
_reserved = 0
_kept = 0  # bytes of pixels that stay after decoding


class _Thread(threading.local):
    """The pixels of this thread's image."""

    is_image_work = False
    kept = 0


_thread = _Thread()


@contextmanager
def reserved(size: int) -> Iterator[None]:
    """Wait until a number of bytes is free, and keep it during the block.

    More than MAX_BYTES waits until nobody else has any. A block must not reserve memory again: two
    threads could wait for each other.
    """
    with _changed:
        _wait_for(size, 0)
    try:
        yield
    finally:
        _release(min(size, MAX_BYTES), 0)


@contextmanager
def decoding(size: int, pixels: int) -> Iterator[None]:
    """Wait until the memory for decoding an image is free, and keep it during the block.

    Args:
        size: Bytes during the block, as for `reserved`.
        pixels: Bytes that the pixels need afterwards. In `image_work` they are kept until its end.
    """
    size = min(size, MAX_BYTES)
    pixels = min(pixels, size, MAX_BYTES - SEARCH_BYTES)
    with _changed:
        _wait_for(size, pixels)
    try:
        yield
    finally:
        if _thread.is_image_work:
            _thread.kept += pixels
            _release(size - pixels, 0)
        else:
            _release(size, pixels)


@contextmanager
def image_work() -> Iterator[None]:
    """Keep the memory for the pixels of an image that is decoded in the block until its end."""
    _thread.is_image_work = True
    try:
        yield
    finally:
        _release(_thread.kept, _thread.kept)
        _thread.is_image_work, _thread.kept = False, 0


def _wait_for(size: int, pixels: int) -> None:
    global _reserved, _kept
    size = min(size, MAX_BYTES)
    _changed.wait_for(
        lambda: _reserved + size <= MAX_BYTES and _kept + pixels <= MAX_BYTES - SEARCH_BYTES
    )
    _reserved += size
    _kept += pixels


def _release(size: int, pixels: int) -> None:
    global _reserved, _kept
    with _changed:
        _reserved -= size
        _kept -= pixels
        _changed.notify_all()
