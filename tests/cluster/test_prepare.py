"""An archive is prepared by a cluster into the same bytes as by this machine."""

import os
import signal
from functools import partial
from pathlib import Path

import pytest

from tests.support import archive_builder
from tests.support.prepared_files import digests
from wince import cluster
from wince.archive import first_pass, frame_check
from wince.archive.prepare import PrepareOptions, prepare
from wince.errors import ClusterError


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_builder.valid(tmp_path_factory.mktemp("archive")).root


@pytest.fixture(scope="module")
def expected(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of what this machine prepares."""
    out = tmp_path_factory.mktemp("by-processes")
    prepare(archive, out, PrepareOptions(workers=2))
    return digests(out)


def killing_its_worker_once(mark: Path, settings, batch) -> list[frame_check.FrameResult]:
    results = frame_check.check_frames(settings, batch)
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return results


def test_processes_and_a_cluster_that_loses_a_worker_give_the_same_bytes(
    address: str,
    archive: Path,
    expected: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = partial(killing_its_worker_once, tmp_path / "killed")
    monkeypatch.setattr(first_pass, "check_frames", work)
    out, counts = tmp_path / "out", []
    prepare(archive, out, PrepareOptions(cluster=address), lambda done, total: counts.append(done))
    assert (tmp_path / "killed").exists()
    assert digests(out) == expected
    assert len(expected) > 48
    assert counts == list(range(1, 49))
    assert not (out / cluster.MARKER).exists()


def test_a_stopped_run_continues_on_this_machine(
    address: str,
    archive: Path,
    expected: dict[str, str],
    tmp_path: Path,
) -> None:
    def stop(done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(archive, tmp_path, PrepareOptions(cluster=address), stop)
    assert not (tmp_path / cluster.MARKER).exists()
    result = prepare(archive, tmp_path, PrepareOptions(workers=1))
    assert result.reused > 0
    assert digests(tmp_path) == expected


def check_frames_elsewhere(settings, batch) -> list[frame_check.FrameResult]:
    """Check frames as a worker does that sees another folder."""
    from dataclasses import replace

    return frame_check.check_frames(replace(settings, folder=Path("/nowhere")), batch)


def test_an_image_that_only_this_machine_can_open_is_not_left_out(
    address: str, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_pass, "check_frames", check_frames_elsewhere)
    with pytest.raises(ClusterError, match=r"cannot open .*\.png .*this machine can"):
        prepare(archive, tmp_path, PrepareOptions(cluster=address))
