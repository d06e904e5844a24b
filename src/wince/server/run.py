"""A listening socket, and the application run on it."""

import ipaddress
import logging
import socket
import webbrowser
from collections.abc import Callable, Sequence

import uvicorn
from fastapi import FastAPI

from wince.errors import ServeError
from wince.server.settings import LOOPBACK, Settings

PORTS = (5001, 5002, 0)  # 5000 is taken by the system on a Mac; 0 is any free port
_BACKLOG = 128


def listen(host: str, port: int | None = None) -> socket.socket:
    """Return a socket listening on a host and port: 5001, 5002 or any free one when none is given.

    Raises ServeError when the port is taken or the host is not an address of this machine.
    """
    taken: OSError | None = None
    for candidate in PORTS if port is None else (port,):
        try:
            return _bind(host, candidate)
        except OSError as error:
            taken = error
    assert taken is not None  # the loop has returned otherwise
    reason = taken.strerror or str(taken)
    where = f"port {port} of {host}" if port else host
    raise ServeError(
        f"wince cannot listen on {where}: {reason}. Choose another with --port or --host, or stop "
        "the program that uses it."
    ) from taken


def _bind(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows would let two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # elsewhere this only lets a port be used again at once after a restart
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def settings_for(host: str, names: Sequence[str] = ()) -> Settings:
    """Return settings for a server that listens on `host` and also goes by `names`."""
    if _is_loopback(host):
        return Settings(hosts=(*LOOPBACK, host.lower(), *map(str.lower, names)))
    own = socket.gethostname().lower()
    return Settings(
        hosts=(*LOOPBACK, host.lower(), own, f"{own}.local", *map(str.lower, names)),
        any_address=True,
    )


def address(listener: socket.socket) -> str:
    """Return the address of the page on this machine, such as http://127.0.0.1:5001."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not listened on
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(
    app: FastAPI,
    listener: socket.socket,
    *,
    announce: Callable[[str], object],
    open_page: bool = False,
) -> None:
    """Serve the application on a listening socket until it is stopped.

    announce: called with the line that names the address, as soon as the page can be opened.
    """
    _set_up_logs()
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # uvicorn's own line holds the query; Guard writes one without
        proxy_headers=False,
        server_header=False,
        ws_max_size=4 * 2**20,
        ws_per_message_deflate=False,  # JPEG does not get smaller
        timeout_graceful_shutdown=2,  # an open live view would hold the server up
    )
    _Server(config, announce, open_page).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says where the page is once it is there."""

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[str], object], open_page: bool
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._open_page = open_page

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        where = address(sockets[0]) if sockets else ""
        listener = sockets[0] if sockets else None
        beyond = listener is not None and not _is_loopback(listener.getsockname()[0])
        await super().startup(sockets)
        self._announce(f"wince is ready: {where}  (Ctrl+C stops it)")
        if beyond:
            self._announce(
                "It listens beyond this machine, without a password. Other machines can use the "
                "camera only over HTTPS."
            )
        if self._open_page:
            webbrowser.open(where)


def _set_up_logs() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    for name in ("wince.access", "wince.server"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        logger.propagate = False
    # uvicorn takes a refused socket for a mistake of ours and says so on each one.
    needless = "ASGI callable returned without completing handshake."
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.getMessage() != needless)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
