"""`wince serve`: the page and the HTTP API on this machine."""

from typing import Annotated

import typer

from wince.cli.messages import complain
from wince.cli.server_options import AllowHost, Host, LogForm, Model, Port, TlsCert, TlsKey, Token


def serve(
    host: Host = None,
    port: Port = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    model: Model = None,
    allow_host: AllowHost = None,
    token: Token = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    log_format: LogForm = None,
) -> None:
    """Serve the page and the HTTP API, until stopped with Ctrl+C.

    Whatever is not given as an option is taken from the environment: WINCE_PORT for --port, and so
    on. `wince config` shows every setting in force and where it comes from.
    """
    given = {
        "host": host,
        "port": port,
        "model": model,
        "allow_host": allow_host,
        "token": token,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "log_format": log_format,
    }
    from wince.server import settings as known

    asked = known.load_settings(given)
    for name in known.unknown_variables():
        complain(f"{name} is no setting and is not read. `wince config` lists those there are.")
    from wince.runtime.assessor import Assessor
    from wince.server import run
    from wince.server.app import create_app

    if asked.tls_cert and asked.tls_key:
        run.check_certificate(asked.tls_cert, asked.tls_key)
    settings = known.ensure_token(asked)
    # The port first: when it is taken, nobody waits for the model.
    with run.open_listener(settings.host, settings.port) as listener:
        app = create_app(Assessor(settings.model), settings=settings)
        run.run_server(
            app,
            listener,
            settings,
            announce=typer.echo,
            open_page=open_page,
            token_is_new=asked.token is None and settings.token is not None,
        )
