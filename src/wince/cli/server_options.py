"""Options that serve and config share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class LogFormat(StrEnum):
    """Forms of the log; the values of `--log-format`."""

    TEXT = "text"
    JSON = "json"


Host = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Address to listen on. Default: 127.0.0.1, this machine alone; with any other, such "
        "as 0.0.0.0, callers need a token.",
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        metavar="PORT", help="Port to listen on. Default: 5001, then 5002, then a free one."
    ),
]
Model = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="A model.onnx, or its folder, in place of the packaged one."),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A further name the server goes by. Can be repeated."),
]
Token = Annotated[
    str | None,
    typer.Option(
        metavar="TOKEN",
        help="What callers must show. Other users of this machine can read a command line, so "
        "WINCE_TOKEN is the better place. Default: none on this machine, else a new one, printed "
        "once.",
    ),
]
TlsCert = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Certificate chain (PEM) to serve HTTPS with."),
]
TlsKey = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Private key (PEM) of the certificate.")
]
LogForm = Annotated[
    LogFormat | None,
    typer.Option("--log-format", help="Lines to read, or one JSON object each. Default: text."),
]
