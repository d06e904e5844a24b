"""Open cameras on the network: rtsp://, http:// and https:// addresses.

Without leave only this machine is reached. User names, passwords and queries in an address are
never shown, because cameras take their passwords there.
"""

import ipaddress
import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from wince.errors import VideoError

SCHEMES = ("rtsp", "http", "https")

# FFmpeg's names. Playlists are left out because they lead to further addresses.
_HTTP_FORMATS = "mpjpeg,mjpeg,mpegts,h264,hevc,matroska,webm,flv,mov,mp4,asf,ogg"
_OPTIONS = {
    "rtsp": {"protocol_whitelist": "rtp,tcp", "rtsp_transport": "tcp"},
    "http": {"protocol_whitelist": "http,tcp", "format_whitelist": _HTTP_FORMATS},
    "https": {"protocol_whitelist": "https,tls,tcp", "format_whitelist": _HTTP_FORMATS},
}


def is_address(source: str) -> bool:
    """Return whether a source is an address such as rtsp://127.0.0.1/ward."""
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", source) is not None


def shown_address(address: str) -> str:
    """Return an address without user name, password, query and fragment."""
    parts = _split(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def open_address(address: str, *, allow_network: bool, timeout: float) -> Any:
    """Return PyAV's container for a camera on the network.

    Args:
        address: rtsp://, http:// or https://, with user name and password if the camera needs them.
        allow_network: Whether another machine may be reached.
        timeout: Seconds without an answer after which the camera counts as not there.

    Raises:
        VideoError: The address is wrong, on another machine without leave, or cannot be opened.
    """
    import av

    parts = _split(address)
    name = shown_address(address)
    if not allow_network and not _is_this_machine(parts.hostname or ""):
        raise VideoError(
            f"{name} is on another machine. wince does not use the network unless you add "
            "--allow-network."
        )
    av.logging.set_level(None)  # FFmpeg would print addresses
    options = dict(_OPTIONS[parts.scheme])
    if parts.scheme != "rtsp":
        options["max_redirects"] = "0"  # a redirect could lead to another machine
        if not allow_network:
            options["http_proxy"] = ""  # so could a proxy named in the environment
    try:
        return av.open(parts.geturl(), container_options=options, timeout=timeout)
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        # The cause is left out: its message contains the whole address.
        raise VideoError(
            f"The camera {name} cannot be opened: {reason}. Check the address, the password, and "
            "that the camera is switched on."
        ) from None


def _split(address: str) -> SplitResult:
    """Return the parts of an address; raise VideoError if it is none that can be watched."""
    try:
        parts = urlsplit(address)
        is_complete = bool(parts.hostname) and parts.port != 0
    except ValueError:  # such as a port that is not a number
        is_complete = False
    if not is_complete or parts.scheme not in SCHEMES:
        scheme = address.partition("://")[0]
        raise VideoError(
            f"An address that begins with {scheme}:// cannot be watched. Expected rtsp://, http:// "
            "or https:// with a host, and a port if the camera needs one."
        )
    return parts


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
