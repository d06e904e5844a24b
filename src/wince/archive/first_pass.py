"""The first pass of a preparation: check every frame, in several processes or on a cluster."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from wince import cluster, workers
from wince.archive import checks, subject_groups
from wince.archive.frame_check import CheckSettings, FrameResult, check_frames
from wince.archive.frame_database import FrameDatabase
from wince.archive.frame_file import FrameFile
from wince.cluster import Cluster
from wince.errors import ClusterError
from wince.files import is_readable

COMMIT_EVERY = 256  # frames; a kill loses the results of no more than this
Progress = Callable[[int, int], None]


@contextmanager
def open_pool(
    processes: int, address: str | None, base: Path, out: Path
) -> Iterator[int | Cluster]:
    """Yield the number of processes, or the cluster, that check the frames.

    Args:
        processes: Number of processes, 0 for one per core.
        address: The scheduler of a cluster; None for processes.
        base: Where the archive begins: a folder or a CSV file.
        out: The prepared folder.

    Raises:
        ClusterError: The cluster does not answer, or its workers cannot be used.
    """
    if address is None:
        yield processes or workers.core_count()
        return
    with cluster.connect(address, reads=[base], writes=out) as connected:
        yield connected


def check_all(
    database: FrameDatabase,
    settings: CheckSettings,
    groups: subject_groups.SubjectGroups,
    files: Iterator[FrameFile],
    count: int,
    pool: int | Cluster,
    progress: Progress | None,
) -> int:
    """Check every frame and add it to the database; return how many detections were reused.

    Args:
        database: Database of the prepared folder.
        settings: What all frames have in common.
        groups: Groups by subject.
        files: The frames.
        count: How many there are.
        pool: Number of processes, or a cluster.
        progress: Called with (frames done, frames in all).

    Raises:
        ClusterError: The cluster cannot do the work.
        ArchiveError: A worker process was killed.
    """
    reused = 0
    pairs = ((file, database.cached(file.name)) for file in files)
    results: Iterator[FrameResult] = workers.map_batches(
        partial(check_frames, settings),
        pairs,
        pool,
        batch_of=lambda pair: pair[0].video,
    )
    for number, result in enumerate(results):
        if isinstance(pool, Cluster):
            _refuse_unshared(settings, result)
        values = (*result.file.groups, *groups.of(result.file.subject))
        database.add(number, result, values)
        reused += result.reused
        if number % COMMIT_EVERY == COMMIT_EVERY - 1:
            database.commit()
        if progress:
            progress(number + 1, count)
    database.finish()
    return reused


def _refuse_unshared(settings: CheckSettings, result: FrameResult) -> None:
    """Raise ClusterError for an image that a worker could not open, and this machine can."""
    file = result.file
    was_opened = result.digest or (file.video and file.seconds is None)
    if was_opened or result.check != checks.READABLE.reason:
        return
    path = settings.folder / (file.video or file.name)
    if is_readable(path) and path.is_file():
        raise ClusterError(
            f"A worker of the cluster cannot open {path} ({result.detail}), this machine can. "
            "Share its folder with all machines under the same path, or leave out --cluster."
        )
