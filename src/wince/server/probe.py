"""Health check of a container: `python -m wince.server.probe`.

It asks the server that has the settings of the environment for `/healthz`, because a container has
no curl. The exit status is 0 when the server answers that it is up, else 1 with a message on
stderr.
"""

import http.client
import ssl
import sys

from wince.errors import ServeError, WinceError
from wince.server.settings import PORTS, Settings, load_settings

_TIMEOUT_SECONDS = 4.0


def check_health(settings: Settings) -> None:
    """Ask the server on this machine for `/healthz`.

    The certificate of the server is not checked, because it is not issued to the loopback address.

    Raises:
        ServeError: The server does not answer, or its status is not 200.
    """
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared with, not listened on
    port = settings.port or PORTS[0]
    try:
        connection = _connect(host, port, secure=settings.tls_cert is not None)
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise ServeError(
            f"No wince answers on port {port} of {host} ({error}). Start it with `wince serve`."
        ) from error
    if status != http.client.OK:
        raise ServeError(
            f"The server on port {port} of {host} answered /healthz with status {status}; "
            f"expected {http.client.OK}."
        )


def _connect(host: str, port: int, *, secure: bool) -> http.client.HTTPConnection:
    if not secure:
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS, context=context)


if __name__ == "__main__":
    try:
        check_health(load_settings({}))
    except WinceError as error:
        sys.exit(f"wince: {error}")
