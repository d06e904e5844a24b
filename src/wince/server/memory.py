"""Lets the process give memory back to the operating system when images are done."""

import ctypes
import sys

LARGE_BLOCK = 1 * 2**20
"""Bytes above which a block of memory is always given back."""
KEPT = 16 * 2**20
"""Bytes of free memory that may be kept at the end of the heap."""

# Of malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


def limit_kept_memory() -> None:
    """Set limits for the memory that malloc keeps for later.

    glibc raises its limit with each large block that is freed, up to 32 MB in each thread, so that
    a server that has decoded large images would keep some hundred megabytes.
    """
    _call("mallopt", _M_MMAP_THRESHOLD, LARGE_BLOCK)
    _call("mallopt", _M_TRIM_THRESHOLD, KEPT)


def release() -> None:
    """Give back free memory that lies between blocks in use."""
    _call("malloc_trim", 0)


def _call(name: str, *values: int) -> None:
    """Call a function of glibc; other C libraries do not have it."""
    if sys.platform == "linux":
        function = getattr(ctypes.CDLL(None), name, None)
        if function is not None:
            function(*values)
