"""What takes too much memory or time is refused before or while it is decoded."""

import io
import math
import sys
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.support import bad_inputs
from wince import decode_limits, image_reduction, images, memory_budget
from wince.errors import ImageTooLargeError
from wince.faces import detect, network


def flat(side: int, file_format: str, mode: str = "RGB", **options: object) -> bytes:
    """Return a file of few bytes that holds side x side pixels."""
    return bad_inputs.save_image(Image.new(mode, (side, side), 120), file_format, **options)


turned = Image.Exif()
turned[ExifTags.Base.Orientation] = 6


# Memory


@pytest.mark.parametrize(
    ("file_format", "mode", "side", "options"),
    [
        ("WEBP", "RGB", 3600, {"lossless": True}),
        ("PNG", "RGB", 7300, {}),
        ("PNG", "RGBA", 5300, {}),
        ("PNG", "LA", 5300, {}),
        ("PNG", "P", 6000, {}),
        ("PNG", "I;16", 6000, {}),
        ("AVIF", "RGB", 4700, {"speed": 10}),
        ("TIFF", "CMYK", 4400, {"compression": "tiff_deflate"}),
        ("GIF", "P", 6000, {}),
        ("JPEG", "RGB", 6000, {"progressive": True, "subsampling": 0}),
    ],
)
def test_an_image_that_would_take_too_much_memory_is_refused_at_once(
    file_format: str, mode: str, side: int, options: dict[str, object]
) -> None:
    data = flat(side, file_format, mode, **options)
    start = time.thread_time()
    with pytest.raises(ImageTooLargeError, match=rf"{side} x {side} pixels.*limit is 208 MB"):
        images.read(data)
    assert time.thread_time() - start < 0.5


@pytest.mark.parametrize(
    ("file_format", "mode", "options"),
    [
        ("WEBP", "RGB", {"lossless": True}),
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "LA", {}),
        ("PNG", "P", {}),
        ("PNG", "1", {}),
        ("PNG", "I;16", {}),
        ("AVIF", "RGB", {"speed": 10}),
        ("TIFF", "CMYK", {}),
        ("GIF", "P", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "CMYK", {}),
    ],
)
def test_a_large_image_is_reduced_whatever_its_format(
    file_format: str, mode: str, options: dict[str, object]
) -> None:
    image = images.read(flat(2600, file_format, mode, **options))
    assert (image.width, image.height) == (2600, 2600)
    assert image.rgb.shape == (1300, 1300, 3)
    assert image.scale == 2
    assert np.ptp(image.rgb, axis=(0, 1)).max() <= 2


def test_a_reduced_image_shows_what_the_whole_one_shows() -> None:
    colours = Image.linear_gradient("L").resize((2700, 2700))
    rgb = Image.merge("RGB", (colours, colours.rotate(90), colours.rotate(180)))
    whole = images.read(rgb).rgb  # an image that is decoded already is not reduced
    reduced = images.read(bad_inputs.save_image(rgb, "PNG")).rgb
    assert reduced.shape == (1350, 1350, 3)
    assert abs(reduced.astype(int) - whole[::2, ::2]).max() <= 2


def test_a_jpeg_with_one_scan_of_every_colour_counts_as_one_with_many() -> None:
    one_scan = Image.open(io.BytesIO(flat(400, "JPEG")))
    many = Image.open(io.BytesIO(flat(400, "JPEG", progressive=True)))
    pixels = 400 * 400
    one_scan_bytes = decode_limits.prepare(one_scan, one_scan.size, 16, "it")
    assert one_scan_bytes == pytest.approx(4 * pixels, rel=0.01)
    many_bytes = decode_limits.prepare(many, many.size, 16, "it")
    assert many_bytes == pytest.approx((4 + 2 * 1.5) * pixels, rel=0.01)


