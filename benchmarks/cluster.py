"""What a Dask cluster adds to the work of `wince prepare`, per frame.

    python -m benchmarks.cluster ARCHIVE [--frames 48000] [--part 4800] [--rounds 3]

The frames of the archive are repeated in the list of work until there are as many as asked for. Two
kinds of work are done by processes of this machine, one for each core, and by Dask with 1, 2 and 4
workers over loopback, in turns, --rounds times:

    travel   nothing but carrying every frame to a worker and a result of the usual size back
    check    the work of `wince prepare` on the first --part frames: decode, find the face, write
             the crop

The first tenth of the results is not timed, because processes start meanwhile. Values are medians
over the rounds. A ratio is the median of a round's rate divided by that of its processes. Processor
times are of all results: of this process, of Dask's scheduler, and of the workers. On a machine
that does other work, only these can be compared.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
from distributed import Client

from wince import cluster, workers
from wince.archive.detection import Detection, FileState
from wince.archive.frame_check import CheckSettings, FrameResult, check_frames
from wince.archive.frame_file import FrameFile
from wince.archive.layouts import known_layouts
from wince.archive.table_options import TableOptions
from wince.faces.spec import FaceSpec

DASK_WORKERS = (1, 2, 4)
Pair = tuple[FrameFile, Detection | None]
Work = Callable[[Sequence[Pair]], list[FrameResult]]
DETECTION = Detection(FileState(80_000, 1, 1, 2, "0" * 64), "settings", "", crop="crops/s/1.jpg")


@dataclass(frozen=True, slots=True)
class Pool:
    """Where frames are worked on.

    Attributes:
        executor: Number of processes, or the address of Dask's scheduler.
        scheduler: Process of Dask's scheduler, if there is one.
        workers: Process whose children are Dask's workers.
    """

    executor: int | str
    scheduler: psutil.Process | None = None
    workers: psutil.Process | None = None

    @contextmanager
    def connected(self) -> Iterator[int | cluster.Cluster]:
        """Yield the number of processes, or a new connection to the cluster."""
        if isinstance(self.executor, int):
            yield self.executor
            return
        with cluster.connect(self.executor, reads=[]) as connection:
            yield connection

    def processor_seconds(self) -> tuple[float, float, float]:
        """Return the processor time so far of this process, the scheduler, and the workers."""
        if self.scheduler is None or self.workers is None:
            times = os.times()  # that of processes that have ended
            return time.process_time(), 0.0, times.children_user + times.children_system
        every_worker = [self.workers, *self.workers.children(recursive=True)]
        return time.process_time(), _seconds(self.scheduler), sum(map(_seconds, every_worker))


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def dask_pool(folder: Path, count: int) -> Iterator[Pool]:
    """Yield a cluster with a number of workers of one thread, as somebody would start it."""
    file = folder / f"scheduler-{count}.json"
    start = [sys.executable, "-m"]
    at = ["--scheduler-file", str(file), "--no-dashboard"]
    scheduler = [*start, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    worker = [*start, "distributed.cli.dask_worker", "--nworkers", str(count), "--nthreads", "1"]
    directory = ["--local-directory", str(folder)]
    with ExitStack() as stack:
        processes = []
        for command in ([*scheduler, *at], [*worker, *at, *directory]):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            processes.append(psutil.Process(process.pid))
            while not file.is_file():
                time.sleep(0.2)
        address = json.loads(file.read_text())["address"]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(count)
        yield Pool(address, *processes)


def travel(batch: Sequence[Pair]) -> list[FrameResult]:
    """Return a result of the usual size for each frame, without opening it."""
    return [FrameResult(file, detection=DETECTION, digest="0" * 64) for file, _ in batch]


def measure_once(work: Work, pairs: Sequence[Pair], pool: Pool) -> dict[str, float]:
    """Return frames per second after the first tenth, and microseconds of processor a frame."""
    skipped, start = len(pairs) // 10, 0.0
    with pool.connected() as executor:
        before = pool.processor_seconds()
        for number, _ in enumerate(workers.map_batches(work, pairs, executor), start=1):
            if number == skipped:
                start = time.perf_counter()
        seconds = time.perf_counter() - start
        spent = [
            1e6 * (after - earlier) / len(pairs)
            for earlier, after in zip(before, pool.processor_seconds(), strict=True)
        ]
    names = ("this process", "scheduler", "workers")
    return {"frames/s": (len(pairs) - skipped) / seconds, **dict(zip(names, spent, strict=True))}


def measure(
    work: Work, pairs: Sequence[Pair], pools: dict[str, Pool], rounds: int
) -> dict[str, dict[str, float]]:
    """Return rate, ratio to the first pool, and processor microseconds per frame of each pool."""
    results: dict[str, list[dict[str, float]]] = {name: [] for name in pools}
    for _ in range(rounds):
        for name, pool in pools.items():
            results[name].append(measure_once(work, pairs, pool))
            print(f"{len(pairs):,} frames, {name}: {results[name][-1]}", flush=True)
    baseline = [values["frames/s"] for values in next(iter(results.values()))]
    medians = {}
    for name, every_round in results.items():
        ratios = [a["frames/s"] / b for a, b in zip(every_round, baseline, strict=True)]
        medians[name] = {
            key: round(statistics.median(values[key] for values in every_round), 1)
            for key in every_round[0]
        } | {"ratio": round(statistics.median(ratios), 3)}
    return medians


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--frames", type=int, default=48_000)
    parser.add_argument("--part", type=int, default=4_800)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    root = arguments.archive.resolve()
    layout, base = known_layouts.recognise(root, None, TableOptions())
    files = list(layout.files(base, TableOptions()))
    pairs: list[Pair] = [
        (file, None) for file in itertools.islice(itertools.cycle(files), arguments.frames)
    ]
    cores = workers.core_count()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pools = {f"{cores} processes": Pool(cores)}
        for count in DASK_WORKERS:
            pools[f"Dask, workers: {count}"] = stack.enter_context(dask_pool(folder, count))
        archive = base if base.is_dir() else base.parent
        settings = CheckSettings(layout.NAME, base, archive, folder, FaceSpec())
        check = partial(check_frames, settings)
        part = pairs[: arguments.part]
        results = {
            "cores": cores,
            "rounds": arguments.rounds,
            f"travel, {len(pairs):,} frames": measure(travel, pairs, pools, arguments.rounds),
            f"check, {len(part):,} frames": measure(check, part, pools, arguments.rounds),
        }
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
