"""The checks that every request has to pass, and the headers of every response.

The server is on the user's own machine, where any web page that is open in a browser can reach it.
So it answers only to its own host names (a foreign site cannot point its name at this machine and
read the answers), takes images only from its own page or from programs that are not browsers, and
tells the browser to load nothing from anywhere else. When other machines can reach it, it also
needs a token.
"""

import asyncio
import ipaddress
import logging
import re
import secrets
import time
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wince.server import problems
from wince.server.body_limits import held_bytes
from wince.server.device_page import policy as device_policy
from wince.server.settings import Settings

_server_log = logging.getLogger("wince.server")
_access_log = logging.getLogger("wince.access")

CLIENT_LEFT = 499
"""Status in the log of a request whose client left before it was complete; nothing is sent."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PUBLIC_PATHS = ("/", "/healthz", "/readyz", "/openapi.json")
PUBLIC_PREFIXES = ("/static/", "/problems/", device_policy.PATH)
"""Paths that are the same for everybody and need no token; every other path needs it."""

SUBPROTOCOL = "wince"
TOKEN_SUBPROTOCOL_PREFIX = "wince.token."  # noqa: S105 - the prefix of a token, not a token
"""How a page sends the token when it opens a socket, to which it cannot add a header: it offers the
subprotocols `wince` and `wince.token.TOKEN`. The server chooses the first, so no response repeats
the token."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": (
        "camera=(self), microphone=(), geolocation=(), display-capture=(), payment=(), usb=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
_HOST = re.compile(r"(?P<name>[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?", re.IGNORECASE)


def content_security_policy(host: str) -> str:
    """Return the policy of a page that is served as `host`: load everything from there only.

    The one policy for trusted types, "wince", lets the page start the worker of its timer.

    The socket's address is named as well, because older Safari does not count it under 'self'.

    Args:
        host: Name and port, as in the Host header.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        f"media-src 'self' blob:; connect-src 'self' ws://{host} wss://{host}; "
        "manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types wince"
    )


def is_allowed_host(host: str, settings: Settings) -> bool:
    """Whether a Host header names this server."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match["name"].lower()
    return name in settings.host_names or (settings.reachable_by_others and _is_address(name))


def is_allowed_origin(headers: Headers) -> bool:
    """Whether a request that sends data comes from the server's own page or not from a browser.

    Browsers send Origin with every POST and WebSocket, and no page can change it.
    """
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    host = headers.get("host")
    return headers.get("origin") in (None, f"http://{host}", f"https://{host}")


def is_public(path: str) -> bool:
    """Whether a path is the same for everybody and needs no token."""
    return path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIXES)


def has_token(scope: Scope, headers: Headers, token: str) -> bool:
    """Whether a request or socket carries the token.

    A request sends it as `Authorization: Bearer TOKEN`, a socket also as a subprotocol. Tokens are
    compared in constant time, so that the time of a response reveals nothing about the token.
    """
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    candidates = [credentials.strip()] if scheme.lower() == "bearer" else []
    if scope["type"] == "websocket":
        candidates += [
            name.removeprefix(TOKEN_SUBPROTOCOL_PREFIX)
            for name in scope.get("subprotocols", ())
            if name.startswith(TOKEN_SUBPROTOCOL_PREFIX)
        ]
    return any(
        secrets.compare_digest(candidate.encode(), token.encode()) for candidate in candidates
    )


class RequestGuard:
    """Middleware that checks host, origin and token, adds headers and logs one line per request.

    It turns an exception into a problem. The log line contains the request's id, method, path,
    status and time, but no address, query, header, body or result. The id is random and is returned
    as X-Request-Id.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self._token = settings.token.get_secret_value() if settings.token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        response = _GuardedResponse(scope, send, headers.get("host", ""))
        try:
            problem = self._check(scope, headers)
            if problem is not None:
                await send_problem(scope, receive, response.send, problem)
            else:
                await self.app(scope, receive, response.send)
        except ClientDisconnect:
            response.status = response.status or CLIENT_LEFT
        except asyncio.CancelledError:  # the server stops before the answer is ready
            if scope["type"] != "http" or response.status:
                raise
            stopping = problems.from_kind(
                "busy", "The server is stopping.", {"Retry-After": "5", "Connection": "close"}
            )
            await send_problem(scope, receive, response.send, stopping)
        except Exception as error:
            _server_log.exception("Request %s failed", response.request_id)
            if response.status:
                raise
            await send_problem(scope, receive, response.send, problems.from_error(error))
        finally:
            held_bytes.remove(scope)
            response.log()

    def _check(self, scope: Scope, headers: Headers) -> problems.Problem | None:
        """Return why a request is refused, or None."""
        if not is_allowed_host(headers.get("host", ""), self.settings):
            return problems.from_kind(
                "foreign-host",
                "The Host header is not a name of this server. Open the address that `wince serve` "
                "printed, or start the server with --allow-host NAME.",
            )
        sends_data = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if "content-length" in headers and "transfer-encoding" in headers:
            # Another server in between may take the other one for the end of the body.
            return problems.from_kind(
                "malformed-request",
                "The request has both Content-Length and Transfer-Encoding. Send one of them.",
                {"Connection": "close"},
            )
        if sends_data and not is_allowed_origin(headers):
            return problems.from_kind(
                "foreign-origin",
                "The request comes from a web page of another site, which may not send images "
                "here. Use wince's own page.",
            )
        public = scope["type"] == "http" and is_public(scope["path"])
        if self._token is None or public or has_token(scope, headers, self._token):
            return None
        return problems.from_kind(
            "no-token",
            "This server needs its token: the one that `wince serve` was given, or printed when it "
            "started. Programs send it as the header 'Authorization: Bearer TOKEN'.",
            {"WWW-Authenticate": "Bearer"},
        )


async def send_problem(
    scope: Scope, receive: Receive, send: Send, problem: problems.Problem
) -> None:
    """Answer a request, or a socket that is not open yet, with a problem."""
    if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
        await problem.response(scope["path"])(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": problem.detail[:120]})


class _GuardedResponse:
    """The response to one request: adds the headers while it is sent and records the status."""

    def __init__(self, scope: Scope, send: Send, host: str) -> None:
        self._scope = scope
        self._send = send
        self._host = host
        self._start = time.perf_counter()
        self.request_id = secrets.token_hex(6)
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers.update(SECURITY_HEADERS)
            headers["X-Request-Id"] = self.request_id
            headers.setdefault("Cache-Control", "no-store")
            if _HOST.fullmatch(self._host):
                is_on_device = self._scope["path"].startswith(device_policy.PATH)
                headers["Content-Security-Policy"] = (
                    device_policy.HEADER_POLICY
                    if is_on_device
                    else content_security_policy(self._host)
                )
        elif message["type"] == "websocket.accept":
            self.status = 101
            # Browsers close the socket when they offered subprotocols and none was chosen.
            if SUBPROTOCOL in self._scope.get("subprotocols", ()):
                message["subprotocol"] = SUBPROTOCOL
        elif message["type"] == "websocket.close" and not self.status:
            self.status = 403
        await self._send(message)

    def log(self) -> None:
        milliseconds = 1000 * (time.perf_counter() - self._start)
        request = {
            "id": self.request_id,
            "method": self._scope.get("method", "LIVE"),
            "path": quote(self._scope["path"])[:200],  # quoted: a path may contain line breaks
            "status": self.status,
            "milliseconds": round(milliseconds),
        }
        line = " ".join(map(str, request.values())) + " ms"
        _access_log.info("%s", line, extra={"request": request})


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
