"""`wince config`: what the server is told, and by whom."""

import json
from typing import Annotated

import typer

from wince.cli.messages import complain
from wince.cli.server_options import AllowHost, Host, LogForm, Model, Port, TlsCert, TlsKey, Token


def config(
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
    host: Host = None,
    port: Port = None,
    model: Model = None,
    allow_host: AllowHost = None,
    token: Token = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    log_format: LogForm = None,
) -> None:
    """Show the settings `wince serve` would run with, and where each comes from.

    An option counts before the environment, and that before the default. Each line begins with the
    name of the variable. Secrets are not shown.
    """
    from wince.server import settings

    found = settings.list_settings(
        {
            "host": host,
            "port": port,
            "model": model,
            "allow_host": allow_host,
            "token": token,
            "tls_cert": tls_cert,
            "tls_key": tls_key,
            "log_format": log_format,
        }
    )
    for name in settings.unknown_variables():
        complain(f"{name} is no setting and is not read.")
    if as_json:
        known = {one.name: {"value": one.value, "source": one.source} for one in found}
        typer.echo(json.dumps(known, indent=2))
        return
    for one in found:
        value = ",".join(one.value) if isinstance(one.value, list) else one.value
        shown = "(unset)" if value in (None, "") else str(value)
        typer.echo(f"{one.variable:22}  {shown:16}  {one.source:12}  {one.meaning}")
