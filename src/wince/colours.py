"""Convert the colours of an image to sRGB, by the ICC profile in its file.

The network was trained on sRGB. Phones save Display P3, cameras AdobeRGB, and print shops CMYK;
read as sRGB, their scores were off by up to 1.3 points.
"""

import io
from functools import lru_cache

import numpy as np
from PIL import ExifTags, Image, ImageCms

MAX_PROFILE_BYTES = 4 * 2**20
"""Profiles for printing have up to about 3 MB."""

_MODES = {"RGB ": "RGB", "CMYK": "CMYK", "GRAY": "L", "Lab ": "LAB"}
"""Pillow's mode by the colour space in a profile."""


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, tuple[str, ...]]:
    """Return an image in sRGB, and warnings about its colours.

    Args:
        image: In mode L, RGB, CMYK or LAB.
        profile: The ICC profile of its file, None if there is none.
    """
    if image.mode == "L" and profile and profile[16:20] == b"RGB ":
        image = image.convert("RGB")
    if not profile and image.mode == "CMYK":
        return image.convert("RGB"), (
            "The image is CMYK without a colour profile, so its colours are approximate.",
        )
    if not profile and image.mode != "LAB":
        return image if image.mode == "RGB" else image.convert("RGB"), ()
    try:
        transform = _transform(profile or b"", image.mode)
        converted = image if transform is None else transform.apply(image)
        return converted.convert("RGB"), ()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, SyntaxError) as error:
        return _without_profile(image), (
            f"The image's colour profile cannot be used ({error}), so its colours were read as "
            "sRGB. Export the image as sRGB if the profile was a different one.",
        )


def _without_profile(image: Image.Image) -> Image.Image:
    if image.mode != "LAB":
        return image.convert("RGB")
    transform = _transform(b"", "LAB")
    return image if transform is None else transform.apply(image)


@lru_cache(maxsize=4)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the conversion from a profile to sRGB; None if it changes nothing.

    Args:
        profile: An ICC profile; empty for the CIELAB of TIFF files.
        mode: The image's mode.

    Raises:
        PyCMSError, OSError: The profile is damaged.
        ValueError: It is too large, or for images of another kind.
    """
    if len(profile) > MAX_PROFILE_BYTES:
        raise ValueError(f"it has more than {MAX_PROFILE_BYTES / 2**20:.0f} MB")
    if profile:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    else:
        source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    space = source.profile.xcolor_space
    if _MODES.get(space) != mode:
        raise ValueError(f"it is for {space.strip()} and the image is {mode}")
    transform = ImageCms.buildTransform(
        source,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return None if mode in ("L", "RGB") and _changes_nothing(transform, mode) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Return whether a conversion changes a sample of all colours by at most 1 of 255."""
    levels = np.linspace(0, 255, 18).astype(np.uint8)
    colours = (
        levels[:, None]
        if mode == "L"
        else np.stack(np.meshgrid(levels, levels, levels), -1).reshape(-1, 18, 3)
    )
    sample = Image.fromarray(colours)
    before = np.asarray(sample.convert("RGB")).astype(int)
    return bool(np.abs(np.asarray(transform.apply(sample)) - before).max() <= 1)


def without_gamma(image: Image.Image, gamma: float) -> Image.Image:
    """Return an RGB image for a display of sRGB, from one stored with another gamma.

    Args:
        image: The image.
        gamma: The `gAMA` of its PNG file: 1 / 2.2 is about that of sRGB, 1 is linear light.
    """
    exponent = 1 / (2.2 * gamma) if gamma > 0 else 1.0
    if abs(exponent - 1) < 0.05:
        return image
    table = (np.linspace(0, 1, 256) ** exponent * 255).round().astype(int).tolist()
    return image.point(table * 3)


def unconverted_colours(image: Image.Image, data: bytes) -> tuple[str, ...]:
    """Return a warning if a file without a profile states other colours than sRGB.

    Args:
        image: The image.
        data: Its file.
    """
    primaries, transfer = _coding_points(data)
    if transfer in (16, 18):
        return (
            "The image is HDR, and its brightness was not converted, so the score may be wrong. "
            "Export it as a JPEG in sRGB.",
        )
    if primaries in (9, 11, 12) or _is_camera_adobe_rgb(image):
        return (
            "The image has wider colours than sRGB and no profile to convert them, so the score "
            "may be off. Export it as a JPEG in sRGB.",
        )
    return ()


def _coding_points(data: bytes) -> tuple[int, int]:
    """Return the colour primaries and transfer (ITU-T H.273) of an AVIF, HEIC or PNG; 0 if none."""
    head = data[:65536]
    if head[4:8] == b"ftyp" and (start := head.find(b"colrnclx")) >= 0:
        values = head[start + 8 : start + 12]
        return int.from_bytes(values[:2]), int.from_bytes(values[2:])
    if head[:4] == b"\x89PNG" and (start := head.find(b"\0\0\0\x04cICP")) >= 0:
        values = head[start + 8 : start + 10].ljust(2, b"\0")
        return values[0], values[1]
    return 0, 0


def _is_camera_adobe_rgb(image: Image.Image) -> bool:
    """Return whether a camera marks an image as AdobeRGB (DCF 2.0); many do without a profile."""
    try:
        return str(image.getexif().get_ifd(ExifTags.IFD.Interop).get(1, "")).startswith("R03")
    except Exception:
        return False  # a broken EXIF block
