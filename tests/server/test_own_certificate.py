"""The certificate that `wince serve --phone` makes: names, files, and when it is kept."""

import datetime
import os
import re
import socket
import ssl
import threading
from pathlib import Path

import pytest

pytest.importorskip("cryptography", reason="needs cryptography")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from wince.errors import ServeError
from wince.server import own_certificate

NAMES = ["192.168.1.7", "[fd00::0002]", "Ward-PC.local", "0.0.0.0", "::", "böse name"]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "certificates" / "192.168.1.7.pem"
    own_certificate.ensure_certificate(path, NAMES)
    return path


def certificates(path):
    return x509.load_pem_x509_certificates(path.read_bytes())


def shake_hands(path, name, authority):
    """Return the server's certificate after a handshake that checks it against a name."""
    server, client = socket.socketpair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def answer():
        with context.wrap_socket(server, server_side=True):
            pass

    thread = threading.Thread(target=answer)
    trusted = ssl.create_default_context(cafile=authority)
    trusted.verify_flags |= ssl.VERIFY_X509_STRICT
    with client:
        thread.start()
        try:
            with trusted.wrap_socket(client, server_hostname=name) as connection:
                return connection.getpeercert()
        finally:
            client.close()
            thread.join()


@pytest.mark.parametrize("name", ["192.168.1.7", "fd00::2", "ward-pc.local"])
def test_a_client_that_trusts_the_authority_accepts_every_name(path, name):
    assert shake_hands(path, name, own_certificate.authority_file(path))["issuer"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_client_refuses_another_name_and_an_unknown_authority(path):
    with pytest.raises(ssl.SSLCertVerificationError, match=r"192\.168\.1\.8"):
        shake_hands(path, "192.168.1.8", own_certificate.authority_file(path))
    with pytest.raises(ssl.SSLCertVerificationError, match=r"self-signed|unable to get"):
        shake_hands(path, "192.168.1.7", None)


def test_the_certificate_can_serve_only_and_the_authority_can_sign_only_it(path):
    certificate, authority = certificates(path)
    certificate.verify_directly_issued_by(authority)

    def constraints(item):
        return item.extensions.get_extension_for_class(x509.BasicConstraints).value

    assert not constraints(certificate).ca
    assert constraints(authority).ca
    assert constraints(authority).path_length == 0
    # The key in the file is the server's; that of the authority is nowhere.
    keys = re.findall(rb"-----BEGIN [A-Z ]*KEY-----", path.read_bytes())
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert len(keys) == 1
    assert key.public_key() == certificate.public_key()
    assert key.public_key() != authority.public_key()
    assert certificates(own_certificate.authority_file(path)) == [authority]
    assert b"PRIVATE" not in own_certificate.authority_file(path).read_bytes()


def test_the_days_are_few_enough_for_phones(path):
    for item in certificates(path):
        assert item.not_valid_after_utc - item.not_valid_before_utc <= datetime.timedelta(398)
        assert item.not_valid_before_utc < datetime.datetime.now(datetime.UTC)
    assert own_certificate.last_day(path) > datetime.date.today() + datetime.timedelta(390)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_only_the_owner_may_read_the_key_at_any_time(tmp_path, monkeypatch):
    modes = []
    write_bytes = Path.write_bytes

    def record(file, content):
        if b"PRIVATE" in content:
            modes.append(file.stat().st_mode & 0o777)  # before the content is in it
        return write_bytes(file, content)

    monkeypatch.setattr(Path, "write_bytes", record)
    path = tmp_path / "certificates" / "a.pem"
    previous = os.umask(0)
    try:
        own_certificate.ensure_certificate(path, NAMES)
    finally:
        os.umask(previous)
    assert modes == [0o600]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_kept_certificate_is_used_again(path):
    content = path.read_bytes()
    own_certificate.ensure_certificate(path, NAMES)
    own_certificate.ensure_certificate(path, ["fd00::2"])
    assert path.read_bytes() == content


def expire(path, monkeypatch):
    monkeypatch.setattr(own_certificate, "LEAST_REMAINING_DAYS", own_certificate.VALID_DAYS)


SPOILT = {
    "an additional name": lambda path, _: None,
    "a damaged file": lambda path, _: path.write_bytes(path.read_bytes()[:300]),
    "an empty file": lambda path, _: path.write_bytes(b""),
    "a missing authority": lambda path, _: own_certificate.authority_file(path).unlink(),
    "few remaining days": expire,
}
if os.name != "nt":
    SPOILT["a key that others may read"] = lambda path, _: path.chmod(0o640)


@pytest.mark.parametrize("change", SPOILT)
def test_a_certificate_that_is_not_usable_is_replaced(path, monkeypatch, change):
    before = own_certificate.fingerprint(path)
    SPOILT[change](path, monkeypatch)
    own_certificate.ensure_certificate(path, [*NAMES, "10.0.0.1"] if "name" in change else NAMES)
    assert own_certificate.fingerprint(path) != before
    certificate, authority = certificates(path)
    certificate.verify_directly_issued_by(authority)
    assert certificates(own_certificate.authority_file(path)) == [authority]
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600


def test_fingerprint_is_the_sha256_of_the_servers_certificate(path):
    certificate, _ = certificates(path)
    plain = own_certificate.fingerprint(path).replace(":", "")
    assert bytes.fromhex(plain) == certificate.fingerprint(hashes.SHA256())
    assert re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", own_certificate.fingerprint(path))


def test_a_folder_that_cannot_be_written_is_an_error_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ServeError, match=r"cannot be kept.*--tls-cert"):
        own_certificate.ensure_certificate(tmp_path / "file" / "a.pem", NAMES)


def test_a_file_without_a_certificate_is_an_error(tmp_path):
    (tmp_path / "a.pem").write_text("hello")
    with pytest.raises(ServeError, match=r"a\.pem cannot be read"):
        own_certificate.fingerprint(tmp_path / "a.pem")
