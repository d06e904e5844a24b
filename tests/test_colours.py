"""Colours become sRGB by the profile of the file, or a warning says why not."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

import wince
from tests.support import colour_profiles
from tests.support.bad_inputs import chunk
from tests.support.frames import Frame
from wince import images


@pytest.fixture(scope="module")
def srgb() -> NDArray[np.uint8]:
    """A smooth image of muted colours, all of which sRGB and AdobeRGB can show."""
    corners = np.uint8([[[200, 120, 110], [90, 160, 100]], [[80, 90, 170], [210, 200, 110]]])
    return np.asarray(Image.fromarray(corners).resize((96, 64), Image.Resampling.BICUBIC))


def encode(pixels: NDArray[np.uint8] | Image.Image, kind: str, **options: object) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    quality: dict[str, object] = {
        "JPEG": {"quality": 95},
        "WEBP": {"lossless": True},
        "AVIF": {"quality": 100, "subsampling": "4:4:4"},
        "HEIF": {"quality": -1},
    }.get(kind, {})
    buffer = io.BytesIO()
    image.save(buffer, kind, **(quality | options))
    return buffer.getvalue()


def mean_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    assert first.shape == second.shape
    return float(np.abs(first.astype(int) - second).mean())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_an_adobe_rgb_file_has_the_colours_of_its_srgb_original(
    srgb: NDArray[np.uint8], kind: str
) -> None:
    stored = colour_profiles.in_adobe_rgb(srgb)
    assert mean_difference(stored, srgb) > 4
    image = images.read(encode(stored, kind, icc_profile=colour_profiles.adobe_rgb_profile()))
    assert mean_difference(image.rgb, srgb) < 1.5
    assert image.warnings == ()


def test_the_score_of_a_face_does_not_depend_on_the_colour_space_of_its_file(
    frames: list[Frame],
) -> None:
    for frame in frames[:3]:
        rgb = images.read(frame.path).rgb
        stored = colour_profiles.in_adobe_rgb(rgb)
        data = encode(stored, "PNG", icc_profile=colour_profiles.adobe_rgb_profile())
        assert wince.assess(data).pspi == pytest.approx(wince.assess(rgb).pspi, abs=0.3)


def test_transparent_and_palette_images_are_converted_by_their_profile(
    srgb: NDArray[np.uint8],
) -> None:
    stored = Image.fromarray(colour_profiles.in_adobe_rgb(srgb))
    profile = colour_profiles.adobe_rgb_profile()
    palette = images.read(encode(stored.quantize(256), "PNG", icc_profile=profile)).rgb
    assert mean_difference(palette, srgb) < 4
    stored.putalpha(255)
    stored.paste((0, 0, 0, 0), (0, 0, 48, 64))
    rgb = images.read(encode(stored, "PNG", icc_profile=profile)).rgb
    assert mean_difference(rgb[:, 48:], srgb[:, 48:]) < 1.5
    assert (rgb[:, :48] == 255).all()


@pytest.mark.parametrize("bits", [8, 16])
def test_grey_is_converted_by_its_profile(bits: int) -> None:
    ramp = np.tile(np.linspace(0, 1, 64), (32, 1))
    stored = np.uint8(ramp * 255) if bits == 8 else np.uint16(ramp * 65535)
    data = encode(Image.fromarray(stored), "PNG", icc_profile=colour_profiles.grey_profile(1.8))
    grey = images.read(data).rgb[0, :, 0].astype(int)
    light = ramp[0] ** 1.8
    expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(grey, 255 * expected, atol=4)


def test_grey_with_an_rgb_profile_keeps_its_brightness(srgb: NDArray[np.uint8]) -> None:
    grey = Image.fromarray(srgb).convert("L")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = images.read(encode(grey, "JPEG", icc_profile=profile))
    assert mean_difference(image.rgb[..., 0], np.asarray(grey)) < 2
    assert image.warnings == ()


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted_by_its_profile(kind: str) -> None:
    cyan = Image.new("CMYK", (40, 20), (255, 0, 0, 0))
    image = images.read(encode(cyan, kind, icc_profile=colour_profiles.cmyk_profile()))
    # Lab (55, -37, -50) is outside sRGB; its nearest colour has no red.
    np.testing.assert_allclose(image.rgb[10, 20], (0, 144, 219), atol=14)
    assert image.warnings == ()
    paper = Image.new("CMYK", (40, 20), (0, 0, 0, 0))
    data = encode(paper, kind, icc_profile=colour_profiles.cmyk_profile())
    assert images.read(data).rgb.min() >= 250


def test_cmyk_without_a_profile_has_a_warning(srgb: NDArray[np.uint8]) -> None:
    image = images.read(encode(Image.fromarray(srgb).convert("CMYK"), "JPEG"))
    assert "CMYK without a colour profile" in image.warnings[0]


@pytest.mark.parametrize(
    "profile",
    [b"no profile", bytes(500), colour_profiles.adobe_rgb_profile()[:150]],
    ids=["text", "zeros", "cut off"],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_an_image_with_a_broken_profile_is_read_with_a_warning(
    srgb: NDArray[np.uint8], kind: str, profile: bytes
) -> None:
    image = images.read(encode(srgb, kind, icc_profile=profile))
    assert mean_difference(image.rgb, srgb) < 3
    assert "colour profile cannot be used" in image.warnings[0]


def test_a_profile_of_another_kind_of_image_is_ignored_with_a_warning(
    srgb: NDArray[np.uint8],
) -> None:
    image = images.read(encode(srgb, "PNG", icc_profile=colour_profiles.cmyk_profile()))
    assert mean_difference(image.rgb, srgb) == 0
    assert "it is for CMYK and the image is RGB" in image.warnings[0]


def test_the_warning_about_colours_is_in_the_assessment(frames: list[Frame]) -> None:
    data = encode(images.read(frames[0].path).rgb, "PNG", icc_profile=b"no profile")
    assert any("colour profile" in text for text in wince.assess(data).quality.warnings)


def png_with(data: bytes, *chunks: bytes) -> bytes:
    """Return a PNG with chunks behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"tEXt"])
