"""A prepared folder_to_change opened for training: what is read, and what is refused."""

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

import shutil

from tests.support.frames import Frame
from wince.archive.prepared_folder import open_prepared
from wince.errors import DataError
from wince.faces.spec import WHOLE_IMAGE, FaceSpec
from wince.training.data import pixel_cache
from wince.training.data.frames import read_frames
from wince.training.data.prepared import open_data

SPEC = FaceSpec(size=32)
WHOLE = FaceSpec(kind="whole", size=32, side=0.0, centre=0.0)


def test_labels_units_and_groups_are_those_of_the_archive(
    folder_to_change: Path, frames: list[Frame]
) -> None:
    table = read_frames(open_prepared(folder_to_change))
    assert len(table) == 8
    for number, frame in enumerate(frames[:8]):
        row = int(np.flatnonzero(table.path == frame.path.name)[0])
        assert table.score[row] == frame.pspi
        np.testing.assert_array_equal(table.units[row], [*frame.action_units.values()])
        assert table.groups["sex"][row] == ("female" if number % 2 else "male")


def test_a_manifest_that_was_edited_is_refused(folder_to_change: Path) -> None:
    path = folder_to_change / "manifest.csv"
    text = path.read_text()
    path.unlink()
    path.write_text(text.replace(",mild,", ",none,"))
    with pytest.raises(DataError, match=r"not the file that .* wrote.*run `wince prepare` again"):
        open_data(folder_to_change, SPEC)


def test_labels_that_changed_in_the_archive_are_noticed(
    folder_to_change: Path, frames: list[Frame]
) -> None:
    table = folder_to_change.parent / "archive" / "frames.csv"
    text = table.read_text()
    os.utime(table, (time.time() + 10, time.time() + 10))
    open_data(folder_to_change, SPEC)  # newer, but the same
    lines = text.splitlines()
    cells = lines[1].split(",")
    assert float(cells[4]) == frames[0].pspi == 0
    cells[4:5] = ["9"]
    cells[6:] = [""] * 6
    table.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    os.utime(table, (time.time() + 10, time.time() + 10))
    with pytest.raises(DataError, match=r"changed since.*had PSPI 0, now 9.*wince prepare"):
        open_data(folder_to_change, SPEC)


def test_an_archive_that_is_gone_matters_only_to_whole_images(folder_to_change: Path) -> None:
    shutil.rmtree(folder_to_change.parent / "archive")
    assert len(open_data(folder_to_change, SPEC).frames) == 8
    with pytest.raises(DataError, match=r"8 of the 8 images.*bring the archive back"):
        open_data(folder_to_change, WHOLE_IMAGE)


def test_missing_crops_are_counted_and_the_first_is_named(folder_to_change: Path) -> None:
    crops = sorted((folder_to_change / "crops").rglob("*.jpg"))
    for path in crops[:3]:
        path.unlink()
    with pytest.raises(DataError, match=r"3 of the 8 images.*Run `wince prepare` again"):
        open_data(folder_to_change, SPEC)


@pytest.mark.parametrize("spec", [SPEC, WHOLE])
def test_each_image_file_is_looked_at_once_before_training(
    folder_to_change: Path, spec: FaceSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_data(folder_to_change, spec)
    pixel_cache.load(data, spec)  # decodes the images
    names = {Path(name).name for name in data.frames.image_names(spec).tolist()}
    looks: Counter[str] = Counter()
    stat = Path.stat

    def counting_stat(path: Path, **options: Any) -> os.stat_result:
        looks[path.name] += 1
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", counting_stat)
    pixel_cache.load(open_data(folder_to_change, spec), spec)
    assert {looks[name] for name in names} == {1}


def test_a_folder_for_another_view_of_faces_is_refused(folder_to_change: Path) -> None:
    with pytest.raises(DataError, match=r"side 2\.7 and centre 0\.45.*Prepare the archive again"):
        open_data(folder_to_change, FaceSpec(size=32, side=3.0))


def test_a_size_larger_than_the_stored_crops_is_refused(folder_to_change: Path) -> None:
    with pytest.raises(DataError, match="up to 300 pixels; found 320"):
        open_data(folder_to_change, FaceSpec(size=320))
