"""`wince reproduce`: a recorded command is run again, and nothing else."""

import csv
import json
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import undrawn_plots
from tests.support.command_line import Run
from wince.cli.reproduce import recorded_command, reproduction
from wince.errors import DataError, FileWriteError
from wince.evaluation import run_record
from wince.evaluation.reproduction import environment, record_file, result_comparison
from wince.files import sha256

pytest.importorskip("matplotlib", reason="needs wince[train]")

EVALUATE = ("evaluate", "--predictions", "predictions.csv", "--out", "results", "--resamples", "20")


def write_predictions(path: Path) -> None:
    """Write predictions of 48 frames of eight subjects."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["subject", "sequence", "frame", "pspi", "predicted"])
        for number in range(48):
            score = number % 5
            table.writerow([f"s{number % 8}", "a", number, score, score + number % 3 / 4])


def write_metrics(folder: Path, mae: float) -> None:
    """Write metrics.json as an evaluation does, with one metric."""
    folder.mkdir(parents=True, exist_ok=True)
    model = {"pooled": {"mae": mae}, "pooled_interval": {"mae": [0.5, 1.5]}}
    (folder / "metrics.json").write_text(json.dumps({"model": model}))


@pytest.fixture
def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an evaluation with its record, made with relative paths in `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    write_predictions(Path("predictions.csv"))
    write_metrics(tmp_path / "results", mae=1)
    monkeypatch.setattr(sys, "argv", ["wince", *EVALUATE])
    start = run_record.begin(tmp_path / "results" / "evaluation-record.json")
    hashes = {"predictions": sha256(Path("predictions.csv"))}
    run_record.finish(start, {"bootstrap": 0}, hashes)
    return tmp_path / "results"


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that were run. Instead of evaluating, each writes MAE 1, or 2 for other data."""
    made: list[list[str]] = []

    def evaluate(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        made.append(command)
        values = dict(word.partition("=")[::2] for word in command)
        is_changed = "s0,a,0,9" in Path(values["--predictions"]).read_text()
        write_metrics(Path(values["--out"]), mae=2 if is_changed else 1)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(reproduction.subprocess, "run", evaluate)
    return made


def test_an_evaluation_is_reproduced_to_the_byte_from_any_folder(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    undrawn_plots.use(monkeypatch)
    monkeypatch.chdir(tmp_path)
    write_predictions(Path("predictions.csv"))
    monkeypatch.setattr(sys, "argv", ["wince", *EVALUATE])
    assert run(*EVALUATE)[0] == 0
    evaluated = tmp_path / "results"
    before = {path: path.read_bytes() for path in evaluated.rglob("*") if path.is_file()}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    status, printed, errors = run("reproduce", "../results")
    assert (status, errors) == (0, "")
    assert "The same to the byte" in printed
    assert "wince, libraries and machine are those of the record." in printed
    result = json.loads((tmp_path / "results-reproduced" / "reproduction.json").read_text())
    assert result["comparison"]["outcome"] == result_comparison.SAME
    assert result["record_sha256"] == sha256(evaluated / "evaluation-record.json")
    assert all(row["difference"] == 0 for row in result["comparison"]["metrics"])
    assert before == {path: path.read_bytes() for path in evaluated.rglob("*") if path.is_file()}


def test_other_data_are_refused_with_both_hashes_before_anything_is_run(
    evaluated: Path, tmp_path: Path, run: Run, commands: list[list[str]]
) -> None:
    predictions = tmp_path / "predictions.csv"
    expected = sha256(predictions)
    predictions.write_text(predictions.read_text().replace("s0,a,0,0,", "s0,a,0,9,"))
    status, printed, errors = run("reproduce", evaluated)
    assert status == 1
    assert expected in printed
    assert sha256(predictions) in printed
    assert "Nothing was run" in errors
    assert not commands
    assert not (tmp_path / "results-reproduced").exists()

    status, printed, _ = run("reproduce", evaluated, "--anyway")
    assert status == 3
    assert "Different: " in printed
    result = json.loads((tmp_path / "results-reproduced" / "reproduction.json").read_text())
    assert len(result["other_data"]) == 1
    assert "--anyway" not in result["command"]


def test_data_that_were_moved_are_named(
    evaluated: Path, tmp_path: Path, run: Run, commands: list[list[str]]
) -> None:
    moved = (tmp_path / "predictions.csv").rename(tmp_path / "moved.csv")
    status, printed, _ = run("reproduce", evaluated, "--out", tmp_path / "again")
    assert status == 1
    assert "predictions.csv cannot be read" in printed
    status, _, _ = run("reproduce", evaluated, "--out", tmp_path / "again", "--data", moved)
    assert status == 0
    assert f"--predictions={moved}" in commands[0]
    with pytest.raises(DataError, match="has 1 --data; found 2"):
        reproduction.prepare(evaluated, tmp_path / "third", [moved, moved], None, 0.1)


def test_a_reproduction_that_was_stopped_continues_in_its_folder(
    evaluated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(command: list[str], **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reproduction.subprocess, "run", stop)
    out = tmp_path / "again"
    plan = reproduction.prepare(evaluated, out, [], None, 0.1)
    with pytest.raises(KeyboardInterrupt):
        reproduction.run(plan)
    assert json.loads((out / "reproduction.json").read_text())["comparison"] is None
    assert reproduction.prepare(evaluated, out, [], None, 0.1).out == out
    record = evaluated / "evaluation-record.json"
    record.write_text(record.read_text() + "\n")
    with pytest.raises(FileWriteError, match="is no reproduction of"):
        reproduction.prepare(evaluated, out, [], None, 0.1)


@pytest.mark.parametrize("place", ["results", "results/new", ".", "full"])
def test_results_go_to_a_new_folder_only(evaluated: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(FileWriteError, match=r"Choose another --out|a new folder beside it"):
        reproduction.prepare(evaluated, tmp_path / place, [], None, 0.1)


def test_the_threads_and_the_seed_of_the_record_are_used(
    evaluated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = evaluated / "evaluation-record.json"
    content = json.loads(record.read_text())
    content["torch"] = {"deterministic": "no", "threads": 3, "gpus": []}
    content["seeds"] = {"bootstrap": 7}
    record.write_text(json.dumps(content))
    calls = []

    def keep(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        calls.append((command, options))
        return subprocess.CompletedProcess(command, 5)

    monkeypatch.setattr(reproduction.subprocess, "run", keep)
    assert reproduction.run(reproduction.prepare(evaluated, tmp_path / "new", [], None, 0.1)) == 5
    ((command, options),) = calls
    assert command[:4] == [sys.executable, "-P", "-m", "wince"]
    assert "--seed=7" in command
    assert options["env"]["OMP_NUM_THREADS"] == "3"  # type: ignore[index]
    assert "shell" not in options


CRAFTED = {
    "another program": {"arguments": ["rm", "-rf", "/"]},
    "another command": {"arguments": ["serve", "--host", "0.0.0.0"]},
    "nothing": {"arguments": []},
    "help": {"arguments": ["train", "data", "--out", "x", "--help"]},
    "an option of another command": {"arguments": ["evaluate", "--out", "x", "--model", "m"]},
    "no folder": {"arguments": ["train", "data"]},
    "a null byte": {"arguments": ["train", "a\0b", "--out", "x"]},
    "words that are no list": {"arguments": "train data --out x"},
    "a number as a word": {"arguments": ["train", 1]},
    "a folder that is no text": {"directory": ["/"]},
    "too many threads": {"torch": {"deterministic": "no", "threads": 10**9}},
    "threads with a command": {"torch": {"deterministic": "no", "threads": "1; touch x"}},
    "a seed below zero": {"seeds": {"bootstrap": -1}},
    "another form": {"format": "2"},
    "no hash": {"sha256": {"predictions": "../../x"}},
    "data of an unknown kind": {"data": {"folder": "x", "face_specs": [{}], "kind": "import"}},
    "text that a terminal obeys": {"python": "3.11\x1b[2J"},
    "an earlier version": {"arguments": None, "directory": None},
    "a part": {"part": True},
}


@pytest.mark.parametrize("change", CRAFTED.values(), ids=CRAFTED)
def test_a_crafted_record_is_refused_and_runs_nothing(
    evaluated: Path,
    tmp_path: Path,
    run: Run,
    commands: list[list[str]],
    change: dict[str, object],
) -> None:
    record = evaluated / "evaluation-record.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), **change}))
    before = sorted(tmp_path.rglob("*"))
    status, _, errors = run("reproduce", evaluated)
    assert status == 1
    assert "bug" not in errors
    assert errors.strip()
    assert not commands
    assert sorted(tmp_path.rglob("*")) == before


OPTIONS = st.sampled_from(
    [
        *(("--out", "/etc"), ("--out=/etc",), ("--seed", "3"), ("--size", "64"), ("--debug",)),
        *(("--init", "../w.pt"), ("--init=starter",), ("--data", "a"), ("--sequences",)),
        *(("--over-time=gru", "--over-time", "tcn"), ("--range", "-1", "5"), ("--cuts=-1",)),
        *(("--folds", "loso"), ("--group-by", "--out"), ("--against", "$(touch x)"), ("--", "x")),
    ]
)
WORDS = st.sampled_from(["--out", "x", "--", "-", "--help", "", "../..", ";", "starter"])


@given(
    st.sampled_from(["train", "cross-validate", "compare", "evaluate", "serve"]),
    st.lists(OPTIONS, max_size=3),
    st.lists(WORDS | st.text(max_size=8), max_size=1),
)
def test_no_record_names_another_program_or_another_folder(
    name: str, options: list[tuple[str, ...]], others: list[str]
) -> None:
    words = [name, "--out", "run", "data", *chain.from_iterable(options), *others]
    out = Path("/new/folder")
    try:
        command = recorded_command.read(words, Path("/then"))
    except DataError:
        return
    arguments = command.moved(out).arguments()
    assert arguments[0] in ("train", "cross-validate", "compare", "evaluate")
    repeated = recorded_command.read(arguments, Path("/then"))
    assert repeated.values == command.moved(out).values
    assert repeated.values["out"] == out
    assert [word for word in arguments if word.startswith("--out")] == [f"--out={out}"]


def test_paths_are_those_of_the_folder_where_the_command_was_given() -> None:
    words = ["train", "data", "--out", "run", "--init", "weights.pt", "--loss", "huber", "--debug"]
    command = recorded_command.read(words, Path("/then"), seed=4)
    assert command.moved(Path("/new")).arguments() == [
        "train", "--out=/new", "--loss=huber", "--init=/then/weights.pt", "--seed=4",
        "--", "/then/data",
    ]  # fmt: skip
    words = ["evaluate", "starter", "--data", "a", "--data", "b", "--out", "x", "--range", "0", "9"]
    command = recorded_command.read(words, Path("/then"))
    assert command.arguments() == [
        "evaluate", "--out=/then/x", "--data=/then/a", "--data=/then/b", "--range", "0.0", "9.0",
        "--", "starter",
    ]  # fmt: skip


def test_a_part_of_a_run_names_the_whole(evaluated: Path) -> None:
    record = evaluated / "evaluation-record.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "part": True}))
    with pytest.raises(DataError, match=f"wince reproduce {evaluated.parent}$"):
        record_file.read(record)


def test_what_is_not_as_then_is_listed(evaluated: Path) -> None:
    record = record_file.read(evaluated / "evaluation-record.json")
    now = run_record.environment()
    assert environment.differences(record, now) == []
    libraries = {**now["libraries"], "numpy": "0.1", "typer": "0.1"}
    code = {"wince": now["code"]["wince"], "commit": "ab", "clean": False}
    changed = environment.differences(record, {**now, "libraries": libraries, "code": code})
    rows = {row.name: row.now for row in changed}
    assert rows["numpy"] == "0.1"
    assert rows["commit"] == "ab"
    assert rows["other libraries"] == "1 with another version"


def results(folder: Path, scores: list[float], mae: float = 1.0, label: str = "2") -> Path:
    """Write the results of a run; return its folder."""
    (folder / "evaluation").mkdir(parents=True)
    rows = [f"s,a,{number},{label},{score},1.5" for number, score in enumerate(scores)]
    head = "subject,sequence,frame,pspi,predicted,milliseconds"
    (folder / "predictions.csv").write_text("\n".join([head, *rows]) + "\n")
    model = {"pooled": {"mae": mae, "pcc": None}, "pooled_interval": {"mae": [0.5, 1.5]}}
    (folder / "evaluation" / "metrics.json").write_text(json.dumps({"model": model}))
    (folder / "model.onnx").write_bytes(b"model")
    return folder


def test_results_are_the_same_within_the_tolerance_or_not(tmp_path: Path) -> None:
    run = results(tmp_path / "run", [1.0, 2.0, 4.0])
    near = results(tmp_path / "near", [1.0, 2.0, 4.0005], mae=1.0002)
    comparison = result_comparison.compare(run, near)
    assert comparison.outcome == result_comparison.CLOSE
    (table,) = comparison.predictions
    assert table.largest == pytest.approx(0.0005)
    assert table.pcc == pytest.approx(1, abs=1e-6)
    mae, pcc = comparison.metrics
    assert mae.difference == pytest.approx(0.0002)
    assert mae.share_of_interval == pytest.approx(0.0002)
    assert pcc.difference == 0
    assert "at most 0.0005" in comparison.sentence
    assert result_comparison.compare(run, near, 0.0001).outcome == result_comparison.DIFFERENT


def test_times_do_not_count_and_bytes_of_the_model_do(tmp_path: Path) -> None:
    run = results(tmp_path / "run", [1.0, 2.0])
    copy = results(tmp_path / "copy", [1.0, 2.0])
    table = copy / "predictions.csv"
    table.write_text(table.read_text().replace(",1.5", ",9.5"))
    assert result_comparison.compare(run, copy).outcome == result_comparison.SAME
    (copy / "model.onnx").write_bytes(b"other")
    comparison = result_comparison.compare(run, copy)
    assert comparison.outcome == result_comparison.CLOSE
    assert "1 of 1 model.onnx has other bytes" in comparison.sentence


def test_missing_results_frames_and_changed_labels_are_different(tmp_path: Path) -> None:
    run = results(tmp_path / "run", [1.0, 2.0])
    relabelled = results(tmp_path / "relabelled", [1.0, 2.0], label="3")
    comparison = result_comparison.compare(run, relabelled)
    assert comparison.outcome == result_comparison.DIFFERENT
    assert comparison.predictions[0].changed_labels == 2
    shorter = results(tmp_path / "shorter", [1.0])
    assert result_comparison.compare(run, shorter).predictions[0].unmatched == 1
    (relabelled / "predictions.csv").unlink()
    comparison = result_comparison.compare(run, relabelled)
    assert comparison.missing == ("predictions.csv",)
    assert comparison.outcome == result_comparison.DIFFERENT


def test_folders_of_other_commands_in_a_run_are_no_results_of_it(
    evaluated: Path, tmp_path: Path
) -> None:
    run = results(tmp_path / "run", [1.0, 2.0])
    copy = results(tmp_path / "copy", [1.0, 2.0])
    results(run / "fold-1", [1.0])
    other = results(run / "by-hand", [1.0])
    (other / "evaluation-record.json").write_bytes(
        (evaluated / "evaluation-record.json").read_bytes()
    )
    assert result_comparison.compare(run, copy).missing == ()
    (other / "evaluation-record.json").write_text("{}")
    with pytest.raises(DataError, match="is not a record that wince wrote"):
        result_comparison.results(run)


def test_folders_that_the_command_does_not_make_are_named_and_not_compared(tmp_path: Path) -> None:
    """The folder of a seed stays when the command is given again with fewer seeds."""
    run, copy = (results(tmp_path / name, [1.0, 2.0]) for name in ("run", "copy"))
    for folder in (run / "seed-1", run / "seed-2", copy / "seed-1"):
        results(folder, [1.0])
    comparison = result_comparison.compare(run, copy)
    assert comparison.outcome == result_comparison.SAME
    assert comparison.other_folders == ("seed-2",)
    assert comparison.sentence.endswith("the recorded command does not make them: seed-2.")
    (copy / "seed-1" / "evaluation" / "metrics.json").unlink()
    (copy / "seed-1" / "evaluation").rmdir()
    comparison = result_comparison.compare(run, copy)
    assert comparison.missing == ("seed-1/evaluation/metrics.json",)
    assert comparison.outcome == result_comparison.DIFFERENT


def test_a_run_without_results_is_refused_before_anything_is_run(
    evaluated: Path, tmp_path: Path
) -> None:
    (evaluated / "metrics.json").unlink()
    with pytest.raises(DataError, match="has no results to compare with"):
        reproduction.prepare(evaluated, tmp_path / "new", [], None, 0.1)


def test_a_folder_of_several_evaluations_names_one_of_them(evaluated: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"wince reproduce {evaluated}$"):
        reproduction.prepare(tmp_path, tmp_path.with_name("new"), [], None, 0.1)


def test_a_failed_command_leaves_nothing_to_compare(
    evaluated: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = evaluated / "evaluation-record.json"
    record.write_text(record.read_text().replace('"system": "', '"system": "[/red] '))
    failed = subprocess.CompletedProcess[bytes]([], 3)  # 3 would say that the results differ
    monkeypatch.setattr(reproduction.subprocess, "run", lambda *_, **__: failed)
    status, printed, errors = run("reproduce", evaluated)
    assert status == 1
    assert "[/red]" in printed
    assert "nothing to compare" in errors