def test_a_png_with_a_large_text_is_read(srgb: NDArray[np.uint8], kind: bytes) -> None:
    size = 70 * 2**20 if kind != b"tEXt" else 2 * 2**20
    text = {
        b"zTXt": b"note\0\0" + zlib.compress(bytes(size)),
        b"iTXt": b"note\0\1\0\0\0" + zlib.compress(bytes(size)),
        b"tEXt": b"note\0" + bytes(size),
    }[kind]
    png = encode(srgb, "PNG")
    for data in (png_with(png, chunk(kind, text)), png[:-12] + chunk(kind, text) + png[-12:]):
        assert mean_difference(images.read(data).rgb, srgb) == 0


def test_a_png_with_a_large_profile_is_converted(srgb: NDArray[np.uint8]) -> None:
    profile = colour_profiles.adobe_rgb_profile()
    size = 2 * 2**20
    large = struct.pack(">I", size) + profile[4:].ljust(size - 4, b"\0")
    packed = chunk(b"iCCP", b"large\0\0" + zlib.compress(large))
    image = images.read(png_with(encode(colour_profiles.in_adobe_rgb(srgb), "PNG"), packed))
    assert mean_difference(image.rgb, srgb) < 1.5
    assert image.warnings == ()


@pytest.mark.parametrize("kind", ["damaged", "huge"])
def test_a_png_with_a_damaged_or_huge_profile_is_read_with_a_warning(
    srgb: NDArray[np.uint8], kind: str
) -> None:
    packed = zlib.compress(bytes(100_000_000), 1) if kind == "huge" else b"text"
    data = png_with(encode(srgb, "PNG"), chunk(b"iCCP", b"name\0\0" + packed))
    image = images.read(data)
    assert mean_difference(image.rgb, srgb) == 0
    assert "colour profile cannot be used" in image.warnings[0]


def test_a_png_keeps_an_orientation_that_is_in_its_text(srgb: NDArray[np.uint8]) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 3
    block = exif.tobytes()
    text = f"\nexif\n{len(block):8}\n{block.hex()}\n".encode()
    raw_profile = chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))
    rgb = images.read(png_with(encode(srgb, "PNG"), raw_profile)).rgb
    assert mean_difference(rgb, srgb[::-1, ::-1]) == 0


def test_a_png_of_linear_light_is_brightened(srgb: NDArray[np.uint8]) -> None:
    linear = np.uint8(((srgb / 255) ** 2.2 * 255).round())
    gamma = chunk(b"gAMA", struct.pack(">I", 100_000))
    assert mean_difference(images.read(png_with(encode(linear, "PNG"), gamma)).rgb, srgb) < 1
    usual = chunk(b"gAMA", struct.pack(">I", 45_455))
    assert mean_difference(images.read(png_with(encode(srgb, "PNG"), usual)).rgb, srgb) == 0


def test_an_hdr_image_has_a_warning(srgb: NDArray[np.uint8]) -> None:
    hdr = chunk(b"cICP", bytes((9, 16, 0, 1)))
    assert "HDR" in images.read(png_with(encode(srgb, "PNG"), hdr)).warnings[0]
    data = encode(srgb, "AVIF")
    start = data.index(b"colrnclx") + 8
    for transfer, count in ((16, 1), (18, 1), (13, 0)):
        coded = data[:start] + struct.pack(">HH", 1, transfer) + data[start + 4 :]
        assert len(images.read(coded).warnings) == count


def test_a_camera_image_in_adobe_rgb_without_a_profile_has_a_warning(
    srgb: NDArray[np.uint8],
) -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.IFD.Interop] = {1: "R03"}
    image = images.read(encode(srgb, "JPEG", exif=exif.tobytes()))
    assert "wider colours than sRGB" in image.warnings[0]


def test_cielab_becomes_srgb(srgb: NDArray[np.uint8], tmp_path: Path) -> None:
    lab_profile = ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(
        Image.fromarray(srgb), ImageCms.createProfile("sRGB"), lab_profile, outputMode="LAB"
    )
    assert lab is not None
    lab.info.pop("icc_profile", None)
    lab.save(tmp_path / "lab.tif")
    assert mean_difference(images.read(tmp_path / "lab.tif").rgb, srgb) < 4
