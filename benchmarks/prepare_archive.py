"""How long preparing an archive takes, and how much memory it needs.

    python -m benchmarks.prepare_archive ARCHIVE [--frames 48000] [--folder DIR]

The archive (in the layout of UNBC-McMaster) is repeated under new subjects until it has as many
frames as asked for, with hard links, in a temporary folder. Then these run one after another:

    four checks   the project report's four checks alone, in one process
    one process   wince prepare --workers 1, on a part of the frames (--slice)
    all cores     the same with one worker for each core. These two run --rounds times in turns,
                  and the median of the ratios counts, because other programs share the machine
    whole         wince prepare with all cores on all frames
    again         the same on the unchanged archive

Memory is the sum of the processes' proportional set sizes, read twice a second (Linux only).
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wince.archive import checks, labels
from wince.archive.layouts import unbc
from wince.workers import core_count


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        seconds: By the clock.
        processor: Seconds of processor time.
        memory: Highest memory in MB.
    """

    seconds: float
    processor: float
    memory: float


def repeat(source: Path, target: Path, frames: int) -> int:
    """Hard-link an archive under new subjects until there are enough frames.

    Args:
        source: The archive.
        target: The repeated one.
        frames: How many frames it has at least.

    Returns:
        The number of frames.
    """
    linked, copy = 0, 0
    while linked < frames:
        for subject in sorted((source / "Images").iterdir()):
            code = f"{copy:03d}x{subject.name}"
            for tree in ("Images", "Frame_Labels/PSPI", "Frame_Labels/FACS"):
                linked += _link(source / tree / subject.name, target / tree / code) * (
                    tree == "Images"
                )
            for rating in ("VAS", "OPR", "SEN", "AFF"):
                tree = f"Sequence_Labels/{rating}"
                _link(source / tree / subject.name, target / tree / code)
            if linked >= frames:
                break
        copy += 1
    return linked


def _link(source: Path, target: Path) -> int:
    count = 0
    for path in sorted(source.rglob("*")):
        if path.is_file():
            new = target / path.relative_to(source)
            new.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, new)
            except OSError:  # another file system
                shutil.copy2(path, new)
            count += 1
    return count


def four_checks(root: Path) -> tuple[int, float]:
    """Return how many frames pass the report's four checks, and the seconds that it took."""
    start, passed = time.perf_counter(), 0
    for file in unbc.files(root):
        if not checks.has_image_suffix(file.name):
            continue
        if checks.header_problem((root / file.name).read_bytes()) or not file.label:
            continue
        try:
            labels.parse_pspi(labels.read_text(root / file.label))
        except labels.BadLabelError:
            continue
        passed += 1
    return passed, time.perf_counter() - start


def prepare(root: Path, out: Path, workers: int) -> Run:
    """Run `wince prepare` and watch it."""
    command = [sys.executable, "-m", "wince", "prepare", str(root), "--out", str(out)]
    before = os.times()
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--workers", str(workers)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    highest = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, highest))
    watcher.start()
    _, errors = process.communicate()
    watcher.join()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(errors.decode())
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user
    return Run(seconds, processor - before.children_system, highest[0])


def _watch(process: "subprocess.Popen[bytes]", highest: list[float]) -> None:
    while process.poll() is None:
        used = sum(_proportional(pid) for pid in _family(process.pid))
        highest[0] = max(highest[0], used)
        time.sleep(0.5)


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _proportional(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def main() -> None:
    """Run everything and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--frames", type=int, default=48_000)
    parser.add_argument("--slice", type=int, default=4_800)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    options = parser.parse_args()
    cores = core_count()
    print(f"{platform.machine()}, {cores} cores, load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="wince-prepare-", dir=options.folder) as name:
        folder = Path(name)
        small = repeat(options.archive, folder / "small", options.slice)
        whole = repeat(options.archive, folder / "whole", options.frames)
        passed, seconds = four_checks(folder / "whole")
        print(f"four checks alone   {whole:>7,} frames  {_rate(whole, seconds)}  ({passed:,} pass)")
        rounds = [_round(folder, small, cores) for _ in range(options.rounds)]
        ratios = [single.seconds / parallel.seconds for single, parallel in rounds]
        print(
            f"all cores against one process: {statistics.median(ratios):.2f} times as fast "
            f"(median of {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
        )
        _print_run("whole", whole, prepare(folder / "whole", folder / "out", cores))
        sizes = [path.stat().st_size for path in (folder / "out" / "crops").rglob("*.jpg")]
        size = sum(sizes) / len(sizes) / 100  # MB for 10,000
        print(f"crops               {len(sizes):>7,} frames  {size:.0f} MB for 10,000")
        _print_run("again, unchanged", whole, prepare(folder / "whole", folder / "out", cores))


def _round(folder: Path, frames: int, cores: int) -> tuple[Run, Run]:
    """Return the runs of one process and of all cores on the same frames."""
    runs = []
    for title, workers in (("one process", 1), ("all cores", cores)):
        out = folder / "small-out"
        runs.append(prepare(folder / "small", out, workers))
        shutil.rmtree(out)
        _print_run(title, frames, runs[-1])
    return runs[0], runs[1]


def _print_run(title: str, frames: int, run: Run) -> None:
    print(
        f"{title:<19} {frames:>7,} frames  {_rate(frames, run.seconds)}, processor "
        f"{run.processor:7.1f} s, memory {run.memory:4.0f} MB",
        flush=True,
    )


def _rate(frames: int, seconds: float) -> str:
    return f"{seconds:7.1f} s  {frames / seconds:6.0f} frames/s"


if __name__ == "__main__":
    main()
