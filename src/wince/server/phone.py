"""The settings of a server that a phone opens: an address in the network, and HTTPS."""

import re
from importlib.util import find_spec
from pathlib import Path

from wince.errors import MissingExtraError, ServeError
from wince.server import own_certificate
from wince.server.network_addresses import NetworkAddress, list_addresses
from wince.server.settings import Settings

EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
_PACKAGES = ("cryptography", "platformdirs", "psutil", "segno")


def require_phone_extra() -> None:
    """Raise MissingExtraError unless the packages for a phone are installed."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"--phone needs {missing[0]}, which the small install leaves out. Install it with: "
            "pip install 'wince[phone]'"
        )


def with_address(settings: Settings) -> Settings:
    """Return the settings with an address that a phone can reach.

    Raises:
        ServeError: The machine has no such address, or the settings name one of this machine only.
    """
    if settings.reachable_by_others and settings.host not in EVERY_ADDRESS:
        return settings
    if "host" in settings.model_fields_set and not settings.reachable_by_others:
        raise ServeError(
            f"A phone cannot reach {settings.host}, which is this machine only. Leave out --host "
            "(WINCE_HOST) for the most likely address, or give an address of this machine in the "
            "phone's network."
        )
    addresses = list_addresses()
    if not addresses:
        raise ServeError(
            "This machine is in no network, so no phone can reach it. Connect it to the phone's "
            "Wi-Fi, then run the same command again."
        )
    if settings.reachable_by_others:
        return settings
    return settings.model_copy(update={"host": addresses[0].address})


def with_certificate(settings: Settings, folder: Path | None = None) -> Settings:
    """Return the settings with a certificate: the given one, the kept one, or a new one.

    Args:
        settings: With the address to listen on.
        folder: Where certificates are kept; None for `certificate_folder()`.

    Raises:
        ServeError: The folder cannot be written.
    """
    if settings.tls_cert is not None:
        return settings
    stem = re.sub(r"[^a-z0-9.-]", "-", settings.host.lower().strip("[]"))[:100]
    path = (folder or certificate_folder()) / f"{stem}.pem"
    own_certificate.ensure_certificate(path, [*_addresses(settings), *settings.host_names])
    return settings.model_copy(update={"tls_cert": path, "tls_key": path})


def certificate_folder() -> Path:
    """Return the folder in which certificates for phones are kept, one for each address."""
    import platformdirs

    return platformdirs.user_data_path("wince", appauthor=False) / "certificates"


def has_own_certificate(settings: Settings) -> bool:
    """Whether the certificate is one that this machine made for itself."""
    return settings.tls_cert is not None and settings.tls_cert.parent == certificate_folder()


def page_address(settings: Settings, port: int) -> str:
    """Return the address of the page as a phone opens it, such as https://192.168.1.7:5001."""
    host = (*settings.allow_host, *_addresses(settings))[0].strip("[]")
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def other_addresses(settings: Settings) -> list[NetworkAddress]:
    """Return this machine's further addresses, at which `page_address` does not open the page."""
    listening = _addresses(settings)[:1]
    return [entry for entry in list_addresses() if entry.address not in listening]


def _addresses(settings: Settings) -> list[str]:
    """Return the addresses at which the server can be reached, the most likely one first."""
    if settings.host in EVERY_ADDRESS:
        return [entry.address for entry in list_addresses()]
    return [settings.host]
