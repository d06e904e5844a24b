"""`wince assess` as a user or a script uses it."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import wince
from tests.support.command_line import Run
from tests.support.frames import Frame
from wince.runtime.assessor import Assessor
from wince.runtime.calibration import CalibratedScore, Calibration
from wince.runtime.estimator import starter_folder
from wince.scale import UNIT_NAMES, Level


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_json_has_the_assessment_that_the_library_returns(run: Run, frames: list[Frame]) -> None:
    path = frames[0].path
    status, out, err = run("assess", "--json", path)
    expected = json.loads(json.dumps(wince.assess(path).to_dict()))
    (outcome,) = json.loads(out)
    assert (status, err) == (0, "")
    assert outcome["file"] == str(path)
    for data in (outcome["assessment"], expected):
        data.pop("milliseconds")
    assert outcome["assessment"] == expected


def test_each_file_that_fails_has_its_reason_and_the_others_are_assessed(
    run: Run, frames: list[Frame], truncated_jpeg: Path, empty_wall: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "missing.jpg"
    files = [truncated_jpeg, frames[0].path, missing, empty_wall, frames[1].path]
    status, out, err = run("assess", "--json", *files)
    outcomes = json.loads(out)
    assert status == 1
    assert [outcome["file"] for outcome in outcomes] == [str(file) for file in files]
    assert [outcome.get("error", {}).get("type") for outcome in outcomes] == [
        "TruncatedImageError",
        None,
        "ImageError",
        "NoFaceError",
        None,
    ]
    assert ["assessment" in outcome for outcome in outcomes] == [False, True, False, False, True]
    lines = err.splitlines()
    assert len(lines) == 4
    for line, name in zip(lines, ("broken.jpg", "missing.jpg", "wall.png"), strict=False):
        assert line.startswith("wince: ")
        assert name in line
    assert lines[3] == ("wince: 5 images: 2 assessed, 1 without a face, 2 could not be read.")


def test_the_summary_counts_faces_that_cannot_be_judged_apart_from_images_without_a_face(
    run: Run, frames: list[Frame], dark_face: Path, empty_wall: Path, tmp_path: Path
) -> None:
    files = [dark_face, empty_wall, frames[0].path]
    counts = "3 images: 1 assessed, 1 could not be judged, 1 without a face."
    assert run("assess", "--csv", *files)[2].splitlines()[-1] == f"wince: {counts}"
    path = tmp_path / "scores.csv"
    assert run("assess", "--out", path, *files)[1] == f"{path}: {counts}\n"
    status, _, err = run("assess", "--csv", dark_face, frames[0].path)
    assert (status, err) == (0, "wince: 2 images: 1 assessed, 1 could not be judged.\n")
    assert run("assess", "--csv", frames[0].path, frames[1].path)[2] == ""


def test_csv_has_a_row_for_each_file_with_the_numbers_of_the_json(
    run: Run, frames: list[Frame], truncated_jpeg: Path, assessor: Assessor
) -> None:
    paths = [frames[0].path, truncated_jpeg, frames[1].path]
    status, out, _ = run("assess", "--csv", *paths)
    rows = read_csv(out)
    assert status == 1
    assert [row["file"] for row in rows] == [str(path) for path in paths]
    for row in (rows[0], rows[2]):
        assessment = assessor.assess(row["file"])
        assert float(row["pspi"]) == pytest.approx(assessment.pspi, abs=0.001)
        assert float(row["pspi_low"]) == pytest.approx(assessment.interval[0], abs=0.001)
        assert float(row["pspi_high"]) == pytest.approx(assessment.interval[1], abs=0.001)
        assert float(row["confidence"]) == pytest.approx(assessment.confidence, abs=0.001)
        assert (row["level"], row["model"]) == (assessment.level, assessment.model["name"])
        for name, value in (assessment.action_units or {}).items():
            assert float(row[name]) == pytest.approx(value, abs=0.001)
        assert row["error"] == ""
    assert "stops before its end" in rows[1]["error"]
    assert rows[1]["level"] == rows[1]["pspi"] == ""


def test_a_face_that_cannot_be_judged_has_its_reason_instead_of_every_number(
    run: Run, dark_face: Path
) -> None:
    path = dark_face
    status, out, err = run("assess", path)
    assert (status, err) == (0, "")
    assert [line.split()[1:] for line in out.splitlines() if line.startswith(f"{path} ")] == [
        ["not", "judged"]
    ]
    assert f"{path}: The face is dark" in out
    (row,) = read_csv(run("assess", "--csv", path)[1])
    assert (row["usable"], row["reasons"], row["level"], row["pspi"]) == ("false", "dark", "", "")
    scores = ("between", "pspi_low", "pspi_high", "confidence", *UNIT_NAMES, "change")
    assert {row[name] for name in scores} == {""}
    (outcome,) = json.loads(run("assess", "--json", path)[1])
    assert outcome["assessment"]["level"] is outcome["assessment"]["pspi"] is None
    assert list(outcome["assessment"]["quality"]["reasons"]) == ["dark"]


def test_a_level_that_is_not_clear_is_written_with_its_neighbour(
    run: Run, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = {"none": 0.4, "mild": 0.45, "moderate": 0.1, "severe": 0.05}
    score = CalibratedScore(0.56, (0.0, 9.0), Level.MILD, shares)
    monkeypatch.setattr(Calibration, "__call__", lambda *_: score)
    path = frames[0].path
    (row,) = read_csv(run("assess", "--csv", path)[1])
    assert (row["level"], row["between"], row["pspi"]) == ("mild", "none;mild", "0.56")
    (outcome,) = json.loads(run("assess", "--json", path)[1])
    assert outcome["assessment"]["between"] == ["none", "mild"]
    (line,) = [line for line in run("assess", path)[1].splitlines() if line.startswith(str(path))]
    assert line.split()[1:3] == ["none/mild", "0.6"]


def test_every_face_has_a_result_if_requested(
    run: Run, three_faces: Path, frames: list[Frame], tmp_path: Path
) -> None:
    copies = tmp_path / "copies"
    files = [three_faces, frames[0].path]
    _, out, err = run("assess", "--all-faces", "--csv", "--annotate", copies, *files)
    rows = read_csv(out)
    assert [(row["face"], row["faces"]) for row in rows] == [
        ("1", "3"),
        ("2", "3"),
        ("3", "3"),
        ("1", "1"),
    ]
    assert [row["usable"] for row in rows] == ["true", "false", "true", "true"]
    assert (rows[1]["pspi"], rows[1]["level"], rows[1]["reasons"]) == ("", "", "mouth-covered")
    assert err == "wince: 2 images, 4 faces: 3 assessed, 1 could not be judged.\n"
    assert {row["annotated"] for row in rows[:3]} == {str(copies / "three-annotated.jpg")}
    assert len(list(copies.iterdir())) == 2
    outcomes = json.loads(run("assess", "--all-faces", "--json", *files)[1])
    assert [(outcome["face"], outcome["faces"]) for outcome in outcomes[:3]] == [
        (1, 3),
        (2, 3),
        (3, 3),
    ]
    for row, outcome in zip(rows, outcomes, strict=True):
        pspi = outcome["assessment"]["pspi"]
        assert row["pspi"] == ("" if pspi is None else str(pspi))
        assert len(outcome["assessment"]["faces"]) == outcome["faces"]
    _, out, _ = run("assess", "--all-faces", *files)
    for number in (1, 2, 3):
        assert f"{three_faces}, face {number} of 3 " in out
    assert f"{three_faces}, face 2 of 3: The mouth seems to be covered" in out


def test_the_minimum_score_of_the_detector_can_be_set(run: Run, frames: list[Frame]) -> None:
    path = frames[0].path
    (outcome,) = json.loads(run("assess", "--json", path)[1])
    score = outcome["assessment"]["face"]["score"]
    assert run("assess", "--json", "--min-score", score - 0.01, path)[0] == 0
    status, _, err = run("assess", "--json", "--min-score", score + 0.01, path)
    assert status == 1
    assert "No face was found" in err
    assert run("assess", "--min-score", 1, path)[0] == 2


def test_a_run_with_another_minimum_score_is_not_continued(
    run: Run, frames: list[Frame], tmp_path: Path
) -> None:
    arguments = ["assess", frames[0].path, "--out", tmp_path / "scores.csv"]
    assert run(*arguments, "--min-score", 0.99)[0] == 1
    status, _, err = run(*arguments, "--resume")
    assert (status, "detector of 0.99, but 0.5 is requested" in err) == (1, True)
    assert run(*arguments, "--resume", "--min-score", 0.99)[0] == 0, "the file counts as done"


def test_another_face_is_assessed_if_requested(run: Run, two_faces: Path) -> None:
    path = two_faces
    boxes = []
    for number in (1, 2):
        _, out, _ = run("assess", "--json", "--face", number, path)
        face = json.loads(out)[0]["assessment"]["face"]
        assert face["index"] == number - 1
        boxes.append(face["box"])
        (row,) = read_csv(run("assess", "--csv", "--face", number, path)[1])
        assert (row["face"], row["faces"]) == (str(number), "2")
    assert boxes[0][0] < 512 < boxes[1][0]
    status, _, err = run("assess", "--face", 3, path)
    assert status == 1
    assert "Face number 3 by size was asked for, but only 2 were found" in err
    assert run("assess", "--face", 0, path)[0] == 2


def test_results_are_compared_with_the_neutral_face_of_the_same_person(
    run: Run, frames: list[Frame], assessor: Assessor
) -> None:
    at_rest, face = [frames[0].path, frames[1].path], frames[2].path
    neutral = [argument for path in at_rest for argument in ("--neutral", path)]
    status, out, err = run("assess", "--json", *neutral, face)
    assert (status, out) == (1, "")
    assert "The face at rest is rated m" in err, "one of the two is a grimace"
    assert "--any-expression" in err
    neutral.append("--any-expression")
    insisted = assessor.neutral_face(at_rest, any_expression=True)
    change = assessor.assess(face, neutral=insisted).change
    assert change is not None
    _, out, _ = run("assess", "--json", *neutral, face)
    assert json.loads(out)[0]["assessment"]["change"]["pspi"] == change.pspi
    (row,) = read_csv(run("assess", "--csv", *neutral, face)[1])
    assert (float(row["change"]), float(row["neutral_pspi"])) == (
        change.pspi,
        change.neutral.raw_score,
    )
    _, out, _ = run("assess", *neutral, face)
    assert f"{change.pspi:.1f} points above the person's neutral face" in out


def test_a_neutral_face_that_cannot_be_used_stops_the_run(
    run: Run, frames: list[Frame], empty_wall: Path
) -> None:
    status, out, err = run("assess", "--neutral", empty_wall, frames[0].path)
    assert (status, out) == (1, "")
    assert "No face was found" in err


def test_an_image_can_come_from_stdin(
    run: Run, frames: list[Frame], monkeypatch: pytest.MonkeyPatch, assessor: Assessor
) -> None:
    data = frames[0].path.read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    status, out, err = run("assess", "--json", "-")
    (outcome,) = json.loads(out)
    assert (status, err) == (0, "")
    assert outcome["file"] == "-"
    assert outcome["assessment"]["pspi"] == assessor.assess(data).pspi


def test_another_model_can_be_named_by_its_folder_or_file(
    run: Run, frames: list[Frame], assessor: Assessor
) -> None:
    for model in (starter_folder(), starter_folder() / "model.onnx"):
        status, out, _ = run("assess", "--json", "--model", model, frames[0].path)
        assert status == 0
        pspi = json.loads(out)[0]["assessment"]["pspi"]
        assert pspi == assessor.assess(frames[0].path).pspi


def test_a_missing_model_stops_the_command(run: Run, frames: list[Frame], tmp_path: Path) -> None:
    status, out, err = run("assess", "--model", tmp_path / "nowhere", frames[0].path)
    assert (status, out) == (1, "")
    assert "There is no model.json in" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--resume"], "--resume needs --out FILE"),
        (["--out", "x.csv", "--json"], "exclude each other"),
        (["--out", "x.csv", "--heatmap"], "--out FILE.jsonl"),
        (["--csv", "--heatmap"], "--annotate DIR or --json"),
        (["--face", "1", "--all-faces"], "--face and --all-faces exclude each other"),
        (["--neutral", "y.jpg", "--all-faces"], "a neutral face is that of one person"),
        (["--every", "-1"], "--every"),
        (["--workers", "0"], "--workers"),
    ],
)
def test_wrong_options_are_explained(run: Run, options: list[str], expected: str) -> None:
    status, out, err = run("assess", *options, "x.jpg")
    assert (status, out) == (2, "")
    assert expected in err


def test_an_unsupported_suffix_of_out_is_refused_before_anything_is_done(
    run: Run, tmp_path: Path, frames: list[Frame]
) -> None:
    status, _, err = run("assess", "--out", tmp_path / "x.json", frames[0].path)
    assert status == 1
    assert "expected a name that ends in .csv or .jsonl" in err
    assert list(tmp_path.iterdir()) == []


def test_assessing_imports_nothing_that_prepares_trains_or_evaluates(frames: list[Frame]) -> None:
    script = (
        "import sys; from wince.cli import main\n"
        "status = main(['assess', '--json', sys.argv[1]])\n"
        "print(status, *sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, str(frames[0].path)]
    process = subprocess.run(command, capture_output=True, text=True)
    status, *modules = process.stderr.split()
    assert status == "0"
    assert "wince.cli.assess.batch" in modules
    for package in ("archive", "training", "evaluation", "server"):
        assert f"wince.{package}" not in modules
