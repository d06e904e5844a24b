"""`wince serve`: the page and the HTTP API on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wince.server.settings import Settings


def serve(
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. The default is this machine alone; 0.0.0.0 lets everyone "
            "in who can reach it, without a password."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Port to listen on. Default: 5001, then 5002, then a free one."
        ),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    model: Annotated[
        Path | None, typer.Option(help="Folder or file of a model of your own.")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A further name by which the server may be called. Can be repeated."),
    ] = None,
) -> None:
    """Serve the page and the HTTP API, until stopped with Ctrl+C."""
    from wince.runtime.assessor import Assessor
    from wince.server import run
    from wince.server.app import create_app

    with run.listen(host, port) as listener:
        app = create_app(Assessor(model), settings=_settings(host, allow_host or []))
        run.run(app, listener, announce=typer.echo, open_page=open_page)


def _settings(host: str, names: list[str]) -> "Settings":
    from wince.server import run

    return run.settings_for(host, names)
