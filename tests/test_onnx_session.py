"""ONNX files that are refused before onnxruntime loads them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="needs wince[train]")

from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import convert_model_to_external_data

from wince import onnx_graph, onnx_session
from wince.errors import ModelError
from wince.faces import network
from wince.runtime.estimator import starter_folder

VALUES = numpy_helper.from_array(np.ones(4, np.float32), "values")


def save(path: Path, nodes: list[onnx.NodeProto], **options: object) -> Path:
    """Write a model of the nodes, whose input x and output y are float32 (4,)."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in "xy")
    graph = helper.make_graph(nodes, "graph", [x], [y], [VALUES])
    domains = [("", 18), ("ai.onnx.ml", 2), ("com.microsoft", 1), ("own", 1)]
    opsets = [helper.make_opsetid(*domain) for domain in domains]
    model = helper.make_model(graph, ir_version=9, opset_imports=opsets, **options)
    onnx.save(model, path)
    return path


def endless_loop(path: Path) -> None:
    count = helper.make_tensor("count", TensorProto.INT64, [], [2**62])
    true = helper.make_tensor("true", TensorProto.BOOL, [], [True])
    inputs = [
        helper.make_tensor_value_info(name, kind, shape)
        for name, kind, shape in (
            ("i", TensorProto.INT64, []),
            ("go", TensorProto.BOOL, []),
            ("a", TensorProto.FLOAT, [4]),
        )
    ]
    outputs = [
        helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
        helper.make_tensor_value_info("b", TensorProto.FLOAT, [4]),
    ]
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["a", "a"], ["b"]),
        ],
        "body",
        inputs,
        outputs,
    )
    save(
        path,
        [
            helper.make_node("Constant", [], ["count"], value=count),
            helper.make_node("Constant", [], ["true"], value=true),
            helper.make_node("Loop", ["count", "true", "x"], ["y"], body=body),
        ],
    )


def external_initializer(path: Path) -> None:
    model = onnx.load(save(path, [helper.make_node("Add", ["x", "values"], ["y"])]))
    convert_model_to_external_data(model, location="values.bin", size_threshold=0)
    onnx.save(model, path)
    assert (path.parent / "values.bin").exists()


def external_constant(path: Path) -> None:
    constant = helper.make_node("Constant", [], ["c"], value=VALUES)
    model = onnx.load(save(path, [constant, helper.make_node("Add", ["x", "c"], ["y"])]))
    convert_model_to_external_data(
        model, location="values.bin", size_threshold=0, convert_attribute=True
    )
    onnx.save(model, path)


def other_domain(path: Path) -> None:
    save(path, [helper.make_node("Gelu", ["x"], ["y"], domain="com.microsoft")])


def local_function(path: Path) -> None:
    double = helper.make_function(
        "own",
        "Double",
        ["a"],
        ["b"],
        [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 18)],
    )
    save(path, [helper.make_node("Double", ["x"], ["y"], domain="own")], functions=[double])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (endless_loop, "a loop or a condition"),
        (external_initializer, "weights in another file"),
        (external_constant, "weights in another file"),
        (other_domain, "an operator of the domain 'com.microsoft'"),
        (local_function, "operator"),
    ],
)
def test_what_a_digest_does_not_cover_or_may_never_end_is_refused(
    make: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    make(path)
    with pytest.raises(ModelError, match=reason) as refusal:
        onnx_session.open_session(path)
    assert "`wince export`" in str(refusal.value)


def test_a_network_that_is_only_very_large_is_refused(tmp_path: Path) -> None:
    node = helper.make_node("Neg", ["x"], ["y"])
    path = save(tmp_path / "model.onnx", [node] * (onnx_graph.MAX_NODES + 1))
    with pytest.raises(ModelError, match="more than 20,000 nodes"):
        onnx_session.open_session(path)
    with path.open("wb") as file:
        file.truncate(onnx_session.MAX_BYTES + 1)  # takes no room on the disk
    with pytest.raises(ModelError, match="more than 1 GB"):
        onnx_session.open_session(path)
    with pytest.raises(ModelError, match="more than 1,000,000 fields"):
        path.write_bytes(b"\x08\x01" * (onnx_graph.MAX_FIELDS + 1))
        onnx_session.open_session(path)


def test_a_plain_network_is_loaded_with_the_digest_of_its_file(tmp_path: Path) -> None:
    path = save(tmp_path / "model.onnx", [helper.make_node("Add", ["x", "values"], ["y"])])
    (output,) = onnx_session.open_session(path).run(None, {"x": np.arange(4, dtype=np.float32)})
    assert output.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_model_is_refused_with_a_message_or_loaded(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    content = bytearray(network.detector_path().read_bytes())
    for position in rng.integers(0, len(content), 200):
        content[position] = rng.integers(256)
    path = tmp_path / "model.onnx"
    path.write_bytes(content[: rng.integers(len(content))])
    with pytest.raises(ModelError, match=r"model\.onnx"):
        onnx_session.open_session(path)


def constant(name: str, values: object) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(values)))


