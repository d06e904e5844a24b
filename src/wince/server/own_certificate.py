"""A certificate for HTTPS that this machine makes for itself, and keeps.

An authority signs the server's certificate, and its key is never stored: it can sign nothing else,
so a phone that trusts it trusts this certificate only. iPhones open a live view only after the
authority was installed; elsewhere it is enough to accept the certificate in the browser.
"""

import datetime
import ipaddress
import os
import re
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wince import files
from wince.errors import FileWriteError, ServeError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

VALID_DAYS = 397
"""iPhones accept 825 days at most from an authority that was installed, others 398."""

LEAST_REMAINING_DAYS = 7
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?")
_OTHERS_MAY_READ = 0o077


def ensure_certificate(path: Path, names: Sequence[str]) -> None:
    """Keep the certificate at `path` if it is usable, otherwise make a new one.

    The file has the server's private key, its certificate and that of the authority, all PEM, and
    only its owner may read it. `authority_file` is written beside it.

    Args:
        path: File of the certificate.
        names: Host names and IP addresses that the certificate has to be valid for.

    Raises:
        ServeError: The folder cannot be written.
    """
    names = list(dict.fromkeys(name for name in map(_plain_name, names) if name))
    if _is_usable(path, names):
        return
    secret, authority = _make(names)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write_bytes(authority_file(path), authority)
        with files.replacing(path) as temporary:
            temporary.touch(mode=0o600, exist_ok=False)
            temporary.write_bytes(secret)
    except (FileWriteError, OSError) as error:
        raise ServeError(
            f"The phone's certificate cannot be kept. {error} You can also give a certificate of "
            "your own with --tls-cert and --tls-key."
        ) from error


def authority_file(path: Path) -> Path:
    """Return the file with the certificate of the authority, which is not secret."""
    return path.with_name(f"{path.stem}-authority.crt")


def fingerprint(path: Path) -> str:
    """Return the SHA-256 fingerprint of the first certificate in a PEM file, as AB:CD:...

    Raises:
        ServeError: The certificate cannot be read.
    """
    from cryptography.hazmat.primitives.hashes import SHA256

    return _certificate(path).fingerprint(SHA256()).hex(":").upper()


def last_day(path: Path) -> datetime.date:
    """Return the last whole day on which the first certificate in a PEM file is valid.

    Raises:
        ServeError: The certificate cannot be read.
    """
    return _certificate(path).not_valid_after_utc.date() - datetime.timedelta(days=1)


def _certificate(path: Path) -> "x509.Certificate":
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError) as error:
        raise ServeError(f"The certificate in {path} cannot be read: {error}.") from error


def _plain_name(name: str) -> str | None:
    """Return a host name or address as a certificate has it, or None if none can have it.

    0.0.0.0 and ::, which mean every address, and names with unusual characters are None.
    """
    plain = name.strip("[]").lower()
    address = _address(plain)
    if address is None:
        return plain if _NAME.fullmatch(plain) else None
    return None if address.is_unspecified else str(address)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_usable(path: Path, names: Sequence[str]) -> bool:
    """Whether a kept certificate is complete, private, valid for the names and long enough."""
    from cryptography import x509

    try:
        is_private = os.name == "nt" or not path.stat().st_mode & _OTHERS_MAY_READ
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, password="")
        certificate = _certificate(path)
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (OSError, ValueError, ServeError, x509.ExtensionNotFound):
        return False
    remaining = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    covered = {str(name.value) for name in extension.value}
    return (
        is_private
        and remaining > datetime.timedelta(days=LEAST_REMAINING_DAYS)
        and covered.issuperset(names)
        and authority_file(path).is_file()
    )


def _make(names: Sequence[str]) -> tuple[bytes, bytes]:
    """Return key, certificate and authority as one PEM text, and the authority alone."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key, authority_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    title = f"wince on {names[0]}"[:50]  # a common name has at most 64 characters
    authority = _sign(
        _builder(f"{title}, authority", authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True), critical=True),
        f"{title}, authority",
        authority_key,
    )
    certificate = _sign(
        _builder(title, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternative_names(names)), critical=False),
        f"{title}, authority",
        authority_key,
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    authority_pem = authority.public_bytes(serialization.Encoding.PEM)
    return (
        secret + certificate.public_bytes(serialization.Encoding.PEM) + authority_pem,
        authority_pem,
    )


def _builder(title: str, key: "EllipticCurvePrivateKey") -> "x509.CertificateBuilder":
    """Return a certificate for a key that is not signed yet."""
    from cryptography import x509

    # From yesterday, because the clock of a phone may be slow.
    first = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(_distinguished_name(title))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(first + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _sign(
    builder: "x509.CertificateBuilder", issuer: str, authority_key: "EllipticCurvePrivateKey"
) -> "x509.Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    public = authority_key.public_key()
    return (
        builder.issuer_name(_distinguished_name(issuer))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(authority_key, SHA256())
    )


def _distinguished_name(title: str) -> "x509.Name":
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, title)])


def _key_usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_names(names: Sequence[str]) -> "list[x509.GeneralName]":
    from cryptography import x509

    addresses = ((name, _address(name)) for name in names)
    return [
        x509.DNSName(name) if address is None else x509.IPAddress(address)
        for name, address in addresses
    ]
