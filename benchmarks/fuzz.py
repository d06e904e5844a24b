"""Damaged images, requests, messages, manifests, tables and labels by the thousand.

    python -m benchmarks.fuzz --inputs 10000
    python -m benchmarks.fuzz images --inputs 1000000

Each input (tests/support/fuzz) must end in a result, in a message of wince, or in an answer with
the right status. Every kind is tried in a process of its own, which is started again when it dies.
Printed for each kind: the inputs tried, the answers with status 500, the crashes (other exceptions
and dead or hanging processes), the highest resident memory of the process that gets the inputs, and
the longest time for one input. With --ends also how many ended in which way. The exit status is 1
when there is a crash or an answer 500; its number repeats it: --first NUMBER --inputs 1.
"""

import argparse
import contextlib
import multiprocessing
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import psutil

from benchmarks.server_load import running_server
from tests.support.fuzz.files import Labels, Manifests, Tables
from tests.support.fuzz.images import Images
from tests.support.fuzz.server import LiveMessages, Requests
from tests.support.fuzz.target import Target

IN_PROCESS: dict[str, Callable[[], Target]] = {
    "images": Images,
    "model manifests": Manifests,
    "CSV tables": Tables,
    "label files": Labels,
}
SERVED = {"HTTP requests": Requests, "live messages": LiveMessages}
KINDS = (*IN_PROCESS, *SERVED)

HANGS = 60.0
"""Seconds after which one input counts as hanging."""
REPORT_SECONDS = 2.0
PROGRESS_SECONDS = 30.0


@dataclass
class Tally:
    """How the inputs of one kind ended.

    Attributes:
        ends: Number of inputs by how they ended.
        crashes: What happened, by the number of the input.
        memory: Highest resident memory in MB.
        slowest: Seconds that the slowest input took.
        slowest_number: Its number.
    """

    ends: Counter[str] = field(default_factory=Counter)
    crashes: dict[int, str] = field(default_factory=dict)
    memory: float = 0.0
    slowest: float = 0.0
    slowest_number: int = -1

    @property
    def inputs(self) -> int:
        """Number of inputs that were tried."""
        return self.ends.total() + len(self.crashes)

    @property
    def failures(self) -> int:
        """Number of answers with status 500."""
        return sum(count for end, count in self.ends.items() if "500" in end.split())

    def add(self, end: str, seconds: float, number: int) -> None:
        """Count one input."""
        self.ends[end] += 1
        if seconds > self.slowest:
            self.slowest, self.slowest_number = seconds, number

    def merge(self, other: "Tally") -> None:
        """Add the inputs of another tally."""
        self.ends += other.ends
        self.crashes |= other.crashes
        self.memory = max(self.memory, other.memory)
        if other.slowest > self.slowest:
            self.slowest, self.slowest_number = other.slowest, other.slowest_number


@contextmanager
def opened(name: str) -> Iterator[Target]:
    """Provide the target of one kind of input, with a server of its own if it needs one."""
    with ExitStack() as stack:
        if name in IN_PROCESS:
            yield stack.enter_context(IN_PROCESS[name]())
        else:
            server = stack.enter_context(running_server())
            target = SERVED[name](server.process.pid, server.host, server.port)
            yield stack.enter_context(target)


def work(name: str, numbers: range, skipped: set[int], current: Any, reports: Connection) -> None:
    """Try inputs in this process, and report the number of the last one with a tally of them.

    Args:
        name: The kind of input.
        numbers: Numbers of the inputs.
        skipped: Those to leave out, because the process died of them before.
        current: Shared with the other process: the number that is being tried.
        reports: Takes (number of the last input, tally since the last report).
    """
    warnings.simplefilter("ignore")  # Pillow's, about broken EXIF
    with opened(name) as target:
        tally, reported = Tally(), time.perf_counter()
        for number in numbers:
            if number in skipped:
                continue
            current.value = number
            start = time.perf_counter()
            try:
                end = target.attempt(number)
                tally.add(end, time.perf_counter() - start, number)
            except Exception:
                tally.crashes[number] = traceback.format_exc()
            if time.perf_counter() - reported > REPORT_SECONDS:
                tally.memory = target.memory()
                reports.send((number, tally))
                tally, reported = Tally(), time.perf_counter()
        tally.memory = target.memory()
        reports.send((numbers[-1], tally))


def run(name: str, numbers: range) -> Tally:
    """Return the tally of inputs that are tried in processes of their own."""
    context = multiprocessing.get_context("spawn")
    total, skipped, start, printed = Tally(), set[int](), time.perf_counter(), 0.0
    while numbers:
        reports, far_end = context.Pipe(duplex=False)
        current: Synchronized[int] = context.Value("q", -1)
        process = context.Process(target=work, args=(name, numbers, skipped, current, far_end))
        process.start()
        far_end.close()
        cause = "hangs"
        try:
            while numbers and reports.poll(HANGS):
                last, tally = reports.recv()
                numbers = numbers[numbers.index(last) + 1 :]
                total.merge(tally)
                if time.perf_counter() - printed > PROGRESS_SECONDS:
                    printed = time.perf_counter()
                    print_progress(name, total, printed - start)
        except EOFError:
            process.join()
            cause = f"the process ended with status {process.exitcode}"
        if numbers:
            number = current.value
            if number < 0:
                raise RuntimeError(f"the process for {name} does not start: {cause}")
            skipped.add(number)
            total.crashes[number] = cause
        end(process)
    return total


def end(process: BaseProcess) -> None:
    """End a process, and the server that it has started, if they still run."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
    process.kill()
    process.join()


def print_progress(name: str, tally: Tally, seconds: float) -> None:
    """Print how far one kind of input is, on stderr."""
    print(
        f"{name}: {tally.inputs} inputs in {seconds:.0f} s, {tally.failures} answers 500, "
        f"{len(tally.crashes)} crashes, {tally.memory:.0f} MB, {tally.slowest:.2f} s at most",
        file=sys.stderr,
        flush=True,
    )


def print_table(tallies: dict[str, Tally]) -> None:
    """Print one row for each kind of input, as Markdown."""
    print("| kind | inputs | answers 500 | crashes | highest memory | longest answer |")
    print("|---|---|---|---|---|---|")
    for name, tally in tallies.items():
        print(
            f"| {name} | {tally.inputs:,} | {tally.failures} | {len(tally.crashes)} | "
            f"{tally.memory:.0f} MB | {tally.slowest:.2f} s |"
        )


def main() -> int:
    """Try all inputs, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], help="kinds of input [all]")
    parser.add_argument("--inputs", type=int, default=10_000, help="of each kind [10000]")
    parser.add_argument("--first", type=int, default=0, help="number of the first [0]")
    parser.add_argument("--ends", action="store_true", help="also print how the inputs ended")
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.inputs)
    tallies = {name: run(name, numbers) for name in options.kinds or KINDS}
    for name, tally in tallies.items():
        for number, text in tally.crashes.items():
            print(f"{name} {number}: {text}", file=sys.stderr)
        if options.ends:
            for end, count in tally.ends.most_common():
                print(f"{count:8}  {name}, {end}")
            print(f"slowest: {name} {tally.slowest_number}")
    print_table(tallies)
    return int(any(tally.failures or tally.crashes for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
