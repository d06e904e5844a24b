"""Finding images and videos, and reading the frames of videos."""

import csv
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.command_line import Run
from tests.support.frames import Frame
from tests.support.video_sample import write_video
from wince.cli.assess.inputs import InputFile, find_files, read_images


def test_a_folder_is_searched_in_order_and_only_for_images(run: Run, folder: Path) -> None:
    status, out, _ = run("assess", "--json", folder)
    names = [Path(entry["file"]).relative_to(folder).as_posix() for entry in json.loads(out)]
    assert status == 0
    assert names == ["a.JPG", "z.jpg", "b/a.jpeg", "b/b.jpg"]


def test_a_folder_without_images_is_an_error_that_states_what_was_expected(
    run: Run, tmp_path: Path
) -> None:
    status, out, err = run("assess", "--json", tmp_path)
    assert status == 1
    assert "contains no image: expected files that end in .jpg" in err
    assert json.loads(out)[0]["error"]["type"] == "ImageError"


def test_a_folder_is_walked_as_needed(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (20, 20)).save(tmp_path / name / "x.png")
    files = find_files([tmp_path])
    assert next(files).relative_path == Path("a/x.png")
    shutil.rmtree(tmp_path / "b")
    (removed,) = files
    assert f"{tmp_path / 'b'} cannot be opened" in str(removed.error)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on Windows")
def test_a_pipe_in_a_folder_is_not_read(run: Run, frames: list[Frame], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    shutil.copy(frames[0].path, tmp_path / "b.jpg")
    status, out, _ = run("assess", "--json", tmp_path)
    first, second = json.loads(out)
    assert status == 1
    assert "a pipe or a device" in first["error"]["message"]
    assert "assessment" in second


def test_the_frames_of_a_video_have_their_number_and_time(run: Run, clip: Path) -> None:
    status, out, err = run("assess", "--json", "--every", 0.5, clip)
    outcomes = json.loads(out)
    assert status == 1
    assert [(outcome["frame"], outcome["seconds"]) for outcome in outcomes] == [
        (n, n / 4) for n in range(0, 12, 2)
    ]
    assert [outcome["file"] for outcome in outcomes] == [str(clip)] * 6
    assert outcomes[2]["error"]["type"] == "NoFaceError"
    assert all(outcome["assessment"]["pspi"] >= 0 for outcome in outcomes if "error" not in outcome)
    assert f"{clip} at 1.00 s: No face" in err
    out = run("assess", "--csv", "--every", 0.5, clip)[1]
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["frame"], row["seconds"]) for row in rows[:3]] == [
        ("0", "0.0"),
        ("2", "0.5"),
        ("4", "1.0"),
    ]


def test_a_file_that_is_not_a_video_is_an_error_and_the_next_is_read(
    tmp_path: Path, clip: Path
) -> None:
    text = tmp_path / "words.mp4"
    text.write_text("no video at all")
    files = [InputFile(path, Path(path.name)) for path in (text, clip)]
    not_a_video, *images = read_images(files, every=1.0)
    assert "is not a video" in str(not_a_video.error)
    assert [image.frame.index for image in images] == [0, 4, 8]
    assert [image.frames_to_come for image in images] == [2, 0, 0]


def test_the_error_of_a_damaged_video_comes_after_its_frames(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(40)]
    path = write_video(tmp_path / "clip.avi", noise, codec="mjpeg")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 600] = bytes(600)
    path.write_bytes(data)
    *images, last = read_images([InputFile(path, Path(path.name))], every=0)
    assert 30 < len(images) < 40
    assert all(image.error is None for image in images)
    assert last.frame is None
    assert "could not be decoded" in str(last.error)
