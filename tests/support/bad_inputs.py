"""Pictures that somebody may send by mistake or on purpose, made by code, and ways to damage more.

Used by the tests and by benchmarks/fuzz.py.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import Literal

import numpy as np
from hypothesis import strategies as st
from PIL import Image

FORMS = ("JPEG", "PNG", "WEBP")
NONE, CUT, ODD = {"NotAnImageError"}, {"TruncatedImageError"}, {"ImageError"}
LARGE = {"ImageTooLargeError"}
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


def bombs() -> dict[str, tuple[bytes, set[str]]]:
    """Return small files that claim to be, or unpack to, far more, as `corpus` does."""
    return {
        "png of 60,000 x 60,000": (png_that_claims(60_000, 60_000), LARGE),
        "png of 2^31 - 1 squared": (png_that_claims(2**31 - 1, 2**31 - 1), LARGE),
        "png of 0 x 0": (png_that_claims(0, 0), CUT | ODD),
        "png that unpacks to 99 MB": (png_that_claims(40, 40, bytes(99_000_000)), CUT | {READABLE}),
        "png with a note that unpacks to 100 MB": (png_with_a_swollen_text(), CUT),
        "png of 7,900 x 7,900 with pixels for a tenth": (
            png_that_claims(7900, 7900, bytes(19_000_000)),
            CUT,
        ),
        "jpeg of 65,500 x 65,500": (jpeg_that_claims(65_500, 65_500), LARGE),
        "webp of 16,383 x 16,383": (webp_that_claims(16_383, 16_383), CUT | LARGE),
    }


def corpus() -> dict[str, tuple[bytes, set[str]]]:
    """Return the bad inputs by name, each with the errors it may end in, or READABLE."""
    good = {form: saved(photo(), form) for form in FORMS}
    zipped = archive_of("face.jpg", good["JPEG"])
    found: dict[str, tuple[bytes, set[str]]] = {
        **bombs(),
        # Not pictures, or not ours
        "empty": (b"", NONE),
        "a single byte": (b"\xff", NONE),
        "text": (b"hello, I am a face", NONE),
        "html": (b"<!doctype html><img src=x onerror=alert(1)>", NONE),
        "svg": (b'<svg><image href="file:///etc/passwd"/></svg>', NONE),
        "zip": (zipped, NONE),
        "pdf": (b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>", NONE),
        "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run", NONE),
        "gif": (saved(photo(), "GIF"), NONE),
        "animated gif": (animation("GIF"), NONE),
        "bmp": (saved(photo(), "BMP"), NONE),
        "tiff of three pages": (
            saved(photo(), "TIFF", save_all=True, append_images=[photo(), photo()]),
            NONE,
        ),
        "ico": (saved(photo(), "ICO"), NONE),
        "ppm": (saved(photo(), "PPM"), NONE),
        "zeros": (bytes(50_000), NONE),
        # Pictures in form, and no more
        "jpeg marker alone": (b"\xff\xd8\xff", CUT),
        "png signature alone": (b"\x89PNG\r\n\x1a\n", CUT),
        "riff alone": (b"RIFF\x04\0\0\0WEBP", CUT),
        "wave sound": (b"RIFF\x24\0\0\0WAVEfmt " + bytes(28), CUT | NONE),
        "png without pixels": (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0))
            + chunk(b"IEND", b""),
            CUT,
        ),
        "png with a wrong checksum": (good["PNG"][:-20] + b"\0" + good["PNG"][-19:], CUT),
        # Odd sizes
        "1 x 1": (saved(photo(2, 2).resize((1, 1)), "PNG"), ODD),
        "1 x 30,000": (saved(Image.new("RGB", (1, 30_000)), "PNG"), ODD),
        "30,000 x 1": (saved(Image.new("RGB", (30_000, 1)), "PNG"), ODD),
        "30,000 x 16": (saved(Image.new("RGB", (30_000, 16)), "JPEG"), {READABLE}),
        "16 x 16": (saved(photo(16, 16), "PNG"), {READABLE}),
        # Animations and several pages
        "animated webp": (animation("WEBP"), ODD),
        "animated png": (animation("PNG"), ODD),
        # More than one thing at once
        "jpeg with a zip behind it": (good["JPEG"] + zipped, {READABLE}),
        "png with a script behind it": (good["PNG"] + b"<script>alert(1)</script>", {READABLE}),
        "zip with a jpeg before it": (b"PK\x03\x04" + good["JPEG"], NONE),
        "gif head on a jpeg": (b"GIF89a" + good["JPEG"], NONE),
        "gif that is also javascript": (b"GIF89a=1;alert(1)//" + bytes(50), NONE),
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
            CUT | {READABLE},
        ),
        "16-bit grey": (saved(Image.new("I;16", (40, 40), 40_000), "PNG"), {READABLE}),
    }
    for form, data in good.items():
        found[f"{form.lower()} cut in half"] = (data[: len(data) // 2], CUT)
        found[f"{form.lower()} with noise inside"] = (
            data[: len(data) // 2] + bytes(range(256)) + data[len(data) // 2 :],
            CUT | {READABLE},
        )
    return found


def truncations(form: str) -> list[bytes]:
    """Return a small picture cut at every length, up to the last byte that carries pixels."""
    data = saved(photo(24, 16), form)
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
    "half of base64": (b'{"image": "data:image/jpeg;base64,/9j"}', 422),
    "percent coded": (b'{"image": "data:image/svg+xml,%3Csvg%3E"}', 422),
    "text as picture": (b'{"image": "data:image/jpeg;base64,aGVsbG8="}', 415),
    "text as text": (b'{"image": "data:text/plain;base64,aGVsbG8="}', 415),
    "letters beyond ASCII": ('{"image": "data:image/jpeg;base64,é"}'.encode(), 422),
    "half a surrogate": (b'{"image": "data:image/jpeg;base64,\\ud800"}', 422),
    "zero bytes": (b'{"image": "\\u0000"}', 422),
    "wrong encoding": (b'{"image": "\xff\xfe"}', 400),
    "UTF-16": ('{"image": "x"}'.encode("utf-16"), 422),
    "cut off": (b'{"image": "data:image/jpeg;base64,/9j/', 400),
    "deep": (b"[" * 200_000, 400),
    "deep objects": (b'{"image":' * 100_000, 400),
    "a long number": (b'{"image": ' + b"9" * 100_000 + b"}", 400),
    "twice": (b'{"image": "x", "image": 5}', 422),
    "not a number": (b'{"image": NaN}', 422),
}
"""Bodies for the small contract, none of which holds a picture, each with its HTTP status."""


_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


@st.composite
def damaged(draw: st.DrawFn, files: Sequence[bytes]) -> bytes:
    """Return one of the files, damaged in up to six ways."""
    data = bytearray(draw(st.sampled_from(files)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        how = draw(st.sampled_from(("byte", "number", "cut", "drop", "insert", "repeat", "splice")))
        if how == "byte" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif how == "number":
            number = draw(st.sampled_from(_NUMBERS))
            order: Literal["big", "little"] = draw(st.sampled_from(("big", "little")))
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
            other = draw(st.sampled_from(files))
            data[at:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data)


def damaged_files() -> st.SearchStrategy[bytes]:
    """Return good pictures and those of the corpus, all but the largest, damaged further."""
    options: tuple[dict[str, object], ...] = (
        {"quality": 90},
        {"quality": 30, "progressive": True},
        {"quality": 75, "exif": _exif()},
    )
    files = [saved(photo(), "JPEG", **some) for some in options]
    files += [saved(photo(), "WEBP", lossless=lossless) for lossless in (False, True)]
    files += [saved(photo().convert(mode), "PNG") for mode in ("RGB", "RGBA", "L", "LA", "P", "1")]
    files.append(saved(photo().convert("RGBA"), "PNG", exif=_exif()))
    files += [data for data, _ in corpus().values() if len(data) < 20_000]
    return damaged(files)


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
    """Return bodies for the small contract: JSON, one of `BODIES` damaged further, and noise."""
    small = [data for data, _ in BODIES.values() if len(data) < 1000]
    written = json_values().map(lambda value: json.dumps(value).encode())
    return written | damaged(small) | st.binary(max_size=60)
