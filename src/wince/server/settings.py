"""What the server is told and what it allows, in one place.

Each value comes from an option of `wince serve`, else from the environment (`WINCE_` and its name
in capitals), else from the default written here; `wince config` says which.
"""

import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from wince import images
from wince.errors import ServeError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
PREFIX = "WINCE_"
TOKEN_LENGTH = 16  # characters at least; a generated one has 43
_TOKEN = re.compile(r"[A-Za-z0-9._~-]+")  # goes unchanged into an address and a header
_NOT_OURS = ("WINCE_REQUIRE_ALL",)  # of the tests, not of the server


def _workers() -> int:
    """Return how many pictures are assessed side by side: one per core, four at most."""
    return max(1, min(4, os.cpu_count() or 1))


class Settings(BaseSettings):
    """The settings of one server, checked.

    Raises pydantic's ValidationError for a value that is not allowed; `in_force` puts it in a
    sentence.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,  # a token must not show in a message
    )

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int | None = Field(
        None, ge=1, le=65535, description="port; unset: 5001, then 5002, then a free one"
    )
    model: Path | None = Field(
        None, description="a model.onnx, or its folder; unset: the packaged one"
    )
    allow_host: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="further names the server goes by, with commas between them"
    )
    token: SecretStr | None = Field(
        None, description="what callers must show; unset: none on this machine, else generated"
    )
    tls_cert: Path | None = Field(None, description="certificate chain, PEM")
    tls_key: Path | None = Field(None, description="its private key, PEM")
    log_format: Literal["text", "json"] = Field("text", description="form of the log's lines")
    max_image_bytes: int = Field(images.MAX_BYTES, ge=1, description="bytes of one picture")
    max_frame_bytes: int = Field(
        2 * 2**20, ge=1, le=4 * 2**20, description="bytes of one live frame"
    )
    workers: int = Field(
        default_factory=_workers, ge=1, le=64, description="pictures assessed at the same time"
    )
    max_waiting: int = Field(
        16, ge=0, description="further ones that may wait before the server says it is busy"
    )
    max_live: int = Field(4, ge=0, description="live views open at the same time")
    body_seconds: float = Field(
        60.0, gt=0, le=3600, description="seconds a client has to send its picture"
    )

    @field_validator("allow_host", mode="before")
    @classmethod
    def _split(cls, names: Any) -> Any:
        listed = names.split(",") if isinstance(names, str) else names
        return tuple(name.strip().lower() for name in listed if name.strip())

    @field_validator("token")
    @classmethod
    def _strong(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None:
            secret = token.get_secret_value()
            if len(secret) < TOKEN_LENGTH or not _TOKEN.fullmatch(secret):
                raise ValueError(
                    f"a token has at least {TOKEN_LENGTH} letters, digits or any of . _ ~ -; leave "
                    "it out and one is generated where it is needed"
                )
        return token

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            missing = "tls_key" if self.tls_key is None else "tls_cert"
            raise ValueError(
                f"HTTPS needs a certificate and its key, and there is no {_option(missing)} "
                f"({_variable(missing)})"
            )
        return self

    @property
    def beyond(self) -> bool:
        """Whether the server can be reached from other machines."""
        return not is_loopback(self.host)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names by which the server may be called (the Host header, without the port).

        A page of another site that points its own name at this machine is refused by this.
        """
        own: tuple[str, ...] = (self.host.lower(),)
        if ":" in self.host:
            own = (f"[{self.host.strip('[]').lower()}]",)
        if self.beyond:
            name = socket.gethostname().lower()
            own = (*own, name, f"{name}.local")
        return (*LOOPBACK, *own, *self.allow_host)

    @property
    def any_address(self) -> bool:
        """Whether every IP address counts as a name: only beyond this machine."""
        return self.beyond


@dataclass(frozen=True, slots=True)
class Value:
    """One setting as it is in force.

    variable: its name in the environment; value: ready to be shown, a secret only as ***; source:
    option, environment or default.
    """

    name: str
    variable: str
    value: str | int | float | list[str] | None
    source: str
    meaning: str


def in_force(given: Mapping[str, Any]) -> Settings:
    """Return the settings under the options in `given`; those that are None were not given.

    Raises ServeError with a sentence for the first value that is not allowed.
    """
    options = _given(given)
    try:
        return Settings(**options)
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:
            raise ServeError(f"{_capital(reason)}.") from None
        name = str(first["loc"][0])
        where = _option(name) if name in options else _variable(name)
        found = "" if name == "token" else f" {first['input']!s:.60}"
        raise ServeError(
            f"{where}{found} is not allowed: {_lower(reason)}. Correct it, or leave it out for the "
            "default."
        ) from None


def values(given: Mapping[str, Any]) -> list[Value]:
    """Return every setting in force with where it comes from; raises as `in_force` does."""
    settings, options = in_force(given), _given(given)
    return [
        Value(
            name,
            _variable(name),
            _shown(getattr(settings, name)),
            _source(name, options),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def unknown_variables() -> list[str]:
    """Return the variables of the environment that look like settings and are none."""
    known = {_variable(name) for name in Settings.model_fields} | set(_NOT_OURS)
    ours = (name for name in os.environ if name.upper().startswith(PREFIX))
    return sorted(name for name in ours if name.upper() not in known)


def with_token(settings: Settings) -> Settings:
    """Return settings with a token: a new one of 256 random bits where one is needed and missing.

    It is needed as soon as other machines can reach the server.
    """
    if settings.token is not None or not settings.beyond:
        return settings
    return settings.model_copy(update={"token": SecretStr(secrets.token_urlsafe(32))})


def is_loopback(host: str) -> bool:
    """Whether an address is one that other machines cannot reach."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if value not in (None, [])}
    return {
        name: value.value if isinstance(value, Enum) else value for name, value in given.items()
    }


def _source(name: str, options: Mapping[str, Any]) -> str:
    if name in options:
        return "option"
    found = any(key.upper() == _variable(name) and value for key, value in os.environ.items())
    return "environment" if found else "default"


def _shown(value: Any) -> str | int | float | list[str] | None:
    if isinstance(value, SecretStr):
        return "***"
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, int | float) else str(value)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
