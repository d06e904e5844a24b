"""Paths of files at URLs, such as s3://bucket/archive/photo.jpg, read and written by fsspec.

`RemotePath` has what wince uses of `pathlib.Path`. A file that is missing, or may not be read,
raises OSError as a local one does. A server that cannot be reached, and credentials that are not
accepted, raise UrlError, which ends a command: otherwise every file after a lost connection would
count as unreadable.

Credentials come from where the libraries look for them, such as AWS_PROFILE, and never from a URL.
The text of a path has no password and no parameters, so names of files can be recorded.
"""

import errno
import io
import os
import re
import stat
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, Any, cast

from wince.errors import UrlError
from wince.remote_errors import (
    HTTP,
    answer_code,
    explained,
    missing_library,
    unreachable,
    without_parameters,
)

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_PASSWORD = re.compile(r"(?!arn:)[^/@]*:(?!\d+/).*@", re.DOTALL)
"""The beginning of `user:password@host`. A password may have slashes; `:9000/` is a port."""
_LISTING_SECONDS = 60
"""How long a process trusts the list of a folder's files."""
_BLOCK_BYTES = 2**20
"""What is read ahead of a file that is read in small pieces."""
_TIMES = ("LastModified", "Last-Modified", "last_modified", "mtime", "updated", "created")
"""What fsspec's file systems call the time of the last change."""


@dataclass(frozen=True, slots=True)
class RemoteStat:
    """What `Path.stat` returns of a file, as far as it is known.

    Attributes:
        st_mode: Type of the file.
        st_size: In bytes.
        st_mtime_ns: Time of the last change; now if it is not known, so that nothing reuses it.
        st_ctime_ns: `st_mtime_ns`, and in the part below a second a checksum of the ETag. S3 states
            times in seconds, and two files of the same second differ in their ETag.
    """

    st_mode: int
    st_size: int
    st_mtime_ns: int
    st_ctime_ns: int

    @property
    def st_mtime(self) -> float:
        """Time of the last change, in seconds."""
        return self.st_mtime_ns / 1e9


def is_url(text: str) -> bool:
    """Return whether a text begins like a URL; a Windows path with its drive does not."""
    return _URL.match(text) is not None


