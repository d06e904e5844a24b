"""The measurements of speed and memory: their commands, and the page that one of them writes."""

import runpy
import sys

import numpy as np
import pytest

from tests.support.frames import ROOT

torch = pytest.importorskip("torch", reason="the usual way is written with torch")
pytest.importorskip("playwright", reason="the page is measured in a browser")

import onnx
import onnxruntime
from onnx import helper, numpy_helper

from wince import images
from wince.faces import detect

BENCHMARKS = ROOT / "benchmarks"
PAGE = ROOT / "docs" / "speed.md"


def script(name):
    """Return a fixture of what a script in benchmarks/ defines."""

    @pytest.fixture(scope="module", name=name)
    def defined():
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(BENCHMARKS))
            yield runpy.run_path(str(BENCHMARKS / f"{name}.py"))

    return defined


speed, soak, many_files = script("speed"), script("soak"), script("many_files")
torch_finder, widen_finder = script("torch_finder"), script("widen_finder")


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


def test_the_face_finder_in_torch_finds_the_same_faces(torch_finder, frames):
    network = torch_finder["BlazeFace"]()
    for frame in frames[:3]:
        rgb = images.read(frame.path).rgb
        ours = detect.detect(rgb)
        with torch.inference_mode(), torch_finder["in_torch"](network):
            theirs = detect.detect(rgb)
        assert len(ours) == len(theirs) == 1
        np.testing.assert_allclose(theirs[0].box, ours[0].box, atol=0.01)
        np.testing.assert_allclose(theirs[0].keypoints, ours[0].keypoints, atol=0.01)


def odd_network():
    """Return a network with 5 and 18 channels, and two steps that add some of zeros."""
    random = np.random.default_rng(0)
    weights = {
        "first": random.normal(size=(5, 3, 3, 3)),
        "deep": random.normal(size=(5, 1, 3, 3)),
        "wide": random.normal(size=(9, 5, 1, 1)),
        "wider": random.normal(size=(18, 9, 1, 1)),
        "last": random.normal(size=(2, 18, 1, 1)),
    }
    constants = [
        numpy_helper.from_array(part.astype(np.float16), f"{name}_{kind}")
        for name, kernel in weights.items()
        for kind, part in (("kernel_half", kernel), ("bias_half", random.normal(size=len(kernel))))
    ]
    constants += [
        numpy_helper.from_array(np.array([0, 0, 0, 0, 0, more, 0, 0]), f"more_{more}")
        for more in (4, 9)
    ]
    float32 = onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Cast", [f"{name}_{part}_half"], [f"{name}_{part}"], to=float32)
        for name in weights
        for part in ("kernel", "bias")
    ]

    def convolve(name, source, **attributes):
        inputs = [source, f"{name}_kernel", f"{name}_bias"]
        return helper.make_node("Conv", inputs, [name], **attributes)

    nodes += [
        helper.make_node("Transpose", ["input"], ["turned"], perm=[0, 3, 1, 2]),
        convolve("first", "turned", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        helper.make_node("Relu", ["first"], ["x"]),
        convolve("deep", "x", pads=[1, 1, 1, 1], kernel_shape=[3, 3], group=5),
        convolve("wide", "deep", kernel_shape=[1, 1]),
        helper.make_node("Pad", ["x", "more_4"], ["x9"]),
        helper.make_node("Add", ["x9", "wide"], ["y"]),
        convolve("wider", "y", kernel_shape=[1, 1]),
        helper.make_node("Pad", ["y", "more_9"], ["y18"]),
        helper.make_node("Add", ["y18", "wider"], ["z"]),
        convolve("last", "z", kernel_shape=[1, 1]),
        helper.make_node("Transpose", ["last"], ["output"], perm=[0, 2, 3, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "odd",
        [helper.make_tensor_value_info("input", float32, [1, 8, 8, 3])],
        [helper.make_tensor_value_info("output", float32, [1, 8, 8, 2])],
        constants,
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


def test_a_widened_network_has_whole_blocks_of_channels_and_says_the_same(widen_finder):
    before = odd_network()
    after = widen_finder["widened"](before)
    kernels = {
        one.name.removesuffix("_weight_half"): tuple(one.dims)
        for one in after.graph.initializer
        if one.name.endswith("_weight_half")
    }
    assert kernels == {
        "first": (16, 3, 3, 3),
        "deep": (16, 1, 3, 3),
        "wide": (16, 16, 1, 1),
        "wider": (32, 16, 1, 1),
        "y18": (32, 16, 1, 1),
        "last": (2, 32, 1, 1),
    }
    square = np.random.default_rng(1).normal(size=(1, 8, 8, 3)).astype(np.float32)
    said = [
        onnxruntime.InferenceSession(one.SerializeToString()).run(None, {"input": square})[0]
        for one in (before, after)
    ]
    assert np.abs(said[0]).max() > 1
    np.testing.assert_allclose(said[1], said[0], rtol=1e-5, atol=1e-3)
