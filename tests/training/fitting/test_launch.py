"""What is checked before a training on several machines or devices starts."""

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from wince import workers
from wince.errors import ModelError
from wince.training.fitting import launch
from wince.training.fitting.run_settings import Devices

TWO = Devices("cpu", "1", nodes=2)
TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "run",
    **{"RANK": "1", "LOCAL_RANK": "0", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "1"},
    **{"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"},
}
SLURM = {
    "SLURM_JOB_NAME": "pain",
    "SLURM_NTASKS": "2",
    "SLURM_NNODES": "2",
    "SLURM_NTASKS_PER_NODE": "1",
}
GOOD = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500", "NODE_RANK": "1"}


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    names = (*launch.VARIABLES, *launch.OF_TORCHRUN, "TORCHELASTIC_RUN_ID", "GROUP_RANK")
    for name in (*names, *SLURM):
        monkeypatch.delenv(name, raising=False)


def test_two_machines_without_a_launcher_are_refused_with_the_remedy() -> None:
    with pytest.raises(
        ModelError, match=r"MASTER_ADDR, MASTER_PORT, NODE_RANK are not set.*torchrun"
    ):
        launch.check(TWO)


def test_two_machines_with_all_variables_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    launch.check(TWO)
    assert "all 2 machines have joined at 127.0.0.1:29500" in launch.waiting(TWO)
    assert launch.waiting(Devices()) == ""


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("MASTER_ADDR", "", "MASTER_ADDR is not set"),
        ("MASTER_ADDR", "no-such-machine.invalid", "is no machine that this one knows"),
        ("MASTER_PORT", "http", "MASTER_PORT is 'http'; expected a port"),
        ("MASTER_PORT", "70000", "MASTER_PORT is '70000'; expected a port"),
        ("NODE_RANK", "2", "NODE_RANK is '2' with --num-nodes 2; expected a number from 0 to 1"),
        ("NODE_RANK", "first", "NODE_RANK is 'first'"),
    ],
)
def test_a_wrong_variable_is_named(
    variable: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, good in {**GOOD, variable: value}.items():
        monkeypatch.setenv(name, good)
    with pytest.raises(ModelError, match=reason):
        launch.check(TWO)


def test_the_number_of_a_machine_without_num_nodes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NODE_RANK", "1")
    with pytest.raises(ModelError, match="NODE_RANK is '1' with --num-nodes 1; expected 0"):
        launch.check(Devices("cpu", "1"))


@pytest.mark.parametrize("variables", [TORCHRUN, SLURM])
def test_a_launcher_gives_the_numbers_itself(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    launch.check(TWO)


@pytest.mark.parametrize(
    ("variables", "change", "reason"),
    [
        *((TORCHRUN, {name: ""}, f"but {name} is not") for name in launch.OF_TORCHRUN),
        (TORCHRUN, {"WORLD_SIZE": "x"}, "WORLD_SIZE is 'x'; expected a whole number"),
        (TORCHRUN, {"WORLD_SIZE": "4"}, "started 4 processes, 1 on each of 4 machines"),
        (TORCHRUN, {"LOCAL_WORLD_SIZE": "2"}, "Pass --num-nodes 1 --devices 2"),
        (TORCHRUN, {"TORCHELASTIC_RUN_ID": None}, "RANK is '1', and no launcher is there"),
        (SLURM, {"SLURM_NTASKS": "3"}, "has SLURM_NTASKS=3 on SLURM_NNODES=2.*expected 2 tasks"),
        (SLURM, {"SLURM_NTASKS_PER_NODE": ""}, "with --ntasks-per-node instead of --ntasks"),
        (SLURM, {"SLURM_NNODES": "1", "SLURM_NTASKS": "1"}, "Pass --num-nodes 1 --devices 1"),
        (
            SLURM,
            {"SLURM_NTASKS": "8", "SLURM_NTASKS_PER_NODE": "4"},
            "Pass --num-nodes 2 --devices 4",
        ),
    ],
)
def test_processes_that_are_not_those_of_the_options_are_refused(
    variables: dict[str, str],
    change: dict[str, str | None],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**variables, **change}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    with pytest.raises(ModelError, match=reason):
        launch.check(TWO)


def test_processes_of_torchrun_that_the_options_do_not_know_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**TORCHRUN, "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ModelError, match=r"each would train by itself\. Pass --num-nodes 1"):
        launch.check(Devices("cpu", "auto"))


def test_more_devices_than_cores_are_refused() -> None:
    cores = workers.core_count()
    launch.check(Devices("cpu", str(cores)))
    with pytest.raises(ModelError, match=f"at most {cores} --devices.*found {cores + 1}"):
        launch.check(Devices("cpu", str(cores + 1)))