def parse_path(text: str) -> Path:
    """Return a local path, or the RemotePath of a URL. A file:// URL is a local path.

    Raises:
        UrlError: The URL contains a password or token, or has a form that is not supported.
    """
    if not is_url(text):
        return Path(text)
    scheme, _, rest = text.partition("://")
    scheme = scheme.lower()
    if scheme == "local":
        return Path(rest)
    if scheme == "file":
        from urllib.request import url2pathname  # here, because it imports an HTTP client

        host, _, _ = rest.partition("/")
        if host not in ("", "localhost"):
            raise UrlError(
                f"file://{host}/...: expected a file of this machine, as in file:///folder, found "
                "the name of another one."
            )
        return Path(url2pathname(rest.removeprefix(host)))
    place, query = rest, ""
    if scheme in HTTP:
        place, mark, query = rest.partition("#")[0].partition("?")
        query = mark + query
    is_user_stated = scheme in HTTP and "@" in place.partition("/")[0]  # tokens are given so too
    if is_user_stated or _PASSWORD.match(place):
        rest = without_parameters(place.rpartition("@")[2])
        raise UrlError(
            f"{scheme}://...@{rest}: expected an address without a password or token. "
            "Give it where the library of this kind of address reads it, such as AWS_PROFILE "
            "or the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    if "::" in text or re.search(r"\?.*=", place) or not place.strip("/"):
        raise UrlError(
            f"{scheme}://{without_parameters(place)}: expected an address such as "
            "s3://bucket/folder, without parameters and without a second address."
        )
    path = RemotePath(f"{scheme}://{place}")
    path.query = query
    return cast(Path, path)  # it has what wince uses of a Path


def as_remote(path: object) -> "RemotePath | None":
    """Return a path if it is at a URL, None if it is a local one.

    Functions that take a Path take a RemotePath too, which type checkers do not know.
    """
    return path if isinstance(path, RemotePath) else None


def is_http(path: PurePath) -> bool:
    """Return whether a path is read by HTTP, where there are no folders and nothing is written."""
    return as_remote(path) is not None and path.parts[0].rstrip(":") in HTTP


def to_path(source: str | os.PathLike[str]) -> Path:
    """Return a RemotePath as it is, and anything else as the path of a local file.

    The text of a URL is a local path here, because a program that embeds wince may not want to
    fetch what its users name. `parse_path` makes a path of a URL.
    """
    return cast(Path, source) if isinstance(source, RemotePath) else Path(source)


class RemotePath(PurePosixPath):
    """Path of a file or folder at a URL. Its first part is the scheme, as in `s3:`.

    Attributes:
        query: Parameters of an http address, with their "?". They may be credentials, so they are
            no part of the text of the path.
    """

    query = ""

    def __str__(self) -> str:
        return super().__str__().replace(":/", "://", 1)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.parts, self.query)

    def relative_to(self, *other: Any) -> Any:
        """Return the path below another one, as a path without a scheme."""
        return PurePosixPath(*super().relative_to(*other).parts)

    def resolve(self) -> "RemotePath":
        """Return the path: it has no links."""
        return self

    absolute = resolve

    def stat(self) -> RemoteStat:
        """Return type, size and times."""
        with explained(self):
            files, place = self._files()
            return _stat(files.info(place))

    def exists(self) -> bool:
        """Return whether a file or folder is there."""
        return self._type() != 0

    def is_file(self) -> bool:
        """Return whether a file is there."""
        return self._type() == stat.S_IFREG

    def is_dir(self) -> bool:
        """Return whether a folder is there."""
        if is_http(self):
            return False
        with suppress(FileNotFoundError), _asked(self):
            files, place = self._files()
            return bool(files.isdir(place))  # unlike `info` it keeps the list of the folder's files
        return False

    def is_symlink(self) -> bool:
        """Return False: there are no links."""
        return False

    def _type(self) -> int:
        """Return the type of what is there, 0 for nothing; raise UrlError if that is denied."""
        with suppress(FileNotFoundError), _asked(self):
            return self.stat().st_mode
        return 0

    def entries(self) -> list[tuple[str, bool]]:
        """Return (name, whether it is a folder) of what is in a folder, sorted."""
        with explained(self):
            if is_http(self):
                raise NotADirectoryError(errno.ENOTDIR, "http has no folders", str(self))
            files, place = self._files()
            infos = files.ls(place, detail=True)
        named = ((info["name"].rstrip("/"), info["type"] == "directory") for info in infos)
        # Some tools mark a folder by an empty file of its own name.
        folder = place.rstrip("/")
        return sorted((name.rpartition("/")[2], is_dir) for name, is_dir in named if name != folder)

    def iterdir(self) -> "Iterator[RemotePath]":
        """Yield the paths in a folder."""
        return (self / name for name, _ in self.entries())

    def glob(self, pattern: str) -> "Iterator[RemotePath]":
        """Yield the paths in a folder whose names fit a pattern; none if it is not a folder."""
        with suppress(FileNotFoundError, NotADirectoryError):
            yield from (path for path in self.iterdir() if fnmatchcase(path.name, pattern))

    def rglob(self, pattern: str) -> "Iterator[RemotePath]":
        """Yield the paths in a folder and all below it whose names fit a pattern."""
        yield from self.glob(pattern)
        with suppress(FileNotFoundError, NotADirectoryError):
            for name in (name for name, is_dir in self.entries() if is_dir):
                yield from (self / name).rglob(pattern)

    def open(
        self,
        mode: str = "r",
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """Open a file to read it, mode "r" for text and "rb" for bytes."""
        with explained(self):
            files, place = self._files()
            raw = _RemoteFile(self, files.open(place, "rb", block_size=_BLOCK_BYTES))
        file = io.BufferedReader(raw, _BLOCK_BYTES)
        return file if "b" in mode else io.TextIOWrapper(file, encoding, errors, newline)

    def read_bytes(self) -> bytes:
        """Return the content of a file."""
        with self.open("rb") as file:
            return bytes(file.read())

    def read_text(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return the text of a file."""
        return self.read_bytes().decode(encoding, errors)

    def fetch(self, target: Path) -> None:
        """Copy a file to a local path."""
        with explained(self):
            files, place = self._files()
            files.get_file(place, str(target))

    def upload(self, source: Path) -> None:
        """Write a local file to the path, which an object store has completely or not at all."""
        if is_http(self):
            raise OSError(errno.EROFS, "files at http addresses are only read", str(self))
        with explained(self):
            files, place = self._files()
            files.put_file(str(source), place)

    def denied_code(self) -> str:
        """Return S3's code for why a file may not be read, "" if there is none."""
        try:
            files, place = self._files()
            files.cat_file(place, 0, 1)
        except Exception as error:
            return answer_code(error)
        return ""

    def _files(self) -> tuple[Any, str]:
        """Return fsspec's file system, and the path in it.

        Raises:
            MissingExtraError: The library for this kind of address is not installed.
            UrlError: There is no library for it.
            FileNotFoundError: The path leads out of its bucket or host.
        """
        url = _normalised(self) + self.query
        try:
            from fsspec.core import url_to_fs

            files, place = url_to_fs(url)
        except ImportError as error:
            raise missing_library(self, error) from None
        except ValueError:
            raise UrlError(
                f"{self}: {self.parts[0]}// is not a kind of address that fsspec knows. Expected a "
                "local path, or an address such as s3://bucket/folder."
            ) from None
        # As an argument above, sftp would give it to its connection, which refuses it.
        files.dircache.listings_expiry_time = _LISTING_SECONDS
        return files, str(place)


@contextmanager
def _asked(path: RemotePath) -> Iterator[None]:
    """Raise UrlError if it is denied to see whether a path exists."""
    try:
        with explained(path):
            yield
    except PermissionError as error:
        raise unreachable(path, error.strerror) from None


def _restored(parts: tuple[str, ...], query: str) -> RemotePath:
    path = RemotePath(*parts)
    path.query = query
    return path


def _normalised(path: RemotePath) -> str:
    """Return a path as text without "..": a table of an archive may have it."""
    if not is_url(str(path)):
        raise FileNotFoundError(errno.ENOENT, "it is a local path", str(path))
    parts: list[str] = []
    for part in path.parts:
        if part != "..":
            parts.append(part)
        elif len(parts) > 2:  # the scheme and the bucket or host stay
            parts.pop()
        else:
            raise FileNotFoundError(errno.ENOENT, "it is outside of the bucket", str(path))
    return str(RemotePath(*parts))


class _RemoteFile(io.RawIOBase):
    """An open file of fsspec, whose errors are those of `explained`."""

    def __init__(self, path: RemotePath, file: Any) -> None:
        self._path, self._file = path, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with explained(self._path):
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _stat(info: Mapping[str, Any]) -> RemoteStat:
    kind = stat.S_IFDIR if info["type"] == "directory" else stat.S_IFREG
    changed: Any = next((info[name] for name in _TIMES if info.get(name)), None)
    if isinstance(changed, str):
        changed = _parsed_time(changed)
    if isinstance(changed, datetime):
        changed = changed.timestamp()
    modified = time.time_ns() if changed is None else int(changed * 1e9)
    tag = zlib.crc32(str(info.get("ETag", "")).encode()) % 10**9
    return RemoteStat(kind, info.get("size") or 0, modified, modified + tag)


def _parsed_time(text: str) -> datetime | None:
    """Return a time that is stated as HTTP does or in ISO 8601, None for another form."""
    from email.utils import parsedate_to_datetime  # here, because few file systems state a text

    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        with suppress(ValueError):
            return parse(text)
    return None
