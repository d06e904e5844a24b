"""Files and bodies that are sent by mistake or on purpose, made by code.

tests/support/fuzz damages them further, at random.
"""

import io
import struct
import zipfile
import zlib
from functools import cache

import numpy as np
import pillow_heif
from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP")
LOCAL_FORMATS = ("TIFF", "BMP", "GIF")
"""Read on the command line and in Python, refused by the server."""
# Expected results of reading a file: names of errors, or READABLE for an unusual but valid image.
NOT_AN_IMAGE, TRUNCATED = {"NotAnImageError"}, {"TruncatedImageError"}
UNSUITABLE, TOO_LARGE = {"ImageError"}, {"ImageTooLargeError"}
READABLE = "readable"


def photo(width: int = 48, height: int = 32) -> Image.Image:
    """Return a small image that does not compress to almost nothing."""
    noise = np.random.default_rng(0).integers(0, 60, (height, width, 3), np.uint8)
    noise[:, : width // 2] += 120
    return Image.fromarray(noise)


def save_image(image: Image.Image, file_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def heic(image: Image.Image) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, quality=60)
    return file.getvalue()


def animation(file_format: str) -> bytes:
    frames = [Image.new("RGB", (32, 32), (60 * n, 0, 0)) for n in range(4)]
    return save_image(frames[0], file_format, save_all=True, append_images=frames[1:], duration=50)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_size(width: int, height: int, pixels: bytes = b"\0") -> bytes:
    """Return a PNG with any size in its header, whatever its pixels are."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(pixels, 1)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def png_with_large_text() -> bytes:
    """Return a valid PNG with a compressed text of 100 MB."""
    png = save_image(photo(), "PNG")
    note = chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(100_000_000), 1))
    return png[:33] + note + png[33:]


def jpeg_of_size(width: int, height: int) -> bytes:
    data = bytearray(save_image(photo(), "JPEG"))
    offset = data.index(b"\xff\xc0") + 5
    data[offset : offset + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def many_scans(side: int, scans: int) -> bytes:
    """Return a grey JPEG whose last scan is repeated until there are as many."""
    jpeg = save_image(Image.new("L", (side, side), 120), "JPEG", progressive=True)
    last_scan = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last_scan * (scans - jpeg.count(b"\xff\xda")) + jpeg[-2:]


def webp_of_size(width: int, height: int) -> bytes:
    data = bytearray(save_image(photo(), "WEBP"))
    offset = data.index(b"\x9d\x01\x2a") + 3
    data[offset : offset + 4] = struct.pack("<HH", width & 0x3FFF, height & 0x3FFF)
    return bytes(data)


def with_exif(block: bytes) -> bytes:
    jpeg = save_image(photo(), "JPEG")
    return (
        jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block + jpeg[2:]
    )


def exif_loop() -> bytes:
    """Return an Exif directory that is its own next directory and its own sub-directory."""
    return b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)


def exif_far() -> bytes:
    """Return an Exif directory that states 65,535 entries, of which none exists."""
    return b"II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHII", 0x112, 3, 0x7FFFFFFF, 0xFFFFFFF0)


def archive_of(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


@cache
def bombs() -> dict[str, tuple[bytes, set[str]]]:
    """Return small files that state, or unpack to, a huge size, in the form of `corpus`."""
    return {
        "png of 60,000 x 60,000": (png_of_size(60_000, 60_000), TOO_LARGE),
        "png of 2^31 - 1 squared": (png_of_size(2**31 - 1, 2**31 - 1), TOO_LARGE),
        "png of 0 x 0": (png_of_size(0, 0), TRUNCATED | UNSUITABLE),
        "png that unpacks to 99 MB": (
            png_of_size(40, 40, bytes(99_000_000)),
            TRUNCATED | {READABLE},
        ),
        "png with a note that unpacks to 100 MB": (png_with_large_text(), {READABLE}),
        "png of 7,000 x 7,000 with pixels for a tenth": (
            png_of_size(7000, 7000, bytes(15_000_000)),
            TRUNCATED,
        ),
        "jpeg of 65,500 x 65,500": (jpeg_of_size(65_500, 65_500), TOO_LARGE),
        "webp of 16,383 x 16,383": (webp_of_size(16_383, 16_383), TRUNCATED | TOO_LARGE),
    }


@cache
def corpus() -> dict[str, tuple[bytes, set[str]]]:
    """Return bad files by name, each with its allowed results."""
    valid = {name: save_image(photo(), name) for name in FORMATS}
    files = {
        **bombs(),
        **_not_images(),
        **_headers_alone(valid["PNG"]),
        **_unusual_images(),
        **_two_formats_in_one(valid["JPEG"], valid["PNG"]),
        **_broken_exif(),
    }
    for name, data in valid.items():
        files[f"{name.lower()} cut in half"] = (data[: len(data) // 2], TRUNCATED)
        files[f"{name.lower()} with noise inside"] = (
            data[: len(data) // 2] + bytes(range(256)) + data[len(data) // 2 :],
            TRUNCATED | {READABLE},
        )
    return files


def _not_images() -> dict[str, tuple[bytes, set[str]]]:
    """Return files that are no images, or of other formats."""
    return {
        "empty": (b"", NOT_AN_IMAGE),
        "a single byte": (b"\xff", NOT_AN_IMAGE),
        "text": (b"hello, I am a face", NOT_AN_IMAGE),
        "html": (b"<!doctype html><img src=x onerror=alert(1)>", NOT_AN_IMAGE),
        "svg": (b'<svg><image href="file:///etc/passwd"/></svg>', NOT_AN_IMAGE),
        "zip": (archive_of("face.jpg", save_image(photo(), "JPEG")), NOT_AN_IMAGE),
        "pdf": (b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>", NOT_AN_IMAGE),
        "postscript": (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run",
            NOT_AN_IMAGE,
        ),
        "gif": (save_image(photo(), "GIF"), {READABLE}),
        "animated gif": (animation("GIF"), {READABLE}),
        "bmp": (save_image(photo(), "BMP"), {READABLE}),
        "tiff of three pages": (
            save_image(photo(), "TIFF", save_all=True, append_images=[photo(), photo()]),
            {READABLE},
        ),
        "ico": (save_image(photo(), "ICO"), NOT_AN_IMAGE),
        "ppm": (save_image(photo(), "PPM"), NOT_AN_IMAGE),
        "zeros": (bytes(50_000), NOT_AN_IMAGE),
    }


def _headers_alone(png: bytes) -> dict[str, tuple[bytes, set[str]]]:
    """Return files that are images by their first bytes only."""
    return {
        "jpeg marker alone": (b"\xff\xd8\xff", TRUNCATED),
        "png signature alone": (b"\x89PNG\r\n\x1a\n", TRUNCATED),
        "riff alone": (b"RIFF\x04\0\0\0WEBP", TRUNCATED),
        "wave sound": (b"RIFF\x24\0\0\0WAVEfmt " + bytes(28), TRUNCATED | NOT_AN_IMAGE),
        "png without pixels": (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0))
            + chunk(b"IEND", b""),
            TRUNCATED,
        ),
        "png with a wrong checksum": (png[:-20] + b"\0" + png[-19:], TRUNCATED),
    }


def _unusual_images() -> dict[str, tuple[bytes, set[str]]]:
    """Return images of odd sizes and colours, with several frames or pages."""
    return {
        "1 x 1": (save_image(photo(2, 2).resize((1, 1)), "PNG"), UNSUITABLE),
        "1 x 30,000": (save_image(Image.new("RGB", (1, 30_000)), "PNG"), UNSUITABLE),
        "30,000 x 1": (save_image(Image.new("RGB", (30_000, 1)), "PNG"), UNSUITABLE),
        "30,000 x 16": (save_image(Image.new("RGB", (30_000, 16)), "JPEG"), {READABLE}),
        "16 x 16": (save_image(photo(16, 16), "PNG"), {READABLE}),
        "animated webp": (animation("WEBP"), {READABLE}),
        "animated png": (animation("PNG"), {READABLE}),
        "animated avif": (animation("AVIF"), {READABLE}),
        "cmyk": (save_image(photo().convert("CMYK"), "JPEG"), {READABLE}),
        "palette without its colours": (
            save_image(photo().convert("P"), "PNG").replace(b"PLTE", b"plte", 1),
            TRUNCATED | {READABLE},
        ),
        "16-bit grey": (save_image(Image.new("I;16", (40, 40), 40_000), "PNG"), {READABLE}),
    }


def _two_formats_in_one(jpeg: bytes, png: bytes) -> dict[str, tuple[bytes, set[str]]]:
    """Return files that are of two formats."""
    return {
        "jpeg with a zip behind it": (jpeg + archive_of("face.jpg", jpeg), {READABLE}),
        "png with a script behind it": (png + b"<script>alert(1)</script>", {READABLE}),
        "zip with a jpeg before it": (b"PK\x03\x04" + jpeg, NOT_AN_IMAGE),
        "gif head on a jpeg": (b"GIF89a" + jpeg, TRUNCATED | TOO_LARGE),
        "gif that is also javascript": (
            b"GIF89a=1;alert(1)//" + bytes(50),
            TRUNCATED | TOO_LARGE,
        ),
        "two jpegs": (jpeg * 2, {READABLE}),
    }


def _broken_exif() -> dict[str, tuple[bytes, set[str]]]:
    """Return JPEG files with broken Exif data."""
    return {
        "exif of no bytes": (with_exif(b""), {READABLE}),
        "exif of noise": (with_exif(bytes(range(256)) * 20), {READABLE}),
        "exif that points to itself": (with_exif(exif_loop()), {READABLE}),
        "exif that points far away": (with_exif(exif_far()), {READABLE}),
        "exif with an orientation of words": (
            with_exif(b"II*\0\x08\0\0\0" + struct.pack("<HHHI4sI", 1, 0x112, 2, 4, b"up!\0", 0)),
            {READABLE},
        ),
    }


def truncations(file_format: str) -> list[bytes]:
    """Return a small image cut at every length."""
    data = save_image(photo(24, 16), file_format)
    return [data[:length] for length in range(len(data))]


BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "null": (b"null", 422),
    "a number": (b"17", 422),
    "a string": (b'"data:image/jpeg;base64,/9j/"', 422),
    "a list": (b'[{"image": "x"}]', 422),
    "an empty list": (b"[]", 422),
    "an empty object": (b"{}", 422),
    "a brace": (b"{", 400),
    "a file's name": (b'{"image": "photo.jpg"}', 422),
    "no image": (b'{"picture": "data:image/jpeg;base64,/9j/"}', 422),
    "image null": (b'{"image": null}', 422),
    "image a number": (b'{"image": 1e999}', 422),
    "image a list": (b'{"image": ["data:image/jpeg;base64,/9j/"]}', 422),
    "image an object": (b'{"image": {"data": "x"}}', 422),
    "image empty": (b'{"image": ""}', 422),
    "an address": (b'{"image": "http://127.0.0.1:22/"}', 422),
    "a file": (b'{"image": "file:///etc/passwd"}', 422),
    "data alone": (b'{"image": "data:"}', 422),
    "no data": (b'{"image": "data:image/jpeg;base64,"}', 415),
    "no comma": (b'{"image": "data:image/jpeg;base64"}', 422),
    "not base64": (b'{"image": "data:image/jpeg;base64,%%%%"}', 422),
    "half of a group of base64": (b'{"image": "data:image/jpeg;base64,/9j/4"}', 422),
    "a space in base64": (b'{"image": "data:image/jpeg;base64,/9j/ 4AA"}', 422),
    "an image of the wrong format": (
        b'{"image": "data:image/gif;base64,R0lGODlhAQABAAAAADs="}',
        415,
    ),
    "percent coded": (b'{"image": "data:image/svg+xml,%3Csvg%3E"}', 422),
    "text as an image": (b'{"image": "data:image/jpeg;base64,aGVsbG8="}', 415),
    "text as text": (b'{"image": "data:text/plain;base64,aGVsbG8="}', 415),
    "letters beyond ASCII": ('{"image": "data:image/jpeg;base64,é"}'.encode(), 422),
    "half a surrogate": (b'{"image": "data:image/jpeg;base64,\\ud800"}', 422),
    "zero bytes": (b'{"image": "\\u0000"}', 422),
    "wrong encoding": (b'{"image": "\xff\xfe"}', 400),
    "UTF-16": ('{"image": "x"}'.encode("utf-16"), 400),
    "cut off": (b'{"image": "data:image/jpeg;base64,/9j/', 400),
    "deep": (b"[" * 200_000, 400),
    "deep objects": (b'{"image":' * 100_000, 400),
    "a long number": (b'{"image": ' + b"9" * 100_000 + b"}", 400),
    "twice": (b'{"image": "x", "image": 5}', 422),
    "not a number": (b'{"image": NaN}', 422),
}
"""Bodies for `POST /analyze` without an image, each with its HTTP status."""
