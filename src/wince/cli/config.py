"""`wince config`: the settings of the server and where they come from."""

import json
from typing import Annotated

import typer

from wince.cli.messages import complain
from wince.cli.option_groups import with_option_groups
from wince.cli.server_options import ServerOptions


@with_option_groups
def config(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
    options: ServerOptions,
) -> None:
    """Show the settings that `wince serve` would use, and where each comes from.

    An option overrides the environment, and the environment overrides the default. Each line begins
    with the name of the environment variable. Secrets are not shown.
    """
    from wince.server.settings import list_settings, unknown_variables

    settings = list_settings(options.values())
    for name in unknown_variables():
        complain(f"{name} is not a setting and is ignored.")
    if as_json:
        plain = {entry.name: {"value": entry.value, "source": entry.source} for entry in settings}
        typer.echo(json.dumps(plain, indent=2))
        return
    for entry in settings:
        value = ",".join(entry.value) if isinstance(entry.value, list) else entry.value
        shown = "(unset)" if value in (None, "") else str(value)
        typer.echo(f"{entry.variable:22}  {shown:16}  {entry.source:12}  {entry.meaning}")
