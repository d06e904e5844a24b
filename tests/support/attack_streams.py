"""What clients send to take much of the event loop's time."""

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def request(head: str, body: bytes = b"") -> bytes:
    """Return a request with a Host header."""
    return f"{head}\r\nHost: 127.0.0.1\r\n\r\n".encode() + body


CHUNKED = "POST /v1/assessments HTTP/1.1\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked"
BODIES: dict[str, bytes] = {
    "chunks of one byte": request(CHUNKED, b"1\r\nx\r\n" * 500_000),
    "pings": request(
        "GET /v1/live HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        b"\x89\x80\0\0\0\0" * 500_000,
    ),
    "fragments": request(
        "GET /v1/live HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        b"\x02\x80\0\0\0\0" + b"\0\x80\0\0\0\0" * 500_000,
    ),
    "part heads": request(
        "POST /v1/assessments HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        "Content-Length: 3000000",
        b"--b\r\n" + b"a" * 3_000_000,
    ),
    "line ends": request(
        "POST /v1/assessments HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        "Content-Length: 8000000",
        b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
        + b"\r\n--" * 2_000_000,
    ),
    "punycode": request(
        "POST /v1/assessments HTTP/1.1\r\nContent-Length: 1000100\r\n"
        "Content-Type: multipart/form-data; boundary=b; charset=punycode",
        b'--b\r\nContent-Disposition: form-data; name="neutral"\r\n\r\n'
        + b"a-" * 499_972
        + b"\r\n--b--\r\n",
    ),
    "pipelined": request("GET /healthz HTTP/1.1") * 20_000,
}
"""Requests of very many small parts."""
