"""`wince serve`: the page and the HTTP API on this machine."""

from pathlib import Path
from typing import Annotated

import typer


def serve(
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Address to listen on. The default is this machine alone; 0.0.0.0 lets everyone "
            "in who can reach it, without a password.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=1,
            max=65535,
            help="Port to listen on. Default: 5001, then 5002, then a free one.",
        ),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="A model.onnx, or its folder, in place of the packaged one."
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A further name the server goes by. Can be repeated."),
    ] = None,
) -> None:
    """Serve the page and the HTTP API, until stopped with Ctrl+C."""
    from wince.runtime.assessor import Assessor
    from wince.server import run
    from wince.server.app import create_app

    # The port first: when it is taken, nobody waits for the model.
    with run.listen(host, port) as listener:
        app = create_app(Assessor(model), settings=run.settings_for(host, allow_host or []))
        run.run(app, listener, announce=typer.echo, open_page=open_page)
