"""Cameras on the network of this machine: an HTTP and an RTSP server that show test images."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.media import encode_image

RATE = 20
SESSION_DESCRIPTION = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1\r\na=control:track\r\n"
)
"""Of the RTSP camera, in SDP (RFC 8866)."""


@dataclass
class NetworkCamera:
    """A camera on this machine.

    Attributes:
        port: Its port on 127.0.0.1.
        requests: First lines and authorisations of the requests so far.
    """

    port: int
    requests: list[str] = field(default_factory=list)


@contextlib.contextmanager
def http_camera(
    images: Sequence[NDArray[np.uint8]], *, redirect: str | None = None
) -> Iterator[NetworkCamera]:
    """Serve images as Motion JPEG over HTTP, each connection from the first one on.

    Args:
        images: uint8 (H, W, 3).
        redirect: Answer with a redirect to this address instead.
    """
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            camera.requests.append(f"{self.path} {self.headers.get('Authorization', '')}")
            self.send_response(200 if redirect is None else 302)
            if redirect is not None:
                self.send_header("Location", redirect)
                self.end_headers()
                return
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for image in images:
                jpeg = encode_image(image)
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                with contextlib.suppress(OSError):
                    self.wfile.write(head.encode() + jpeg + b"\r\n")
                if stopping.wait(1 / RATE):
                    return

        def log_message(self, *arguments: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        camera = NetworkCamera(server.server_address[1])
        with _running(server):
            yield camera
        stopping.set()


@contextlib.contextmanager
def rtsp_camera(
    images: Sequence[NDArray[np.uint8]], *, redirect: str | None = None
) -> Iterator[NetworkCamera]:
    """Serve images as H.264 over RTSP, with the packets on its own connection (RFC 2326, 10.12).

    Args:
        images: uint8 (H, W, 3).
        redirect: Redirect to this address instead when the images are described.
    """
    stopping = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while (request := self._request()) is not None:
                method, number = request
                camera.requests.append(method)
                if method == "DESCRIBE" and redirect is not None:
                    head = f"RTSP/1.0 302 Found\r\nCSeq: {number}\r\nLocation: {redirect}"
                    self.wfile.write(f"{head}\r\n\r\n".encode())
                    continue
                extra, body = self._answer(method)
                head = f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{extra}Content-Length: {len(body)}"
                self.wfile.write(f"{head}\r\n\r\n{body}".encode())
                if method == "PLAY":
                    with contextlib.suppress(OSError):
                        self._play()
                    return

        def _request(self) -> tuple[str, str] | None:
            """Return the method and number of the next request; None at the end."""
            lines = []
            while line := self.rfile.readline().decode().strip():
                lines.append(line)
            if not lines:
                return None
            headers = dict(line.split(": ", 1) for line in lines[1:])
            return lines[0].split()[0], headers["CSeq"]

        def _answer(self, method: str) -> tuple[str, str]:
            """Return header lines and a body."""
            if method == "DESCRIBE":
                return "Content-Type: application/sdp\r\n", SESSION_DESCRIPTION
            if method == "SETUP":
                return "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", ""
            return "Session: 1\r\n", ""

        def _play(self) -> None:
            """Send the packets that FFmpeg's RTP muxer makes of the images."""
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
                receiver.bind(("127.0.0.1", 0))
                receiver.setblocking(False)
                port = receiver.getsockname()[1]
                for _ in _encoded(images, f"rtp://127.0.0.1:{port}?pkt_size=1400"):
                    stopping.wait(1 / RATE)
                    with contextlib.suppress(BlockingIOError):
                        while packet := receiver.recv(65536):
                            self.wfile.write(b"$\0" + len(packet).to_bytes(2) + packet)
                    if stopping.is_set():
                        return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        camera = NetworkCamera(server.server_address[1])
        with _running(server):
            yield camera
        stopping.set()


def _encoded(images: Sequence[NDArray[np.uint8]], address: str) -> Iterator[None]:
    """Send images to an address, and yield after each."""
    import av

    options = {"tune": "zerolatency", "preset": "ultrafast", "g": "5"}
    with av.open(address, "w", format="rtp") as container:
        stream: Any = container.add_stream("libx264", rate=RATE, options=options)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            yield


@contextlib.contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
