"""Errors of fsspec's libraries as those of local files, or as a sentence about the whole URL."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from wince.errors import MissingExtraError, UrlError, WinceError

INSTALL = "pip install 'wince[urls]'"
HTTP = ("http", "https")
_ARCHIVED = "InvalidObjectState"
"""S3's code for a file that was moved to an archive tier."""
_DENIED_CODES = ("AccessDenied", _ARCHIVED)
_GONE = (404, 410)
_LATER = (408, 429)
"""HTTP's states for an answer that another attempt may give."""


class Place(Protocol):
    """What an error needs of a `wince.remote_path.RemotePath`."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the path, the first one with the scheme."""

    def denied_code(self) -> str:
        """Return S3's code for why the file may not be read, "" if there is none."""


def without_parameters(text: str) -> str:
    """Return a text without the parameters of URLs, which may be credentials."""
    text = re.sub(r"(https?://[^\s'\"?]*)\?[^\s'\"]*", r"\1?...", text, flags=re.IGNORECASE)
    return re.sub(r"\?[^\s'\"]*=[^\s'\"]*", "?...", text)


@contextmanager
def explained(path: Place) -> Iterator[None]:
    """Raise OSError with a reason for one file, and UrlError for what is wrong with all of them.

    The text of a library's error may have the whole URL, so it is not chained.
    """
    try:
        yield
    except WinceError:
        raise
    except Exception as error:
        # fsspec's HTTP says of every error that the file is missing.
        cause = error.__cause__ if path.parts[0].rstrip(":") in HTTP else None
        raise _error(path, cause if isinstance(cause, Exception) else error) from None


def _error(path: Place, error: Exception) -> Exception:
    """Return the error to raise for one of fsspec."""
    number = getattr(error, "errno", None)
    status = getattr(error, "status", None)  # aiohttp's, of an answer
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
        reason = error.strerror if error.filename else "there is no such file, folder or bucket"
        return type(error)(number or errno.ENOENT, reason, str(path))
    if isinstance(error, PermissionError):
        code = answer_code(error)
        if code == "403":  # an answer without a text
            code = path.denied_code()
        if code and code not in _DENIED_CODES:
            return unreachable(path, f"the credentials are not accepted ({code})")
        reason = "it is in an archive tier" if code == _ARCHIVED else "access is denied"
        return PermissionError(errno.EACCES, reason, str(path))
    if number == errno.EBUSY:  # s3fs: the ETag is another one
        return OSError(number, "it was changed while it was read", str(path))
    if number == errno.ENOSPC:  # of a copy on this machine
        return OSError(
            number, "a copy of it does not fit; name a larger folder in TMPDIR", str(path)
        )
    if isinstance(status, int) and status < 500 and status not in _LATER:
        number = errno.ENOENT if status in _GONE else errno.EACCES
        return OSError(number, f"the server answered with status {status}", str(path))
    text = without_parameters(" ".join(str(error).split()).rstrip(".")) or type(error).__name__
    return unreachable(path, text)


def answer_code(error: BaseException) -> str:
    """Return the code of S3's answer that an error is about, "" if there is none."""
    response = getattr(error.__cause__, "response", None)
    return str(response["Error"]["Code"]) if isinstance(response, dict) else ""


def unreachable(path: Place, reason: str | None) -> UrlError:
    """Return the error for a server that cannot be reached, or that refuses the credentials."""
    return UrlError(
        f"{path} cannot be reached: {reason}. Check the address, the network and the credentials, "
        "and run the same command again."
    )


def missing_library(path: Place, error: ImportError) -> MissingExtraError:
    """Return the error for a library that is not installed, with what to install."""
    scheme = path.parts[0].removesuffix(":")
    if scheme in ("s3", "s3a", *HTTP) or error.name == "fsspec":
        remedy = f"Install what they need with: {INSTALL}"
    else:
        remedy = f"{str(error).rstrip('.')}."  # fsspec's text says what to install
    return MissingExtraError(
        f"{path}: the small install does not read {scheme}:// addresses. {remedy}"
    )