def growing_nodes(kind: str) -> list[onnx.NodeProto]:
    """Return nodes that make far more values than their file has, and add their mean to x."""
    if kind == "constant of a shape":
        nodes = [
            constant("shape", [2**20, 2**15]),
            helper.make_node("ConstantOfShape", ["shape"], ["many"]),
        ]
    elif kind == "outer product":
        nodes = [
            constant("shape", [2**18, 1]),
            helper.make_node("ConstantOfShape", ["shape"], ["column"]),
            helper.make_node("Transpose", ["column"], ["row"]),
            helper.make_node("Add", ["column", "row"], ["many"]),
        ]
    else:  # copies of the image
        nodes = [constant("repeats", [2**36]), helper.make_node("Tile", ["x", "repeats"], ["many"])]
    mean = helper.make_node("ReduceMean", ["many"], ["mean"], keepdims=0)
    return [*nodes, mean, helper.make_node("Add", ["x", "mean"], ["y"])]


@pytest.mark.parametrize("kind", ["constant of a shape", "outer product", "copies of the image"])
def test_a_small_file_cannot_take_much_memory(kind: str, tmp_path: Path) -> None:
    path = save(tmp_path / "model.onnx", growing_nodes(kind))
    assert path.stat().st_size < 2000
    session = onnx_session.open_session(path)
    with pytest.raises(Exception, match=r"(?i)memory|Tile"):
        onnx_session.first_run(session, {"x": np.zeros(4, np.float32)})


def products_of_constants(count: int) -> list[onnx.NodeProto]:
    """Return nodes whose small results take much time; the graph adds all to x."""
    nodes = [
        constant("shape", [100, 150]),
        helper.make_node("ConstantOfShape", ["shape"], ["a"]),
        helper.make_node("Transpose", ["a"], ["b"]),
    ]
    for index in range(count):
        nodes += [
            constant(f"number{index}", np.float32(index)),
            helper.make_node("Add", ["a", f"number{index}"], [f"a{index}"]),
            helper.make_node("MatMul", [f"a{index}", "b"], [f"product{index}"]),
        ]
    products = [f"product{index}" for index in range(count)]
    return [
        *nodes,
        helper.make_node("Sum", products, ["sum"]),
        helper.make_node("ReduceMean", ["sum"], ["mean"], keepdims=0),
        helper.make_node("Add", ["x", "mean"], ["y"]),
    ]


@pytest.mark.parametrize("seconds", [0.001, 0.1, 0.3])
def test_a_model_that_takes_too_long_to_load_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Whatever stage of loading the time ends in: onnxruntime cannot stop in some of them."""
    path = save(tmp_path / "model.onnx", products_of_constants(3000))
    monkeypatch.setattr(onnx_session, "MAX_SECONDS", seconds)
    with pytest.raises(ModelError, match=rf"model\.onnx takes more than {seconds} seconds to load"):
        onnx_session.open_session(path)


def test_the_first_run_ends_after_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(
        tmp_path / "model.onnx",
        [
            constant("repeats", [10**6]),
            helper.make_node("Tile", ["x", "repeats"], ["x0"]),
            *(helper.make_node("Sin", [f"x{i}"], [f"x{i + 1}"]) for i in range(1000)),
            helper.make_node("ReduceMean", ["x1000"], ["mean"], keepdims=0),
            helper.make_node("Add", ["x", "mean"], ["y"]),
        ],
    )
    session = onnx_session.open_session(path)
    monkeypatch.setattr(onnx_session, "MAX_SECONDS", 0.1)
    with pytest.raises(Exception, match=r"(?i)terminat"):
        onnx_session.first_run(session, {"x": np.ones(4, np.float32)})


def test_the_packaged_models_are_loaded() -> None:
    for path in (starter_folder() / "model.onnx", network.detector_path()):
        assert onnx_session.open_session(path).get_inputs()


@pytest.mark.parametrize("count", [10, 1000, 1_000_000])
def test_stored_weights_of_half_precision_are_loaded_whatever_their_size(
    tmp_path: Path, count: int
) -> None:
    """onnxruntime ends the process if it may not convert them."""
    weights = numpy_helper.from_array(np.ones(count, np.float16), "half")
    nodes = [
        helper.make_node("Cast", ["half"], ["weights"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["weights"], ["sum"], keepdims=1),
        helper.make_node("Add", ["x", "sum"], ["y"]),
    ]
    path = save(tmp_path / "model.onnx", nodes)
    model = onnx.load(path)
    model.graph.initializer.append(weights)
    onnx.save(model, path)
    session = onnx_session.open_session(path)
    (y,) = session.run(None, {"x": np.zeros(4, np.float32)})
    assert y.tolist() == [count] * 4
