"""Every kind of image becomes upright RGB, and everything else is refused with a WinceError."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image

from wince import images
from wince.errors import (
    ImageError,
    ImageTooLargeError,
    NotAnImageError,
    TruncatedImageError,
    WinceError,
)

FORMATS = ("JPEG", "PNG", "WEBP")


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    """A smooth image, 96 wide and 64 high, whose four corners have four colours."""
    corners = np.array(
        [[[220, 30, 30], [30, 200, 40]], [[40, 50, 210], [230, 220, 40]]], dtype=np.uint8
    )
    return Image.fromarray(corners).resize((96, 64), Image.Resampling.BICUBIC)


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    quality = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
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
    assert difference(image.rgb, np.asarray(scene)) <= (4 if kind == "JPEG" else 0)
    for source in (path, str(path), bytearray(data), memoryview(data), image.rgb):
        np.testing.assert_array_equal(images.read(source).rgb, image.rgb)


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


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_with_any_exif_orientation_is_turned_upright(
    scene: Image.Image, kind: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = encode(stored_with(scene, orientation), kind, exif=exif.tobytes())
    image = images.read(data)
    assert (image.width, image.height) == (96, 64)
    assert difference(image.rgb, np.asarray(scene)) <= (6 if kind == "JPEG" else 0)


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
@pytest.mark.parametrize("kind", FORMATS)
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
    assert images.MIN_DECODED_SIDE <= min(height, width) < 4000
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
        encode(Image.new("RGB", (40, 40)), "GIF"),
        encode(Image.new("RGB", (40, 40)), "BMP"),
        encode(Image.new("RGB", (40, 40)), "TIFF"),
    ],
    ids=["text", "pdf", "svg", "zeros", "gif", "bmp", "tiff"],
)
def test_other_files_are_refused_as_not_an_image(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(NotAnImageError, match=r"photo\.jpg is not a JPEG, PNG or WebP"):
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


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused_with_its_number_of_frames(scene: Image.Image, kind: str) -> None:
    other = scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    data = encode(scene, kind, save_all=True, append_images=[other, scene])
    with pytest.raises(ImageError, match="animation of 3 frames"):
        images.read(data)


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
