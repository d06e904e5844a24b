"""Opens the listening socket and runs the application on it."""

import gc
import socket
import ssl
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from wince.errors import ServeError
from wince.server.connection_limits import LimitedConnection, LimitedListener, LimitedSocket
from wince.server.logs import configure_logging
from wince.server.memory import limit_kept_memory
from wince.server.settings import PORTS, Settings

_BACKLOG = 128


def open_listener(host: str, port: int | None = None) -> socket.socket:
    """Return a socket that listens on a host and port.

    Args:
        host: Address or name of this machine.
        port: None tries `PORTS` in order.

    Raises:
        ServeError: The port is taken, or the host is not an address of this machine.
    """
    failure: OSError | UnicodeError | None = None
    for candidate in PORTS if port is None else (port,):
        try:
            return _bind(host.strip("[]"), candidate)  # an IPv6 address may be in brackets
        except (OSError, UnicodeError) as error:
            failure = error
    assert failure is not None  # the loop has returned otherwise
    reason = getattr(failure, "strerror", None) or str(failure)
    place = f"port {port} of {host}" if port else host
    raise ServeError(
        f"wince cannot listen on {place}: {reason}. Choose another with --port or --host, or stop "
        "the program that uses it."
    ) from failure


def _bind(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    # asyncio turns Nagle's algorithm off only on sockets whose protocol is named. With Nagle's
    # algorithm every response waits some 40 ms for the client to acknowledge its head.
    listener = LimitedListener(family, kind, socket.IPPROTO_TCP)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows would let two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # elsewhere this only makes a port usable again at once after a restart
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def page_url(listener: socket.socket, *, scheme: str = "http") -> str:
    """Return the URL of the page on this machine, such as http://127.0.0.1:5001."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not listened on
        host = "127.0.0.1"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def check_certificate(certificate: Path, key: Path) -> None:
    """Check that a certificate and its key exist, can be read and belong together.

    Raises:
        ServeError: One of the files is missing, or they cannot be used for HTTPS.
    """
    for path, name in ((certificate, "certificate"), (key, "key")):
        if not path.is_file():
            raise ServeError(f"There is no {name} at {path}. Give the path of a PEM file.")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key, password=_refuse_password)
    except (ssl.SSLError, OSError, ServeError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise ServeError(
            f"{certificate} and {key} cannot be used for HTTPS ({reason}). Expected a certificate "
            "chain and the private key that belongs to it, both PEM, the key without a password."
        ) from None


def _refuse_password() -> str:
    raise ServeError("the key has a password")


def run_server(
    app: FastAPI,
    listener: socket.socket,
    settings: Settings,
    *,
    announce: Callable[[], object],
    open_page: bool = False,
) -> None:
    """Serve the application on a listening socket until it is stopped.

    Args:
        app: The application.
        listener: From `open_listener`.
        settings: The settings of the application.
        announce: Called once the page can be opened.
        open_page: Whether to open the page in a browser.
    """
    configure_logging(settings)
    limit_kept_memory()
    config = uvicorn.Config(
        app,
        log_config=None,  # configure_logging has done it
        log_level="warning",
        access_log=False,  # uvicorn's line contains the query; RequestGuard writes one without it
        proxy_headers=False,
        server_header=False,
        http=LimitedConnection,
        loop="wince.server.event_loop:EventLoop",
        ws=LimitedSocket,
        ws_max_size=4 * 2**20,
        ws_per_message_deflate=False,  # JPEG does not get smaller
        timeout_graceful_shutdown=2,  # an open live view would delay the end of the server
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    page = page_url(listener, scheme=_scheme(settings)) if open_page else None
    _AnnouncingServer(config, announce, page).run(sockets=[listener])


def startup_lines(
    listener: socket.socket, settings: Settings, *, token_is_new: bool = False
) -> list[str]:
    """Return the lines to print once the server is ready.

    Only a new token is printed, and only once.
    """
    scheme = _scheme(settings)
    lines = [f"wince is ready: {page_url(listener, scheme=scheme)}  (Ctrl+C stops it)"]
    if settings.token is not None and not token_is_new:
        lines.append("It needs the token that it was started with.")
    if settings.reachable_by_others:
        port = listener.getsockname()[1]
        name = (*settings.allow_host, socket.gethostname())[0]
        new_token = settings.token if token_is_new else None
        token = new_token.get_secret_value() if new_token else "TOKEN"
        lines.append(f"From other machines: {scheme}://{name}:{port}/#token={token}")
        if token_is_new:
            lines.append("Whoever has that address can use the server. Programs send the token as")
            lines.append("  Authorization: Bearer TOKEN")
        if scheme == "http":
            lines.append(
                "Warning: without --tls-cert and --tls-key, images and the token cross the "
                "network unencrypted, and browsers on other machines give the page no camera. "
                "--phone makes a certificate."
            )
    return lines


def _scheme(settings: Settings) -> str:
    return "https" if settings.tls_cert else "http"


class _AnnouncingServer(uvicorn.Server):
    """A server that calls a function, and opens the page, once it is ready."""

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], object], page: str | None
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._page = page

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()  # to search what stays for garbage would stop the event loop for some 75 ms
        self._announce()
        if self._page:  # without the token: other users can read a program's arguments
            webbrowser.open(self._page)
