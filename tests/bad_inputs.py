"""Pictures that somebody may send by mistake or on purpose, made by code, and ways to damage more.

Used by the tests and by benchmarks/fuzz.py.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st
from PIL import Image

FORMS = ("JPEG", "PNG", "WEBP")
READABLE = "readable"  # as an expectation: it is a picture, though an odd one


def photo(width: int = 48, height: int = 32) -> Image.Image:
    """Return a small picture that does not compress to nothing."""
    noise = np.random.default_rng(0).integers(0, 60, (height, width, 3), np.uint8)
    noise[:, : width // 2] += 120
    return Image.fromarray(noise)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def animation(form: str) -> bytes:
    frames = [Image.new("RGB", (32, 32), (60 * n, 0, 0)) for n in range(4)]
    return saved(frames[0], form, save_all=True, append_images=frames[1:], duration=50)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width: int, height: int, pixels: bytes = b"\0") -> bytes:
    """Return a PNG with any size in its header."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(pixels, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def png_with_a_swollen_text() -> bytes:
    """Return a good PNG with a compressed note of 100 MB in it."""
    png = saved(photo(), "PNG")
    note = chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(100_000_000), 9))
    return png[:33] + note + png[33:]


def jpeg_that_claims(width: int, height: int) -> bytes:
    data = bytearray(saved(photo(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_that_claims(width: int, height: int) -> bytes:
    data = bytearray(saved(photo(), "WEBP"))
    at = data.index(b"\x9d\x01\x2a") + 3
    data[at : at + 4] = struct.pack("<HH", width & 0x3FFF, height & 0x3FFF)
    return bytes(data)


def with_exif(block: bytes) -> bytes:
    jpeg = saved(photo(), "JPEG")
    return (
        jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block + jpeg[2:]
    )


def exif_loop() -> bytes:
    """Return a directory whose next directory is itself, and whose sub-directory is too."""
    return b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)


def exif_far() -> bytes:
    """Return a directory of 65,535 entries that are not there, each pointing far away."""
    return b"II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHII", 0x112, 3, 0x7FFFFFFF, 0xFFFFFFF0)


def archive_of(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def corpus() -> dict[str, tuple[bytes, set[str]]]:
    """Return the bad inputs by name, each with the errors it may end in, or READABLE."""
    good = {form: saved(photo(), form) for form in FORMS}
    zipped = archive_of("face.jpg", good["JPEG"])
    none, cut, odd = {"NotAnImageError"}, {"TruncatedImageError"}, {"ImageError"}
    large = {"ImageTooLargeError"}
    found: dict[str, tuple[bytes, set[str]]] = {
        # Not pictures, or not ours
        "empty": (b"", none),
        "a single byte": (b"\xff", none),
        "text": (b"hello, I am a face", none),
        "html": (b"<!doctype html><img src=x onerror=alert(1)>", none),
        "svg": (b'<svg><image href="file:///etc/passwd"/></svg>', none),
        "zip": (zipped, none),
        "pdf": (b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>", none),
        "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run", none),
        "gif": (saved(photo(), "GIF"), none),
        "bmp": (saved(photo(), "BMP"), none),
        "tiff of three pages": (
            saved(photo(), "TIFF", save_all=True, append_images=[photo(), photo()]),
            none,
        ),
        "ico": (saved(photo(), "ICO"), none),
        "ppm": (saved(photo(), "PPM"), none),
        "zeros": (bytes(50_000), none),
        # Pictures in form, and no more
        "jpeg marker alone": (b"\xff\xd8\xff", cut),
        "png signature alone": (b"\x89PNG\r\n\x1a\n", cut),
        "riff alone": (b"RIFF\x04\0\0\0WEBP", cut),
        "wave sound": (b"RIFF\x24\0\0\0WAVEfmt " + bytes(28), cut | none),
        "png without pixels": (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0))
            + chunk(b"IEND", b""),
            cut,
        ),
        "png with a wrong checksum": (good["PNG"][:-20] + b"\0" + good["PNG"][-19:], cut),
        # Bombs
        "png of 60,000 x 60,000": (png_that_claims(60_000, 60_000), large),
        "png of 2^31 - 1 squared": (png_that_claims(2**31 - 1, 2**31 - 1), large),
        "png of 0 x 0": (png_that_claims(0, 0), cut | odd),
        "png that unpacks to 99 MB": (png_that_claims(40, 40, bytes(99_000_000)), cut | {READABLE}),
        "png with a note that unpacks to 100 MB": (png_with_a_swollen_text(), cut | {READABLE}),
        "jpeg of 65,500 x 65,500": (jpeg_that_claims(65_500, 65_500), large),
        "webp of 16,383 x 16,383": (webp_that_claims(16_383, 16_383), large | cut),
        # Odd sizes
        "1 x 1": (saved(photo(2, 2).resize((1, 1)), "PNG"), odd),
        "1 x 30,000": (saved(Image.new("RGB", (1, 30_000)), "PNG"), odd),
        "30,000 x 1": (saved(Image.new("RGB", (30_000, 1)), "PNG"), odd),
        "30,000 x 16": (saved(Image.new("RGB", (30_000, 16)), "JPEG"), {READABLE}),
        "16 x 16": (saved(photo(16, 16), "PNG"), {READABLE}),
        # Animations and several pages
        "animated webp": (animation("WEBP"), odd),
        "animated png": (animation("PNG"), odd),
        # More than one thing at once
        "jpeg with a zip behind it": (good["JPEG"] + zipped, {READABLE}),
        "png with a script behind it": (good["PNG"] + b"<script>alert(1)</script>", {READABLE}),
        "zip with a jpeg before it": (b"PK\x03\x04" + good["JPEG"], none),
        "gif that is also javascript": (b"GIF89a=1;alert(1)//" + bytes(50), none),
        "two jpegs": (good["JPEG"] * 2, {READABLE}),
        # Broken notes about the camera
        "exif of no bytes": (with_exif(b""), {READABLE}),
        "exif of noise": (with_exif(bytes(range(256)) * 20), {READABLE}),
        "exif that points to itself": (with_exif(exif_loop()), {READABLE}),
        "exif that points far away": (with_exif(exif_far()), {READABLE}),
        "exif with an orientation of words": (
            with_exif(b"II*\0\x08\0\0\0" + struct.pack("<HHHI4sI", 1, 0x112, 2, 4, b"up!\0", 0)),
            {READABLE},
        ),
        # Colours
        "cmyk": (saved(photo().convert("CMYK"), "JPEG"), {READABLE}),
        "palette without its colours": (
            saved(photo().convert("P"), "PNG").replace(b"PLTE", b"plte", 1),
            cut | {READABLE},
        ),
        "16-bit grey": (saved(Image.new("I;16", (40, 40), 40_000), "PNG"), {READABLE}),
    }
    for form, data in good.items():
        found[f"{form.lower()} cut in half"] = (data[: len(data) // 2], cut)
        found[f"{form.lower()} with noise inside"] = (
            data[: len(data) // 2] + bytes(range(256)) + data[len(data) // 2 :],
            cut | {READABLE},
        )
    return found


def truncations(form: str) -> list[bytes]:
    """Return a small picture cut at every length, up to the last byte that carries pixels."""
    data = saved(photo(24, 16), form)
    return [data[:length] for length in range(len(data))]


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"17",
    "a string": b'"data:image/jpeg;base64,/9j/"',
    "a list": b'[{"image": "x"}]',
    "no image": b'{"picture": "data:image/jpeg;base64,/9j/"}',
    "image null": b'{"image": null}',
    "image a number": b'{"image": 1e999}',
    "image a list": b'{"image": ["data:image/jpeg;base64,/9j/"]}',
    "image an object": b'{"image": {"data": "x"}}',
    "image empty": b'{"image": ""}',
    "an address": b'{"image": "http://127.0.0.1:22/"}',
    "a file": b'{"image": "file:///etc/passwd"}',
    "data alone": b'{"image": "data:"}',
    "no data": b'{"image": "data:image/jpeg;base64,"}',
    "no comma": b'{"image": "data:image/jpeg;base64"}',
    "not base64": b'{"image": "data:image/jpeg;base64,%%%%"}',
    "half of base64": b'{"image": "data:image/jpeg;base64,/9j"}',
    "percent coded": b'{"image": "data:image/svg+xml,%3Csvg%3E"}',
    "text as picture": b'{"image": "data:image/jpeg;base64,aGVsbG8="}',
    "text as text": b'{"image": "data:text/plain;base64,aGVsbG8="}',
    "letters beyond ASCII": '{"image": "data:image/jpeg;base64,é"}'.encode(),
    "half a surrogate": b'{"image": "data:image/jpeg;base64,\\ud800"}',
    "zero bytes": b'{"image": "\\u0000"}',
    "wrong encoding": b'{"image": "\xff\xfe"}',
    "UTF-16": '{"image": "x"}'.encode("utf-16"),
    "cut off": b'{"image": "data:image/jpeg;base64,/9j/',
    "deep": b"[" * 200_000,
    "deep objects": b'{"image":' * 100_000,
    "a long number": b'{"image": ' + b"9" * 100_000 + b"}",
    "twice": b'{"image": "x", "image": 5}',
    "not a number": b'{"image": NaN}',
}
"""Bodies for the small contract, none of which holds a picture with a face."""


_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


@st.composite
def hostile_files(draw: Callable[..., object]) -> bytes:
    """Return one of the corpus or a good picture, damaged in up to six ways."""
    data = bytearray(draw(st.sampled_from(_small())))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        how = draw(st.sampled_from(("byte", "number", "cut", "drop", "insert", "repeat", "splice")))
        if how == "byte" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif how == "number":
            number, order = (
                draw(st.sampled_from(_NUMBERS)),
                draw(st.sampled_from(("big", "little"))),
            )
            size = 2 if number <= 0xFFFF else 4
            data[at : at + size] = number.to_bytes(size, order)
        elif how == "cut":
            del data[at:]
        elif how == "drop":
            del data[at : at + draw(st.integers(1, 64))]
        elif how == "insert":
            data[at:at] = draw(st.binary(min_size=1, max_size=32))
        elif how == "repeat":
            data[at:at] = data[at : at + draw(st.integers(1, 64))] * draw(st.integers(1, 20))
        elif how == "splice":
            other = draw(st.sampled_from(_small()))
            data[at:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data)


_FILES: list[bytes] = []


def _small() -> list[bytes]:
    """Return the files that damage is done to: all but the largest ones."""
    if not _FILES:
        options: tuple[dict[str, object], ...] = (
            {"quality": 90},
            {"quality": 30, "progressive": True},
            {"quality": 75, "exif": _exif()},
        )
        _FILES.extend(saved(photo(), "JPEG", **some) for some in options)
        _FILES.extend(saved(photo(), "WEBP", lossless=lossless) for lossless in (False, True))
        for mode in ("RGB", "RGBA", "L", "LA", "P", "1"):
            _FILES.append(saved(photo().convert(mode), "PNG"))
        _FILES.extend(data for data, _ in corpus().values() if len(data) < 20_000)
    return _FILES


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x112] = 6
    exif[0x10F] = "camera"
    return exif.tobytes()


def json_values() -> st.SearchStrategy[object]:
    """Return any JSON, most of it with the field that is looked for, somewhere."""
    plain = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=30)
    urls = st.builds(
        "data:{}{},{}".format,
        st.sampled_from(("image/jpeg", "image/png", "", "text/plain", "image/", "IMAGE/JPEG")),
        st.sampled_from((";base64", "", ";base64;base64", ";charset=utf-8;base64")),
        st.text("ABCDabcd0189+/= \n\\é", max_size=40),
    )
    leaves = plain | urls
    return st.recursive(
        st.dictionaries(st.sampled_from(("image", "Image", "x")), leaves, max_size=3) | leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(("image", "y")), inner, max_size=2)
        ),
        max_leaves=8,
    )


def json_bodies() -> st.SearchStrategy[bytes]:
    return json_values().map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)
