"""The files of an evaluation: report, plots, metrics.json; the command; the documentation."""

import base64
import csv
import io
import json
import re
import subprocess
import sys
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from tests.support.evaluation_sample import PLAIN, SUBJECTS, as_csv, columns
from tests.support.frames import ROOT
from wince.cli.evaluate import evaluate as command
from wince.errors import DataError, FileWriteError
from wince.evaluation.evaluate import evaluate
from wince.evaluation.metrics.metric_catalogue import FAMILIES, TITLES, markdown, worded
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.report import plot_style, result_files
from wince.evaluation.report.paper_tables import PaperTable, latex
from wince.scale import PSPI

DOCS = ROOT / "docs" / "evaluation.md"
LABEL = "subjects overlap: optimistic"


PLOTS = (
    *("flow", "scatter", "bland-altman", "calibration", "scores", "errors", "subjects"),
    "sequences",
)
"""Plots of every evaluation."""
CONFUSIONS = ("confusion-four_levels", "confusion-six_classes", "confusion-binary_1")
MISSING = 3
"""Frames without a prediction in the table of the fixture `full`."""


def _without_some_scores(cells):
    """Return columns whose first frames with pain have no prediction."""
    rows = [row for row, pspi in enumerate(cells["pspi"]) if float(pspi) >= 2][:MISSING]
    empty = ("predicted", "p_none", "p_mild", "p_moderate", "p_severe", "low", "high")
    for name in empty:
        cells[name] = ["" if row in rows else cell for row, cell in enumerate(cells[name])]
    cells["not_scored"] = [
        "no face found" if row in rows else "" for row in range(len(cells["pspi"]))
    ]
    return cells


@pytest.fixture(scope="module")
def full():
    """A table with everything, evaluated with everything."""
    table, other = (
        from_columns(_without_some_scores(columns()), "sample.csv"),
        from_columns(_without_some_scores(columns(noise=1)), "other.csv"),
    )
    metrics = evaluate(
        table, against=other, group_by=["sex"], dataset="unbc", allow_overlap=True, resamples=50
    )
    return metrics, table


@pytest.fixture(scope="module")
def folder(full, tmp_path_factory):
    out = tmp_path_factory.mktemp("results") / "new" / "folder"
    report = result_files.write_results(*full, out)
    assert report == out / "report.html"
    return out


@pytest.fixture
def png_only(monkeypatch):
    """Draw plots in one format instead of three."""
    monkeypatch.setattr(plot_style, "FORMATS", ("png",))


class Reader(HTMLParser):
    """Collects tags, links and text of a page, and checks that tags are closed in order."""

    def __init__(self):
        super().__init__()
        self.tags, self.links, self.open, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [
            value for name, value in attrs if name in ("src", "href", "srcset", "action")
        ]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(page):
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_the_report_needs_nothing_but_itself(folder):
    page = (folder / "report.html").read_text()
    reader = read(page)
    assert not {"script", "link", "iframe", "object", "a"} & set(reader.tags)
    assert reader.links
    assert all(link.startswith("data:image/png;base64,") for link in reader.links)
    assert "default-src 'none'" in page
    assert "@import" not in page
    assert "url(" not in page


