"""`wince serve --phone`: the address, the certificate, the printed lines, and a real connection."""

import hashlib
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

segno = pytest.importorskip("segno", reason="needs segno")
pytest.importorskip("cryptography", reason="needs cryptography")

from tests.support import small_install
from tests.support.server_process import free_port
from wince import cli
from wince.cli.phone_lines import phone_lines, qr_lines
from wince.errors import ServeError
from wince.server import own_certificate, phone, run
from wince.server.network_addresses import NetworkAddress, list_addresses
from wince.server.settings import Settings

TOKEN = "a-token.for_tests~1234567890"
WIFI = NetworkAddress("192.168.1.7", "wlan0")
CABLE = NetworkAddress("10.3.2.1", "eth0")


@pytest.fixture
def networks(monkeypatch, tmp_path):
    """Set the machine's addresses; certificates are kept in a temporary folder."""
    monkeypatch.setattr(phone, "certificate_folder", lambda: tmp_path)

    def networks(*addresses):
        monkeypatch.setattr(phone, "list_addresses", lambda: list(addresses))

    networks(WIFI, CABLE)
    return networks


def subject_names(settings):
    from cryptography import x509

    certificate = x509.load_pem_x509_certificates(settings.tls_cert.read_bytes())[0]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


# The settings


def test_without_a_host_the_most_likely_address_is_used(networks):
    assert phone.with_address(Settings()).host == "192.168.1.7"


@pytest.mark.parametrize("host", ["10.3.2.1", "0.0.0.0", "ward-pc"])
def test_a_given_host_is_kept(networks, host):
    assert phone.with_address(Settings(host=host)).host == host


def test_a_host_of_this_machine_only_is_an_error(networks):
    with pytest.raises(ServeError, match=r"A phone cannot reach 127\.0\.0\.1.*--host"):
        phone.with_address(Settings(host="127.0.0.1"))


@pytest.mark.parametrize("given", [{}, {"host": "0.0.0.0"}])
def test_without_a_network_it_says_so(networks, given):
    networks()
    with pytest.raises(ServeError, match=r"in no network.*Wi-Fi"):
        phone.with_address(Settings(**given))


def test_the_certificate_has_every_name_that_the_server_answers_to(networks):
    given = Settings(host="192.168.1.7", allow_host=("ward.example",))
    settings = phone.with_certificate(given)
    assert {"192.168.1.7", "ward.example", "localhost"} <= subject_names(settings)
    assert "10.3.2.1" not in subject_names(settings)  # it does not listen there
    run.check_certificate(settings.tls_cert, settings.tls_key)


def test_the_certificate_has_every_address_when_all_are_listened_on(networks):
    names = subject_names(phone.with_certificate(Settings(host="0.0.0.0")))
    assert {"192.168.1.7", "10.3.2.1", "127.0.0.1"} <= names
    assert "0.0.0.0" not in names


def test_each_address_keeps_its_certificate(networks):
    """A laptop that returns to a network shows the phone the certificate that it knows."""

    def print_of(host):
        return own_certificate.fingerprint(phone.with_certificate(Settings(host=host)).tls_cert)

    ward = print_of("192.168.1.7")
    assert print_of("10.3.2.1") != ward
    assert print_of("192.168.1.7") == ward


def test_a_given_certificate_is_not_replaced(networks, tmp_path):
    given = Settings(host="192.168.1.7", tls_cert=tmp_path / "c.pem", tls_key=tmp_path / "k.pem")
    assert phone.with_certificate(given) == given


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"host": "192.168.1.7"}, "https://192.168.1.7:5001"),
        ({"host": "fd00::2"}, "https://[fd00::2]:5001"),
        ({"host": "[fd00::2]"}, "https://[fd00::2]:5001"),
        ({"host": "0.0.0.0"}, "https://192.168.1.7:5001"),
        ({"host": "0.0.0.0", "allow_host": ("ward.example",)}, "https://ward.example:5001"),
    ],
)
def test_the_address_is_one_that_a_phone_can_open(networks, given, address):
    assert phone.page_address(Settings(**given), 5001) == address


# The lines


def lines_of(*, token_is_new=True, **given):
    settings = phone.with_certificate(Settings(token=TOKEN, **given))
    with run.open_listener("127.0.0.1") as listener:
        return settings, phone_lines(listener, settings, token_is_new=token_is_new)


def modules(lines):
    """Return the dark modules of a printed QR code."""
    rows = [re.sub("\033\\[[0-9;]*m", "", line) for line in lines]
    rows = [row for row in rows if len(row) > 30 and not set(row) - set(" ▀▄█")]
    return [[cell in half for cell in row] for row in rows for half in ("▀█", "▄█")]


def test_the_code_is_that_of_the_printed_address(networks):
    _, lines = lines_of(host="192.168.1.7")
    (address,) = [line for line in lines if "#token" in line]
    assert re.fullmatch(rf"https://192\.168\.1\.7:\d+/#token={re.escape(TOKEN)}", address)
    code = segno.make(address, error="l", micro=False)
    expected = [[bool(cell) for cell in row] for row in code.matrix_iter(border=4)]
    drawn = modules(lines)
    assert drawn[: len(expected)] == expected
    assert not any(map(any, drawn[len(expected) :]))  # a light row below, if their number is odd


