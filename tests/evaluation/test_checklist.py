"""Reporting checklists filled in from the files of a made-up run."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.evaluation_sample import columns
from wince.cli import main
from wince.errors import DataError
from wince.evaluation import checklist, run_record
from wince.evaluation.checklist_facts import FACTS
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.report.result_files import without_nan
from wince.files import write_json

PART = {"frames": 40, "subjects": ["a", "b"]}
CONFIG: dict[str, Any] = {
    "data": {"folder": "/data/prepared", "archive": "UNBC-McMaster", "manifest_sha256": "ab12"},
    "part": {
        "name": "split",
        "protocol": "by-subject",
        "caution": "",
        "train": PART,
        "validation": {"frames": 10, "subjects": ["c"]},
        "test": {"frames": 20, "subjects": ["d", "e"]},
    },
    "recipe": {
        **{"loss": "huber", "optimizer": "adamw", "rate": 0.0005, "schedule": "cosine"},
        **{"batch": 32, "epochs": 3, "monitor": "val_ccc", "balance": 0.5, "weighting": 0.0},
    },
    "architecture": "resnet18",
    "head": "action-units",
    "init": "starter",
    "seed": 3,
    "face_spec": {"kind": "aligned", "size": 112},
    "provenance": "rendered faces",
}
COUNTS = {"tripod-ai": 52, "claim": 44, "stard-ai": 48}
"""How many numbered items, with their letters, each source has."""


@pytest.fixture(scope="module")
def metrics() -> dict[str, Any]:
    return without_nan(evaluate(from_columns(columns(), "p.csv"), resamples=20))


@pytest.fixture
def run(tmp_path: Path, metrics: dict[str, Any]) -> Path:
    """A run folder without a model."""
    write_json(tmp_path / "evaluation" / "metrics.json", metrics)
    write_json(tmp_path / "config.json", CONFIG)
    start = run_record.begin(tmp_path / "record.json")
    run_record.finish(start, {"training": 3}, {"manifest": "ab12", "split": "cd34"})
    return tmp_path


def items(folder: Path, form: str) -> dict[str, str]:
    """Return the text of each item by its number."""
    text = checklist.markdown(checklist.read_form(form), checklist.read_run(folder))
    parts = [part.partition("\n## ")[0] for part in text.split("\n### ")[1:]]
    return {part.split(maxsplit=1)[0]: part.partition("\n")[2].strip() for part in parts}


@pytest.mark.parametrize("name", checklist.FORMS)
def test_each_item_of_a_form_is_stated_or_asked_for(name: str, run: Path) -> None:
    form = checklist.read_form(name)
    numbers = [item["number"] for item in form["items"]]
    assert len(numbers) == len(set(numbers)) == COUNTS[name]
    assert all(set(item["facts"]) <= set(FACTS) for item in form["items"])
    assert all(item["facts"] or item["add"] for item in form["items"])
    assert list(items(run, name)) == numbers
    assert all(items(run, name).values())


def test_every_fact_is_in_a_form() -> None:
    used = {
        fact
        for name in checklist.FORMS
        for item in checklist.read_form(name)["items"]
        for fact in item["facts"]
    }
    assert used == set(FACTS)


def test_items_repeat_what_the_files_of_the_run_state(run: Path, metrics: dict[str, Any]) -> None:
    written = items(run, "tripod-ai")
    assert "rendered faces" in written["5a"]
    assert "train 40 frames of 2 subjects, validation 10 frames of 1 subject," in written["12a"]
    assert "SHA-256 of the split: cd34" in written["12a"]
    assert "disjoint by subject" in written["12a"]
    assert "resnet18" in written["12c"]
    assert "Seed: 3" in written["12c"]
    assert f"PCC {metrics['model']['pooled']['pcc']:.3f}" in written["23a"]
    low, high = metrics["model"]["pooled_interval"]["pcc"]
    assert f"({low:.3f} to {high:.3f})" in written["23a"]
    assert "**To add:**" not in written["12a"]
    assert written["18a"].startswith("**To add:** Sources")


def test_shared_subjects_are_stated(run: Path) -> None:
    part = {**CONFIG["part"], "test": PART}
    write_json(run / "config.json", {**CONFIG, "part": part})
    assert "share subjects (2 of the test part)" in items(run, "claim")["20"]


def test_the_first_fold_states_the_settings_of_a_cross_validation(run: Path) -> None:
    write_json(run / "config.json", {"folds": "2", "first": None})
    for fold in ("fold-1", "fold-2"):
        write_json(run / fold / "config.json", CONFIG)
    written = items(run, "claim")
    assert "2 folds are here. The first: train 40" in written["19"]
    assert "A model for each of 2 folds" in written["22"]


def test_a_folder_of_an_earlier_version_states_what_it_has(run: Path) -> None:
    (run / "record.json").unlink()
    (run / "config.json").unlink()
    metrics = json.loads((run / "evaluation" / "metrics.json").read_text("utf-8"))
    for key in ("flow", "fairness", "not_scored", "about"):
        del metrics[key]
    write_json(run / "evaluation" / "metrics.json", metrics)
    written = items(run, "claim")
    assert written["23"] == "**To add:** the files of the run do not tell this."
    assert "PCC" in written["37"]


def test_a_folder_without_an_evaluation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no evaluation/metrics\.json"):
        checklist.read_run(tmp_path)


def test_the_command_never_replaces_what_the_author_added(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run / "checklist.md"
    arguments = ["checklist", str(run), "--form", "claim", "--out", str(out)]
    assert main(arguments) == 0
    assert out.read_text("utf-8").startswith("# CLAIM: 2024 update\n")
    out.write_text("mine", "utf-8")
    assert main(arguments) == 1
    assert "additions" in capsys.readouterr().err
    assert out.read_text("utf-8") == "mine"
