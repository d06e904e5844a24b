"""What every request must pass, and what every response carries.

The server is on the user's own machine, where any web page that is open in a browser can reach it.
So it answers only to its own names (a foreign site cannot point its name at this machine and read
along), takes pictures only from its own page or from programs that are not browsers, and tells the
browser to load nothing from anywhere else. Beyond this machine it also asks for a token.
"""

import ipaddress
import logging
import re
import secrets
import time
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wince.server import problems
from wince.server.settings import Settings

log = logging.getLogger("wince.server")
access = logging.getLogger("wince.access")

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
OPEN_PATHS = ("/", "/healthz", "/readyz", "/openapi.json")
OPEN_FOLDERS = ("/static/", "/problems/")
"""What is the same for everybody and is served without the token; all else needs it."""

PROTOCOL = "wince"
TOKEN_PROTOCOL = "wince.token."  # noqa: S105 - what stands before a token, not one
"""How a page shows the token when it opens a socket, to which it can add no header: it offers the
protocols `wince` and `wince.token.TOKEN`. The server chooses the first, so no answer repeats it."""
HEADERS = {
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
    """Return the policy for a page served as `host` (name and port): everything from there alone.

    The socket's address is named as well, because older Safari does not count it under 'self'.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        f"media-src 'self' blob:; connect-src 'self' ws://{host} wss://{host}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def host_allowed(host: str, settings: Settings) -> bool:
    """Whether the server goes by the name in a Host header."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match["name"].lower()
    return name in settings.hosts or (settings.any_address and _is_address(name))


def origin_allowed(headers: Headers) -> bool:
    """Whether a request that does something comes from our own page, or not from a browser.

    Browsers send Origin with every POST and WebSocket, and no page can change it.
    """
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    found = urlsplit(origin)
    return found.scheme in ("http", "https") and found.netloc == headers.get("host")


def token_shown(scope: Scope, headers: Headers, token: str) -> bool:
    """Whether a request or socket shows the token: `Authorization: Bearer TOKEN`, or a protocol.

    Tokens are compared in constant time, so that the time of an answer tells nothing about them.
    """
    kind, _, shown = headers.get("authorization", "").partition(" ")
    found = [shown.strip()] if kind.lower() == "bearer" else []
    if scope["type"] == "websocket":
        offered = scope.get("subprotocols", ())
        found += [
            name.removeprefix(TOKEN_PROTOCOL) for name in offered if name.startswith(TOKEN_PROTOCOL)
        ]
    return any(secrets.compare_digest(one.encode(), token.encode()) for one in found)


class Guard:
    """Checks host, origin and token, adds the headers, logs one line, turns a crash into a problem.

    The line holds the request's number, method, path, status and time: no address, no query, no
    header, no body, no result. The number is random and goes back as X-Request-Id.
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
        line = _Line(scope, send, headers.get("host", ""))
        try:
            refusal = self._refusal(scope, headers)
            if refusal is not None:
                await refuse(scope, receive, line.send, refusal)
            else:
                await self.app(scope, receive, line.send)
        except Exception as error:
            log.exception("Request %s failed", line.number)
            if line.status:
                raise
            await refuse(scope, receive, line.send, problems.from_error(error))
        finally:
            line.write()

    def _refusal(self, scope: Scope, headers: Headers) -> problems.Problem | None:
        host = headers.get("host", "")
        if not host_allowed(host, self.settings):
            return problems.problem(
                "foreign-host",
                "This server does not go by the name in the request's Host header. Open it by the "
                "address that `wince serve` printed, or start it with --allow-host NAME.",
            )
        acts = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if acts and not origin_allowed(headers):
            return problems.problem(
                "foreign-origin",
                "The request comes from a web page of another site, which may not send pictures "
                "here. Use wince's own page.",
            )
        free = scope["type"] == "http" and is_open(scope["path"])
        if self._token is not None and not free:
            return self._token_refusal(scope, headers, self._token)
        return None

    def _token_refusal(self, scope: Scope, headers: Headers, token: str) -> problems.Problem | None:
        if token_shown(scope, headers, token):
            return None
        return problems.problem(
            "no-token",
            "This server wants its token: the one that `wince serve` was given or printed when it "
            "started. Programs send it as the header 'Authorization: Bearer TOKEN'.",
            {"WWW-Authenticate": "Bearer"},
        )


async def refuse(scope: Scope, receive: Receive, send: Send, problem: problems.Problem) -> None:
    """Answer a request, or a socket that is not open yet, with a problem."""
    if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
        await problem.response(scope["path"])(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": problem.detail[:120]})


class _Line:
    """The response of one request: adds the headers on its way out and keeps the status."""

    def __init__(self, scope: Scope, send: Send, host: str) -> None:
        self._scope = scope
        self._send = send
        self._host = host
        self._began = time.perf_counter()
        self.number = secrets.token_hex(6)
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers.update(HEADERS)
            headers["X-Request-Id"] = self.number
            headers.setdefault("Cache-Control", "no-store")
            if _HOST.fullmatch(self._host):
                headers["Content-Security-Policy"] = content_security_policy(self._host)
        elif message["type"] == "websocket.accept":
            self.status = 101
            # Browsers hang up when they offered protocols and none was chosen.
            if PROTOCOL in self._scope.get("subprotocols", ()):
                message["subprotocol"] = PROTOCOL
        elif message["type"] == "websocket.close" and not self.status:
            self.status = 403
        await self._send(message)

    def write(self) -> None:
        milliseconds = 1000 * (time.perf_counter() - self._began)
        facts = {
            "id": self.number,
            "method": self._scope.get("method", "LIVE"),
            "path": quote(self._scope["path"])[:200],  # quoted: a path may hold line breaks
            "status": self.status,
            "milliseconds": round(milliseconds),
        }
        access.info("%s", " ".join(map(str, facts.values())) + " ms", extra={"facts": facts})


def is_open(path: str) -> bool:
    """Whether what stands at a path is the same for everybody, and needs no token."""
    return path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
