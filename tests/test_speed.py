"""The measurements of speed and memory: their commands, and the page that one of them writes."""

import runpy
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the usual way is written with torch")
pytest.importorskip("playwright", reason="the page is measured in a browser")

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
PAGE = ROOT / "docs" / "speed.md"


def defined(name):
    """Yield what a script in benchmarks/ defines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield runpy.run_path(str(BENCHMARKS / f"{name}.py"))


@pytest.fixture(scope="module")
def speed():
    yield from defined("speed")


@pytest.fixture(scope="module")
def soak():
    yield from defined("soak")


@pytest.fixture(scope="module")
def many_files():
    yield from defined("many_files")


@pytest.mark.parametrize(
    ("name", "option"), [("speed", "--write"), ("soak", "--minutes"), ("many_files", "--files")]
)
def test_the_command_says_what_it_takes(name, option, request, monkeypatch, capsys):
    script = request.getfixturevalue(name)
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--help"])
    with pytest.raises(SystemExit) as ended:
        script["main"]()
    assert ended.value.code == 0
    assert option in capsys.readouterr().out


def test_every_hundredth_of_many_files_is_cut_off_and_the_photos_are_not(
    many_files, frames, tmp_path
):
    photos, folder = frames[0].path.parent, tmp_path / "many"
    folder.mkdir()
    before = {path: path.read_bytes() for path in photos.iterdir()}
    many_files["make"](photos, 250, folder)
    files = [path.read_bytes() for path in (folder / "files").rglob("*.*")]
    assert len(files) == 250
    assert sum(one not in before.values() for one in files) == 3
    assert {path: path.read_bytes() for path in photos.iterdir()} == before


def test_the_page_has_every_budget_with_its_figure(speed):
    rows = [line.split(" | ") for line in PAGE.read_text("utf-8").splitlines() if " | " in line]
    for budget in speed["BUDGETS"].values():
        found = [row for row in rows if budget.words in row]
        assert found, f"no row of docs/speed.md has the budget {budget.words}: write it anew"
        assert all(row[1] for row in found)


def test_a_budget_is_kept_from_the_right_side(speed):
    most, least = speed["BUDGETS"]["path"], speed["BUDGETS"]["live"]
    assert (most.verdict(20), most.verdict(20.1)) == ("pass", "**fail**")
    assert (least.verdict(15), least.verdict(14.9)) == ("pass", "**fail**")


def test_the_fp32_network_is_the_packaged_one(speed, assessor, frames, tmp_path):
    ways = speed["speed_path"]
    folder = ways.fp32_model(tmp_path)
    wide = type(assessor)(folder)
    assert ways.farthest(assessor, wide, [frame.path for frame in frames]) < 1
    # Counted by hand for 224 x 224: 3.6 billion, and a quarter of that at half the side.
    assert ways.operations(folder / "model.onnx") == pytest.approx(0.97e9, rel=0.03)


def test_the_core_is_what_the_package_needs_and_no_extra(speed):
    parts = speed["installed"]("wince")
    assert {"onnxruntime", "numpy", "pydantic-core", "starlette"} <= set(parts)
    assert not {"torch", "pytest", "av"} & set(parts)
    assert all(size > 0 for size in parts.values())


def test_growth_is_told_from_a_flat_line(soak):
    grown = soak["grown"]
    assert grown([100.0, 130.0, 100.0, 101.0, 100.0, 99.0]) < 0
    assert grown([100.0] * 10 + [150.0] * 10 + [200.0] * 10) == pytest.approx(1)
    with pytest.raises(ValueError, match="three samples"):
        grown([1.0])
