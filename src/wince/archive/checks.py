"""The checks a frame must pass: the project report's four in order, then ours.

A frame is counted at the first check that it fails.
"""

import io
import warnings
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
BLANK_BELOW = 3.0
"""Standard deviation of grey values (0 to 255) below which a picture is blank. The flattest of 300
real and rendered faces had 19; a black frame with camera noise or JPEG blocks has 1 or less."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name in `excluded.csv`, and what passes it in words.

    of_report: whether it is one of the four of the project's report.
    """

    reason: str
    passes: str
    of_report: bool = False


NAME = Check("not a picture file", "The file's name ends in .png, .jpg or .jpeg", True)
READABLE = Check("unreadable picture", "The picture opens and its header is sound", True)
LABELLED = Check("no label", "The label exists at the mirrored place", True)
SCORE = Check("bad score", "The label's first token is a number from 0 to 16", True)
SUBJECT = Check("no subject", "It is known who the person is")
USABLE = Check("refused by the archive", "The archive itself does not call the frame unusable")
AGREES = Check("doubtful label", "PSPI agrees with the action units (only with --strict)")
DECODES = Check("damaged picture", "The picture decodes to its end")
NOT_BLANK = Check("blank picture", "The picture shows something")
ONCE = Check("listed twice", "The frame is listed only once")

CHECKS = (NAME, READABLE, LABELLED, SCORE, SUBJECT, USABLE, AGREES, DECODES, NOT_BLANK, ONCE)
REPORT_CHECKS = tuple(check for check in CHECKS if check.of_report)


def has_image_suffix(name: str) -> bool:
    """Return whether a file's name ends as a picture's, in capitals or not."""
    return PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


def header_problem(data: bytes) -> str:
    """Return why a picture's bytes cannot be opened and verified, "" when they can.

    This is the report's check (Pillow's `verify`): for JPEG it looks at the header alone.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                image.verify()
    except Exception as error:  # a damaged file can raise nearly anything, and all of it means no
        if not data:
            return "the file is empty"
        if isinstance(error, UnidentifiedImageError):
            return "the bytes are no picture that can be identified"
        return f"{type(error).__name__}: {error}"
    return ""


def is_blank(rgb: NDArray[np.uint8]) -> bool:
    """Return whether an RGB uint8 picture (H, W, 3) has the same grey nearly everywhere."""
    return float(rgb[::2, ::2].mean(axis=2).std()) < BLANK_BELOW
