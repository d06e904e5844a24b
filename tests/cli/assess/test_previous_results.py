"""`wince assess --out FILE --resume`: continuing a results file."""

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.command_line import Run
from tests.support.frames import Frame
from wince.cli.assess.outcome import Outcome
from wince.cli.assess.previous_results import ScoringSetup
from wince.cli.assess.results_file import ResultsFile
from wince.errors import DataError, NoFaceError
from wince.runtime.assessment import Assessment
from wince.runtime.neutral import Change, NeutralFace
from wince.score_scale import Scale

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
def test_results_with_other_levels_are_not_mixed(
    tmp_path: Path, assessment: Assessment, suffix: str
) -> None:
    scale = Scale("VAS", 0.0, 10.0, cuts=(4.0,), levels=("low", "high"))
    scored = replace(
        assessment,
        scale=scale,
        score=6.0,
        interval=(5.0, 7.0),
        level="high",
        between=None,
        level_probabilities={"low": 0.2, "high": 0.8},
        confidence=0.8,
        action_units=None,
    )
    setup = ScoringSetup(assessment.model, scale=scale)
    path = tmp_path / f"scores.{suffix}"
    write(path, setup, Outcome("x.jpg", scored))
    other = replace(scale, levels=("small", "large"))
    with pytest.raises(DataError, match=r"line \d: .* other levels than VAS .* small, large"):
        ResultsFile(path, replace(setup, scale=other), resume=True)
    with ResultsFile(path, setup, resume=True) as results:
        assert results.previous.is_complete("x.jpg")


@suffixes
def test_results_of_another_face_are_not_mixed(
    tmp_path: Path, assessment: Assessment, suffix: str
) -> None:
    second = replace(assessment, face=replace(assessment.face, index=1))
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
    write(
        path, setup, Outcome("x.jpg", replace(assessment, change=Change(1.5, 1.5, None, neutral)))
    )
    for other, message in ((None, "none is given"), (replace(neutral, raw_score=2.0), "has 2")):
        with pytest.raises(
            DataError, match=rf"compared with a neutral face of PSPI 0\.3, .*{message}"
        ):
            ResultsFile(path, replace(setup, neutral=other), resume=True)
    with ResultsFile(path, setup, resume=True) as results:
        assert results.previous.is_complete("x.jpg")


@suffixes
def test_results_with_another_minimum_score_are_not_mixed(
    tmp_path: Path, assessment: Assessment, suffix: str
) -> None:
    for name, outcome in (
        ("face", Outcome("x.jpg", assessment, min_score=0.3)),
        ("no-face", Outcome("x.jpg", error=NoFaceError("No face."), min_score=0.3)),
    ):
        setup = ScoringSetup(assessment.model, min_score=0.3)
        path = tmp_path / f"{name}.{suffix}"
        write(path, setup, outcome)
        with pytest.raises(
            DataError, match=r"line \d: .* detector of 0\.3, but 0\.5 is .* --min-score 0\.3"
        ):
            ResultsFile(path, replace(setup, min_score=0.5), resume=True)
        with ResultsFile(path, setup, resume=True) as results:
            assert results.previous.is_complete("x.jpg")


def faces_of(assessment: Assessment, count: int) -> list[Assessment]:
    """Return the assessments of an image with several faces, all like the given one."""
    faces = tuple(replace(assessment.face, index=index) for index in range(count))
    return [replace(assessment, face=face, faces=faces) for face in faces]


@suffixes
@pytest.mark.parametrize("kept", range(7))
def test_an_image_whose_faces_have_not_all_a_result_is_assessed_again(
    tmp_path: Path, assessment: Assessment, suffix: str, kept: int
) -> None:
    setup = ScoringSetup(assessment.model, face=None)
    path = tmp_path / f"scores.{suffix}"
    outcomes = [
        *(Outcome("a.jpg", each) for each in faces_of(assessment, 3)),
        Outcome("b.jpg", error=NoFaceError("No face.")),
        *(Outcome("c.jpg", each) for each in faces_of(assessment, 2)),
    ]
    with ResultsFile(path, setup, resume=False) as results:
        results.write(outcomes)
    complete = path.read_bytes()
    lines = complete.splitlines(keepends=True)
    header = lines[:1] if suffix == "csv" else []
    rows = lines[len(header) :]
    half_line = b"half" if suffix == "csv" else b'{"file": "ha'
    path.write_bytes(b"".join([*header, *rows[:kept], half_line]))
    whole = [number for number in (0, 3, 4, 6) if number <= kept][-1]
    with ResultsFile(path, setup, resume=True) as results:
        assert results.previous.files == {"a.jpg", "b.jpg", "c.jpg"} & {
            outcome.file for outcome in outcomes[:whole]
        }
        results.write(outcomes[whole:])
    assert path.read_bytes() == complete


@suffixes
def test_results_of_one_face_and_of_all_faces_are_not_mixed(
    tmp_path: Path, assessment: Assessment, suffix: str
) -> None:
    first, second = faces_of(assessment, 2)
    all_faces, largest = ScoringSetup(assessment.model, face=None), ScoringSetup(assessment.model)
    path = tmp_path / f"one.{suffix}"
    with ResultsFile(path, largest, resume=False) as results:
        results.write([Outcome("a.jpg", first), Outcome("b.jpg", first)])
    with pytest.raises(DataError, match=r"expected face 2 of 2 of a\.jpg.*leave out --all-faces"):
        ResultsFile(path, all_faces, resume=True)
    path = tmp_path / f"all.{suffix}"
    with ResultsFile(path, all_faces, resume=False) as results:
        results.write([Outcome("a.jpg", first), Outcome("a.jpg", second)])
    with pytest.raises(DataError, match=r"face 2 of its image.*face 1 is requested"):
        ResultsFile(path, largest, resume=True)


def test_results_in_an_earlier_form_are_not_continued(
    tmp_path: Path, assessment: Assessment
) -> None:
    setup = ScoringSetup(assessment.model)
    path = tmp_path / "scores.csv"
    path.write_text("file,frame,seconds,face,faces,level,pspi,error\na.jpg,,,1,1,mild,2.0,\n")
    before = path.read_bytes()
    with pytest.raises(
        DataError, match=r"scores\.csv, line 1: .* no column 'between'.*another name"
    ):
        ResultsFile(path, setup, resume=True)
    assert path.read_bytes() == before
    path = tmp_path / "scores.jsonl"
    write(path, setup, Outcome("x.jpg", assessment))
    path.write_text(path.read_text("utf-8").replace('"schema": "3"', '"schema": "2"'), "utf-8")
    with pytest.raises(DataError, match=r'scores\.jsonl, line 1: .*form "3"; found form "2"'):
        ResultsFile(path, setup, resume=True)
    path.write_text(path.read_text("utf-8").replace('"min_score": 0.5, ', ""), "utf-8")
    with pytest.raises(DataError, match=r"scores\.jsonl, line 1: .* no 'min_score'.*another name"):
        ResultsFile(path, setup, resume=True)
