"""Folds are trained by a cluster with the same results as on this machine."""

import json
import os
import re
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import narrow_network, prepared_copy, undrawn_plots
from tests.support import training_sample as sample
from tests.support.frames import Frame
from wince import cluster, output_lock
from wince.errors import ClusterError, ModelError
from wince.evaluation import run_record
from wince.training import architecture_comparison, cluster_folds, cross_validation, fold_runs
from wince.training.architecture_comparison import architecture_candidates
from wince.training.cluster_folds import FoldJob
from wince.training.cross_validation import cross_validate
from wince.training.export import onnx_export
from wince.training.fitting.run_settings import Devices
from wince.training.run import Reporter, Run, train_split


def train_quickly(*arguments: Any) -> Run:
    """Train a narrow network on a fold, in whatever process this is."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        narrow_network.use(monkeypatch)
        undrawn_plots.use(monkeypatch)
        monkeypatch.setattr(onnx_export, "_trace", sample.trace_quickly)
        return train_split(*arguments, is_fold=True)


@dataclass(frozen=True)
class KillingItsWorkerOnce:
    """Trains a fold; the first worker that begins one dies, with the lock of its folder."""

    mark: Path

    def __call__(self, *arguments: Any) -> Run:
        try:
            self.mark.touch(exist_ok=False)
        except FileExistsError:
            return train_quickly(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("this process is dead")


def without_times(path: Path) -> list[dict[str, str]]:
    """Return a table of predictions without the time that each took."""
    table = sample.rows(path)
    assert all(float(row.pop("milliseconds")) > 0 for row in table)
    return table


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> Path:
    return sample.prepared(tmp_path_factory.mktemp("data"), frames)


@pytest.fixture(scope="module")
def trained_here(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first two of three folds, trained by this process."""
    out = tmp_path_factory.mktemp("here")
    with pytest.MonkeyPatch.context() as monkeypatch:
        undrawn_plots.use(monkeypatch)
        data = cross_validation.open_data(prepared, sample.settings().spec)
        cross_validation.cross_validate_data(
            data, out, sample.settings(epochs=1), "3", 2, Reporter(), train_quickly
        )
    return out


@pytest.mark.usefixtures("undrawn_plots")
def test_this_machine_and_a_cluster_that_loses_a_worker_give_the_same_models(
    address: str,
    prepared: Path,
    trained_here: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fold_runs, "NETWORK_FOLD", KillingItsWorkerOnce(tmp_path / "killed"))
    out, messages = tmp_path / "cv", []
    cross_validate(
        prepared,
        out,
        sample.settings(epochs=1),
        folds="3",
        first=2,
        cluster=address,
        reporter=Reporter(messages.append),
    )
    assert (tmp_path / "killed").exists()
    folds = ("fold-1", "fold-2")
    for name in ("folds.csv", "config.json", *(f"{fold}/model.onnx" for fold in folds)):
        assert (out / name).read_bytes() == (trained_here / name).read_bytes(), name
    for name in ("predictions.csv", *(f"{fold}/predictions.csv" for fold in folds)):
        assert without_times(out / name) == without_times(trained_here / name), name
    record = json.loads((out / "record.json").read_text())
    assert not record["continued"], "the workers trained for this command"
    assert json.loads((out / "fold-1/record.json").read_text())["command"] == record["command"]
    assert not list(out.glob(".*")), "neither the marker nor a lock is left"
    text = "\n".join(messages)
    for expected in (
        r"^Folds to train on the cluster at tcp://.*: 2\.$",
        r"^Fold 2: begun on ",
        r"^Fold 1: Epoch 1 of 1",
        r": finished \(2 of 2\)\.$",
    ):
        assert re.search(expected, text, re.MULTILINE), expected


