"""The budgets, and the text of docs/speed.md."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from benchmarks.assessment_path import SIDE
from tools import markdown_template

TEMPLATE = Path(__file__).parent / "templates" / "speed.md"
FAIL = "**fail**"


@dataclass(frozen=True)
class Budget:
    """A limit.

    Attributes:
        text: The limit in words.
        limit: The limit.
        at_least: Whether the value must be at least the limit, not at most.
    """

    text: str
    limit: float
    at_least: bool = False

    def outcome(self, value: float) -> str:
        """Return pass or fail."""
        passed = value >= self.limit if self.at_least else value <= self.limit
        return "pass" if passed else FAIL


BUDGETS = {
    "path": Budget("20 ms", 20),
    "ratio": Budget("0.4 of the usual way", 0.4),
    "overlay": Budget("100 ms", 100),
    "live": Budget("15 frames/s or more", 15, at_least=True),
    "ready": Budget("2 s", 2),
    "import": Budget("0.15 s", 0.15),
    "memory": Budget("300 MB", 300),
    "install": Budget("250 MB", 250),
    "prepare": Budget("1.6 times one process or more", 1.6, at_least=True),
    "train": Budget("1.5 times a plain loop or more", 1.5, at_least=True),
}
MEASURED_ELSEWHERE = {
    "prepare": (
        "Preparing an archive on every core",
        "by `benchmarks/prepare_archive.py`: [prepare.md](prepare.md#how-long-it-takes)",
    ),
    "train": ("Training throughput", "by `benchmarks/training_throughput.py`"),
}
"""Budgets with a measurement of their own, which takes longer and needs an archive."""


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        what: What is measured.
        value: The measured value in words.
        usual: The usual way's value, and the ratio of ours to it.
        budget: The budget in words.
        outcome: Pass or fail.
    """

    what: str
    value: str
    usual: str = ""
    budget: str = ""
    outcome: str = ""


def judged(what: str, text: str, key: str, value: float, usual: str = "") -> Row:
    """Return a row with its budget and whether it was met.

    Args:
        what: What is measured.
        text: The measured value in words.
        key: Key of BUDGETS.
        value: The measured value.
        usual: The usual way's value, and the ratio of ours to it.
    """
    return Row(what, text, usual, BUDGETS[key].text, BUDGETS[key].outcome(value))


def table(rows: Sequence[Row]) -> str:
    """Return the table, with the budgets that are measured elsewhere at its end."""
    elsewhere = [
        Row(what, where, budget=BUDGETS[key].text)
        for key, (what, where) in MEASURED_ELSEWHERE.items()
    ]
    return markdown_template.table(
        ("", "measured", "the usual way, and ours to it", "budget", ""),
        ((row.what, row.value, row.usual, row.budget, row.outcome) for row in [*rows, *elsewhere]),
    )


def page(rows: Sequence[Row], operations: int, difference: float) -> str:
    """Return the page around the table.

    Args:
        rows: The rows.
        operations: Operations of the network for one crop.
        difference: Largest difference in PSPI between the int8 and the fp32 model.
    """
    return markdown_template.render(
        TEMPLATE,
        {},
        processor=processor(),
        versions=", ".join(f"{m.__name__} {m.__version__}" for m in (onnxruntime, torch)),
        table=table(rows),
        difference=difference,
        operations=operations / 1e9,
        side=SIDE,
    )


def processor() -> str:
    """Return the processor's name and its number of cores."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'an unnamed processor'}, {os.cpu_count()} cores"


def milliseconds(value: float) -> str:
    """Return milliseconds in words."""
    return f"{value:.1f} ms"


def quantiles(seconds: Sequence[float] | NDArray[np.float64]) -> str:
    """Return the median and the 95th percentile of seconds, in milliseconds."""
    if not len(seconds):
        return "no answer in time"
    p50, p95 = 1000 * np.quantile(seconds, [0.5, 0.95])
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms"
