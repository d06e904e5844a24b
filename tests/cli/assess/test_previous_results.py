"""`wince assess --out FILE --resume`: continuing a results file."""

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.command_line import Run
from tests.support.frames import Frame
from wince.cli.assess.csv_rows import COLUMNS
from wince.cli.assess.outcome import Outcome
from wince.cli.assess.previous_results import ScoringSetup
from wince.cli.assess.results_file import ResultsFile
from wince.errors import DataError, NoFaceError
from wince.runtime.assessment import Assessment
from wince.runtime.neutral import Change, NeutralFace

SETUP = ScoringSetup({"name": "starter", "version": "1"})

suffixes = pytest.mark.parametrize("suffix", ["csv", "jsonl"])


def write(path: Path, setup: ScoringSetup, outcome: Outcome) -> None:
    with ResultsFile(path, setup, resume=False) as results:
        results.write([outcome])


def read_results(path: Path) -> list[dict]:
    """Return the results without the values that differ from run to run."""
    text = path.read_text("utf-8")
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(text)))
    results = [json.loads(line) for line in text.splitlines()]
    for result in results:
        result.get("assessment", {}).pop("milliseconds", None)
    return results


@suffixes
def test_a_continued_run_gives_the_results_of_an_uninterrupted_run(
    run: Run, frames: list[Frame], clip: Path, tmp_path: Path, suffix: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(frames[0].path, folder / "a.jpg")
    (folder / "b\n.jpg").write_bytes(b"\xff\xd8\xff nothing")
    shutil.copy(clip, folder / "c.mp4")
    shutil.copy(frames[1].path, folder / "d.jpg")
    complete = tmp_path / f"complete.{suffix}"
    copies = tmp_path / "copies"
    arguments = ["assess", "--every", 1, "--annotate", copies, folder, "--out"]
    assert run(*arguments, complete)[0] == 1
    expected = read_results(complete)
    assert len(expected) == 6
    data = complete.read_bytes()
    names = sorted(copies.iterdir())
    for share in (0.0, 0.2, 0.5, 0.7, 1.0):
        cut = int(share * len(data))
        interrupted = tmp_path / f"interrupted.{suffix}"
        interrupted.write_bytes(data[:cut])
        remaining_errors = [end for end in error_ends(data) if end > cut]
        status = run(*arguments, interrupted, "--resume")[0]
        assert status == (1 if remaining_errors else 0), share
        assert read_results(interrupted) == expected, share
        assert sorted(copies.iterdir()) == names


def error_ends(data: bytes) -> list[int]:
    """Return where the two results with an error end, in bytes from the beginning."""
    messages = (b"before its end", b"No face was found")
    ends = [data.index(b"\n", data.index(message)) + 1 for message in messages]
    assert ends[0] < ends[1]
    return ends


@pytest.mark.parametrize("content", ["no end of line", '"', 'a,b\n"open\n', "\n", "{}"])
@suffixes
def test_a_file_of_something_else_is_not_changed(tmp_path: Path, content: str, suffix: str) -> None:
    path = tmp_path / f"precious.{suffix}"
    path.write_text(content)
    with pytest.raises(DataError, match="line 1: expected results"):
        ResultsFile(path, SETUP, resume=True)
    assert path.read_text() == content


def test_a_line_that_is_not_a_result_stops_the_run_and_is_named(
    tmp_path: Path, assessment: Assessment
) -> None:
    setup = ScoringSetup(assessment.model)
    for path, line in (
        (tmp_path / "a.jsonl", '{"file": 5}\n'),
        (tmp_path / "b.jsonl", "[]\n"),
        (tmp_path / "c.jsonl", "\0\0\0\n"),
        (tmp_path / "d.csv", "only,three,columns\n"),
    ):
        write(path, setup, Outcome("x.jpg", assessment))
        with path.open("a") as file:
            file.write(line)
        before = path.read_bytes()
        number = 3 if path.suffix == ".csv" else 2
        with pytest.raises(DataError, match=f"line {number}: expected results"):
            ResultsFile(path, setup, resume=True)
        assert path.read_bytes() == before


names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
) | st.sampled_from(['a"b', 'x\n"y"\n', ",", "\udcff.jpg", "\r\n"])


