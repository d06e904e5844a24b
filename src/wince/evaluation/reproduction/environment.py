"""What differs between the software and machine of a record and those of now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wince.evaluation.reproduction.record_file import Record
from wince.evaluation.run_record import MODEL_LIBRARIES

LIBRARIES = (*MODEL_LIBRARIES, "scikit-learn", "scipy", "pillow", "torchmetrics", "av")
"""Libraries that can change a result; differences of all others are only counted."""
ABSENT = "none"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was: its name, what the record has, and what there is now."""

    name: str
    recorded: str
    now: str


def differences(record: Record, now: Mapping[str, Any]) -> list[Difference]:
    """Return what differs from a record.

    Args:
        record: The record.
        now: The result of `run_record.environment`.
    """
    code, hardware = now["code"], now["hardware"]
    pairs: list[tuple[str, object, object]] = [
        ("wince", record.code.wince, code["wince"]),
        ("commit", record.code.commit, code["commit"]),
        ("checkout unchanged", record.code.clean, code["clean"]),
        ("Python", record.python, now["python"]),
        ("system", record.hardware.system, hardware["system"]),
        ("processor", record.hardware.processor, hardware["processor"]),
        ("cores", record.hardware.cores, hardware["cores"]),
    ]
    recorded = {name.lower(): version for name, version in record.libraries.items()}
    installed = {name.lower(): version for name, version in now["libraries"].items()}
    pairs += [(name, recorded.get(name), installed.get(name)) for name in LIBRARIES]
    others = sum(
        recorded.get(name) != installed.get(name)
        for name in recorded.keys() | installed.keys()
        if name not in LIBRARIES
    )
    changes = [Difference(name, _text(a), _text(b)) for name, a, b in pairs if a != b]
    if others:
        changes.append(Difference("other libraries", "", f"{others:,} with another version"))
    return changes


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ABSENT if value is None else str(value)
