"""Which files are videos, and how they are opened.

Only local files, and copies of files at URLs, are opened: a playlist or a reference to another file
or address is not followed.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from wince.errors import MissingExtraError, NotAVideoError, TruncatedVideoError, VideoError
from wince.files import local_copy
from wince.image_formats import SUFFIXES as IMAGE_SUFFIXES
from wince.remote_path import as_remote

SUFFIXES = (
    ".mp4",
    ".m4v",
    ".mov",
    ".qt",
    ".3gp",
    ".3g2",
    ".f4v",
    ".mkv",
    ".webm",
    ".avi",
    ".divx",
    ".mpg",
    ".mpeg",
    ".mpe",
    ".m2p",
    ".vob",
    ".mod",
    ".m1v",
    ".m2v",
    ".ts",
    ".mts",
    ".m2ts",
    ".m2t",
    ".tod",
    ".mxf",
    ".dv",
    ".wmv",
    ".asf",
    ".flv",
    ".ogv",
    ".ogm",
    ".mjpeg",
    ".mjpg",
    ".h264",
    ".264",
    ".h265",
    ".265",
    ".hevc",
)
"""Suffixes of videos in a folder; a file given by itself is recognised by its content too."""

# FFmpeg's names. Playlists and image sequences are left out because they open further files.
_CONTAINER_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    "avi",
    "mpeg",
    "mpegts",
    "mpegvideo",
    "m4v",
    "h264",
    "hevc",
    "asf",
    "flv",
    "ogg",
    "mxf",
    "dv",
    "mjpeg",
)
_IMAGE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
"""Brands of files that begin like an MP4 but hold an image (AVIF and HEIC)."""
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*", b"MM\0*")
_VIDEO_STARTS = {
    b"\x1aE\xdf\xa3": "matroska",  # WebM too
    b"\0\0\1\xba": "mpeg",  # a program stream, such as VOB
    b"\0\0\1\xb3": "mpegvideo",  # MPEG video without a container
    b"FLV\1": "flv",
    b"0&\xb2u\x8ef\xcf\x11": "asf",  # WMV too
    b"\x06\x0e+4\x02\x05\x01\x01": "mxf",
}
"""First bytes -> FFmpeg's name of the format."""
_HEAD_BYTES = 4 + 192 + 1
"""Bytes that show the format: two packets of an AVCHD file begin within them."""


def is_video(path: Path) -> bool:
    """Return whether a file is to be read as a video, by its suffix or its first bytes.

    The suffix of an image at a URL is believed: to look at each file would take as long as to fetch
    it.
    """
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return True
    if as_remote(path) is not None and suffix in IMAGE_SUFFIXES:
        return False
    return path.is_file() and _content_format(_head(path)) is not None


def require_av() -> None:
    """Raise MissingExtraError unless PyAV, which reads videos and cameras, is installed."""
    try:
        import av  # noqa: F401  # imported only to see whether it is installed
    except ImportError:
        raise MissingExtraError(
            "Videos and cameras need PyAV, which the small install leaves out. "
            "Install it with: pip install 'wince[video]'"
        ) from None


def open_container(path: Path, stack: ExitStack) -> Any:
    """Return PyAV's container for a video file.

    Args:
        path: The file. One at a URL is copied to the temporary folder.
        stack: Closes the container and removes the copy; on POSIX its name is removed at once.

    Raises:
        NotAVideoError: The file is not a video.
        TruncatedVideoError: The file looks like a video, but cannot be opened.
        VideoError: The file cannot be read.
        MissingExtraError: PyAV is not installed.
    """
    require_av()
    import av

    av.logging.set_level(None)  # FFmpeg would print to stderr; our errors say what is wrong
    try:
        local = stack.enter_context(local_copy(path))
        with local.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise VideoError(f"{path} cannot be opened: {reason}. Check the path.") from error
    if not head:
        raise NotAVideoError(f"{path} is empty: expected a video, such as MP4, MOV or WebM.")
    # The prefix "file:" keeps a name from being taken for an address, and the lists of allowed
    # formats and protocols keep a file from leading to another file or address.
    options = {"format_whitelist": ",".join(_CONTAINER_FORMATS), "protocol_whitelist": "file"}
    # FFmpeg takes some formats from the suffix, which misleads it about a renamed file. Then the
    # format is taken from the first bytes.
    content_format = _content_format(head)
    try:
        try:
            container = av.open(f"file:{local}", container_options=options)
        except av.ArgumentError:
            if content_format is None:
                raise
            container = av.open(f"file:{local}", format=content_format, container_options=options)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _opening_error(path, head) from error
    if as_remote(path) is not None and os.name == "posix":
        local.unlink()  # the container still reads it, and a process that is killed leaves no copy
    return stack.enter_context(container)


def _opening_error(path: Path, head: bytes) -> VideoError:
    if _content_format(head):
        return TruncatedVideoError(
            f"{path} stops before its end or is damaged, and cannot be opened. "
            "Export or copy it again."
        )
    if _starts_like_image(head):
        return NotAVideoError(
            f"{path} is not a video but an image. Assess it with `wince assess`, under a name with "
            "the suffix of its format."
        )
    return NotAVideoError(
        f"{path} is not a video that wince can read. Expected one such as MP4, MOV, MKV, WebM, "
        "AVI or MPEG."
    )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError:
        return b""  # opening it later gives the error


def _content_format(head: bytes) -> str | None:
    """Return FFmpeg's name of the common video format that a file begins like, if any."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat"):
        return None if _starts_like_image(head) else "mov"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    # Packets of 188 bytes that begin with "G"; those of AVCHD have four bytes more in front.
    if b"GG" in (head[:1] + head[188:189], head[4:5] + head[196:197]):
        return "mpegts"
    return next((name for start, name in _VIDEO_STARTS.items() if head.startswith(start)), None)


def _starts_like_image(head: bytes) -> bool:
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    is_heif = head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS
    return is_webp or is_heif or head.startswith(_IMAGE_STARTS)
