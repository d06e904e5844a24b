"""Options shared by serve and config."""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from wince.cli.face_options import ModelPath


class LogFormat(StrEnum):
    """Values of `--log-format`."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Settings of the server that can be given as options; None if not given."""

    host: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address to listen on. Default: 127.0.0.1, this machine only. With any other "
            "address, such as 0.0.0.0, callers need a token.",
        ),
    ] = None
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", help="Port to listen on. Default: 5001, then 5002, then a free one."
        ),
    ] = None
    model: ModelPath = None
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Another name of the server. Can be given several times."
        ),
    ] = None
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN",
            help="Token that callers must send. Other users of this machine can read a command "
            "line, so WINCE_TOKEN is safer. Default: no token on this machine only, otherwise a "
            "new token, printed once.",
        ),
    ] = None
    tls_cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate chain (PEM) for HTTPS.")
    ] = None
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Private key (PEM) of the certificate.")
    ] = None
    on_device: Annotated[
        bool | None,
        typer.Option(
            "--on-device/--no-on-device",
            help="Offer the page that assesses on the device of whoever opens it; with a token, "
            "only for the packaged model. Default: offered.",
        ),
    ] = None
    log_format: Annotated[
        LogFormat | None,
        typer.Option(help="Plain lines, or one JSON object per line. Default: text."),
    ] = None

    def values(self) -> dict[str, Any]:
        """Return the options by the names of the server's settings."""
        return dataclasses.asdict(self)
