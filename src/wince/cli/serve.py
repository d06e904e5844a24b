"""`wince serve`: the page and the HTTP API on this machine."""

from typing import Annotated

import typer

from wince.cli.messages import complain
from wince.cli.option_groups import with_option_groups
from wince.cli.server_options import ServerOptions


@with_option_groups
def serve(
    *,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    options: ServerOptions,
) -> None:
    """Serve the page and the HTTP API until stopped with Ctrl+C.

    A setting that is not given as an option is read from the environment: WINCE_PORT for --port,
    and so on. `wince config` shows every setting and where its value comes from.
    """
    from wince.server.settings import ensure_token, load_settings, unknown_variables

    requested = load_settings(options.values())
    for name in unknown_variables():
        complain(f"{name} is not a setting and is ignored. `wince config` lists the settings.")
    from wince.runtime.assessor import Assessor
    from wince.server import run
    from wince.server.app import create_app

    if requested.tls_cert and requested.tls_key:
        run.check_certificate(requested.tls_cert, requested.tls_key)
    settings = ensure_token(requested)
    # Open the port first: when it is taken, the error comes before the model is loaded.
    with run.open_listener(settings.host, settings.port) as listener:
        app = create_app(Assessor(settings.model), settings=settings)
        run.run_server(
            app,
            listener,
            settings,
            announce=typer.echo,
            open_page=open_page,
            token_is_new=requested.token is None and settings.token is not None,
        )