def test_a_strip_counts_with_the_copies_of_its_pixels() -> None:
    with pytest.raises(ImageTooLargeError, match=r"3000000 x 16 pixels.*would take 229 MB"):
        images.read(bad_inputs.save_image(Image.new("RGB", (3_000_000, 16)), "PNG"))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("file_format", "mode", "size", "options"),
    [
        ("PNG", "RGB", (500_000, 16), {}),
        ("PNG", "RGBA", (1000, 8000), {"exif": turned}),
        ("PNG", "P", (750_000, 16), {}),
        ("WEBP", "RGB", (1000, 8000), {"lossless": True}),
        ("JPEG", "RGB", (1000, 8000), {"exif": turned}),
        ("JPEG", "RGB", (500, 24_000), {"progressive": True}),
    ],
)
def test_decoding_takes_the_memory_that_is_counted(
    file_format: str,
    mode: str,
    size: tuple[int, int],
    options: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[int] = []
    decoding = memory_budget.decoding

    def recording(size: int, pixels: int) -> AbstractContextManager[None]:
        counted.append(size)
        return decoding(size, pixels)

    monkeypatch.setattr(images, "decoding", recording)
    data = bad_inputs.save_image(Image.new(mode, size, 120), file_format, **options)
    Path("/proc/self/clear_refs").write_text("5")  # starts VmHWM anew
    before = status_bytes("VmRSS")
    images.read(data)
    assert status_bytes("VmHWM") - before < counted[0] + 16 * 2**20


def status_bytes(name: str) -> int:
    """Return a value of this process in /proc."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) * 1024


# Time


def test_scans_are_limited() -> None:
    start = time.thread_time()
    with pytest.raises(ImageTooLargeError, match="JPEG with 5000 scans; the limit is 100"):
        images.read(bad_inputs.many_scans(3000, 5000))
    assert time.thread_time() - start < 0.5
    assert images.read(bad_inputs.many_scans(64, 100)).width == 64


def test_decoding_stops_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bad_inputs.many_scans(4000, 100)
    monkeypatch.setattr(decode_limits, "MAX_SECONDS", 0.2)
    start = time.thread_time()
    with pytest.raises(ImageTooLargeError, match="takes too long to decode"):
        images.read(data)
    assert time.thread_time() - start < 1


@pytest.mark.parametrize("part", [b"\xff\xe1\0\2", b"\xff\xfe\0\2", b"\xff\xdd\0\4\0\0", b"\xff"])
def test_a_file_of_very_many_parts_is_refused(part: bytes) -> None:
    jpeg = flat(64, "JPEG")
    start = time.thread_time()
    with pytest.raises(ImageTooLargeError, match="too many parts"):
        images.read(jpeg[:2] + part * (8 * 10**6 // len(part)) + jpeg[2:])
    assert time.thread_time() - start < decode_limits.MAX_SECONDS + 1


# All threads together


def test_memory_is_reserved_by_one_thread_after_the_other() -> None:
    size = memory_budget.MAX_BYTES * 2 // 3
    running, highest = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal running, highest
        with memory_budget.reserved(size):
            with lock:
                running += 1
                highest = max(highest, running)
            time.sleep(0.01)
            with lock:
                running -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert highest == 1


def test_threads_with_pixels_do_not_wait_for_each_other() -> None:
    """Each keeps pixels and then needs memory for a search, and all together stay in the limit."""
    half = memory_budget.MAX_BYTES // 2
    highest = 0

    def work() -> None:
        nonlocal highest
        for _ in range(20):
            with memory_budget.image_work():
                with memory_budget.decoding(half, half - 2**20):
                    pass
                with memory_budget.reserved(memory_budget.SEARCH_BYTES):
                    highest = max(highest, memory_budget._reserved)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert highest <= memory_budget.MAX_BYTES
    assert memory_budget._reserved == memory_budget._kept == 0


def test_the_detector_never_needs_more_than_what_pixels_leave() -> None:
    assert network.BYTES_PER_PIXEL * detect.MAX_AREA < memory_budget.SEARCH_BYTES
    pixels = decode_limits.PIXEL_BYTES * image_reduction.MAX_DECODED_PIXELS
    assert pixels <= memory_budget.MAX_BYTES - memory_budget.SEARCH_BYTES


def test_more_memory_than_there_is_waits_for_others_only() -> None:
    with memory_budget.reserved(10 * memory_budget.MAX_BYTES):
        pass


@pytest.mark.parametrize(
    ("width", "height"), [(30_840, 17), (54_316, 32), (17, 30_840), (2_000_000, 16), (65_500, 500)]
)
def test_strips_are_searched_for_faces_within_the_memory(width: int, height: int) -> None:
    for share in (detect.FINEST_SCALE, detect.FINEST_SCALE_IF_EMPTY):
        long_side = detect._long_sides(width, height, share)[-1]
        sides = (max(1, round(side * long_side / max(width, height))) for side in (width, height))
        area = math.prod(math.ceil(side / network.CELL) * network.CELL for side in sides)
        assert area * network.BYTES_PER_PIXEL < memory_budget.MAX_BYTES


@pytest.mark.parametrize("size", [(512, 20_000), (20_000, 512), (64, 400_000)])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_strips_are_reduced(
    size: tuple[int, int], file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if file_format == "JPEG" and max(size) > 65_500:
        size = (64, 65_500)
    monkeypatch.setattr(image_reduction, "MAX_DECODED_PIXELS", 2_000_000)
    strip = images.read(bad_inputs.save_image(Image.new("RGB", size), file_format))
    assert strip.rgb.size <= 3 * image_reduction.MAX_DECODED_PIXELS
    assert (strip.width, strip.height) == size


def test_memory_is_free_again_after_an_error() -> None:
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), memory_budget.reserved(10**8):
            raise ValueError("broken")
    with memory_budget.reserved(memory_budget.MAX_BYTES):
        pass
