"""How much memory and time the server takes for images that are made to take much of both.

    python -m benchmarks.hostile_images

A server with default settings gets many images at the same time that are as large as its limits
allow, or larger: flat images of few bytes and very many pixels in each format, JPEGs with many
scans, files of empty parts, uploads of the largest size, and JSON of very many parts. Printed are
the answers by status, the longest time of an image on its own, the highest resident memory, and the
memory after a pause. The exit status is 1 when the peak is above 500 MB, when memory does not come
back to within 50 MB of the start, or when an image alone takes more than 3 seconds. It needs Linux
(/proc).
"""

import argparse
import http.client
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from PIL import Image

from benchmarks.server_load import Served, photo, running_server
from tests.support import bad_inputs
from wince import images

PEAK = 500  # MB
KEPT = 50  # MB
SECONDS = 3.0


def _saved(side: int, file_format: str, mode: str = "RGB", **options: object) -> bytes:
    return bad_inputs.save_image(Image.new(mode, (side, side), 120), file_format, **options)


def hostile_images() -> dict[str, bytes]:
    """Return images by name, just within the limits or far beyond them."""
    jpeg = photo(640, 480)
    return {
        "PNG, 49 million pixels": _saved(7000, "PNG"),
        "PNG with transparency, 24 million": _saved(4900, "PNG", "RGBA"),
        "PNG with a palette, 22 million": _saved(4700, "PNG", "P"),
        "grey PNG of 16 bits, 32 million": _saved(5700, "PNG", "I;16"),
        "WebP, 12 million": _saved(3500, "WEBP", lossless=True),
        "WebP, 62 million": _saved(7900, "WEBP", lossless=True),
        "AVIF, 19 million": _saved(4400, "AVIF", speed=10),
        "HEIC, 24 million": bad_inputs.heic(Image.new("RGB", (4900, 4900))),
        "JPEG, 64 million": _saved(7999, "JPEG"),
        "progressive JPEG, 25 million": _saved(5000, "JPEG", progressive=True, subsampling=0),
        "JPEG with 99 scans, 64 million": bad_inputs.many_scans(7999, 99),
        "JPEG with 10,000 scans": bad_inputs.many_scans(5000, 10_000),
        "JPEG of 8 million empty parts": jpeg[:2] + b"\xff\xe1\0\2" * (8 * 10**6) + jpeg[2:],
        "JPEG followed by 31 MB": jpeg + bytes(images.MAX_BYTES - len(jpeg) - 2**20),
        "a photo of 9 million pixels": photo(3464, 2598),
        "JPEG strip, 33 million": bad_inputs.save_image(Image.new("RGB", (512, 65_500)), "JPEG"),
        "PNG strip, 48 million": bad_inputs.save_image(Image.new("RGB", (3_000_000, 16)), "PNG"),
    }


def hostile_bodies() -> dict[str, bytes]:
    """Return bodies for `/analyze` by name, all of the largest size."""
    head, size = b'{"image": "data:image/jpeg;base64,', 4 * images.MAX_BYTES // 3
    return {
        "JSON, percent-encoded": head + b"%41" * (size // 3) + b'"}',
        "JSON, many line ends": head + b"AA\\n" * (size // 4) + b'"}',
        "JSON, many objects": b'{"image": [' + b"{}," * (size // 3) + b"1]}",
        "JSON, many numbers": b'{"image": [' + b"1.5," * (size // 4) + b"1]}",
        "JSON, long text": head + b"/9j/" + b"A" * (size - 4) + b'"}',
    }


def send(server: Served, data: bytes) -> tuple[int, float]:
    """Return the status of an upload, 0 if the connection broke, and its seconds."""
    start = time.perf_counter()
    connection = http.client.HTTPConnection(server.host, server.port, timeout=120)
    try:
        is_json = data.startswith(b"{")
        path = "/analyze" if is_json else "/v1/assessments"
        content_type = "application/json" if is_json else "image/jpeg"
        connection.request("POST", path, data, {"Content-Type": content_type})
        status = connection.getresponse().status
    except OSError:
        status = 0
    finally:
        connection.close()
    return status, time.perf_counter() - start


def forget_peak(server: Served) -> None:
    """Start the peak of the resident memory, VmHWM, anew."""
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5", "ascii")


def main() -> int:
    """Attack a server, print what happened, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="images of each kind [3]")
    parser.add_argument("--clients", type=int, default=18, help="at the same time [18]")
    parser.add_argument("--pause", type=float, default=60, help="seconds before the last look [60]")
    options = parser.parse_args()
    attack = {**hostile_images(), **hostile_bodies()}
    with running_server() as server:
        send(server, photo(640, 480))
        before = server.memory()
        slowest = 0.0
        for name, data in attack.items():
            forget_peak(server)
            status, seconds = send(server, data)
            slowest = max(slowest, seconds)
            peak = server.memory("VmHWM")
            print(f"{name} ({len(data) / 1e6:.1f} MB): {status}, {seconds:.2f} s, {peak:.0f} MB")
        forget_peak(server)
        work = [data for _ in range(options.rounds) for data in attack.values()]
        statuses: Counter[int] = Counter()
        lock = threading.Lock()

        def client() -> None:
            while True:
                with lock:
                    if not work:
                        return
                    data = work.pop()
                status, _ = send(server, data)
                with lock:
                    statuses[status] += 1

        start = time.perf_counter()
        threads = [threading.Thread(target=client) for _ in range(options.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - start
        peak = server.memory("VmHWM")
        time.sleep(options.pause)
        after = server.memory()
    print(f"{options.clients} clients, {seconds:.0f} s, answers: {dict(sorted(statuses.items()))}")
    print(f"memory: {before:.0f} MB before, {peak:.0f} MB at most, {after:.0f} MB afterwards")
    print(f"slowest image on its own: {slowest:.2f} s")
    return int(peak > PEAK or after - before > KEPT or slowest > SECONDS)


if __name__ == "__main__":
    sys.exit(main())
