"""What an ONNX file contains, found without loading it.

The file is a protocol buffer: a sequence of fields, each a number with a value. The package `onnx`,
which reads it, comes with the extra for training only. The few numbers here are those of
onnx/onnx.proto; values that are not needed, such as weights, are skipped by their length.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

Value: TypeAlias = memoryview | int
Fields: TypeAlias = "dict[int, Fields | Callable[[Value], str]]"
"""What is examined in a message, by field number: the fields of a message, or a function that
returns the reason to refuse a value, "" for none."""

STANDARD_DOMAINS = (b"", b"ai.onnx")
MAX_NODES = 20_000
"""Operators of a network. ResNet-18 has about 70, a large vision transformer some thousand."""
MAX_FIELDS = 1_000_000
"""Fields that are examined, which takes about a second. The packaged model has some thousand."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # types of fields


def _external_data(value: Value) -> str:
    return "keeps weights in another file, which no SHA-256 covers" if value else ""


def _subgraph(_: Value) -> str:
    return "has a loop or a condition, which may never end"


def _function(_: Value) -> str:
    return "defines operators of its own"


def _domain(value: Value) -> str:
    if isinstance(value, memoryview) and bytes(value) not in STANDARD_DOMAINS:
        return f"has an operator of the domain {bytes(value).decode('utf-8', 'replace')!r:.80}"
    return ""


_TENSOR: Fields = {13: _external_data, 14: _external_data}  # external_data, data_location
_SPARSE_TENSOR: Fields = {1: _TENSOR, 2: _TENSOR}  # values, indices
_ATTRIBUTE: Fields = {
    **{5: _TENSOR, 10: _TENSOR},  # t, tensors
    **{6: _subgraph, 11: _subgraph},  # g, graphs
    **{22: _SPARSE_TENSOR, 23: _SPARSE_TENSOR},  # sparse_tensor, sparse_tensors
}
_NODE: Fields = {5: _ATTRIBUTE, 7: _domain}  # attribute, domain
_GRAPH: Fields = {1: _NODE, 5: _TENSOR, 15: _SPARSE_TENSOR}  # node, (sparse_)initializer
_MODEL: Fields = {7: _GRAPH, 25: _function}  # graph, functions


def reason_to_refuse(model: bytes) -> str:
    """Return why a model is refused, such as "has a loop ...", or "" if it is not.

    Refused is what the file's SHA-256 does not cover, and what may run without end or take very
    long to load. No model that `wince export` writes has any of it.

    Args:
        model: Content of an ONNX file.

    Raises:
        ValueError: It is not a protocol buffer.
    """
    return _reason(memoryview(model), _MODEL, Counter())


def _reason(message: memoryview, fields: Fields, counts: Counter[str]) -> str:
    """Return why a message is refused; `counts` has what was examined before."""
    for number, value in _values(message):
        kind = fields.get(number)
        counts["fields"] += 1
        counts["nodes"] += kind is _NODE
        if counts["nodes"] > MAX_NODES:
            return f"has more than {MAX_NODES:,} nodes, so loading it may take very long"
        if counts["fields"] > MAX_FIELDS:
            return f"has more than {MAX_FIELDS:,} fields, so loading it may take very long"
        if isinstance(kind, dict):
            reason = _reason(value, kind, counts) if isinstance(value, memoryview) else ""
        else:
            reason = kind(value) if kind else ""
        if reason:
            return reason
    return ""


def _values(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Yield the number and the value of each field of a message."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if kind == _BYTES:
            length, position = _varint(message, position)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"a field of the unknown type {kind}")
        if length > len(message) - position:
            raise ValueError("a field ends after the file")
        yield number, message[position : position + length]
        position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """Return the integer of variable length at a position, and the position after it."""
    value = 0
    for index, byte in enumerate(message[position : position + 10]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, position + index + 1
    raise ValueError("an integer without an end")
