"""A limit on the size of files, which stands in for a full disk."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def full_disk(largest_file: int) -> Iterator[None]:
    """Let no file of this process grow beyond a number of bytes, as on a full disk.

    Keep it short: it holds for what pytest itself writes, too.
    """
    resource = pytest.importorskip("resource", reason="needs limits of POSIX")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
