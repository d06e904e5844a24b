"""What `wince serve --phone` prints: the steps for the phone, and a QR code of the address."""

import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wince.server.settings import Settings

_HALF_BLOCKS = " ▄▀█"
"""One character for two modules, one below the other: 2 for a dark upper one, 1 for a lower one."""
_BLACK_ON_WHITE = "\033[38;5;16;48;5;231m"  # whatever the colours of the terminal are
_PLAIN = "\033[0m"

_STEPS = """\
1. Connect the phone to the same Wi-Fi as this machine.
2. Scan the code with the phone's camera and open the address.
3. {reason} Open the certificate
   in the warning ('Not secure', 'Details' or 'View certificate') and compare its SHA-256
   fingerprint with this one:
     {first}
     {second}
4. If they are the same, continue ('Advanced' or 'Show Details', then 'Proceed' or 'visit this
   website'). If they differ, stop: another device answers in place of this machine.
5. Open the live camera and allow the browser to use it.
"""
_OWN_CERTIFICATE = "The browser warns, because this machine made the certificate itself."
_GIVEN_CERTIFICATE = "If the browser warns, it does not know who signed the certificate."

_NO_PAGE = """\
If the page does not open, a firewall on this machine may block it: allow incoming TCP
connections to port {port}. Guest networks often keep devices apart; then use another one.
"""
_ABOUT_THE_CERTIFICATE = """\
The certificate encrypts images and token. Only the comparison in step 3 shows that the phone
speaks with this machine. An iPhone opens the live view only after the certificate was
installed (docs/phone.md). It is kept until {day}, so that a phone trusts it once, in
  {folder}
Delete this folder to remove it.
"""


def phone_lines(listener: socket.socket, settings: "Settings", *, token_is_new: bool) -> list[str]:
    """Return the lines to print once a server for a phone is ready.

    A token that the user chose is in the QR code only, which is then drawn on a terminal only.

    Args:
        listener: The listening socket.
        settings: With a token and a certificate.
        token_is_new: Whether the token was generated for this run and has to be printed.
    """
    from wince.server.phone import page_address

    assert settings.token is not None
    token = settings.token.get_secret_value()
    port = listener.getsockname()[1]
    page = page_address(settings, port)
    if token_is_new or sys.stdout.isatty():
        code = qr_lines(f"{page}/#token={token}")
    else:
        code = ["The QR code contains the token, so it is shown on a terminal only."]
    return [
        f"wince is ready for a phone: {page}  (Ctrl+C stops it)",
        *_reach_lines(settings),
        "",
        *_step_lines(settings),
        "",
        *_help_lines(settings, port),
        "Whoever has the code or the address below can use the server. Show them to nobody else.",
        "",
        *code,  # last, so that it is on the screen
        f"{page}/#token={token if token_is_new else 'TOKEN'}",
    ]


def qr_lines(text: str) -> list[str]:
    """Return a QR code as lines of half blocks, black on white, with its quiet zone."""
    import segno

    rows = [list(row) for row in segno.make_qr(text, error="l").matrix_iter(border=4)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    return [
        _BLACK_ON_WHITE
        + "".join(
            _HALF_BLOCKS[2 * bool(upper) + bool(lower)]
            for upper, lower in zip(rows[row], rows[row + 1], strict=True)
        )
        + _PLAIN
        for row in range(0, len(rows), 2)
    ]


def _reach_lines(settings: "Settings") -> list[str]:
    from wince.server.phone import EVERY_ADDRESS, other_addresses

    place = "every address" if settings.host in EVERY_ADDRESS else f"the address {settings.host}"
    lines = [
        f"It listens on {place} of this machine. Every device in the same network can reach it,",
        "and only those that have the token can use it.",
    ]
    others = [f"{entry.address} ({entry.interface})" for entry in other_addresses(settings)]
    if others:
        lines.append(f"Further addresses: {', '.join(others)}. --host ADDRESS chooses one.")
    return lines


def _step_lines(settings: "Settings") -> list[str]:
    from wince.server import own_certificate, phone

    assert settings.tls_cert is not None
    digits = own_certificate.fingerprint(settings.tls_cert)
    half = len(digits) // 2 + 1
    reason = _OWN_CERTIFICATE if phone.has_own_certificate(settings) else _GIVEN_CERTIFICATE
    return _STEPS.format(reason=reason, first=digits[:half], second=digits[half:]).splitlines()


def _help_lines(settings: "Settings", port: int) -> list[str]:
    from wince.server import own_certificate, phone

    lines = _NO_PAGE.format(port=port).splitlines()
    if phone.has_own_certificate(settings):
        assert settings.tls_cert is not None
        day, folder = own_certificate.last_day(settings.tls_cert), settings.tls_cert.parent
        lines += _ABOUT_THE_CERTIFICATE.format(day=day, folder=folder).splitlines()
    return lines
