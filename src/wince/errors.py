"""The exceptions that wince raises for bad input, missing parts and failed writes.

WinceError
├── ScaleError            a number outside the range of PSPI or of an action unit
├── ImageError            an image that cannot be used
│   ├── NotAnImageError       the bytes are not in a format that wince reads
│   ├── TruncatedImageError   the image stops before its end, or is damaged
│   └── ImageTooLargeError    too many bytes or pixels
├── VideoError            a video or camera that cannot be used
│   ├── NotAVideoError        the file is not a video, or contains no frames
│   └── TruncatedVideoError   the video stops before its stated end
├── NoFaceError           an image in which no face was found
├── NeutralFaceError      a neutral face that cannot be used
│   └── ExpressiveFaceError   it shows an expression of pain itself
├── ModelError            a model file that is missing, damaged or of another kind
├── ArchiveError          a data set that cannot be read
├── DataError             a table or prediction file that cannot be read
├── SpeechError           no voice on this machine, or the voice failed
├── ServeError            the server could not start
├── ClusterError          a cluster that does not answer, or workers that cannot be used
├── UrlError              a URL that cannot be used, or whose server cannot be reached
├── FileWriteError        a file or folder that cannot be written, or that exists already
│   └── InUseError            another command is writing it
└── MissingExtraError     an optional part that is not installed

Callers catch `WinceError`. The message is one or two sentences: what was expected, what was found,
where, and what to do next.
"""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

Values: TypeAlias = Mapping[str, float | str]
"""Numbers and names in a message, by their own names."""


class WinceError(Exception):
    """Base class of all errors below.

    Args:
        message: What was expected, what was found, where, and what to do next.
        values: Numbers and names in the message, by the names in docs/http-api.md, for programs
            that word it in another language.
    """

    def __init__(self, message: str = "", values: Values | None = None) -> None:
        super().__init__(message)
        self.values = dict(values or {})


class ScaleError(WinceError, ValueError):
    """A number outside the range of a scale or of an action unit, or a scale that cannot be."""


class ImageError(WinceError):
    """An image that cannot be used."""


class NotAnImageError(ImageError):
    """The bytes are not an image in a format that wince reads."""


class TruncatedImageError(ImageError):
    """The image stops before its end, or is damaged."""


class ImageTooLargeError(ImageError):
    """The image has more bytes or pixels than the limit."""


class VideoError(WinceError):
    """A video or a camera that cannot be used."""


class NotAVideoError(VideoError):
    """The file is not a video, or contains no frames."""


class TruncatedVideoError(VideoError):
    """The video stops before its stated end."""


class NoFaceError(WinceError):
    """No face was found in the image."""


class NeutralFaceError(WinceError):
    """A neutral face that cannot be used: malformed, of another model, or of unusable images."""


class ExpressiveFaceError(NeutralFaceError):
    """Images of a face at rest that show an expression of pain, from the level "mild" upward."""


class ModelError(WinceError):
    """A model file that is missing, damaged or of another kind than expected."""


class ArchiveError(WinceError):
    """A data set that cannot be read."""


class DataError(WinceError):
    """A table, manifest or prediction file that cannot be read."""


class SpeechError(WinceError):
    """No voice on this machine, or the voice failed."""


class ServeError(WinceError):
    """The server could not start."""


class ClusterError(WinceError):
    """A cluster that does not answer, or whose workers cannot be used."""


class UrlError(WinceError):
    """A URL that cannot be used, or whose server cannot be reached."""


class FileWriteError(WinceError):
    """A file or folder that cannot be written, or that exists already."""


class InUseError(FileWriteError):
    """A file or folder that another command of wince is writing."""


class MissingExtraError(WinceError):
    """An optional part of wince that is not installed."""


if not TYPE_CHECKING:  # so that mypy still reports names that do not exist

    def __getattr__(name: str) -> type[WinceError]:
        if name == "BaselineError":
            warnings.warn(
                "wince.errors.BaselineError is now called NeutralFaceError.",
                DeprecationWarning,
                stacklevel=2,
            )
            return NeutralFaceError
        raise AttributeError(f"module 'wince.errors' has no attribute {name!r}")
