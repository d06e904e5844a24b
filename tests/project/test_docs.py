"""The documentation: its examples print what it shows, its links and numbers are correct."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.frames import ROOT
from tests.support.media import needs_espeak
from tools.docs import run_examples
from wince.archive.report import report_files
from wince.evaluation import evaluate, run_record
from wince.runtime import assessment, manifest
from wince.server.settings import Settings

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.parent.glob("*.md")])

RENEW = "run python -m tools.docs.run_examples"


def plain(text: str) -> list[str]:
    """Return the lines without what may differ between machines: numbers and widths."""
    masked = re.sub(r"─+", "-", re.sub(r"[-+]?\d[\d.]*(?:e[-+]?\d+)?", "#", text))
    return [re.sub(r"\s+", " ", line).strip() for line in masked.splitlines()]


@needs_espeak
@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.skipif(sys.platform == "win32", reason="the examples are for a Unix shell")
@pytest.mark.parametrize("page", run_examples.PAGES)
def test_the_examples_of_a_page_print_what_it_shows(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    with run_examples.workplace() as (folder, address):
        renewed = run_examples.run(text, folder, address)
    assert plain(renewed) == plain(text), RENEW


def test_an_example_that_prints_something_else_is_replaced_and_a_failure_is_an_error(
    tmp_path: Path,
) -> None:
    page = "```console\n$ echo three apples\ntwo pears\n```\n"
    renewed = run_examples.run(page, tmp_path, "http://127.0.0.1:9")
    assert plain(renewed) != plain(page)
    assert renewed == "```console\n$ echo three apples\nthree apples\n```\n"
    with pytest.raises(RuntimeError, match="ended with 7"):
        run_examples.run("```console\n$ exit 7\n```\n", tmp_path, "http://127.0.0.1:9")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", sorted({*DOCS.glob("*.md")} - {DOCS / "index.md"}))
def test_every_page_begins_with_what_its_reader_can_do_after_it(page: Path) -> None:
    _, first, *_ = page.read_text("utf-8").split("\n\n")
    assert first.startswith("After this page you ")


def test_the_index_names_every_page() -> None:
    index = (DOCS / "index.md").read_text("utf-8")
    missing = [page.name for page in DOCS.glob("*.md") if f"]({page.name})" not in index]
    assert missing == ["index.md"]


def test_serving_md_lists_every_setting() -> None:
    text = (DOCS / "serving.md").read_text("utf-8")
    missing = [name for name in Settings.model_fields if f"WINCE_{name.upper()}" not in text]
    assert missing == []


def test_versions_md_has_the_present_version_of_each_format() -> None:
    text = (DOCS / "versions.md").read_text("utf-8")
    for name, key, version in (
        ("an assessment", "schema", assessment.SCHEMA),
        ("`report.json`", "schema", report_files.SCHEMA),
        ("`metrics.json`", "schema", evaluate.SCHEMA),
        ("`model.json`", "format", manifest.FORMAT),
        ("`record.json`", "format", run_record.FORMAT),
    ):
        (row,) = [line for line in text.splitlines() if line.startswith(f"| {name}")]
        assert row.endswith(f"| `{key}` | `{json.dumps(version)}` |")
