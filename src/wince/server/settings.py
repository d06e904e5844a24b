"""What the server allows, in one place."""

import os
from dataclasses import dataclass, field

from wince import images

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def _workers() -> int:
    """Return how many pictures are assessed side by side: one per core, four at most."""
    return max(1, min(4, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits and names of one server.

    hosts: names by which the server may be called (the Host header, without the port). A page of
        another site that points its own name at this machine is refused by this.
    any_address: also accept every IP address as Host, for servers that listen beyond this machine.
    max_image_bytes: bytes of one picture; max_frame_bytes: bytes of one live frame.
    workers: pictures assessed at the same time; max_waiting: further ones that may wait for their
        turn, before the server answers that it is busy.
    max_live: live sockets open at the same time.
    body_seconds: time a client has to send its picture.
    """

    hosts: tuple[str, ...] = LOOPBACK
    any_address: bool = False
    max_image_bytes: int = images.MAX_BYTES
    max_frame_bytes: int = 2 * 2**20
    workers: int = field(default_factory=_workers)
    max_waiting: int = 16
    max_live: int = 4
    body_seconds: float = 60.0
