"""Whether a folder of very many files is assessed to its end, in memory that stays the same.

    python -m benchmarks.many_files --files 100000 PHOTOS

PHOTOS is a folder of pictures; `wince assess` is given a folder of hard links to copies of them, as
many as asked for, in which every hundredth file is one of them cut off. The resident memory of all
its processes is read twice a second. Ends with status 1 when a file has no line in the results, or
when the median of the last third exceeds that of the first by more than --share.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.soak import SHARE, grown
from wince.images import SUFFIXES

DAMAGED_EACH = 100
FOLDER_HOLDS = 1000


def make(photos: Path, count: int, folder: Path) -> None:
    """Fill a folder with so many files, named in order, in folders of a thousand."""
    originals = folder / "originals"
    originals.mkdir()
    copies = [
        Path(shutil.copy(path, originals / f"{number}{path.suffix}"))
        for number, path in enumerate(sorted(photos.iterdir()))
        if path.suffix.lower() in SUFFIXES
    ]
    for number in range(count):
        original = copies[number % len(copies)]
        name = folder / "files" / f"{number // FOLDER_HOLDS:04d}" / f"{number}{original.suffix}"
        name.parent.mkdir(parents=True, exist_ok=True)
        if number % DAMAGED_EACH:
            os.link(original, name)
        else:
            data = original.read_bytes()
            name.write_bytes(data[: len(data) // 2])


def memory(process: psutil.Process) -> float:
    """Return the resident memory of a process and those it began, in MB."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:  # it has just ended
            continue
    return total / 2**20


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", type=Path, help="folder of pictures")
    parser.add_argument("--files", type=int, default=100_000, help="how many [100000]")
    parser.add_argument("--share", type=float, default=SHARE, help=f"allowed growth [{SHARE}]")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(chosen.photos, chosen.files, folder)
        out = folder / "results.csv"
        words = [sys.executable, "-m", "wince", "assess", str(folder / "files"), "--out", str(out)]
        begun, samples = time.monotonic(), []
        with subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            watched = psutil.Process(process.pid)
            while process.poll() is None:
                if time.monotonic() - begun > 10:  # by then everything is loaded
                    samples.append(memory(watched))
                time.sleep(0.5)
        seconds = time.monotonic() - begun
        with out.open(encoding="utf-8") as file:
            lines = sum(1 for _ in file) - 1
    samples = [sample for sample in samples if sample]
    growth = grown(samples)
    print(f"{lines:,} of {chosen.files:,} files have their line, in {seconds:.0f} s")
    print(f"memory {min(samples):.0f} to {max(samples):.0f} MB, last third {growth:+.1%}")
    return int(lines != chosen.files or growth > chosen.share)


if __name__ == "__main__":
    sys.exit(main())
