"""What every request must pass, and what every response carries.

The server is on the user's own machine, where any web page that is open in a browser can reach it.
So it answers only to its own names (a foreign site cannot point its name at this machine and read
along), takes pictures only from its own page or from programs that are not browsers, and tells the
browser to load nothing from anywhere else.
"""

import ipaddress
import logging
import re
import time
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wince.server import problems
from wince.server.settings import Settings

log = logging.getLogger("wince.server")
access = logging.getLogger("wince.access")

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
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


class Guard:
    """Checks host and origin, adds the headers, logs one line, and turns a crash into a problem.

    The line holds method, path, status and time: no address, no query, no body, no result.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

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
            log.exception("A request failed")
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
        return None


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
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers.update(HEADERS)
            headers.setdefault("Cache-Control", "no-store")
            if _HOST.fullmatch(self._host):
                headers["Content-Security-Policy"] = content_security_policy(self._host)
        elif message["type"] == "websocket.accept":
            self.status = 101
        elif message["type"] == "websocket.close" and not self.status:
            self.status = 403
        await self._send(message)

    def write(self) -> None:
        milliseconds = 1000 * (time.perf_counter() - self._began)
        method = self._scope.get("method", "LIVE")
        path = quote(self._scope["path"])[:200]  # quoted: a path may hold line breaks
        access.info("%s %s %d %.0f ms", method, path, self.status, milliseconds)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
