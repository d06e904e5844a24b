"""`wince serve`: the page and the HTTP API on this machine."""

from typing import Annotated

import typer

from wince.cli.messages import complain
from wince.cli.option_groups import with_option_groups
from wince.cli.phone_lines import phone_lines
from wince.cli.scale_options import LevelOptions
from wince.cli.server_options import ServerOptions


@with_option_groups
def serve(
    *,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    phone: Annotated[
        bool,
        typer.Option(
            "--phone",
            help="Let a phone in the same network open the page with its camera: listen on this "
            "machine's network address, with HTTPS and a token, and show a QR code and the steps. "
            "--host chooses among several addresses.",
        ),
    ] = False,
    options: ServerOptions,
    levels: LevelOptions,
) -> None:
    """Serve the page and the HTTP API until stopped with Ctrl+C.

    Only this machine can open it, unless --phone or --host is given.

    A setting that is not given as an option is read from the environment: WINCE_PORT for --port,
    and so on. `wince config` shows every setting and where its value comes from.
    """
    from wince.server.settings import ensure_token, load_settings, unknown_variables

    requested, scale = load_settings(options.values()), levels.scale()
    for name in unknown_variables():
        complain(f"{name} is not a setting and is ignored. `wince config` lists the settings.")
    from wince.runtime.assessor import Assessor
    from wince.server import run
    from wince.server.app import create_app

    if phone:
        from wince.server.phone import require_phone_extra, with_address, with_certificate

        require_phone_extra()
        requested = with_address(requested)
    if requested.tls_cert and requested.tls_key:
        run.check_certificate(requested.tls_cert, requested.tls_key)
    settings = ensure_token(requested)
    token_is_new = requested.token is None and settings.token is not None
    # Open the port first: when it is taken, the error comes before the model is loaded.
    with run.open_listener(settings.host, settings.port) as listener:
        if phone:
            settings = with_certificate(settings)
        app = create_app(Assessor(settings.model, scale=scale), settings=settings)

        def announce() -> None:
            lines = phone_lines if phone else run.startup_lines
            for line in lines(listener, settings, token_is_new=token_is_new):
                typer.echo(line)

        run.run_server(app, listener, settings, announce=announce, open_page=open_page)
