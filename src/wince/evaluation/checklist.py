"""Reporting checklists of journals, filled in with what a run's files state.

Each form is a JSON file in `checklists/`: `title`, `source`, `doi`, and `items` with `number`,
`section`, `name` (in words of wince), `facts` (names in `checklist_facts.FACTS`) and `add`, what
only the author knows ("" if nothing).
"""

import json
from collections.abc import Mapping
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

from wince import file_names
from wince.errors import DataError
from wince.evaluation.checklist_facts import FACTS, RunFiles

FORMS = ("tripod-ai", "claim", "stard-ai")


def read_form(name: str) -> Mapping[str, Any]:
    """Return a form by its name in FORMS."""
    path = resources.files("wince.evaluation") / "checklists" / f"{name}.json"
    form: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return form


def read_run(folder: Path) -> RunFiles:
    """Return what a folder of `wince train`, `cross-validate` or `evaluate` states.

    Raises:
        DataError: The folder has no evaluation, or a file cannot be read.
    """
    paths = [folder / file_names.EVALUATION / file_names.METRICS, folder / file_names.METRICS]
    metrics = next((path for path in paths if path.is_file()), None)
    if metrics is None:
        raise DataError(
            f"{folder} has no {file_names.EVALUATION}/{file_names.METRICS}: expected a folder that "
            "wince train, cross-validate or evaluate wrote. Evaluate the run with wince evaluate, "
            "and name that folder."
        )
    folds = sorted(folder.glob(f"fold-*/{file_names.CONFIG}"))
    model = folds[0].parent if folds else folder
    config = _read(model / file_names.CONFIG)
    records = [_read(folder / name) for name in (file_names.RECORD, file_names.EVALUATION_RECORD)]
    return RunFiles(
        metrics=_read(metrics),
        config=config if {"data", "part", "recipe"} <= set(config) else {},
        manifest=_read(model / file_names.MODEL_MANIFEST),
        record=records[0] or records[1],
        folds=len(folds),
    )


def _read(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file, {} without the file."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text("utf-8"))
        if not isinstance(content, dict):
            raise ValueError("expected an object")
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}). Make it again with wince.") from error
    return content


def markdown(form: Mapping[str, Any], run: RunFiles) -> str:
    """Return a form as Markdown: for each item what the run states, and what is to be added."""
    items = [(item, _stated(item, run)) for item in form["items"]]
    stated = sum(bool(sentences) for _, sentences in items)
    lines = [
        f"# {form['title']}",
        "",
        f"Items after {form['source']}, https://doi.org/{form['doi']}, in short words of wince: "
        "the source has the full text of each item.",
        "",
        f"{stated} of {len(items)} items have sentences from the files of the run. They are not "
        "the whole answer where something is to be added. Check each sentence against the paper.",
    ]
    for section, group in groupby(items, key=lambda pair: pair[0]["section"]):
        lines += ["", f"## {section}"]
        for item, sentences in group:
            lines += ["", f"### {item['number']} {item['name']}", "", *sentences]
            if sentences and item["add"]:
                lines.append("")
            if item["add"]:
                lines.append(f"**To add:** {item['add']}")
            elif not sentences:
                lines.append("**To add:** the files of the run do not tell this.")
    return "\n".join(lines) + "\n"


def _stated(item: Mapping[str, Any], run: RunFiles) -> list[str]:
    """Return what the run states for an item, a sentence or more for each fact."""
    return [text for text in (FACTS[name](run) for name in item["facts"]) if text]
