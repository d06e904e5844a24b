"""`wince assess --annotate`: where annotated copies are written."""

import json
import shutil
from pathlib import Path

from PIL import Image

import wince
from tests.support.command_line import Run
from tests.support.frames import Frame


def test_annotated_copies_keep_the_folders_and_are_named_in_the_results(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    copies = tmp_path / "copies"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    status, out, _ = run("assess", "--json", "--annotate", copies, folder)
    names = sorted(path.relative_to(copies).as_posix() for path in copies.rglob("*.*"))
    assert status == 0
    assert names == [
        "a-annotated.jpg",
        "b/a-annotated.jpg",
        "b/b-annotated.jpg",
        "z-annotated.jpg",
    ]
    assert {entry["annotated"] for entry in json.loads(out)} == {
        str(copies / name) for name in names
    }
    assert {path: path.read_bytes() for path in before} == before
    for name in names:
        with Image.open(copies / name) as image:
            assert image.format == "JPEG"
            assert image.size[0] > 224


def test_the_map_is_in_the_copy_and_in_json_if_requested(
    run: Run, frames: list[Frame], tmp_path: Path
) -> None:
    path, without_map, with_map = frames[0].path, tmp_path / "without", tmp_path / "with"
    _, out, _ = run("assess", "--json", "--annotate", without_map, path)
    assert "heatmap" not in json.loads(out)[0]["assessment"]
    status, out, _ = run("assess", "--json", "--heatmap", "--annotate", with_map, path)
    assert status == 0
    expected = wince.assess(path, heatmap=True).to_dict()["heatmap"]
    heatmap = json.loads(out)[0]["assessment"]["heatmap"]
    assert heatmap == json.loads(json.dumps(expected))
    (narrow_path,), (wide_path,) = without_map.iterdir(), with_map.iterdir()
    with Image.open(narrow_path) as narrow, Image.open(wide_path) as wide:
        assert wide.width > narrow.width + 200


def test_a_copy_replaces_neither_another_copy_nor_an_input(
    run: Run, frames: list[Frame], tmp_path: Path
) -> None:
    inputs = []
    for place, frame in zip(("one", "two", "three"), frames, strict=False):
        (tmp_path / place).mkdir()
        inputs.append(tmp_path / place / "face.jpg")
        shutil.copy(frame.path, inputs[-1])
    precious = tmp_path / "one" / "face-annotated.jpg"
    shutil.copy(frames[3].path, precious)
    before = precious.read_bytes()
    status, out, _ = run("assess", "--json", "--annotate", tmp_path / "one", *inputs, precious)
    assert status == 0
    assert [Path(entry["annotated"]).name for entry in json.loads(out)] == [
        "face-2-annotated.jpg",
        "face-3-annotated.jpg",
        "face-4-annotated.jpg",
        "face-5-annotated.jpg",
    ]
    assert precious.read_bytes() == before


def test_a_second_run_over_the_same_folder_finds_the_same_images(run: Run, folder: Path) -> None:
    first = run("assess", "--csv", "--annotate", folder, folder)
    files = sorted(folder.rglob("*"))
    second = run("assess", "--csv", "--annotate", folder, folder)
    assert first[:2] == second[:2]
    assert "4 annotated copies" in second[2]
    assert sorted(folder.rglob("*")) == files


def test_the_copy_of_a_png_is_a_png_and_the_number_of_copies_is_below_the_table(
    run: Run, astronaut, tmp_path: Path
) -> None:
    path = tmp_path / "portrait.png"
    Image.fromarray(astronaut).save(path)
    _, out, _ = run("assess", path, "--annotate", tmp_path)
    with Image.open(tmp_path / "portrait-annotated.png") as image:
        assert image.format == "PNG"
    assert "Annotated copies: 1." in out


def test_annotated_frames_have_their_number_in_the_name(
    run: Run, clip: Path, tmp_path: Path
) -> None:
    status, _, _ = run("assess", "--csv", "--every", 1.5, "--annotate", tmp_path, clip)
    assert status == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["clip-000000-annotated.jpg", "clip-000006-annotated.jpg"]


def test_a_folder_that_cannot_be_written_is_an_error(
    run: Run, frames: list[Frame], truncated_jpeg: Path
) -> None:
    status, _, err = run("assess", frames[0].path, "--annotate", truncated_jpeg)
    assert status == 1
    assert "cannot be written" in err
    assert len(err.splitlines()) == 1
