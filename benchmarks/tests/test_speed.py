"""The measurements of speed and memory: their options, and the page that one of them writes."""

import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the usual way is written with torch")
pytest.importorskip("playwright", reason="the page is measured in a browser")

from benchmarks import (
    assessment_path,
    many_files,
    process_costs,
    soak,
    speed,
    speed_page,
    torch_detector,
)
from tests.support.frames import ROOT
from wince import images
from wince.faces import detect

PAGE = ROOT / "docs" / "speed.md"


@pytest.mark.parametrize(
    ("module", "option"), [(speed, "--write"), (soak, "--minutes"), (many_files, "--files")]
)
def test_help_names_the_options_of_a_command(module, option, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [module.__name__, "--help"])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 0
    assert option in capsys.readouterr().out


def test_every_hundredth_of_many_files_is_cut_off_and_the_photos_are_not(frames, tmp_path):
    photos, folder = frames[0].path.parent, tmp_path / "many"
    folder.mkdir()
    before = {path: path.read_bytes() for path in photos.iterdir()}
    many_files.make_files(photos, 250, folder)
    files = [path.read_bytes() for path in (folder / "files").rglob("*.*")]
    assert len(files) == 250
    assert sum(data not in before.values() for data in files) == 3
    assert {path: path.read_bytes() for path in photos.iterdir()} == before


def test_the_page_has_every_budget_with_its_measured_value():
    rows = [line.split(" | ") for line in PAGE.read_text("utf-8").splitlines() if " | " in line]
    for budget in speed_page.BUDGETS.values():
        with_budget = [row for row in rows if budget.text in row]
        assert with_budget, f"no row of docs/speed.md has the budget {budget.text}: write it again"
        assert all(row[1] for row in with_budget)


def test_a_budget_is_a_maximum_or_a_minimum():
    most, least = speed_page.BUDGETS["path"], speed_page.BUDGETS["live"]
    assert (most.outcome(20), most.outcome(20.1)) == ("pass", "**fail**")
    assert (least.outcome(15), least.outcome(14.9)) == ("pass", "**fail**")


def test_the_fp32_network_is_the_packaged_one(assessor, frames, tmp_path):
    folder = assessment_path.write_fp32_model(tmp_path)
    wide = type(assessor)(folder)
    paths = [frame.path for frame in frames]
    assert assessment_path.largest_difference(assessor, wide, paths) < 1.5
    # Counted by hand for 224 x 224: 3.6 billion, and a quarter of that at half the side.
    assert assessment_path.operations(folder / "model.onnx") == pytest.approx(0.97e9, rel=0.03)


def test_the_core_is_what_the_package_needs_and_no_extra():
    parts = process_costs.installed_megabytes("wince")
    assert {"onnxruntime", "numpy", "pydantic-core", "starlette"} <= set(parts)
    assert not {"torch", "pytest", "av"} & set(parts)
    assert all(size > 0 for size in parts.values())


def test_growth_is_distinguished_from_constant_memory():
    assert soak.growth([100.0, 130.0, 100.0, 101.0, 100.0, 99.0]) < 0
    assert soak.growth([100.0] * 10 + [150.0] * 10 + [200.0] * 10) == pytest.approx(1)
    with pytest.raises(ValueError, match="three samples"):
        soak.growth([1.0])


def test_the_face_detector_in_torch_finds_the_same_faces(frames):
    network = torch_detector.BlazeFace()
    for frame in frames[:3]:
        rgb = images.read(frame.path).rgb
        ours = detect.detect(rgb)
        with torch.inference_mode(), torch_detector.in_torch(network):
            in_torch = detect.detect(rgb)
        assert len(ours) == len(in_torch) == 1
        np.testing.assert_allclose(in_torch[0].box, ours[0].box, atol=0.01)
        np.testing.assert_allclose(in_torch[0].keypoints, ours[0].keypoints, atol=0.01)
