"""Training in two processes that a launcher starts, and a machine that never joins."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from tests.support.frames import ROOT
from wince import workers
from wince.training.fitting import launch
from wince.training.networks import checkpoints

SCRIPT = """
import sys
from datetime import timedelta
from pathlib import Path

from tests.support import training_sample as sample
from wince.errors import ModelError
from wince.training.data import folds, pixel_cache
from wince.training.data.prepared import open_data
from wince.training.fitting import launch
from wince.training.fitting.fit import fit
from wince.training.fitting.run_settings import Devices

prepared, out, devices, nodes, seconds = sys.argv[1:]
launch.LONGEST_WAIT = timedelta(seconds=float(seconds))
place = Devices("cpu", devices, nodes=int(nodes))
settings = sample.settings(architecture="shallow_cnn", epochs=2, devices=place)
try:
    launch.check(place)
    data = open_data(Path(prepared), settings.spec)
    pixels = pixel_cache.load(data, settings.spec)
    main = fit(pixels, data.frames, folds.from_prepared(data), settings, Path(out), message=print)
    print(f"main: {main}")
except ModelError as error:
    sys.exit(str(error))
"""

pytestmark = pytest.mark.skipif(
    not torch.distributed.is_available() or not torch.distributed.is_gloo_available(),
    reason="this torch has no gloo, with which processes on a CPU talk to each other",
)


def start(arguments: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script above with Python's arguments before it; return its result."""
    script = folder / "train.py"
    script.write_text(SCRIPT)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in (*launch.VARIABLES, *launch.OF_TORCHRUN, "TORCHELASTIC_RUN_ID")
    }
    return subprocess.run(
        [sys.executable, *arguments[:-5], str(script), *arguments[-5:]],
        env={
            **environment,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            "OMP_NUM_THREADS": "1",
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.skipif(workers.core_count() < 2, reason="needs two cores")
def test_two_processes_of_torchrun_write_one_run(prepared_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    result = start([*launcher, str(prepared_folder), str(out), "2", "1", "120"], tmp_path)
    assert result.returncode == 0, result.stderr
    assert sorted(line for line in result.stdout.splitlines() if line.startswith("main")) == [
        "main: False",
        "main: True",
    ]
    assert [row["epoch"] for row in sample.rows(out / "history.csv")] == ["1", "2"]
    weights = checkpoints.read_weights(out).weights
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())


def test_a_machine_that_never_joins_ends_in_a_sentence(
    prepared_folder: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    result = start(
        [str(prepared_folder), str(tmp_path / "run"), "1", "2", "3"],
        tmp_path,
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
        NODE_RANK="0",
    )
    assert result.returncode == 1, result.stdout
    assert f"machines have joined at 127.0.0.1:{port}, at most 0.05 minutes" in result.stdout
    assert "Not all machines or devices joined the training" in result.stderr
