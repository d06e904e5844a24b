"""Fixtures for commands: a function that runs them, and files to run them on."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.support import portraits
from tests.support.command_line import Run
from tests.support.frames import Frame
from tests.support.video_sample import write_video
from wince import cli
from wince.runtime.assessment import Assessment
from wince.runtime.assessor import Assessor


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs a command and returns its status, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def assessment(assessor: Assessor, frames: list[Frame]) -> Assessment:
    """The assessment of the first frame."""
    return assessor.assess(frames[0].path)


@pytest.fixture
def folder(frames: list[Frame], tmp_path: Path) -> Path:
    """A folder of four images in two subfolders, with other files beside them."""
    root = tmp_path / "ward"
    (root / "b" / ".hidden").mkdir(parents=True)
    for name, frame in zip(("z.jpg", "a.JPG", "b/a.jpeg", "b/b.jpg"), frames, strict=False):
        shutil.copy(frame.path, root / name)
    shutil.copy(frames[0].path, root / "b" / ".hidden" / "c.jpg")
    shutil.copy(frames[0].path, root / "._a.jpg")
    shutil.copy(frames[0].path, root / "a-annotated.jpg")
    (root / "notes.txt").write_text("nothing to see")
    return root


@pytest.fixture
def truncated_jpeg(tmp_path: Path) -> Path:
    """The first bytes of a JPEG file."""
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 and no more")
    return path


@pytest.fixture
def empty_wall(tmp_path: Path) -> Path:
    """An image without a face."""
    path = tmp_path / "wall.png"
    Image.new("RGB", (200, 200), "beige").save(path)
    return path


@pytest.fixture
def dark_face(astronaut: NDArray[np.uint8], tmp_path: Path) -> Path:
    """A face that is too dark to be judged."""
    path = tmp_path / "dark.png"
    Image.fromarray((astronaut * 0.1).astype("uint8")).save(path)
    return path


@pytest.fixture
def two_faces(astronaut: NDArray[np.uint8], tmp_path: Path) -> Path:
    """A portrait, and a smaller copy to its right."""
    path = tmp_path / "two.png"
    Image.fromarray(portraits.two_faces(astronaut)).save(path)
    return path


@pytest.fixture
def three_faces(astronaut: NDArray[np.uint8], tmp_path: Path) -> Path:
    """Three portraits; the second largest face has a covered mouth and cannot be judged."""
    path = tmp_path / "three.jpg"
    portraits.three_faces(astronaut).save(path, quality=95)
    return path


@pytest.fixture(scope="session")
def clip(frames: list[Frame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of three seconds with four frames each, a face in all but the fifth."""
    with Image.open(frames[0].path) as image:
        face = np.asarray(image.convert("RGB").resize((224, 224)))
    images = [face] * 12
    images[4] = np.full_like(face, 90)
    return write_video(tmp_path_factory.mktemp("clips") / "clip.mp4", images, rate=4)


@pytest.fixture
def loudspeaker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], list[bytes]]:
    """Let espeak-ng write WAV files; return a function that reads them in order."""
    if sys.platform == "win32":
        pytest.skip("the replacement for espeak-ng is a shell script")
    room = tmp_path / "room"
    room.mkdir()
    program = room / "espeak-ng"
    program.write_text(
        f'#!/bin/sh\nexec {shutil.which("espeak-ng")} -w "{room}/$(ls {room} | wc -l).wav" "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(room), prepend=os.pathsep)
    return lambda: [path.read_bytes() for path in sorted(room.glob("*.wav"))]