@pytest.mark.usefixtures("undrawn_plots")
def test_a_comparison_on_a_cluster_has_the_same_predictions(
    address: str,
    prepared: Path,
    trained_here: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(architecture_comparison, "NETWORK_FOLD", train_quickly)
    messages: list[str] = []
    comparison = architecture_comparison.compare(
        prepared,
        tmp_path,
        architecture_candidates(sample.settings(epochs=1), ["resnet18"]),
        folds="3",
        first=1,
        cluster=address,
        reporter=Reporter(messages.append),
    )
    assert [row.name for row in comparison.rows] == ["resnet18"]
    fold = tmp_path / "resnet18/fold-1"
    expected = trained_here / "fold-1"
    assert (fold / "model.onnx").read_bytes() == (expected / "model.onnx").read_bytes()
    assert without_times(fold / "predictions.csv") == without_times(expected / "predictions.csv")
    assert "resnet18, fold 1: finished (1 of 1)." in messages


@pytest.fixture
def job(prepared: Path, tmp_path: Path) -> FoldJob:
    """A fold for a worker, whose command waits."""
    ticket = cluster.Ticket(str(tmp_path / cluster.MARKER), "token")
    (tmp_path / cluster.MARKER).write_text("token")
    settings, train_fold = sample.settings(), train_quickly
    specs, call = (settings.spec,), run_record.call()
    return FoldJob(
        "Fold 1", prepared, specs, "3", 0, 0, "", settings, "none", tmp_path / "fold-1",
        train_fold, 1, call, ticket,
    )  # fmt: skip


def test_a_worker_stops_for_a_command_that_has_ended_or_begun_again(job: FoldJob) -> None:
    marker = Path(job.ticket.marker)
    assert job.ticket.is_valid()
    marker.write_text("of the next command")
    with pytest.raises(ClusterError, match="has ended"):
        cluster_folds._report(job, "Epoch 1 of 2")
    marker.unlink()
    with pytest.raises(ClusterError, match="has ended"):
        cluster_folds._report(job, "Epoch 1 of 2")


def test_a_worker_waits_for_another_one_that_still_trains_the_fold(
    job: FoldJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(cluster.Ticket, "tell", lambda ticket, text: messages.append(text))
    lock = output_lock.locked_folder(job.out)
    lock.__enter__()
    monkeypatch.setattr(cluster_folds.time, "sleep", lambda _: lock.__exit__(None, None, None))
    with cluster_folds._locked_when_free(job):
        assert messages == ["Fold 1: waiting for another worker, which still trains it."]
        assert job.out.is_dir()


def test_a_second_fold_in_the_same_process_is_refused(job: FoldJob) -> None:
    with cluster_folds._training, pytest.raises(ClusterError, match="--nthreads 1"):
        cluster_folds._train_on_worker([job])


def test_a_worker_with_other_frames_weights_or_images_is_refused(
    job: FoldJob, tmp_path: Path
) -> None:
    with pytest.raises(ClusterError, match="worker on host has other frames"):
        cluster_folds._open(job, "host")
    data = cross_validation.open_data(job.prepared, job.settings.spec)
    protocol = fold_runs.make_protocol(data.frames, "3", None, 0)
    same = replace(job, sha256=protocol.chosen[0].sha256(data.frames))
    assert cluster_folds._open(same, "host")[1].name == "1"
    with pytest.raises(ClusterError, match="other initial weights"):
        cluster_folds._open(replace(same, weights="another hash"), "host")
    copy = prepared_copy.copy(job.prepared, tmp_path / "copy")
    next((copy / "crops").rglob("*.jpg")).unlink()
    with pytest.raises(ClusterError, match=r"worker on host cannot use .*missing"):
        cluster_folds._open(replace(same, prepared=copy), "host")


@pytest.mark.parametrize("devices", [Devices(devices="2"), Devices(nodes=2), Devices(workers=2)])
def test_several_devices_for_a_fold_are_refused(devices: Devices) -> None:
    with pytest.raises(ModelError, match="one worker on one device"):
        cluster_folds.check_devices(devices)
    cluster_folds.check_devices(Devices())
