"""The server's settings, their defaults and their limits.

Each value comes from an option of `wince serve`, else from the environment (`WINCE_` and its name
in capitals), else from the default written here. `wince config` prints each value with its source.
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

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
PORTS = (5001, 5002, 0)
"""Ports tried in order when none is given; 0 is any free port. macOS itself uses port 5000."""

PREFIX = "WINCE_"
MIN_TOKEN_LENGTH = 16  # characters; a generated token has 43
_TOKEN = re.compile(r"[A-Za-z0-9._~-]+")  # needs no escaping in an address or a header
_TEST_VARIABLES = ("WINCE_REQUIRE_ALL",)  # read by the tests, not by the server


def _default_workers() -> int:
    """Return how many images are assessed in parallel: one per core, at most four."""
    return max(1, min(4, os.cpu_count() or 1))


class Settings(BaseSettings):
    """The validated settings of one server.

    Raises:
        pydantic.ValidationError: A value is not allowed. `load_settings` turns it into a
            ServeError with a readable message.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,  # a token must not appear in a message
    )

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int | None = Field(
        None, ge=1, le=65535, description="port; unset: 5001, then 5002, then a free one"
    )
    model: Path | None = Field(
        None, description="a model.onnx, or its folder; unset or starter: the packaged one"
    )
    allow_host: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="further host names of the server, separated by commas"
    )
    token: SecretStr | None = Field(
        None, description="token that clients send; unset: none on this machine, else generated"
    )
    tls_cert: Path | None = Field(None, description="certificate chain, PEM")
    tls_key: Path | None = Field(None, description="private key of the certificate, PEM")
    on_device: bool = Field(
        True, description="offer the page that assesses on the device of whoever opens it"
    )
    log_format: Literal["text", "json"] = Field("text", description="format of the log lines")
    max_image_bytes: int = Field(images.MAX_BYTES, ge=1, description="bytes of one image")
    max_frame_bytes: int = Field(
        2 * 2**20, ge=1, le=4 * 2**20, description="bytes of one live frame"
    )
    workers: int = Field(
        default_factory=_default_workers, ge=1, le=64, description="images assessed in parallel"
    )
    max_waiting: int = Field(
        16, ge=0, description="further images that may wait before the server is busy"
    )
    max_live: int = Field(4, ge=0, description="live views open at the same time")
    body_seconds: float = Field(
        60.0, gt=0, le=3600, description="seconds a client has to send its image"
    )

    @field_validator("allow_host", mode="before")
    @classmethod
    def _split_names(cls, names: Any) -> Any:
        items = names.split(",") if isinstance(names, str) else names
        return tuple(name.strip().lower() for name in items if name.strip())

    @field_validator("token")
    @classmethod
    def _check_token_strength(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None:
            secret = token.get_secret_value()
            if len(secret) < MIN_TOKEN_LENGTH or not _TOKEN.fullmatch(secret):
                raise ValueError(
                    f"a token has at least {MIN_TOKEN_LENGTH} letters, digits or any of . _ ~ -; "
                    "without this setting a token is generated where one is needed"
                )
        return token

    @model_validator(mode="after")
    def _check_certificate_has_key(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            missing = "tls_key" if self.tls_key is None else "tls_cert"
            raise ValueError(
                f"HTTPS needs a certificate and its key, and there is no {_option(missing)} "
                f"({_variable(missing)})"
            )
        return self

    @property
    def reachable_by_others(self) -> bool:
        """Whether other machines can reach the server."""
        return not _is_loopback(self.host)

    @property
    def host_names(self) -> tuple[str, ...]:
        """Names that the Host header of a request may have, without the port.

        A site that lets its own name resolve to this machine is refused: its name is not here.
        """
        host = self.host.lower()
        names = [*LOOPBACK_NAMES, f"[{host.strip('[]')}]" if ":" in host else host]
        if self.reachable_by_others:
            machine = socket.gethostname().lower()
            names += [machine, f"{machine}.local"]
        return (*names, *self.allow_host)


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """One setting with the value that is used.

    Attributes:
        name: Name of the setting.
        variable: Its name in the environment.
        value: The value as it is printed; a secret is ***.
        source: option, environment or default.
        meaning: Description of the setting.
    """

    name: str
    variable: str
    value: str | int | float | list[str] | None
    source: str
    meaning: str


def load_settings(options: Mapping[str, Any]) -> Settings:
    """Return the settings from options, the environment and the defaults.

    Args:
        options: Options of the command line by the name of the setting. None and [] mean that an
            option was not given.

    Raises:
        ServeError: A value is not allowed. The message names the first of these.
    """
    given = _given_options(options)
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:
            raise ServeError(f"{reason[:1].upper()}{reason[1:]}.") from None
        name = str(first["loc"][0])
        source = _option(name) if name in given else _variable(name)
        value = "" if name == "token" else f" {first['input']!s:.60}"
        raise ServeError(
            f"{source}{value} is not allowed: {reason[:1].lower()}{reason[1:]}. Correct it, or "
            "leave it out for the default."
        ) from None


def list_settings(options: Mapping[str, Any]) -> list[EffectiveSetting]:
    """Return every setting with the value that is used and its source.

    Args:
        options: As in `load_settings`.

    Raises:
        ServeError: A value is not allowed.
    """
    settings, given = load_settings(options), _given_options(options)
    return [
        EffectiveSetting(
            name,
            _variable(name),
            _printable(getattr(settings, name)),
            _source(name, given),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def unknown_variables() -> list[str]:
    """Return the environment variables that begin with WINCE_ and are not settings."""
    known = {_variable(name) for name in Settings.model_fields} | set(_TEST_VARIABLES)
    names = (name for name in os.environ if name.upper().startswith(PREFIX))
    return sorted(name for name in names if name.upper() not in known)


def ensure_token(settings: Settings) -> Settings:
    """Return the settings with a token if one is needed.

    A token is needed when other machines can reach the server. When the settings have none, a new
    one of 256 random bits is generated.
    """
    if settings.token is not None or not settings.reachable_by_others:
        return settings
    return settings.model_copy(update={"token": SecretStr(secrets.token_urlsafe(32))})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _given_options(options: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if value not in (None, [])}
    return {
        name: value.value if isinstance(value, Enum) else value for name, value in given.items()
    }


def _source(name: str, options: Mapping[str, Any]) -> str:
    if name in options:
        return "option"
    is_set = any(key.upper() == _variable(name) and value for key, value in os.environ.items())
    return "environment" if is_set else "default"


def _printable(value: Any) -> str | int | float | list[str] | None:
    if isinstance(value, SecretStr):
        return "***"
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, int | float) else str(value)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _variable(name: str) -> str:
    return PREFIX + name.upper()
