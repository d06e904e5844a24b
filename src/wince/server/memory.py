"""Give memory that is no longer used back to the operating system."""

import ctypes
import sys

from wince.faces import network


def release() -> None:
    """Give back what a large image took. Without this the process keeps much of it for later."""
    network.release_memory()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
        if trim is not None:
            trim(0)
