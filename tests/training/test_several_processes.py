"""Training in two processes that a launcher starts, and a machine that never joins."""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from tests.support.frames import ROOT
from wince import workers
from wince.errors import ModelError
from wince.training.data import folds, pixel_cache
from wince.training.data.prepared import open_data
from wince.training.fitting import launch
from wince.training.fitting.fit import fit
from wince.training.fitting.run_settings import Devices
from wince.training.networks import checkpoints

SCRIPT = """
import sys
from pathlib import Path

from tests.support import training_sample as sample
from wince.training.data import folds, pixel_cache
from wince.training.data.prepared import open_data
from wince.training.fitting import launch
from wince.training.fitting.fit import fit
from wince.training.fitting.run_settings import Devices

prepared, out = sys.argv[1:]
place = Devices("cpu", "2")
settings = sample.settings(architecture="shallow_cnn", epochs=2, devices=place)
launch.check(place)
data = open_data(Path(prepared), settings.spec)
pixels = pixel_cache.load(data, settings.spec)
main = fit(pixels, data.frames, folds.from_prepared(data), settings, Path(out), message=print)
print(f"main: {main}")
"""

pytestmark = pytest.mark.skipif(
    not torch.distributed.is_available() or not torch.distributed.is_gloo_available(),
    reason="this torch has no gloo, with which processes on a CPU talk to each other",
)


def without_launcher(**variables: str) -> dict[str, str]:
    """Return the environment without a launcher's variables, and with others."""
    names = (*launch.VARIABLES, *launch.OF_TORCHRUN, "TORCHELASTIC_RUN_ID")
    return {name: text for name, text in os.environ.items() if name not in names} | variables


@pytest.mark.skipif(workers.core_count() < 2, reason="needs two cores")
def test_two_processes_of_torchrun_write_one_run(prepared_folder: Path, tmp_path: Path) -> None:
    out, script = tmp_path / "run", tmp_path / "train.py"
    script.write_text(SCRIPT)
    launcher = [*("-m", "torch.distributed.run", "--standalone"), "--nproc-per-node", "2"]
    result = subprocess.run(
        [sys.executable, *launcher, str(script), str(prepared_folder), str(out)],
        env=without_launcher(
            PYTHONPATH=os.pathsep.join([str(ROOT / "src"), str(ROOT)]), OMP_NUM_THREADS="1"
        ),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert sorted(line for line in result.stdout.splitlines() if line.startswith("main")) == [
        "main: False",
        "main: True",
    ]
    assert [row["epoch"] for row in sample.rows(out / "history.csv")] == ["1", "2"]
    weights = checkpoints.read_weights(out).weights
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())


def test_a_machine_that_never_joins_ends_in_a_sentence(
    prepared_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    monkeypatch.setattr(launch, "LONGEST_WAIT", timedelta(seconds=3))
    variables = without_launcher(MASTER_ADDR="127.0.0.1", MASTER_PORT=port, NODE_RANK="0")
    place = Devices("cpu", "1", nodes=2)
    settings = sample.settings(architecture="shallow_cnn", epochs=1, devices=place)
    data = open_data(prepared_folder, settings.spec)
    pixels, split = pixel_cache.load(data, settings.spec), folds.from_prepared(data)
    messages: list[str] = []
    with (
        patch.dict(os.environ, variables, clear=True),  # Lightning sets more of them
        pytest.raises(ModelError, match="Not all machines or devices joined the training"),
    ):
        launch.check(place)
        fit(pixels, data.frames, split, settings, tmp_path / "run", message=messages.append)
    assert f"machines have joined at 127.0.0.1:{port}, at most 0.05 minutes" in messages[0]
