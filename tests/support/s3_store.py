"""An S3 server on this machine."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import s3fs
from moto.server import ThreadedMotoServer

SECRET = "secret-of-the-tests"


class Store:
    """The bucket of an S3 server.

    Attributes:
        files: fsspec's file system for it, without a cache.
        server: The server's moto.server.ThreadedMotoServer.
    """

    def __init__(self, server: Any, bucket: str) -> None:
        self.server, self.bucket = server, bucket
        self.files = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
        self.files.mkdir(bucket)

    @staticmethod
    def forget_lists() -> None:
        """Forget the lists of files, and the connections, that this process keeps."""
        s3fs.S3FileSystem.clear_instance_cache()

    def url(self, name: str) -> str:
        return f"s3://{self.bucket}/{name}"

    def put(self, name: str, content: bytes) -> str:
        self.files.pipe_file(f"{self.bucket}/{name}", content)
        return self.url(name)

    def put_folder(self, folder: Path, name: str) -> str:
        for path in folder.rglob("*"):
            if path.is_file():
                self.put(f"{name}/{path.relative_to(folder).as_posix()}", path.read_bytes())
        return self.url(name)

    def get(self, name: str) -> bytes:
        return bytes(self.files.cat_file(f"{self.bucket}/{name}"))


@contextmanager
def running_server() -> Iterator[ThreadedMotoServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield server
    server.stop()


def environment(server: ThreadedMotoServer) -> dict[str, str]:
    """Return the variables by which commands find the server."""
    host, port = server.get_host_and_port()
    return {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key-of-the-tests",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",  # for the tests of a lost connection
    }
