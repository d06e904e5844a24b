"""Pillow's warnings belong to the host program; only wince's own programs turn them off."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from wince import images
from wince.errors import TruncatedImageError

BROKEN_EXIF = b"Exif\0\0MM\0*\0\0\xff\xff\xff\xff"


@pytest.fixture
def photo_with_broken_exif(astronaut: NDArray[np.uint8], tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.fromarray(astronaut).save(path, exif=BROKEN_EXIF)
    return path


def test_importing_wince_does_not_silence_pillow_for_the_host_program(
    photo_with_broken_exif: Path,
) -> None:
    program = (
        "import warnings\n"
        "import wince.images, wince.runtime.assessor, wince.server.app, wince.cli\n"
        "from PIL import Image\n"
        f"Image.open({str(photo_with_broken_exif)!r}).getexif()\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "UserWarning: Corrupt EXIF data" in child.stderr


def test_reading_an_image_does_not_change_the_warning_filters(photo_with_broken_exif: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        filters = list(warnings.filters)
        images.read(photo_with_broken_exif)
        assert warnings.filters == filters
    assert any("Corrupt EXIF data" in str(warning.message) for warning in caught)


def test_a_warning_that_the_host_program_turns_into_an_error_becomes_a_wince_error(
    photo_with_broken_exif: Path,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TruncatedImageError, match="Corrupt EXIF data"):
            images.read(photo_with_broken_exif)


def test_the_command_line_prints_no_warning_of_pillow(photo_with_broken_exif: Path) -> None:
    command = [sys.executable, "-m", "wince", "assess", "--json", str(photo_with_broken_exif)]
    child = subprocess.run(command, capture_output=True, text=True, check=True)
    assert child.stderr == ""


def test_worker_processes_print_no_warning_of_pillow(photo_with_broken_exif: Path) -> None:
    program = (
        "from wince import workers\n"
        "from tests.test_pillow_warnings import image_widths\n"
        "if __name__ == '__main__':\n"
        f"    paths = [{str(photo_with_broken_exif)!r}] * 3\n"
        "    print(list(workers.map_batches(image_widths, paths, 2)))\n"
    )
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (child.stdout, child.stderr) == ("[512, 512, 512]\n", "")


def image_widths(paths: list[str]) -> list[int]:
    """Work for a process of `workers`, which has to be importable."""
    return [images.read(path).width for path in paths]