def test_the_code_fits_a_terminal_of_80_columns_and_is_black_on_white(networks):
    lines = qr_lines(f"https://192.168.100.200:65535/#token={'x' * 43}")
    assert len(lines) <= 24
    assert all(line.startswith("\033[38;5;16;48;5;231m") for line in lines)
    assert all(line.endswith("\033[0m") for line in lines)
    assert max(map(len, modules(lines))) <= 80


def test_the_steps_have_the_fingerprint_the_risk_and_where_the_certificate_is(networks, tmp_path):
    settings, lines = lines_of(host="192.168.1.7")
    text = "\n".join(lines)
    assert own_certificate.fingerprint(settings.tls_cert) in re.sub(r":\n +", ":", text)
    assert "same Wi-Fi" in text
    assert "Every device in the same network can reach it" in text
    assert "made the certificate itself" in text
    assert "firewall" in text
    assert str(tmp_path) in text
    assert "Further addresses: 10.3.2.1 (eth0). --host ADDRESS" in text


def test_a_chosen_token_is_not_printed_and_not_drawn_into_a_file(networks, capsys):
    _, lines = lines_of(token_is_new=False, host="192.168.1.7")
    assert TOKEN not in "\n".join(lines)
    assert modules(lines) == []
    assert lines[-1].endswith("/#token=TOKEN")


def test_with_a_chosen_token_a_terminal_gets_the_code(networks, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    _, lines = lines_of(token_is_new=False, host="192.168.1.7")
    assert len(modules(lines)) > 30
    assert TOKEN not in "\n".join(lines)


def test_with_a_given_certificate_the_steps_do_not_speak_of_an_own_one(networks, tmp_path):
    settings = phone.with_certificate(Settings(host="192.168.1.7"))
    copy = tmp_path / "given" / "pair.pem"
    copy.parent.mkdir()
    copy.write_bytes(settings.tls_cert.read_bytes())
    _, lines = lines_of(host="192.168.1.7", tls_cert=copy, tls_key=copy)
    text = "\n".join(lines)
    assert "made the certificate itself" not in text
    assert "If the browser warns" in text
    assert "Delete this folder" not in text


# The command


@pytest.fixture
def address():
    """An address of this machine in a network."""
    addresses = [] if sys.platform == "win32" else list_addresses()
    if not addresses:
        pytest.skip("needs a network interface")
    return addresses[0].address


@contextmanager
def serving_a_phone(folder, *options, **environment):
    """Run `wince serve --phone`; yield its lines, its port, and a function that returns its log."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "wince", "serve", "--phone", "--port", str(port), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "utf-8",
            "XDG_DATA_HOME": str(folder),
            "HOME": str(folder),
            **environment,
        },
    )
    lines, log = [], []
    try:
        for line in process.stdout:
            lines.append(line)
            if "/#token=" in line:
                break
        assert "ready for a phone" in lines[0], process.communicate(timeout=20)[1]
        yield lines, port, lambda: "".join(log)
    finally:
        process.terminate()
        rest, errors = process.communicate(timeout=20)
        lines.append(rest)
        log.append(errors)


def ask(url, context, body=None, token=None):
    request = urllib.request.Request(url, body, {"Content-Type": "image/jpeg"})
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    handler = urllib.request.HTTPSHandler(context=context)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
    with opener.open(request, timeout=20) as answer:
        return answer.read()


def test_a_phone_that_trusts_the_certificate_is_answered_with_its_token(tmp_path, address, frames):
    image = frames[1].path.read_bytes()
    with serving_a_phone(tmp_path) as (lines, port, log):
        page = f"https://{address}:{port}"
        assert lines[0].startswith(f"wince is ready for a phone: {page} ")
        (authority,) = tmp_path.rglob("*-authority.crt")
        trusted = ssl.create_default_context(cafile=authority)
        token = re.search(r"#token=([\w-]{43})$", lines[-1])[1]
        ask(page, trusted)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(f"{page}/v1/assessments", trusted, image)
        assert "pspi" in json.loads(ask(f"{page}/v1/assessments", trusted, image, token))
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(page, ssl.create_default_context())
        with socket.socket() as client:  # it listens on this address only
            assert client.connect_ex(("127.0.0.1", port)) != 0
        presented = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((address, port)))
    out = "".join(lines)
    fingerprint = hashlib.sha256(presented).digest().hex(":").upper()
    assert fingerprint in re.sub(r":\n +", ":", out)
    assert out.count(token) == 1
    assert len(modules(out.splitlines())) > 30
    assert "POST /v1/assessments 200" in log()
    assert token not in log()
    assert "PRIVATE" not in out + log()


def test_a_phone_need_not_trust_again_after_a_restart(tmp_path, address):
    presented = []
    for _ in range(2):
        with serving_a_phone(tmp_path, "--host", address, WINCE_TOKEN=TOKEN) as (lines, port, log):
            presented.append(ssl.get_server_certificate((address, port)))
        assert TOKEN not in "".join(lines) + log()
    assert presented[0] == presented[1]


def test_without_the_extra_the_command_names_what_to_install():
    script = (
        "from wince.cli import main; sys.stderr = sys.stdout; print(main(['serve', '--phone']))"
    )
    output = small_install.run(small_install.without_extras() + script)
    message, status = output.splitlines()
    assert "pip install 'wince[phone]'" in message
    assert (message[:7], status) == ("wince: ", "1")


def test_a_host_of_this_machine_only_stops_the_command_with_one_line(capsys):
    assert cli.main(["serve", "--phone", "--host", "localhost"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("wince: A phone cannot reach localhost")
    assert err.count("\n") == 1
