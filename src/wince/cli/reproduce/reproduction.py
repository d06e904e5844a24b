"""The steps of a reproduction: check, run, compare.

DIR/reproduction.json   what differs from the record, the command, and the comparison; written
                        first without the comparison, so that a stopped reproduction can continue
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wince import file_names, files
from wince.cli.reproduce import recorded_command
from wince.cli.reproduce.recorded_command import RecordedCommand
from wince.errors import DataError, FileWriteError, WinceError
from wince.evaluation import run_record
from wince.evaluation.report.result_files import without_nan
from wince.evaluation.reproduction import environment, record_file, result_comparison
from wince.evaluation.reproduction.environment import Difference
from wince.evaluation.reproduction.record_file import Record
from wince.evaluation.reproduction.result_comparison import Comparison

RESULT = "reproduction.json"
FORMAT = "1"
REMEDY = (
    "Name the data and the model of that time with --data and --model (files of --against and "
    "--training must be where they were), or pass --anyway to run with these and see what changes."
)
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Plan:
    """A reproduction that is ready to be run.

    Attributes:
        run: The folder of the run.
        out: The new folder.
        command: The command, with the new places.
        differences: What differs from the record.
        problems: What differs in the data, in sentences; none if the data are those of the record.
        record: The record; the first one of an evaluation of several data sets.
        digest: SHA-256 of the record.
        tolerance: Largest difference that counts as the same.
    """

    run: Path
    out: Path
    command: RecordedCommand
    differences: tuple[Difference, ...]
    problems: tuple[str, ...]
    record: Record
    digest: str
    tolerance: float

    @property
    def command_line(self) -> str:
        """The command as a user would give it."""
        return shlex.join(["wince", *self.command.arguments()])


def prepare(
    run: Path, out: Path | None, data: Sequence[Path], model: Path | None, tolerance: float
) -> Plan:
    """Read the record of a run, and check the data and the new folder; nothing is run.

    Args:
        run: The folder of the run.
        out: The new folder, None for RUN-reproduced beside the run.
        data: Where the data are now, none for where they were.
        model: Where the model or the initial weights are now, None for where they were.
        tolerance: Largest difference that counts as the same.

    Raises:
        DataError: There is no record that suffices, or there are no results to compare with.
        FileWriteError: The new folder has something else.
    """
    run = run.resolve()
    paths = record_file.find(run)
    several = len(paths) > 1 or paths[0].parent != run
    records = [record_file.read(path, of_several=several) for path in paths]
    record = records[0]
    command = recorded_command.read(
        record.arguments or (),
        Path(record.directory or ""),
        next(iter(record.seeds.values()), None),
    )
    if command.values.get("num_nodes", 1) > 1:
        raise DataError(
            f"{run} was trained on {command.values['num_nodes']} machines. Give its command there, "
            "with another --out: it is in the record."
        )
    result_comparison.results(run)  # raises now, and not after hours, if there are none
    digest = record_file.digest(paths)
    out = (out or run.with_name(f"{run.name}-reproduced")).resolve()
    _check_out(run, out, digest)
    moved = command.moved(
        out, [path.resolve() for path in data], model.resolve() if model else None
    )
    problems = [
        problem for each in records for problem in _problems(each, command, moved, data_given=data)
    ]
    differences = environment.differences(record, run_record.environment())
    return Plan(run, out, moved, tuple(differences), tuple(problems), record, digest, tolerance)


def _check_out(run: Path, out: Path, digest: str) -> None:
    """Raise FileWriteError unless a folder is new, or that of the same reproduction."""
    if out == run or run in out.parents or out in run.parents:
        raise FileWriteError(
            f"{out} is {run} itself, a folder in it, or one around it. The run is only read: "
            "choose a new folder beside it with --out."
        )
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        existing = json.loads((out / RESULT).read_text("utf-8"))["record_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        existing = None
    if existing != digest:
        raise FileWriteError(
            f"{out} exists already and is no reproduction of {run} that was stopped. Choose "
            "another --out."
        )


def _problems(
    record: Record, command: RecordedCommand, moved: RecordedCommand, *, data_given: Sequence[Path]
) -> list[str]:
    """Return how the data differ from those of a record, in sentences."""
    problems = []
    hashes = record.sha256
    named = {"predictions": moved.values.get("predictions")} | {
        name: moved.values.get(name) for name in ("against", "training")
    }
    for name, path in named.items():
        if path is not None and name in hashes:
            problems += _compare_file(f"the file of --{name}", path, hashes[name])
    if record.data is not None:
        folder = _folder_now(record, command, moved, data_given)
        problems += _compare_file(
            "the manifest", folder / file_names.MANIFEST, hashes.get("manifest")
        )
        if not problems:  # else the split differs in any case
            problems += _compare_split(folder, record)
    return problems + _model_problems(record, moved)


def _folder_now(
    record: Record, command: RecordedCommand, moved: RecordedCommand, data_given: Sequence[Path]
) -> Path:
    """Return where the prepared folder of a record is now."""
    assert record.data is not None
    recorded = Path(record.data.folder)
    if not data_given:
        return recorded
    resolved = [path.resolve() for path in command.data]
    place = resolved.index(recorded) if recorded in resolved else 0
    return moved.data[place]


def _compare_file(name: str, path: Path, expected: str | None) -> list[str]:
    if expected is None:
        return []
    try:
        actual = files.sha256(path)
    except OSError as error:
        return [f"{name[:1].upper()}{name[1:]} {path} cannot be read ({error.strerror or error})."]
    return _mismatch(f"{name} {path}", expected, actual)


def _mismatch(name: str, expected: str, actual: str) -> list[str]:
    if actual == expected:
        return []
    return [
        f"Other data: {name} has the SHA-256 {actual}; expected {expected}, that of the record."
    ]


def _compare_split(folder: Path, record: Record) -> list[str]:
    """Return how the split differs; the frames of each part are compared."""
    from wince.training import recorded_split

    assert record.data is not None
    expected = record.sha256.get("split")
    if expected is None:
        return []
    try:
        actual = recorded_split.sha256(folder, record.data)
    except (WinceError, ValueError) as error:
        return [f"The split of {folder} cannot be made again: {error}"]
    return _mismatch(f"the split of {folder}", expected, actual)


def _model_problems(record: Record, moved: RecordedCommand) -> list[str]:
    """Return whether the model or the initial weights are other ones."""
    init = moved.values.get("init")
    model = moved.values.get("model", init)  # with --over-time the model is that of --init
    problems = []
    try:
        if model is not None and (expected := record.sha256.get("model")):
            from wince.runtime.estimator import Estimator

            actual = str(Estimator(Path(model)).manifest["sha256"])
            problems += _mismatch(f"the model {model}", expected, actual)
        if init is not None and (expected := record.sha256.get("initial weights")):
            from wince.training.networks import initial_weights

            actual = initial_weights.sha256(str(init)) or "none"
            problems += _mismatch(f"the file of --init {init}", expected, actual)
    except WinceError as error:
        problems.append(f"The model cannot be used: {error}")
    return problems


def run(plan: Plan) -> int:
    """Run the command of a plan in a new process; return its exit status.

    The program is always this Python with wince; only its arguments come from the record, as
    `recorded_command` wrote them again.
    """
    files.write_json(plan.out / RESULT, _result(plan, None))
    threads = plan.record.torch.threads if plan.record.torch else None
    variables = dict.fromkeys(THREADS, str(threads)) if threads else {}
    command = [sys.executable, "-P", "-m", "wince", *plan.command.arguments()]
    return subprocess.run(  # noqa: S603 - this Python, and arguments that wince wrote
        command, env={**os.environ, **variables}, check=False
    ).returncode


def finish(plan: Plan) -> Comparison:
    """Compare the results, and write reproduction.json.

    Raises:
        DataError: There is nothing to compare.
        FileWriteError: The file cannot be written.
    """
    comparison = result_comparison.compare(plan.run, plan.out, plan.tolerance)
    files.write_json(plan.out / RESULT, _result(plan, comparison))
    return comparison


def _result(plan: Plan, comparison: Comparison | None) -> dict[str, Any]:
    """Return the content of reproduction.json."""
    result: dict[str, Any] = without_nan(
        {
            "format": FORMAT,
            "run": str(plan.run),
            "record_sha256": plan.digest,
            "command": plan.command_line,
            "differences": [asdict(difference) for difference in plan.differences],
            "other_data": list(plan.problems),
            "comparison": None if comparison is None else comparison.to_dict(),
        }
    )
    return result
