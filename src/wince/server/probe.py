"""`python -m wince.server.probe`: whether the server with the settings of the environment is up.

For the health check of a container, which has no curl. The exit status is 0 when `/healthz`
answers, else 1, with a sentence on stderr.
"""

import http.client
import ssl
import sys

from wince.errors import ServeError, WinceError
from wince.server.run import PORTS
from wince.server.settings import Settings, in_force

_SECONDS = 4.0


def probe(settings: Settings) -> None:
    """Ask the server for its health; raise ServeError when it does not answer that it is well.

    The server is asked on this machine itself, so its certificate, made out to other names, is not
    checked.
    """
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    port = settings.port or PORTS[0]
    try:
        connection = _connection(host, port, secure=settings.tls_cert is not None)
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise ServeError(
            f"No wince answers on port {port} of {host} ({error}). Start it with `wince serve`."
        ) from error
    if status != http.client.OK:
        raise ServeError(f"The server on port {port} of {host} answers with status {status}.")


def _connection(host: str, port: int, *, secure: bool) -> http.client.HTTPConnection:
    if not secure:
        return http.client.HTTPConnection(host, port, timeout=_SECONDS)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=context)


if __name__ == "__main__":
    try:
        probe(in_force({}))
    except WinceError as error:
        sys.exit(f"wince: {error}")
