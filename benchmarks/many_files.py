"""Whether a folder of very many files is assessed to its end in constant memory.

    python -m benchmarks.many_files --files 100000 PHOTOS

PHOTOS is a folder of photos. `wince assess` gets a folder of hard links to copies of them, as many
as asked for, in which every hundredth file is one of them cut off. The resident memory of all its
processes is read twice a second. The exit status is 1 when a file has no line in the results, or
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

from benchmarks.soak import SHARE, growth
from wince.images import SUFFIXES

DAMAGED_EACH = 100
FILES_PER_FOLDER = 1000
WARM_UP = 10  # seconds after which everything is loaded


def make_files(photos: Path, count: int, folder: Path) -> None:
    """Fill a folder with numbered files, in folders of a thousand.

    Args:
        photos: Folder of photos.
        count: Number of files.
        folder: An existing folder; the files go into `files` below it.
    """
    originals = folder / "originals"
    originals.mkdir()
    copies = [
        Path(shutil.copy(path, originals / f"{number}{path.suffix}"))
        for number, path in enumerate(sorted(photos.iterdir()))
        if path.suffix.lower() in SUFFIXES
    ]
    for number in range(count):
        original = copies[number % len(copies)]
        file = folder / "files" / f"{number // FILES_PER_FOLDER:04d}" / f"{number}{original.suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        if number % DAMAGED_EACH:
            os.link(original, file)
        else:
            data = original.read_bytes()
            file.write_bytes(data[: len(data) // 2])


def memory(process: psutil.Process) -> float:
    """Return the resident memory of a process and its children in MB."""
    total = 0
    for member in (process, *process.children(recursive=True)):
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:  # it has just ended
            continue
    return total / 2**20


def assess(files: Path, out: Path) -> list[float]:
    """Run `wince assess` on a folder; return samples of its memory in MB after the warm-up."""
    command = [sys.executable, "-m", "wince", "assess", str(files), "--out", str(out)]
    start, samples = time.monotonic(), []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            if time.monotonic() - start > WARM_UP:
                samples.append(memory(watched))
            time.sleep(0.5)
    return [sample for sample in samples if sample]


def main() -> int:
    """Assess, watch and print; return 1 if a line is missing or memory grew."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("photos", type=Path, help="folder of photos")
    parser.add_argument("--files", type=int, default=100_000, help="how many [100000]")
    parser.add_argument("--share", type=float, default=SHARE, help=f"allowed growth [{SHARE}]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(options.photos, options.files, folder)
        start, out = time.monotonic(), folder / "results.csv"
        samples = assess(folder / "files", out)
        seconds = time.monotonic() - start
        with out.open(encoding="utf-8") as file:
            lines = sum(1 for _ in file) - 1
    grown = growth(samples)
    print(f"{lines:,} of {options.files:,} files have their line, in {seconds:.0f} s")
    print(f"memory {min(samples):.0f} to {max(samples):.0f} MB, last third {grown:+.1%}")
    return int(lines != options.files or grown > options.share)


if __name__ == "__main__":
    sys.exit(main())
