"""The checks that a frame must pass: the four of the project report first, then those of wince.

A frame is counted at the first check that it fails.
"""

import io
import warnings
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from wince.scale import Scale

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
BLANK_BELOW = 3.0
"""An image is blank if the standard deviation of its grey values (0 to 255) is below this. The
lowest of 300 real and rendered faces was 19; a black frame with camera noise or JPEG blocks has 1
or less."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        reason: Code of the check in `excluded.csv`.
        passes: What passes the check, as a sentence.
        of_report: Whether it is one of the four checks of the project report.
    """

    reason: str
    passes: str
    of_report: bool = False


NAME = Check("not a picture file", "The file name ends in .png, .jpg or .jpeg", of_report=True)
"""A frame of a video passes it too."""
READABLE = Check("unreadable picture", "The image opens and its header is valid", of_report=True)
LABELLED = Check("no label", "The label exists at the expected path", of_report=True)
SCORE = Check("bad score", "The label's first token is a number from 0 to 16", of_report=True)
SUBJECT = Check("no subject", "The subject is known")
USABLE = Check("refused by the archive", "The archive does not mark the frame as unusable")
AGREES = Check("doubtful label", "PSPI agrees with the action units (only with --strict)")
DECODES = Check("damaged picture", "The image decodes completely")
NOT_BLANK = Check("blank picture", "The image is not blank")
ONCE = Check("listed twice", "The frame is listed only once")

CHECKS = (NAME, READABLE, LABELLED, SCORE, SUBJECT, USABLE, AGREES, DECODES, NOT_BLANK, ONCE)


def of_scale(scale: Scale) -> tuple[Check, ...]:
    """Return the checks of frames whose labels are on a scale."""
    if scale.is_pspi:
        return CHECKS
    score = replace(SCORE, passes=f"The label is {scale.words}")
    return tuple(score if check is SCORE else check for check in CHECKS if check is not AGREES)


def has_image_suffix(name: str) -> bool:
    """Return whether a file name ends in .png, .jpg or .jpeg, in upper or lower case."""
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


def header_problem(data: bytes) -> str:
    """Return why an image cannot be opened and verified, "" if it can.

    This is the project report's check with Pillow's `verify`; for JPEG it reads only the header.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                image.verify()
    except Exception as error:  # Pillow raises nearly any exception for a damaged file
        if not data:
            return "the file is empty"
        if isinstance(error, UnidentifiedImageError):
            return "the bytes are not an image in a known format"
        return f"{type(error).__name__}: {error}"
    return ""


def is_blank(rgb: NDArray[np.uint8]) -> bool:
    """Return whether an RGB uint8 image (H, W, 3) has almost the same grey value everywhere."""
    return float(rgb[::2, ::2].mean(axis=2).std()) < BLANK_BELOW
