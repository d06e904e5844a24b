"""What is checked before a training on several machines or devices starts."""

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from wince import workers
from wince.errors import ModelError
from wince.training.fitting import launch
from wince.training.fitting.run_settings import Devices

TWO = Devices("cpu", "1", nodes=2)
GOOD = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500", "NODE_RANK": "1"}


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*launch.VARIABLES, "TORCHELASTIC_RUN_ID", "RANK", "GROUP_RANK", "SLURM_NTASKS"):
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


def test_a_launcher_gives_the_numbers_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "run")
    launch.check(TWO)


def test_more_devices_than_cores_are_refused() -> None:
    cores = workers.core_count()
    launch.check(Devices("cpu", str(cores)))
    with pytest.raises(ModelError, match=f"at most {cores} --devices.*found {cores + 1}"):
        launch.check(Devices("cpu", str(cores + 1)))
