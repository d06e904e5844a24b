"""Every error that wince raises on purpose.

WinceError
├── ScaleError            a number that is not on the PSPI or an action unit's scale
├── ImageError            a picture that cannot be used
│   ├── NotAnImageError       the bytes are not a JPEG, PNG or WebP picture
│   ├── TruncatedImageError   the picture stops before its end
│   └── ImageTooLargeError    too many bytes or pixels
├── VideoError            a video or camera that cannot be used
│   ├── NotAVideoError        the file is not a video, or has no pictures in it
│   └── TruncatedVideoError   the video stops before its stated end
├── NoFaceError           a picture in which no face was found
├── BaselineError         a calm face that cannot be used
├── ModelError            a model file that is missing, damaged or of another kind
├── ArchiveError          a data set that cannot be read
├── DataError             a table or prediction file that cannot be read
├── SpeechError           no voice on this machine, or the voice failed
├── ServeError            the server could not start
├── FileWriteError        a file or folder that cannot be written, or that exists already
└── MissingExtraError     an optional part that is not installed

Callers catch `WinceError`; its text is one sentence or two that say what was expected, what was
found, where, and what to do next.
"""


class WinceError(Exception):
    """Base of every error that wince raises on purpose."""


class ScaleError(WinceError, ValueError):
    """A number outside the PSPI or an action unit's range."""


class ImageError(WinceError):
    """A picture that cannot be used."""


class NotAnImageError(ImageError):
    """The bytes are not a picture in a format we read."""


class TruncatedImageError(ImageError):
    """The picture stops before its end, or its pixels are damaged."""


class ImageTooLargeError(ImageError):
    """The picture has more bytes or pixels than the limit."""


class VideoError(WinceError):
    """A video or a camera that cannot be used."""


class NotAVideoError(VideoError):
    """The file is not a video, or has no pictures in it."""


class TruncatedVideoError(VideoError):
    """The video stops before its stated end."""


class NoFaceError(WinceError):
    """No face was found in the picture."""


class BaselineError(WinceError):
    """A calm face that cannot be used: malformed, of another model, or of unusable pictures."""


class ModelError(WinceError):
    """A model file that is missing, damaged or of another kind than expected."""


class ArchiveError(WinceError):
    """A data set that cannot be read as it stands."""


class DataError(WinceError):
    """A table, manifest or prediction file that cannot be read as it stands."""


class SpeechError(WinceError):
    """No voice on this machine, or the voice failed."""


class ServeError(WinceError):
    """The server could not start."""


class FileWriteError(WinceError):
    """A file or folder that cannot be written, or that exists already."""


class MissingExtraError(WinceError):
    """An optional part of wince that is not installed."""
