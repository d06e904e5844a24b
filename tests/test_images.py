"""Every kind of image becomes upright RGB, and everything else is refused with a WinceError."""

import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image

from wince import image_formats, image_reduction, images
from wince.errors import (
    ImageError,
    ImageTooLargeError,
    NotAnImageError,
    TruncatedImageError,
    WinceError,
)

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "BMP", "GIF")
LOSSY = {"JPEG": 4, "AVIF": 8, "HEIF": 8, "GIF": 40}
"""Largest differences of a colour from the original."""
WITH_EXIF = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF")
pillow_heif.register_heif_opener()  # the tests write HEIC


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    """A smooth image, 96 wide and 64 high, whose four corners have four colours."""
    corners = np.array(
        [[[220, 30, 30], [30, 200, 40]], [[40, 50, 210], [230, 220, 40]]], dtype=np.uint8
    )
    return Image.fromarray(corners).resize((96, 64), Image.Resampling.BICUBIC)


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    quality = {
        "JPEG": {"quality": 95, "subsampling": 0},
        "WEBP": {"lossless": True},
        "AVIF": {"quality": 100, "subsampling": "4:4:4"},
        "HEIF": {"quality": 100, "chroma": 444},
    }.get(kind, {})
    image.save(buffer, kind, **(quality | options))
    return buffer.getvalue()


def difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Return the largest difference between the pixels of two images, 0 to 255."""
    assert first.shape == second.shape
    return float(np.abs(first.astype(int) - second.astype(int)).max())


# Sources


@pytest.mark.parametrize("kind", FORMATS)
def test_an_image_is_the_same_from_bytes_a_path_and_an_array(
    scene: Image.Image, kind: str, tmp_path: Path
) -> None:
    data = encode(scene, kind)
    path = tmp_path / "a photo"
    path.write_bytes(data)
    image = images.read(data)
    assert image.rgb.dtype == np.uint8
    assert (image.width, image.height) == (96, 64)
    assert image.rgb.shape == (64, 96, 3)
    assert difference(image.rgb, np.asarray(scene)) <= LOSSY.get(kind, 0)
    for source in (path, str(path), bytearray(data), memoryview(data), image.rgb):
        np.testing.assert_array_equal(images.read(source).rgb, image.rgb)
    at_its_end = io.BytesIO(data)
    at_its_end.seek(0, io.SEEK_END)
    with path.open("rb") as file, path.open("rb", buffering=0) as raw, Image.open(path) as opened:
        for source in (file, raw, at_its_end, opened):
            np.testing.assert_array_equal(images.read(source).rgb, image.rgb)
    with pytest.raises(ImageTooLargeError):
        images.read(io.BytesIO(data), max_bytes=len(data) - 1)


class Unreadable(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise OSError("the device is gone")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "found NoneType"),
        (17, "found int"),
        ([1, 2], "found list"),
        ("", "path of the image is empty"),
        (io.StringIO("text"), "binary mode"),
        (Unreadable(), "the device is gone"),
        (io.BytesIO(), "is empty"),
    ],
)
def test_a_source_that_is_no_image_is_an_image_error(source: object, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        images.read(source)  # type: ignore[arg-type]  # wrong on purpose


def test_a_closed_file_is_an_image_error(scene: Image.Image, tmp_path: Path) -> None:
    file = io.BytesIO(encode(scene, "PNG"))
    opened = Image.open(file)
    file.close()
    with pytest.raises(ImageError, match="closed"):
        images.read(file)
    with pytest.raises(ImageError):
        images.read(opened)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV"])
def test_a_pillow_image_of_any_mode_becomes_rgb(scene: Image.Image, mode: str) -> None:
    image = scene.convert(mode)
    rgb = images.read(image).rgb
    assert difference(rgb, np.asarray(image.convert("RGB"))) <= 1
    assert image.mode == mode  # unchanged


@pytest.mark.parametrize("mode", ["I", "F"])
def test_pixels_without_a_known_range_are_refused(scene: Image.Image, mode: str) -> None:
    image = scene.convert("L").convert(mode)
    for source in (image, encode(image, "TIFF")):
        with pytest.raises(ImageError, match="range of brightness is not defined"):
            images.read(source)


def test_a_pillow_image_is_turned_upright_and_limited(scene: Image.Image) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    with Image.open(io.BytesIO(encode(stored_with(scene, 6), "PNG", exif=exif))) as image:
        upright = images.read(image)
        assert (upright.width, upright.height) == (96, 64)
        assert difference(upright.rgb, np.asarray(scene)) == 0
        with pytest.raises(ImageTooLargeError, match="64 x 96"):
            images.read(image, max_pixels=96 * 64 - 1)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_format_is_taken_from_the_bytes_not_from_the_suffix(
    scene: Image.Image, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "image.gif"
    path.write_bytes(encode(scene, kind))
    assert images.read(path).width == 96


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((64, 64), np.uint8),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((64, 64, 3), np.float32),
        np.zeros((2, 64, 64, 3), np.uint8),
    ],
    ids=["grey", "RGBA", "float", "batch"],
)
def test_an_array_of_another_type_or_shape_is_refused(array: NDArray[np.uint8]) -> None:
    with pytest.raises(ImageError, match="must be RGB uint8 of shape"):
        images.read(array)


def test_an_array_with_negative_strides_is_read_correctly(scene: Image.Image) -> None:
    mirrored = np.asarray(scene)[:, ::-1]
    np.testing.assert_array_equal(images.read(mirrored).rgb, mirrored)


# Orientation


def stored_with(image: Image.Image, orientation: int) -> Image.Image:
    """Return the image as a camera that writes this EXIF orientation stores it."""
    transposes = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],  # displayed rotated clockwise, so stored counter-clockwise
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    for transpose in transposes:
        image = image.transpose(transpose)
    return image


@pytest.mark.parametrize("kind", (*WITH_EXIF, "HEIF"))
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_with_any_exif_orientation_is_turned_upright(
    scene: Image.Image, kind: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored = stored_with(scene, orientation)
    if kind == "TIFF":  # its own tag
        data = encode(stored, kind, tiffinfo={int(ExifTags.Base.Orientation): orientation})
    else:
        data = encode(stored, kind, exif=exif.tobytes())
    image = images.read(data)
    assert (image.width, image.height) == (96, 64)
    assert difference(image.rgb, np.asarray(scene)) <= 2 * LOSSY.get(kind, 0)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_invalid_exif_orientation_is_ignored(scene: Image.Image, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image = images.read(encode(scene, "PNG", exif=exif.tobytes()))
    assert difference(image.rgb, np.asarray(scene)) == 0


@pytest.mark.parametrize(
    "block",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"Exif\0\0MM\0*\0\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01" * 20,
        b"Exif\0\0" + bytes(range(200)),
        # an orientation whose type is text
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0six\0\0\0\0\0",
    ],
    ids=["empty", "no directory", "far offset", "too many entries", "noise", "text"],
)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_image_with_a_broken_exif_block_is_read(
    scene: Image.Image, kind: str, block: bytes
) -> None:
    image = images.read(encode(scene, kind, exif=block))
    assert difference(image.rgb, np.asarray(scene)) <= (4 if kind == "JPEG" else 0)


# Reduced-scale decoding


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_is_decoded_at_a_reduced_scale_and_reports_its_full_size(
    scene: Image.Image, orientation: int
) -> None:
    large = scene.resize((6000, 4000), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    stored = stored_with(large, orientation)
    image = images.read(encode(stored, "JPEG", exif=exif.tobytes()))
    assert (image.width, image.height) == (6000, 4000)
    height, width = image.rgb.shape[:2]
    assert image_reduction.MIN_DECODED_SIDE <= min(height, width) < 4000
    assert image.scale == pytest.approx(6000 / width) == pytest.approx(4000 / height)
    expected = np.asarray(large.resize((width, height), Image.Resampling.BOX))
    assert np.abs(image.rgb.astype(int) - expected).mean() < 2


def test_a_jpeg_that_is_not_large_is_decoded_at_full_size(scene: Image.Image) -> None:
    image = images.read(encode(scene.resize((1600, 1200)), "JPEG"))
    assert image.rgb.shape == (1200, 1600, 3)
    assert image.scale == 1


# Colour


def test_grey_becomes_grey_rgb(scene: Image.Image) -> None:
    grey = scene.convert("L")
    rgb = images.read(encode(grey, "PNG")).rgb
    for channel in range(3):
        np.testing.assert_array_equal(rgb[..., channel], np.asarray(grey))


def test_palette_colours_become_rgb(scene: Image.Image) -> None:
    palette = scene.quantize(64)
    rgb = images.read(encode(palette, "PNG")).rgb
    np.testing.assert_array_equal(rgb, np.asarray(palette.convert("RGB")))


def test_sixteen_bit_grey_keeps_its_range_instead_of_clipping() -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)
    deep = np.tile(ramp, (32, 1))
    rgb = images.read(encode(Image.fromarray(deep), "PNG")).rgb
    np.testing.assert_array_equal(rgb[..., 0], deep // 257)
    assert (rgb[0, 0, 0], rgb[0, -1, 0]) == (0, 255)


@pytest.mark.parametrize("channels", [3, 4], ids=["RGB", "RGBA"])
def test_sixteen_bit_colour_keeps_its_colours(channels: int) -> None:
    pixels = np.zeros((20, 30, channels), ">u2")
    pixels[..., :3] = [65535, 32896, 0]
    pixels[..., 3:] = 65535
    rgb = images.read(png(30, 20, 16, 2 if channels == 3 else 6, pixels.tobytes())).rgb
    assert difference(rgb, np.broadcast_to(np.uint8([255, 128, 0]), (20, 30, 3))) <= 1


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P"])
def test_transparent_pixels_become_white_and_the_others_keep_their_colour(mode: str) -> None:
    image = Image.new("RGBA", (40, 20), (10, 10, 10, 0))
    image.paste((200, 200, 200, 255), (20, 0, 40, 20))
    if mode == "P":
        image = image.convert("RGB").quantize(4)
        image.info["transparency"] = image.getpixel((0, 0))
    elif mode == "PA":
        palette = image.convert("RGB").quantize(4).convert("RGBA")
        palette.putalpha(image.getchannel("A"))
        image = palette
    else:
        image = image.convert(mode)
    rgb = images.read(encode(image, "PNG")).rgb
    assert rgb[10, 5].tolist() == [255, 255, 255]
    np.testing.assert_allclose(rgb[10, 30], 200, atol=2)


def test_half_transparent_pixels_are_mixed_with_white() -> None:
    rgb = images.read(encode(Image.new("RGBA", (20, 20), (255, 0, 0, 128)), "PNG")).rgb
    np.testing.assert_allclose(rgb[0, 0], [255, 127, 127], atol=1)


def test_one_bit_images_become_black_and_white() -> None:
    image = Image.new("1", (40, 20))
    image.paste(1, (20, 0, 40, 20))
    rgb = images.read(encode(image, "PNG")).rgb
    assert set(np.unique(rgb[:, :20])) == {0}
    assert set(np.unique(rgb[:, 20:])) == {255}


def test_cmyk_keeps_its_colours(scene: Image.Image) -> None:
    buffer = io.BytesIO()
    scene.convert("CMYK").save(buffer, "JPEG", quality=95, subsampling=0)
    assert difference(images.read(buffer.getvalue()).rgb, np.asarray(scene)) <= 8


# Limits, checked before anything is decoded


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, bits: int, colour: int, pixels: bytes) -> bytes:
    """Return a PNG made of raw pixels, for bit depths that Pillow cannot write."""
    row = len(pixels) // height
    lines = b"".join(b"\0" + pixels[i * row : (i + 1) * row] for i in range(height))
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("side", [8001, 20_000, 60_000, 2**31 - 1])
def test_an_image_with_too_many_pixels_is_refused_by_its_header(side: int) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000)))
    with pytest.raises(ImageTooLargeError, match="pixels"):
        images.read(bomb)


def test_the_callers_pixel_limit_is_exact(scene: Image.Image) -> None:
    data = encode(scene, "PNG")
    assert images.read(data, max_pixels=96 * 64).width == 96
    with pytest.raises(ImageTooLargeError, match="96 x 64"):
        images.read(data, max_pixels=96 * 64 - 1)
    with pytest.raises(ImageTooLargeError):
        images.read(np.asarray(scene), max_pixels=96 * 64 - 1)


def test_the_callers_byte_limit_is_exact_for_bytes_and_files(
    scene: Image.Image, tmp_path: Path
) -> None:
    data = encode(scene, "PNG")
    path = tmp_path / "image.png"
    path.write_bytes(data)
    for source in (data, path):
        assert images.read(source, max_bytes=len(data)).width == 96
        with pytest.raises(ImageTooLargeError, match="larger than"):
            images.read(source, max_bytes=len(data) - 1)


def test_the_default_limits_are_those_of_the_documentation() -> None:
    assert (images.MAX_BYTES, images.MAX_PIXELS) == (32 * 1024 * 1024, 64_000_000)


@pytest.mark.parametrize("size", [(15, 40), (40, 15), (1, 1)])
def test_an_image_that_is_too_small_for_a_face_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="at least 16"):
        images.read(encode(Image.new("RGB", size), "PNG"))


# Files that are not images


def lengths(total: int) -> list[int]:
    """Return many lengths from one byte to all but the last tenth of a file."""
    return sorted({1, 2, 3, 4, 8, 12, 20, 30, 60, *(total * part // 20 for part in range(1, 19))})


@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_image_is_refused_at_every_length(scene: Image.Image, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 60, (64, 96, 3), dtype=np.uint8)
    data = encode(Image.fromarray(np.asarray(scene) // 2 + noise), kind)
    for length in lengths(len(data)):
        with pytest.raises((TruncatedImageError, NotAnImageError)):
            images.read(data[:length])
    with pytest.raises(TruncatedImageError, match="stops before its end"):
        images.read(data[: len(data) // 2])


def test_a_truncated_progressive_jpeg_is_refused(scene: Image.Image) -> None:
    data = encode(scene.resize((600, 400)), "JPEG", progressive=True)
    with pytest.raises(TruncatedImageError):
        images.read(data[: len(data) * 3 // 4])


@pytest.mark.parametrize("kind", FORMATS)
def test_an_image_with_extra_bytes_after_its_end_is_read(scene: Image.Image, kind: str) -> None:
    assert images.read(encode(scene, kind) + b"extra bytes").width == 96


def test_damaged_png_pixels_are_refused(scene: Image.Image) -> None:
    data = bytearray(encode(scene, "PNG"))
    middle = len(data) // 2
    data[middle : middle + 8] = bytes(value ^ 0xFF for value in data[middle : middle + 8])
    with pytest.raises(TruncatedImageError):
        images.read(bytes(data))


@pytest.mark.parametrize(
    "data",
    [
        b"PSPI = AU4 + max(AU6, AU7)\n" * 40,
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0" * 1000,
        encode(Image.new("RGB", (40, 40)), "ICO"),
        encode(Image.new("RGB", (40, 40)), "JPEG2000"),
        b"8BPS\0\1" + bytes(40),
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(40),
        b"\0\0\1\xba" + bytes(40),
        b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(40),
    ],
    ids=["text", "pdf", "svg", "zeros", "ico", "jp2", "psd", "raw", "vob", "mp4"],
)
def test_other_files_are_refused_as_not_an_image(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(NotAnImageError, match=r"photo\.jpg is .* a JPEG, PNG, WebP, AVIF,"):
        images.read(path)


def test_an_empty_file_is_reported_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.touch()
    with pytest.raises(NotAnImageError, match=r"photo\.jpg is empty"):
        images.read(path)
    with pytest.raises(NotAnImageError, match="is empty"):
        images.read(b"")


def test_a_missing_file_and_a_folder_are_reported_as_such(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="No such file"):
        images.read(tmp_path / "nobody.jpg")
    with pytest.raises(ImageError, match=r"directory|denied"):
        images.read(tmp_path)


def test_a_path_with_a_null_byte_is_refused() -> None:
    with pytest.raises(ImageError):
        images.read("photo\0.jpg")


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"%PDF-1.7", "in the format PDF"),
        (b"8BPS", "in the format Photoshop"),
        (b"\0\0\1\xba", "a video"),
        (b"\x1aE\xdf\xa3", "a video"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a video"),
        (b"II*\0\x10\0\0\0CR\2\0", "in the format camera raw"),
    ],
)
def test_the_message_names_a_known_format(start: bytes, name: str) -> None:
    with pytest.raises(NotAnImageError, match=f"the image is {name}: expected a JPEG"):
        images.read(start + bytes(100))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "TIFF", "GIF"])
def test_the_first_frame_of_several_is_read_with_a_warning(scene: Image.Image, kind: str) -> None:
    other = scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = images.read(encode(scene, kind, save_all=True, append_images=[other, other]))
    assert difference(image.rgb, np.asarray(scene)) <= LOSSY.get(kind, 0)
    assert "several frames or pages. Only the first" in image.warnings[0]
    assert images.read(encode(scene, kind)).warnings == ()


def test_a_heic_is_refused_with_the_command_that_installs_its_part(
    scene: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(NotAnImageError, match=r"HEIC.*pip install 'wince\[heif\]'"):
        images.read(encode(scene, "HEIF"))


@pytest.mark.parametrize("brands", [b"mif1\0\0\0\0mif1avif", b"mif1\0\0\0\0mif1heic"])
def test_avif_and_heic_are_told_apart_by_all_their_brands(brands: bytes) -> None:
    kind = "AVIF" if b"avif" in brands else "HEIC"
    assert image_formats.file_format(b"\0\0\0\x18ftyp" + brands) == kind


def test_a_camera_raw_file_is_not_read_by_its_preview(scene: Image.Image) -> None:
    data = encode(scene, "TIFF", tiffinfo={254: 1})
    with pytest.raises(ImageError, match="camera raw file"):
        images.read(data)


def test_sixteen_bit_tiff_with_white_as_zero_is_not_a_negative() -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (32, 1))
    image = Image.fromarray(ramp)
    assert images.read(encode(image, "TIFF")).rgb[0, -1, 0] == 255
    data = bytearray(encode(image, "TIFF"))
    tag = data.index(struct.pack("<HHII", 262, 3, 1, 1))
    data[tag + 8] = 0
    rgb = images.read(bytes(data)).rgb
    assert (rgb[0, 0, 0], rgb[0, -1, 0]) == (255, 0)


def test_a_palette_png_without_its_palette_is_damaged(scene: Image.Image) -> None:
    data = encode(scene.quantize(16), "PNG")
    start = data.index(b"PLTE") - 4
    end = start + 12 + int.from_bytes(data[start : start + 4])
    with pytest.raises(TruncatedImageError):
        images.read(data[:start] + data[end:])


def test_a_phone_photo_with_a_preview_is_not_an_animation(scene: Image.Image) -> None:
    buffer = io.BytesIO()
    scene.save(buffer, "MPO", save_all=True, append_images=[scene.resize((48, 32))], quality=95)
    assert images.read(buffer.getvalue()).rgb.shape == (64, 96, 3)


def test_pillow_is_not_set_to_read_truncated_files(
    scene: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import ImageFile

    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    data = encode(scene, "PNG")
    with pytest.raises(TruncatedImageError):
        images.read(data[:-60])


HEADS = (b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\x10JFIF\0", b"\x89PNG\r\n\x1a\n", b"RIFF")


@given(st.sampled_from(HEADS), st.binary(max_size=300))
@example(b"RIFF", b"\x10\0\0\0WEBPVP8 ")
def test_random_bytes_raise_nothing_but_a_wince_error(head: bytes, rest: bytes) -> None:
    with pytest.raises(WinceError):
        images.read(head + rest)


SMALL = {kind: encode(Image.effect_noise((24, 20), 60).convert("RGB"), kind) for kind in FORMATS}


@given(
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_an_image_with_damaged_bytes_is_read_or_refused_with_a_wince_error(
    kind: str, damage: list[tuple[int, int]]
) -> None:
    data = bytearray(SMALL[kind])
    for position, value in damage:
        data[position % len(data)] = value
    try:
        image = images.read(bytes(data))
    except WinceError:
        return
    assert image.rgb.ndim == 3
    assert image.rgb.dtype == np.uint8