def test_every_plot_is_an_image_and_is_in_the_report(folder):
    page, fairness = ((folder / name).read_text() for name in ("report.html", "fairness.html"))
    names = {path.stem for path in (folder / "plots").glob("*.png")}
    traces = {f"traces-{number}" for number in range(1, SUBJECTS + 1)}
    assert names == {
        *PLOTS, "roc", "precision-recall", *CONFUSIONS, "reliability", "coverage", "groups-1",
        "fairness-1",
        "against", *traces,
    }  # fmt: skip
    for name in names - traces:
        with Image.open(folder / "plots" / f"{name}.png") as image:
            assert image.width == 1020  # 86 mm at 300 dots per inch
        assert (folder / "plots" / f"{name}.svg").read_text().startswith("<?xml")
        assert (folder / "plots" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    for path in (folder / "plots").glob("*.png"):
        with Image.open(path) as image:
            assert min(image.size) > 150
            assert len(image.convert("L").getcolors(256)) > 20  # not a blank sheet
        assert base64.b64encode(path.read_bytes()).decode() in page + fairness


def test_metrics_csv_has_every_value_of_the_estimates(folder, full):
    metrics = full[0]
    rows = list(csv.DictReader(io.StringIO((folder / "metrics.csv").read_text())))
    assert {row["protocol"] for row in rows} == {LABEL}
    values = {
        (row["predictor"], row["column"], row["group"], row["metric"], row["over"]): row
        for row in rows
    }
    parts = {
        ("model", "", ""): metrics["model"],
        ("zero", "", ""): metrics["baselines"]["zero"],
        ("model", "sex", "F"): metrics["groups"]["sex"]["F"]["model"],
        ("difference", "", ""): metrics["against"]["difference"],
    }
    for place, estimates in parts.items():
        for part, over in (("pooled", "frames"), ("subject_mean", "subjects")):
            for key, value in estimates[part].items():
                row = values[(*place, key, over)]
                for cell, number in zip(
                    (row["value"], row["low"], row["high"]),
                    (value, *estimates[f"{part}_interval"][key]),
                    strict=True,
                ):
                    assert cell == ("" if number != number else str(number))
    assert (
        float(values["model", "", "", "mae", "frames"]["t_low"]) < metrics["model"]["pooled"]["mae"]
    )
    assert values["model", "flow", "Frames with a score", "frames", "frames"]["value"] == str(
        metrics["frames"]
    )
    assert values["model", "subject", "p03", "frames", "frames"]["value"].isdigit()


def test_tables_are_written_for_latex_and_markdown_with_the_numbers_of_the_report(folder, full):
    metrics = full[0]
    names = {path.name for path in (folder / "tables").iterdir()}
    assert {f"{name}.{form}" for name in ("pooled", "subject-mean", "groups-1", "against")
            for form in ("tex", "md")} <= names  # fmt: skip
    text = (folder / "tables" / "pooled.tex").read_text()
    for phrase in (r"\toprule", r"\midrule", r"\bottomrule", r"95 \% intervals", LABEL):
        assert phrase in text
    rows = [line for line in text.splitlines() if " & " in line]
    assert len({line.count(" & ") for line in rows}) == 1
    pcc = f"{metrics['model']['pooled']['pcc']:.3f}"
    markdown_row = next(
        line for line in (folder / "tables" / "pooled.md").read_text().splitlines() if "PCC" in line
    )
    assert f"| PCC | {pcc} (" in markdown_row
    assert f"PCC & {pcc} (" in text
    assert "t: " in markdown_row  # twelve subjects
    assert not set("≥−–") & set(text)


def test_names_in_the_data_cannot_become_latex():
    table = PaperTable("100 % & more", [r"a_b\input{x}", "<40 × f|m"], [["$1", "≤ 2"]])
    text = latex(table)
    assert r"\caption{100 \% \& more}" in text
    assert r"a\_b\textbackslash{}input\{x\} & $<$40 $\times$ f$|$m \\" in text
    assert r"\$1 & $\leq$ 2 \\" in text


def test_overlap_is_marked_in_every_output(folder):
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["overlap"]["label"] == LABEL
    page = (folder / "report.html").read_text()
    assert f'role="alert">{LABEL}' in page
    assert f"<title>{LABEL}" in page
    assert f'role="alert">{LABEL}' in (folder / "fairness.html").read_text()
    assert "cannot be compared with any subject-exclusive result" in page
    rows = list(csv.DictReader(io.StringIO((folder / "subjects.csv").read_text())))
    assert {row["protocol"] for row in rows} == {LABEL}
    for path in (folder / "plots").glob("*.png"):
        with Image.open(path) as image:
            assert has_red_text(image.convert("RGB")), path.name
    for path in (folder / "plots").glob("*.svg"):
        assert plot_style.RED in path.read_text(), path.name


def has_red_text(image):
    """Return whether the upper third of a plot has the colour of warnings."""
    upper = np.asarray(image.crop((0, 0, image.width, image.height // 3)))
    return (upper == list(bytes.fromhex(plot_style.RED[1:]))).all(-1).any()


@pytest.mark.usefixtures("undrawn_plots")
def test_the_report_describes_model_and_data(tmp_path):
    table = from_columns({name: columns()[name] for name in PLAIN}, "plain.csv")
    about = ["The model: <b>ours</b>.", "Measured on: 5 sequences."]
    result_files.write_results(evaluate(table, resamples=0, about=about), table, tmp_path)
    text = read((tmp_path / "report.html").read_text()).text
    assert [node for node in text if node.startswith(("The model", "Measured"))] == about
    assert json.loads((tmp_path / "metrics.json").read_text())["about"] == about


@pytest.mark.usefixtures("undrawn_plots")
def test_without_overlap_nothing_is_marked(tmp_path):
    table = from_columns({name: columns()[name] for name in PLAIN}, "plain.csv")
    result_files.write_results(evaluate(table, resamples=20), table, tmp_path)
    assert "optimistic" not in (tmp_path / "report.html").read_text()
    assert "optimistic" not in (tmp_path / "subjects.csv").read_text()
    assert json.loads((tmp_path / "metrics.json").read_text())["overlap"]["label"] is None


def test_the_report_begins_with_metrics_in_which_trivial_predictors_fail(folder):
    cells = read((folder / "report.html").read_text()).text
    text = " ".join(cells)
    for phrase in ("Always zero", "The mean", "The majority", "not a medical device", "undefined"):
        assert phrase in text
    glance = cells[cells.index("At a glance") :]
    assert glance.index("PCC") < glance.index("MAE") < glance.index("Four levels: accuracy")
    assert "show no pain expression" in text


@pytest.mark.usefixtures("undrawn_plots")
def test_frames_without_a_score_come_first_in_every_output(full, folder, run, tmp_path):
    metrics, table = full
    total = len(table) + MISSING
    text = " ".join(read((folder / "report.html").read_text()).text)
    caveat = f"{MISSING} of {total} labelled frames have no score"
    assert text.index(caveat) < text.index("Subjects overlap: optimistic.")
    section = text[text.index("Frames without a score") : text.index("At a glance")]
    for phrase in ("The others as errors", "no face found", "sex F", "Level mild", "cannot be"):
        assert phrase in section
    as_errors = metrics["not_scored"]["as_errors"]["pooled"]["four_levels_accuracy"]
    assert f"{as_errors:.3f}" in section
    written = json.loads((folder / "metrics.json").read_text())
    assert written["caveats"][0].startswith(caveat)
    (tmp_path / "p.csv").write_text(as_csv(_without_some_scores(columns())))
    result = run("--predictions", tmp_path / "p.csv", "--out", tmp_path / "out", "--resamples", 0)
    assert result.stdout.startswith(caveat)


@pytest.mark.usefixtures("undrawn_plots")
def test_too_few_subjects_are_named_in_the_cells(tmp_path, run):
    cells = columns()
    rows = [row for row, name in enumerate(cells["subject"]) if name in ("p00", "p01", "p02")]
    few = {name: [values[row] for row in rows] for name, values in cells.items()}
    (tmp_path / "p.csv").write_text(as_csv(few))
    result = run("--predictions", tmp_path / "p.csv", "--out", tmp_path / "out", "--resamples", 9)
    page = (tmp_path / "out" / "report.html").read_text()
    assert result.stdout.count("too few subjects") > 5
    assert "too few subjects" in page
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["model"]["pooled_interval"]["mae"] == [None, None]
    assert any("3 subjects only: too few for an interval" in c for c in metrics["caveats"])


def test_recalled_results_are_never_shown_as_verified(folder):
    page = (folder / "report.html").read_text()
    for work in ("Kaltwang", "Zhou", "Rodriguez"):
        row = page[page.index(work) : page.index("</tr>", page.index(work))]
        assert "not verified" in row
    row = page[page.index("Wang et al. 2017, regularised") :]
    assert "not verified" not in row[: row.index("</tr>")]


@pytest.mark.usefixtures("undrawn_plots")
def test_names_in_the_data_cannot_become_markup(tmp_path):
    cells = columns()
    cells["subject"] = [f"<script>{name}</script>" for name in cells["subject"]]
    cells['<b onclick="x">'] = ["<i>&" for _ in cells["subject"]]
    table = from_columns(cells, "<img src=x>.csv")
    metrics = evaluate(table, group_by=['<b onclick="x">'], resamples=5)
    result_files.write_results(metrics, table, tmp_path)
    for page in ("report.html", "fairness.html"):
        reader = read((tmp_path / page).read_text())
        assert not {"script", "i"} & set(reader.tags)


@pytest.mark.usefixtures("png_only")
def test_many_subjects_are_drawn_as_histograms(tmp_path):
    cells = {name: columns()[name] for name in PLAIN}
    cells["subject"] = [f"p{i // 4:04d}" for i in range(len(cells["subject"]))]
    table = from_columns(cells, "many.csv")
    assert len(table.subjects) > 200
    metrics = evaluate(table, resamples=5)
    page = result_files.write_results(metrics, table, tmp_path).read_text()
    paths = list((tmp_path / "plots").glob("*.png"))
    assert len(paths) > 3
    for path in paths:
        with Image.open(path) as image:
            assert not has_red_text(image.convert("RGB")), path.name
    assert "One row per subject is in subjects.csv" in page
    assert "p0007" not in page
    assert len((tmp_path / "subjects.csv").read_text().splitlines()) == len(table.subjects) + 1


@pytest.mark.usefixtures("png_only")
@pytest.mark.parametrize("rows", [[0], [0, 1, 2]])
def test_very_few_frames_make_a_report(rows, full, tmp_path):
    table = full[1].take(rows)
    result_files.write_results(evaluate(table, resamples=5, group_by=["sex"]), table, tmp_path)
    assert "undefined" in (tmp_path / "report.html").read_text()


def test_undefined_numbers_are_null_in_the_file(folder):
    text = (folder / "metrics.json").read_text()

    def refuse(constant):
        raise AssertionError(constant)

    metrics = json.loads(text, parse_constant=refuse)
    assert metrics["baselines"]["zero"]["pooled"]["pcc"] is None
    assert metrics["model"]["subjects_undefined"]["pcc"] == 1


@pytest.mark.usefixtures("undrawn_plots")
def test_a_second_evaluation_removes_the_results_of_the_first(folder, tmp_path, full):
    result_files.write_results(*full, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    table = from_columns({name: columns()[name][:200] for name in PLAIN}, "plain.csv")
    result_files.write_results(evaluate(table, resamples=0), table, tmp_path)
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == {
        *PLOTS, "roc", "precision-recall", *CONFUSIONS,
        *(f"traces-{number}" for number in range(1, len(table.subjects) + 1)),
    }  # fmt: skip
    assert len(table.subjects) < SUBJECTS
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.usefixtures("undrawn_plots")
def test_a_folder_that_cannot_be_written_is_named(full, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileWriteError, match=r"file/?.* cannot be written"):
        result_files.write_results(*full, tmp_path / "file")


# The command.


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(command)

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.mark.usefixtures("undrawn_plots")
def test_the_command_writes_everything_and_prints_the_table(run, tmp_path):
    (tmp_path / "p.csv").write_text(as_csv(columns()))
    out = tmp_path / "out"
    result = run(
        "--predictions", tmp_path / "p.csv", "--out", out, "--group-by", "sex", "--resamples", 20
    )
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == {
        "metrics.json", "metrics.csv", "report.html", "subjects.csv", "plots", "tables",
        "fairness.html", "evaluation-record.json",
    }  # fmt: skip
    assert f"Report: {out / 'report.html'}" in result.stdout
    for title in ("PCC", "zero", "mean", "majority", "(1 undefined)"):
        assert title in result.stdout
    text = (out / "metrics.json").read_text()
    assert str(tmp_path) not in text + (out / "report.html").read_text()  # results are passed on
    metrics = json.loads(text)
    assert metrics["data"]["source"] == "p.csv"
    assert metrics["data"]["sha256"] == sha256((tmp_path / "p.csv").read_bytes()).hexdigest()
    record = json.loads((out / "evaluation-record.json").read_text())
    assert record["sha256"] == {"predictions": metrics["data"]["sha256"]}
    assert f"{metrics['model']['pooled']['pcc']:.3f}" in result.stdout


@pytest.mark.usefixtures("undrawn_plots")
def test_the_command_refuses_overlap_and_marks_what_is_allowed(run, tmp_path):
    (tmp_path / "p.csv").write_text(as_csv(columns()))
    (tmp_path / "train.csv").write_text("subject,pspi\np04,0\nq,3\n")
    arguments = ("--predictions", tmp_path / "p.csv", "--out", tmp_path / "out", "--resamples", 0)
    arguments += ("--training", tmp_path / "train.csv")
    refused = run(*arguments)
    assert isinstance(refused.exception, DataError)
    assert "p04 are in" in str(refused.exception)
    assert not (tmp_path / "out").exists()
    allowed = run(*arguments, "--allow-overlap")
    assert allowed.exit_code == 0
    assert LABEL in allowed.stdout


def test_a_missing_extra_is_named_with_its_install_command(tmp_path):
    (tmp_path / "p.csv").write_text(as_csv(columns()))
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from pathlib import Path\n"
        "from wince.cli.evaluate import evaluate\n"
        "from wince.errors import MissingExtraError\n"
        f"try: evaluate(Path({str(tmp_path / 'p.csv')!r}), Path({str(tmp_path / 'out')!r}))\n"
        "except MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'wince[train]'" in done.stdout


def test_metrics_need_no_more_than_the_small_install():
    code = (
        "import sys, wince.evaluation.evaluate, wince.evaluation.prediction_files\n"
        "heavy = {'matplotlib', 'pandas', 'sklearn', 'scipy', 'torch', 'seaborn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# The documentation.


def documented(section):
    """Return the keys in the first column of the tables of a section of the docs."""
    text = DOCS.read_text()
    part = text[text.index(f"\n## {section}") + 1 :]
    part = part[: part.find("\n## ")] if "\n## " in part else part
    cells = re.findall(r"^\| (`[^|]+`) \|", part, re.M)
    return [key for cell in cells for key in re.findall(r"`([^`]+)`", cell)]


def test_the_documentation_lists_the_metrics_of_the_catalogue():
    assert markdown() in DOCS.read_text()
    assert documented("The metrics") == [worded(family.key, PSPI) for family in FAMILIES]


def test_every_key_of_metrics_json_is_documented_and_the_other_way_round(full):
    metrics = full[0]
    keys = documented("The keys of metrics.json")
    parts = {*metrics["model"]}
    assert set(keys) == metrics.keys() | parts
    assert metrics["against"]["difference"].keys() == parts
    assert metrics["model"]["pooled"].keys() == TITLES.keys()


def test_every_inner_key_is_named_in_the_docs(full):
    text, metrics = DOCS.read_text(), full[0]
    inner = [
        *metrics["data"], *metrics["overlap"], *metrics["bootstrap"], *metrics["reference"],
        *metrics["baselines"], *metrics["baselines"]["zero"], *metrics["classes"],
        *metrics["classes"]["four_levels"], *metrics["roc"]["1"],
        *metrics["precision_recall"]["1"], *metrics["calibration_bins"][0], *metrics["flow"][0],
        *metrics["error_by_pspi"][0],
        *metrics["reliability"][0], *metrics["milliseconds"], *metrics["against"],
        *metrics["published"][0], *metrics["not_scored"], *metrics["not_scored"]["levels"]["mild"],
        *(metrics["by_subject"][0].keys() - TITLES.keys()),
    ]  # fmt: skip
    assert [key for key in inner if f"`{key}`" not in text] == []


def test_every_column_is_documented():
    from wince.evaluation.prediction_columns import known_columns

    assert sorted(documented("The file")) == sorted(known_columns(PSPI))
