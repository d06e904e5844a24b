"""The image formats that wince reads, and how a file's format is recognised by its first bytes."""

WEB_FORMATS = ("JPEG", "PNG", "WebP", "AVIF", "HEIC")
"""Formats that the HTTP server accepts."""
FORMATS = (*WEB_FORMATS, "TIFF", "BMP", "GIF")
"""Formats that the command line and the Python functions accept."""
SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif", ".hif"),
    *(".tif", ".tiff", ".bmp", ".gif"),
)
"""Suffixes of image files in a folder. Other files are recognised by their bytes."""
VIDEO = "video"
HEAD_BYTES = 256
"""First bytes of a file that `file_format` needs."""
INSTALL_HEIF = "pip install 'wince[heif]'"

_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"%PDF": "PDF",
    b"%!PS": "PostScript",
    b"8BPS": "Photoshop",
    b"<svg": "SVG",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"FUJIFILMCCD-RAW": "camera raw",
    b"II*\0\x10\0\0\0CR": "camera raw",
    b"IIU\0": "camera raw",
    b"PK\x03\x04": "ZIP",
    b"\0\0\x01\0": "icon",
    b"\0\0\x01\xba": VIDEO,  # MPEG program stream, as in .vob
    b"\0\0\x01\xb3": VIDEO,  # MPEG-1 and MPEG-2
    b"\x1aE\xdf\xa3": VIDEO,  # Matroska and WebM
    b"FLV\x01": VIDEO,
    b"0&\xb2u\x8ef\xcf\x11": VIDEO,  # ASF, WMV
}
_LENGTHS = sorted(set(map(len, _SIGNATURES)), reverse=True)
_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"))


def file_format(head: bytes) -> str | None:
    """Return the format of a file, None if it is not known.

    Args:
        head: At least the first HEAD_BYTES bytes of the file, or all of it.

    Returns:
        One of FORMATS, VIDEO, or the name of another format.
    """
    if head[4:8] == b"ftyp":
        return _box_format(head)
    if head[:4] == b"RIFF":
        return {b"WEBP": "WebP", b"AVI ": VIDEO}.get(head[8:12])
    return next((_SIGNATURES[head[:n]] for n in _LENGTHS if head[:n] in _SIGNATURES), None)


def _box_format(head: bytes) -> str:
    """Return the format of an ISO base media file, by the brands in its first box."""
    end = min(int.from_bytes(head[:4]), HEAD_BYTES)
    brands = [head[start : start + 4] for start in (8, *range(16, end, 4))]
    if {b"avif", b"avis"} & set(brands):
        return "AVIF"
    if _HEIF_BRANDS & set(brands) or brands[0] in (b"mif1", b"msf1"):
        return "HEIC"
    return {b"crx ": "camera raw", b"jxl ": "JPEG XL"}.get(brands[0], VIDEO)


def format_list(formats: tuple[str, ...]) -> str:
    """Return format names for a sentence, such as `JPEG, PNG or WebP`."""
    return f"{', '.join(formats[:-1])} or {formats[-1]}"
