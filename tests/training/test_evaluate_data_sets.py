"""`wince evaluate` on several data sets: a folder of results for each, and what changes."""

import csv
import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import prepared_copy
from tests.support.command_line import Run
from wince import cli
from wince.score_scale import Scale

ALL = ("--part", "all", "--resamples", "20")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs a command and returns its status, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        status = cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def two_folders(folder_to_change: Path, tmp_path: Path) -> tuple[str, ...]:
    """The options for two data sets whose folders have one name."""
    other = prepared_copy.copy(folder_to_change, tmp_path / "other")
    return ("--data", str(folder_to_change), "--data", str(other))


@pytest.mark.usefixtures("undrawn_plots")
def test_several_data_sets_have_a_folder_each_and_a_table_of_what_changes(
    two_folders: tuple[str, ...], tmp_path: Path, run: Run
) -> None:
    out = tmp_path / "out"
    status, printed, _ = run("evaluate", "starter", *two_folders, *ALL, "--out", out)
    assert status == 0
    names = [path.name for path in sorted(out.iterdir()) if path.is_dir()]
    assert names == ["prepared", "prepared-2"]
    maes = [
        json.loads((out / name / "metrics.json").read_text())["model"]["pooled"]["mae"]
        for name in names
    ]
    with (out / "across.csv").open() as file:
        rows = {(row["group"], row["metric"], row["over"]): row for row in csv.DictReader(file)}
    assert [float(rows[name, "mae", "frames"]["value"]) for name in names] == maes
    assert float(rows["prepared-2 minus prepared", "mae", "frames"]["value"]) == 0
    (line,) = [line for line in printed.splitlines() if line.startswith("MAE") and "+" in line]
    assert line.split()[-4:] == ["+0.000", "too", "few", "subjects"]
    assert "have names that are in prepared too" in printed
    assert (out / "across.html").exists()
    single = run("evaluate", "starter", *two_folders[:2], *ALL, "--out", out)
    assert single[0] == 0
    assert not (out / "across.html").exists()


def test_a_data_set_on_another_scale_is_refused_before_any_is_scored(
    two_folders: tuple[str, ...], tmp_path: Path, run: Run
) -> None:
    path = Path(two_folders[-1]) / "report.json"
    scale = Scale("NRS", 0.0, 10.0).to_dict()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"scale": scale}))
    out = tmp_path / "out"
    status, _, errors = run("evaluate", "starter", *two_folders, *ALL, "--out", out)
    assert status == 1
    assert "has labels on the scale NRS" in " ".join(errors.split())
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("starter", "--data", "a", "--data", "./a"), "named twice"),
        (("starter", "--data", "a", "--data", "b", "--dataset", "unbc"), "--dataset belongs to"),
        (("starter", "--data", "a", "--data", "b", "--against", "c"), "--against belongs to"),
        (("--predictions", "p.csv", "--data", "a"), "--data needs MODEL"),
    ],
)
def test_options_that_do_not_fit_data_sets_are_refused(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path, run: Run
) -> None:
    status, _, errors = run("evaluate", *arguments, "--out", tmp_path / "out")
    assert status == 2
    assert sentence in " ".join(errors.split())