@settings(max_examples=60, deadline=None)
@given(st.lists(names, unique=True, max_size=6), st.data(), st.sampled_from(["csv", "jsonl"]))
def test_a_file_cut_anywhere_keeps_the_complete_results_before_the_cut(
    tmp_path_factory: pytest.TempPathFactory, files: list[str], data: st.DataObject, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("cut") / f"scores.{suffix}"
    ends = []
    with ResultsFile(path, SETUP, resume=False) as results:
        ends.append(path.stat().st_size)
        for name in files:
            results.write([Outcome(name, error=NoFaceError("No face."))])
            ends.append(path.stat().st_size)
    cut = data.draw(st.integers(0, ends[-1]))
    with path.open("r+b") as file:
        file.truncate(cut)
    with ResultsFile(path, SETUP, resume=True) as results:
        complete = [name for name, end in zip(files, ends[1:], strict=True) if end <= cut]
        done = [results.previous.is_complete(name) for name in files]
        assert done == [name in complete for name in files]
        missing = files[len(complete) :]
        results.write(Outcome(name, error=NoFaceError("No face.")) for name in missing)
    with ResultsFile(path, SETUP, resume=True) as results:
        assert all(results.previous.is_complete(name) for name in files)
        assert results.previous.files == set(files)


@suffixes
def test_results_of_another_model_are_not_mixed(
    tmp_path: Path, assessment: Assessment, suffix: str
) -> None:
    path = tmp_path / f"scores.{suffix}"
    write(path, ScoringSetup(assessment.model), Outcome("x.jpg", assessment))
    other = ScoringSetup({"name": "other", "version": "2"})
    with pytest.raises(DataError, match=r"line \d: this result is from the model .* other 2"):
        ResultsFile(path, other, resume=True)


@suffixes
def test_results_of_another_face_are_not_mixed(
    tmp_path: Path, assessment: Assessment, suffix: str
) -> None:
    second = replace(assessment, face=replace(assessment.face, index=1, count=2))
    path = tmp_path / f"scores.{suffix}"
    setup = ScoringSetup(assessment.model, face=1)
    write(path, setup, Outcome("x.jpg", second))
    with pytest.raises(DataError, match=r"line \d: .* of face 2 .*, but face 1 is requested"):
        ResultsFile(path, ScoringSetup(assessment.model), resume=True)
    with ResultsFile(path, setup, resume=True) as results:
        assert results.previous.is_complete("x.jpg")


@suffixes
def test_results_compared_with_another_neutral_face_are_not_mixed(
    tmp_path: Path, assessment: Assessment, suffix: str
) -> None:
    neutral = NeutralFace(assessment.action_units, 0.1 + 0.2, 1, assessment.model)
    setup = ScoringSetup(assessment.model, neutral=neutral)
    path = tmp_path / f"scores.{suffix}"
    write(path, setup, Outcome("x.jpg", replace(assessment, change=Change(1.5, None, neutral))))
    for other, message in ((None, "none is given"), (replace(neutral, raw_score=2.0), "has 2")):
        with pytest.raises(
            DataError, match=rf"compared with a neutral face of PSPI 0\.3, .*{message}"
        ):
            ResultsFile(path, replace(setup, neutral=other), resume=True)
    with ResultsFile(path, setup, resume=True) as results:
        assert results.previous.is_complete("x.jpg")


@suffixes
def test_results_with_the_old_names_of_the_neutral_face_are_continued(
    tmp_path: Path, assessment: Assessment, suffix: str
) -> None:
    neutral = NeutralFace(assessment.action_units, 1.5, 1, assessment.model)
    compared = replace(assessment, change=Change(1.5, None, neutral))
    path = tmp_path / f"scores.{suffix}"
    setup = ScoringSetup(assessment.model, neutral=neutral)
    write(path, setup, Outcome("x.jpg", compared))
    text = path.read_text("utf-8")
    for name, old in (("neutral_pspi", "calm_pspi"), ('"neutral"', '"baseline"')):
        text = text.replace(name, old)
    path.write_text(text.replace('"images"', '"pictures"'), "utf-8")
    with ResultsFile(path, setup, resume=True) as results:
        assert results.previous.is_complete("x.jpg")
        results.write([Outcome("y.jpg", compared)])
    with ResultsFile(path, setup, resume=True) as results:
        assert results.previous.is_complete("x.jpg")
        assert results.previous.is_complete("y.jpg")


def test_half_of_an_old_header_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    half = ",".join(COLUMNS[: COLUMNS.index("neutral_pspi")])
    path.write_text(half + ",calm_ps", "utf-8")
    with ResultsFile(path, SETUP, resume=True):
        pass
    assert path.read_text("utf-8").startswith(half + ",neutral_pspi,")
