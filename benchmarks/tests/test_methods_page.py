"""The tables of methods: which winner they name, and what they say of methods without results."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from benchmarks import methods_page
from benchmarks.method_results import MethodProtocol

SUBJECTS, FRAMES = 12, 20


def keep(folder: Path, method: str, noise: float | None, seed: int = 0) -> None:
    """Write what is kept of a method whose scores are the labels with noise, or None: random."""
    draw = np.random.default_rng(hash_of(method) + seed)
    lines = ["subject,sequence,frame,pspi,predicted,low,high,fold"]
    for subject in range(SUBJECTS):
        for frame in range(FRAMES):
            label = (7 * subject + frame) % 11
            score = draw.uniform(0, 10)
            if noise is not None:
                score = float(np.clip(label + noise * draw.normal(), 0, 16))
            cells = (f"p{subject}", "s", frame, label, f"{score:.3f}", 0, 16, subject % 3)
            lines.append(",".join(map(str, cells)))
    step = f"synthetic, seed {seed}, {method}"
    path = folder / f"synthetic-seed-{seed}-{method}.csv"
    path.write_text("\n".join(lines) + "\n")
    path.with_suffix(".json").write_text(json.dumps({"parameters": 7, "milliseconds": 1.5}))
    hours = json.loads((folder / "hours.json").read_text())
    (folder / "hours.json").write_text(json.dumps({**hours, step: 0.25}))


def hash_of(text: str) -> int:
    """Return a number for a text, the same in each process."""
    return int.from_bytes(text.encode()[:6], "big")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    (tmp_path / "protocol.json").write_text(json.dumps(asdict(MethodProtocol())))
    (tmp_path / "hours.json").write_text("{}")
    return tmp_path


def test_nothing_is_written_of_what_was_not_measured(tmp_path: Path) -> None:
    assert methods_page.sections(tmp_path) == []


def test_a_lead_that_may_be_chance_names_no_winner(kept: Path) -> None:
    keep(kept, "shallow-cnn", 2.0)
    keep(kept, "landmarks-svr", 2.1)
    _, methods = methods_page.sections(kept)
    assert "There is no winner" in methods
    assert "Not measured at this budget: flow-3d, resnet18-focal, report, wince." in methods


def test_a_clear_lead_is_named_with_trivial_rows_beside_it(kept: Path) -> None:
    keep(kept, "shallow-cnn", 0.5)
    keep(kept, "shallow-cnn", 0.6, seed=1)
    keep(kept, "landmarks-svr", 8.0)
    _, methods = methods_page.sections(kept)
    assert "In CCC shallow-cnn is above each other one measured" in methods
    rows = [line.split(" | ") for line in methods.splitlines() if line.startswith("| ")]
    header, _, first, second, zero, mean = rows
    assert {len(row) for row in rows} == {len(header)}, "each row has all cells"
    assert (first[0], second[0], zero[0], mean[0]) == (
        *("| shallow-cnn", "| landmarks-svr"),
        *("| always zero", "| always mean"),
    )
    assert len(first[2].split()) == 3, "a value for each fold"
    assert float(first[3]) > 0.9, "the second seed"
    assert second[3] == "not measured"
    assert first[-1].startswith("0.500"), "hours of both seeds"


def test_methods_that_learned_nothing_are_said_to_have_learned_nothing(kept: Path) -> None:
    keep(kept, "shallow-cnn", None)
    _, methods = methods_page.sections(kept)
    assert "none has learned" in methods
