"""Batches are worked on by a cluster; what it lacks is stated in a sentence."""

import os
import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from wince import cluster, worker_needs, workers
from wince.errors import ClusterError, MissingExtraError

NUMBERS = range(100)


def squared(batch: Sequence[int]) -> list[int]:
    return [number * number for number in batch]


def killing_its_worker_once(mark: Path, batch: Sequence[int]) -> list[int]:
    if 40 in batch and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return squared(batch)


def killing_its_worker(batch: Sequence[int]) -> list[int]:
    if 40 in batch:
        os.kill(os.getpid(), signal.SIGKILL)
    return squared(batch)


def raising(batch: Sequence[str]) -> list[str]:
    raise OSError("no space left")


def test_results_are_in_order(address: str) -> None:
    with cluster.connect(address, reads=[]) as pool:
        assert list(workers.map_batches(squared, NUMBERS, pool)) == squared(NUMBERS)
        assert list(workers.map_batches(squared, [], pool)) == []


def test_batches_grow_with_the_work_of_each_thread(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cluster.connect(address, reads=[]) as pool:
        monkeypatch.setattr(pool, "size", lambda: 2)
        sizes = [pool.batch_size(count) for count in range(80)]
    assert sizes[:17] == [16] * 8 + [32] * 8 + [48]
    assert sizes[56:] == [128] * 24


def test_the_batch_of_a_lost_worker_is_done_again(address: str, tmp_path: Path) -> None:
    work = partial(killing_its_worker_once, tmp_path / "killed")
    with cluster.connect(address, reads=[]) as pool:
        assert list(workers.map_batches(work, NUMBERS, pool)) == squared(NUMBERS)
    assert (tmp_path / "killed").exists()


def test_a_batch_that_kills_every_worker_is_an_error(two_workers, address: str) -> None:
    allowed, two_workers.scheduler.allowed_failures = two_workers.scheduler.allowed_failures, 0
    try:
        with (
            pytest.raises(ClusterError, match=r"batches died \(1 in all.*memory"),
            cluster.connect(address, reads=[]) as pool,
        ):
            list(workers.map_batches(killing_its_worker, NUMBERS, pool))
    finally:
        two_workers.scheduler.allowed_failures = allowed


def test_an_error_in_a_worker_reaches_the_caller_and_its_batch_is_in_no_log(
    two_workers, address: str
) -> None:
    with (
        pytest.raises(OSError, match="no space left"),
        cluster.connect(address, reads=[]) as pool,
    ):
        list(workers.map_batches(raising, ["subject-of-the-archive"], pool))
    assert "subject-of-the-archive" not in str(two_workers.get_logs())


def test_a_scheduler_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    for address in ("tcp://127.0.0.1:9", "other://127.0.0.1:9", "tls://127.0.0.1:9"):
        with (
            pytest.raises(ClusterError, match=f"No Dask scheduler answered at {address}"),
            cluster.connect(address, reads=[]),
        ):
            pytest.fail("it is connected")


def test_a_cluster_without_workers() -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as empty,
        pytest.raises(ClusterError, match=r"has no worker.*dask worker"),
        cluster.connect(empty.scheduler_address, reads=[]),
    ):
        pytest.fail("it is connected")


@pytest.mark.parametrize("name", ["Python", "wince", "numpy"])
def test_workers_with_another_version(
    address: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    actual = worker_needs.version(name)
    versions = {name: "0.1"}
    monkeypatch.setattr(
        cluster, "version", lambda package: versions.get(package) or worker_needs.version(package)
    )
    with (
        pytest.raises(ClusterError, match=f"has {name} {actual}, this machine has 0.1"),
        cluster.connect(address, reads=[]),
    ):
        pytest.fail("it is connected")


def test_a_scheduler_with_another_version() -> None:
    client = SimpleNamespace(run_on_scheduler=lambda function, name: "0.1")
    with pytest.raises(
        ClusterError, match=r"The scheduler at tcp://x has wince 0\.1, this machine"
    ):
        cluster._check_scheduler(client, "tcp://x")


def test_workers_that_do_not_see_the_archive(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cluster, "fingerprint", lambda path: "of this machine")
    with (
        pytest.raises(ClusterError, match=f"does not see {tmp_path}.*same folders"),
        cluster.connect(address, reads=[tmp_path]),
    ):
        pytest.fail("it is connected")


def hanging(needs: worker_needs.WorkerNeeds) -> str:
    time.sleep(3)
    return ""


def test_a_worker_that_does_not_answer(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "worker_problem", hanging)
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 1)
    with (
        pytest.raises(ClusterError, match=r"2 of the 2 workers did not answer .* tcp://127"),
        cluster.connect(address, reads=[]),
    ):
        pytest.fail("it is connected")


def test_a_worker_whose_output_folder_is_another_one(tmp_path: Path) -> None:
    marker = tmp_path / cluster.MARKER
    needs = worker_needs.WorkerNeeds((), (), str(marker), "mine")
    assert "cannot read and write" in worker_needs.worker_problem(needs)
    marker.write_text("of somebody else")
    worker_needs.worker_problem.cache_clear()
    assert "another folder" in worker_needs.worker_problem(needs)
    marker.write_text("mine")
    worker_needs.worker_problem.cache_clear()
    assert worker_needs.worker_problem(needs) == ""


def test_folders_with_other_names_in_them_have_other_fingerprints(tmp_path: Path) -> None:
    fingerprints = [worker_needs.fingerprint(tmp_path / "images")]
    for name in ("images/a", "images/a/1.png", "images/b.png"):
        (tmp_path / name).mkdir(parents=True)
        fingerprints.append(worker_needs.fingerprint(tmp_path / "images"))
    assert len(set(fingerprints)) == 4
    (tmp_path / "images/.hidden").mkdir()
    assert worker_needs.fingerprint(tmp_path / "images") == fingerprints[-1]


def test_without_dask_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with (
        pytest.raises(MissingExtraError, match=r"pip install 'wince\[cluster\]'"),
        cluster.connect("tcp://127.0.0.1:9", reads=[]),
    ):
        pytest.fail("it is connected")


def test_a_cluster_and_a_number_of_workers_exclude_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from wince.cli import main

    options = ["--cluster", "tcp://127.0.0.1:9", "--workers", "2"]
    assert main(["prepare", str(tmp_path), "--out", str(tmp_path / "out"), *options]) == 2
    assert "--workers and --cluster exclude each other" in capsys.readouterr().err
