"""Damaged images, assessed in this process."""

from collections.abc import Sequence
from random import Random

from PIL import Image

from tests.support.bad_inputs import LOCAL_FORMATS, animation, corpus, heic, photo, save_image
from tests.support.colour_profiles import adobe_rgb_profile
from tests.support.frames import DATA
from tests.support.fuzz.damage import damaged
from tests.support.fuzz.target import Target, check_sentence
from wince import images
from wince.errors import ImageError, NoFaceError
from wince.image_formats import file_format
from wince.runtime.assessor import Assessor

ASSESSED = 4
"""One of so many images is also searched for faces and assessed, which takes ten times as long."""
_TIFF_COMPRESSIONS = ("tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits")


class Images(Target):
    """Decodes damaged images of every format that is read, and assesses some of them."""

    def __init__(self, assessor: Assessor | None = None) -> None:
        """Make the images that are damaged.

        Args:
            assessor: Assesses the images; None loads the packaged model.
        """
        self._assessor = assessor or Assessor()
        self._files = image_files()

    def attempt(self, number: int) -> str:
        """Decode image `number`, or decode and assess it."""
        data = damaged(self._files, Random(number))
        try:
            if number % ASSESSED:
                images.read(data)
                end = "decoded"
            else:
                self._assessor.assess(data)
                end = "assessed"
        except (ImageError, NoFaceError) as error:
            end = check_sentence(error)
        return f"{file_format(data) or 'no image'}: {end}"


def image_files() -> Sequence[bytes]:
    """Return small valid images of all formats, modes and compressions, and the small bad ones."""
    image, profile = photo(), adobe_rgb_profile()
    files = [
        save_image(image, "JPEG", quality=90),
        save_image(image, "JPEG", quality=30, progressive=True),
        save_image(image, "JPEG", quality=75, exif=_exif()),
        save_image(image.convert("CMYK"), "JPEG"),
        save_image(image.convert("RGBA"), "PNG", exif=_exif()),
        heic(image),
    ]
    files += [save_image(image, "WEBP", lossless=lossless) for lossless in (False, True)]
    files += [
        save_image(image.convert(mode), "PNG") for mode in ("RGB", "RGBA", "L", "LA", "P", "1")
    ]
    files += [save_image(image, name, icc_profile=profile) for name in ("JPEG", "PNG", "TIFF")]
    files += [save_image(image, name) for name in ("AVIF", *LOCAL_FORMATS)]
    files += [save_image(image, "TIFF", compression=method) for method in _TIFF_COMPRESSIONS]
    files += [save_image(image.convert(mode), "TIFF") for mode in ("1", "CMYK", "P")]
    files += [animation(name) for name in ("GIF", "PNG", "WEBP", "AVIF", "TIFF")]
    files += [data for data, _ in corpus().values() if len(data) < 20_000]
    return files


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x112] = 6
    exif[0x10F] = "camera"
    return exif.tobytes()


def face_jpeg() -> bytes:
    """Return a rendered face."""
    return (DATA / "frames" / "aa001t2aaaff028.jpg").read_bytes()
