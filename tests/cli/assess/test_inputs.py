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


def test_what_is_left_out_of_a_folder_is_counted_by_kind(
    run: Run, frames: list[Frame], tmp_path: Path
) -> None:
    shutil.copy(frames[0].path, tmp_path / "a.jpg")
    for name in ("a.txt", "b.TXT", "c.dng", ".DS_Store", "a-annotated.jpg", "README", "d/e.pdf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    status, out, err = run("assess", "--json", tmp_path)
    assert status == 0
    assert len(json.loads(out)) == 1
    assert err.endswith(
        "Left out in folders: 1 .dng, 1 .pdf, 2 .txt, 1 annotated copy, 1 file without a suffix, "
        "1 hidden file.\n"
    )
    assert "Left out" not in run("assess", tmp_path / "a.jpg")[2]


@pytest.mark.parametrize("suffix", ["avif", "tif", "tiff", "bmp", "gif", "HEIC", "heif"])
def test_an_image_of_any_format_in_a_folder_is_assessed(
    run: Run, frames: list[Frame], tmp_path: Path, suffix: str
) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    with Image.open(frames[0].path) as image:
        image.save(tmp_path / f"a.{suffix}", **({"save_all": True} if suffix == "gif" else {}))
    status, out, err = run("assess", "--json", tmp_path)
    assert status == 0, err
    assert json.loads(out)[0]["faces"] == 1


def test_the_first_frame_of_an_animation_is_assessed_with_a_note(
    run: Run, frames: list[Frame], tmp_path: Path
) -> None:
    with Image.open(frames[0].path) as first, Image.open(frames[-1].path) as second:
        first.save(tmp_path / "a.gif", save_all=True, append_images=[second, second])
    status, out, _ = run("assess", tmp_path / "a.gif")
    assert status == 0
    assert "a.gif: The file contains several frames or pages. Only the first one was read." in out


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A folder with a link to a folder elsewhere, and links that lead in circles."""
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    for folder in (root / "b", elsewhere / "deep"):
        folder.mkdir(parents=True)
        Image.new("RGB", (20, 20)).save(folder / "x.png")
    try:
        (root / "a").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made on this machine")
    (root / "again").symlink_to(elsewhere, target_is_directory=True)
    (root / "b" / "circle").symlink_to(root, target_is_directory=True)
    (root / "c").symlink_to("c")
    (root / "everything").symlink_to("/", target_is_directory=True)
    (elsewhere / "back").symlink_to(root, target_is_directory=True)
    return root


def test_linked_folders_are_searched_once_and_links_to_folders_above_are_not(linked: Path) -> None:
    files = [file.relative_path.as_posix() for file in find_files([linked])]
    assert files == ["a/deep/x.png", "b/x.png"]
    through_link = [file.relative_path.as_posix() for file in find_files([linked / "a"])]
    assert through_link == ["back/b/x.png", "deep/x.png"]


@pytest.mark.parametrize("arguments", [("",), ("--out", "", "x.jpg"), ("--model", "", "x.jpg")])
def test_an_empty_argument_is_an_error_and_not_the_current_folder(
    run: Run, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.chdir(folder)
    status, out, err = run("assess", *arguments)
    assert status == 2
    assert out == ""
    assert "is empty: expected a file, a folder or a value" in err


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
