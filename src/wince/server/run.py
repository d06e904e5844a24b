"""A listening socket, and the application run on it."""

import socket
import ssl
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from wince.errors import ServeError
from wince.server import logs
from wince.server.connections import Connection
from wince.server.settings import Settings

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
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it every answer
    # would wait some 40 ms for the client to acknowledge its head.
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
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


def address(listener: socket.socket, *, scheme: str = "http") -> str:
    """Return the address of the page on this machine, such as http://127.0.0.1:5001."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not listened on
        host = "127.0.0.1"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def check_certificate(certificate: Path, key: Path) -> None:
    """Raise ServeError unless both files are there, can be read and belong together."""
    for path, what in ((certificate, "certificate"), (key, "key")):
        if not path.is_file():
            raise ServeError(f"There is no {what} at {path}. Give the path of a PEM file.")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, OSError, ServeError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise ServeError(
            f"{certificate} and {key} cannot be used for HTTPS ({reason}). Expected a certificate "
            "chain and the private key that belongs to it, both PEM, the key without a password."
        ) from None


def _no_password() -> str:
    raise ServeError("the key wants a password")


def run(
    app: FastAPI,
    listener: socket.socket,
    settings: Settings,
    *,
    announce: Callable[[str], object],
    open_page: bool = False,
    token_is_new: bool = False,
) -> None:
    """Serve the application on a listening socket until it is stopped.

    announce: called with the lines that say where the page is, as soon as it can be opened.
    token_is_new: the token was made for this run, so nobody knows it yet and it is announced.
    """
    logs.set_up(settings)
    config = uvicorn.Config(
        app,
        log_config=None,  # wince.server.logs has done it
        log_level="warning",
        access_log=False,  # uvicorn's own line holds the query; Guard writes one without
        proxy_headers=False,
        server_header=False,
        http=Connection,
        ws_max_size=4 * 2**20,
        ws_per_message_deflate=False,  # JPEG does not get smaller
        timeout_graceful_shutdown=2,  # an open live view would hold the server up
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    lines = announcement(listener, settings, token_is_new=token_is_new)
    page = address(listener, scheme=_scheme(settings)) if open_page else None
    _Server(config, lambda: [announce(line) for line in lines], page).run(sockets=[listener])


def announcement(
    listener: socket.socket, settings: Settings, *, token_is_new: bool = False
) -> list[str]:
    """Return what is said once the server is ready. Only a new token is written out, and once."""
    scheme = _scheme(settings)
    lines = [f"wince is ready: {address(listener, scheme=scheme)}  (Ctrl+C stops it)"]
    if settings.token is not None and not token_is_new:
        lines.append("It asks for the token that it was started with.")
    if settings.beyond:
        port = listener.getsockname()[1]
        name = (*settings.allow_host, socket.gethostname())[0]
        known = settings.token if token_is_new else None
        token = known.get_secret_value() if known else "TOKEN"
        lines.append(f"From other machines: {scheme}://{name}:{port}/#token={token}")
        if token_is_new:
            lines.append("Whoever has that address can use it. Programs send the token as")
            lines.append("  Authorization: Bearer TOKEN")
        if scheme == "http":
            lines.append(
                "Warning: without --tls-cert and --tls-key, pictures and the token cross the "
                "network in the clear, and browsers on other machines give the page no camera."
            )
    return lines


def _scheme(settings: Settings) -> str:
    return "https" if settings.tls_cert else "http"


class _Server(uvicorn.Server):
    """Says where the page is once it is there."""

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], object], page: str | None
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._page = page

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()
        if self._page:  # without the token: a program's arguments can be read by other users
            webbrowser.open(self._page)
