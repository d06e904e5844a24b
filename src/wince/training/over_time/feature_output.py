"""A network with its features as a third output: what its last layer is linear on."""

from pathlib import Path

import onnx
from onnx import helper

from wince.errors import ModelError
from wince.files import replacing

FEATURES = "features"
"""Name of the output."""


def write(source: Path, path: Path) -> None:
    """Write a copy of a model.onnx that also gives the features of each crop, float32 (N, F).

    They are the mean over the last grid, before the last layer. `scores` and `maps` do not change.

    Args:
        source: A model.onnx that wince exported, at any precision.
        path: Where the copy is written.

    Raises:
        ModelError: The last layer of the network is not found.
        FileWriteError: The copy cannot be written.
    """
    model = onnx.load(source)
    graph = model.graph
    names = [output.name for output in graph.output]
    if FEATURES not in names:
        heads = [node for node in graph.node if node.op_type == "Conv"]
        if names != ["scores", "maps"] or not heads:
            raise ModelError(
                f"{source} has the outputs {', '.join(names)}; expected scores and maps, and a "
                "last layer that is linear on a grid. Export the network again with this version."
            )
        grid, pooled = heads[-1].input[0], f"{FEATURES}.grid"
        graph.node.extend(
            [
                helper.make_node("GlobalAveragePool", [grid], [pooled]),
                helper.make_node("Flatten", [pooled], [FEATURES], axis=1),
            ]
        )
        kind = onnx.TensorProto.FLOAT
        graph.output.append(helper.make_tensor_value_info(FEATURES, kind, ["n", None]))
    with replacing(path) as temporary:
        onnx.save(model, temporary)


def remove_source_notes(path: Path) -> None:
    """Remove the source files, with their folders, that torch records for each node."""
    model = onnx.load(path)
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, path)
