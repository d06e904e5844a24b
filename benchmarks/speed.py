"""How fast wince is, beside its budgets and beside the same path written the usual way.

    python -m benchmarks.speed                          # prints the table
    python -m benchmarks.speed --write docs/speed.md    # and writes the page

One run measures everything: the path from a photo to a score on one core, the network against the
machine's matrix multiplication, the live socket and the page, a server under load, and what
starting, importing and installing take. Ways that are compared take turns. It needs Linux (/proc)
and the `dev` extra; without Chromium the page is not measured. About three minutes.
"""

import argparse
import importlib.metadata
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from packaging.requirements import Requirement

import wince
from benchmarks import assessment_path, live_page
from benchmarks.assessment_path import STAGES, Marks, in_turns, timed
from benchmarks.server_load import live, load, megabytes, photo, served
from wince.runtime.assessor import Assessor

CLIENTS = (1, 4, 16, 64)
PHONE = (3464, 2598)  # 9.0 megapixels


@dataclass(frozen=True)
class Budget:
    """What was promised: words for it, and the limit; `least` when more is better."""

    words: str
    limit: float
    least: bool = False

    def verdict(self, value: float) -> str:
        """Return pass or fail."""
        return (
            "pass" if (value >= self.limit if self.least else value <= self.limit) else "**fail**"
        )


BUDGETS = {
    "path": Budget("20 ms", 20),
    "ratio": Budget("0.4 of the usual way", 0.4),
    "overlay": Budget("150 ms", 150),
    "live": Budget("15 frames/s or more", 15, least=True),
    "ready": Budget("2 s", 2),
    "import": Budget("0.15 s", 0.15),
    "memory": Budget("300 MB", 300),
    "install": Budget("250 MB", 250),
    "prepare": Budget("1.6 times one process or more", 1.6, least=True),
    "train": Budget("1.5 times a plain loop or more", 1.5, least=True),
}
ELSEWHERE = {
    "prepare": (
        "Preparing an archive on every core",
        "by `benchmarks/prepare_archive.py`: [prepare.md](prepare.md#how-long-it-takes)",
    ),
    "train": ("Training throughput", "by `benchmarks/training_throughput.py`"),
}
"""Budgets with a measurement of their own, which takes longer and needs an archive."""


@dataclass(frozen=True)
class Row:
    """A row of the table: what, the figure in words, the usual way beside it, budget, verdict."""

    what: str
    found: str
    beside: str = ""
    budget: str = ""
    verdict: str = ""


def judged(what: str, found: str, key: str, value: float, beside: str = "") -> Row:
    """Return a row with its budget and whether it was kept."""
    return Row(what, found, beside, BUDGETS[key].words, BUDGETS[key].verdict(value))


def of_the_path(int8: Assessor, fp32: Assessor, rounds: int) -> Iterator[Row]:
    """Yield the rows of a 640 x 480 photo: whole path, stages, the usual way."""
    picture = photo(640, 480)
    spec = int8.estimator.spec
    found = in_turns(
        {
            "int8": assessment_path.whole(int8, picture),
            "fp32": assessment_path.whole(fp32, picture),
            "stages": assessment_path.staged(int8, picture),
            "fp32 stages": assessment_path.staged(fp32, picture),
            "usual": assessment_path.usual(picture, spec),
            "usual with our finder": assessment_path.usual(picture, spec, our_finder=True),
            "usual at 224": assessment_path.usual(picture, replace(spec, size=224)),
        },
        rounds,
    )
    usual = found["usual"]
    whole = found["int8"]["whole"]
    ratio = whole / usual["whole"]
    yield judged("Photo of 640 x 480, whole path, int8", ms(whole), "path", whole)
    yield judged("the same against the usual way", f"{ratio:.2f}", "ratio", ratio, beside(found))
    for what, name in (
        ("with the face found by onnxruntime there too", "usual with our finder"),
        ("with crops of 224 x 224 there", "usual at 224"),
    ):
        other = found[name]["whole"]
        yield Row(what, f"{whole / other:.2f}", ms(other))
    yield Row(
        "Photo of 640 x 480, whole path, fp32", ms(found["fp32"]["whole"]), beside(found, "fp32")
    )
    for stage in STAGES:
        mine = found["stages"][stage]
        other = f"{ms(usual[stage])}: {mine / usual[stage]:.2f}" if stage in usual else "has none"
        yield Row(f"{stage}, int8" if stage == "score" else stage, ms(mine), other)
    mine = found["fp32 stages"]["score"]
    yield Row("score, fp32", ms(mine), f"{ms(usual['score'])}: {mine / usual['score']:.2f}")


def beside(found: dict[str, Marks], name: str = "int8") -> str:
    """Return the usual way's time and the ratio to it."""
    usual = found["usual"]["whole"]
    return f"{ms(usual)}: {found[name]['whole'] / usual:.2f}"


def of_a_phone(int8: Assessor, fp32: Assessor, rounds: int) -> Iterator[Row]:
    """Yield the rows of a phone's photo."""
    picture = photo(*PHONE)
    found = in_turns(
        {
            "int8": assessment_path.whole(int8, picture),
            "fp32": assessment_path.whole(fp32, picture),
            "usual": assessment_path.usual(picture, int8.estimator.spec),
        },
        rounds,
    )
    size = f"Photo of 9 megapixels ({len(picture) / 2**20:.1f} MB), whole path"
    for name in ("int8", "fp32"):
        yield Row(f"{size}, {name}", ms(found[name]["whole"]), beside(found, name))


def of_the_network(
    int8: Assessor, fp32: Assessor, folder: Path, count: int, rounds: int
) -> Iterator[Row]:
    """Yield the rows of the network alone against the machine's matrix multiplication."""
    size = int8.estimator.spec.size
    calls = {
        "int8": assessment_path.network_alone(int8),
        "fp32": assessment_path.network_alone(fp32),
        "torch": assessment_path.torch_alone(size),
        "gemm int8": assessment_path.multiplication(folder, int8=True),
        "gemm fp32": assessment_path.multiplication(folder, int8=False),
    }
    medians = in_turns({name: timed(call) for name, call in calls.items()}, rounds)
    found = {name: marks["whole"] for name, marks in medians.items()}
    for name in ("fp32", "int8"):
        product = found[f"gemm {name}"]
        rate = 2 * assessment_path.SIDE**3 / product / 1e6  # of 1e9 operations a second
        limit = count / rate / 1e6
        yield Row(
            f"ResNet-18 alone at {size} x {size}, {name}",
            f"{ms(found[name])}: {found[name] / limit:.2f} of the limit, {limit:.1f} ms",
            f"{ms(found['torch'])}: {found[name] / found['torch']:.2f}",
        )
        yield Row(f"Matrix multiplication, {name}", f"{rate:.0f} billion operations/s")


def of_a_server(seconds: float) -> Iterator[Row]:
    """Yield the rows of the live socket, the page, and a server under load."""
    picture = photo(640, 480, quality=85)
    with served() as server:
        live(server, picture, seconds=1)
        when, latency = live(server, picture, seconds=seconds).T
        rate = (len(when) - 1) / (when[-1] - when[0])
        yield judged("Live socket, 640 x 480", f"{rate:.1f} frames/s", "live", rate)
        yield Row("Live socket, frame sent to answer", quantiles(latency))
    yield from _of_the_page()
    with served() as server:
        load(server, [picture], clients=2, seconds=1)
        for clients in CLIENTS:
            found = load(server, [picture], clients=clients, seconds=seconds)
            words = f"{found.rate:.1f} answers/s, {quantiles(found.took)}"
            refused = f"{found.share_refused:.0%} of the requests refused (503)"
            if found.refused:
                refused += f", p95 {1000 * np.quantile(found.refused, 0.95):.0f} ms"
            other = {
                status: count
                for status, count in found.statuses.items()
                if status not in (200, 503)
            }
            yield Row(
                f"Server, {clients} client{'s' * (clients > 1)}",
                f"{words}; {refused}" + (f"; other answers: {other}" if other else ""),
            )
        peak = server.memory("VmHWM")
        yield judged("`wince serve` after that, peak memory", f"{peak:.0f} MB", "memory", peak)


def _of_the_page() -> Iterator[Row]:
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        yield Row("Page, frame captured to overlay drawn", "not measured: there is no Chromium")
        return
    with served() as server, tempfile.TemporaryDirectory() as folder:
        camera = Path(folder) / "face.mjpeg"
        live_page.film(camera)
        when, latency, _ = live_page.measure(server.address, camera).T
    rate = 1000 * (len(when) - 1) / (when[-1] - when[0])
    p95 = float(np.quantile(latency, 0.95))
    yield judged(
        "Page, frame captured to overlay drawn, p95",
        f"{p95:.0f} ms (p50 {np.median(latency):.0f})",
        "overlay",
        p95,
    )
    yield judged("Page, live", f"{rate:.1f} frames/s", "live", rate)


def of_starting(times: int) -> Iterator[Row]:
    """Yield the rows of starting, importing, memory and install size."""
    starts = []
    for _ in range(times):
        with served() as server:
            starts.append((server.ready, server.processor, server.memory()))
    ready, processor, resident = (statistics.median(column) for column in zip(*starts, strict=True))
    words = f"{ready:.2f} s ({processor:.2f} s of processor time)"
    yield judged("`wince serve` until ready", words, "ready", ready)
    yield judged("`wince serve` once ready, memory", f"{resident:.0f} MB", "memory", resident)
    imports = [importing() for _ in range(3 * times)]
    wall, processor = (statistics.median(column) for column in zip(*imports, strict=True))
    words = f"{wall:.3f} s ({processor:.3f} s of processor time)"
    yield judged("`import wince`", words, "import", wall)
    for name, picture in (("640 x 480", photo(640, 480)), ("9 megapixels", photo(*PHONE))):
        peak = assessing(picture)
        what = f"`wince assess` on a photo of {name}, peak memory"
        yield judged(what, f"{peak:.0f} MB", "memory", peak)
    parts = installed("wince")
    total = sum(parts.values())
    largest = sorted(parts, key=lambda name: parts[name], reverse=True)[:3]
    words = ", ".join(f"{name} {parts[name]:.0f}" for name in largest)
    yield judged(
        f"Core install, {len(parts)} distributions", f"{total:.0f} MB ({words})", "install", total
    )


IMPORT = """
import time
begun = time.perf_counter(), time.process_time()
import wince
print(time.perf_counter() - begun[0], time.process_time() - begun[1])
"""


def importing() -> tuple[float, float]:
    """Return the seconds of the wall clock and of processor time that `import wince` takes."""
    command = [sys.executable, "-c", IMPORT]
    words = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wall, processor = map(float, words.split())
    return wall, processor


# A child's ru_maxrss begins with its parent's memory, so the program says its own peak.
ASSESS = """
import pathlib, sys
from wince.cli import main
try:
    main()
finally:
    print(pathlib.Path("/proc/self/status").read_text("ascii"), file=sys.stderr)
"""


def assessing(picture: bytes) -> float:
    """Return the peak resident memory of `wince assess` on a picture, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(picture)
        command = [sys.executable, "-c", ASSESS, "assess", str(path)]
        status = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return megabytes(status, "VmHWM")


def installed(name: str) -> dict[str, float]:
    """Return the MB (10**6 bytes) of a distribution and all that it needs, without any extra."""
    sizes: dict[str, float] = {}
    waiting = [Requirement(name)]
    while waiting:
        wanted = waiting.pop()
        key = wanted.name.lower().replace("_", "-")
        found = importlib.metadata.distribution(wanted.name)
        if key not in sizes:
            sizes[key] = _megabytes(found) if key != "wince" else _of_the_package()
        for line in found.requires or []:
            need = Requirement(line)
            extras = wanted.extras or {""}
            asked = not need.marker or any(need.marker.evaluate({"extra": one}) for one in extras)
            if asked and (need.name.lower().replace("_", "-") not in sizes or need.extras):
                waiting.append(need)
    return sizes


def _megabytes(found: importlib.metadata.Distribution) -> float:
    paths = [Path(str(file.locate())) for file in found.files or []]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def _of_the_package() -> float:
    """Return the MB of our own package, which may be installed as a link to its source."""
    root = Path(wince.__file__).parent
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) / 1e6


def processor() -> str:
    """Return the processor's name and how many cores there are."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'an unnamed processor'}, {os.cpu_count()} cores"


def table(rows: list[Row]) -> str:
    """Return the table, with the budgets that are measured elsewhere at its end."""
    elsewhere = [
        Row(what, where, "", BUDGETS[key].words, "") for key, (what, where) in ELSEWHERE.items()
    ]
    lines = ["| | measured | the usual way, and ours to it | budget | |", "|---|---|---|---|---|"]
    for row in [*rows, *elsewhere]:
        cells = (row.what, row.found, row.beside, row.budget, row.verdict)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def page(rows: list[Row], count: int, difference: float) -> str:
    """Return the page around the table."""
    versions = ", ".join(
        f"{module.__name__} {module.__version__}" for module in (onnxruntime, torch)
    )
    return f"""# How fast it is

    python -m benchmarks.speed --write docs/speed.md

measures everything below in one run and writes this page. It was measured on {processor()}, with
{versions}.

Figures of the wall clock (frames, answers and latency, starting, importing) hang on what else the
machine does, and differ from run to run. Ways that are compared took turns, so their ratios hold
better.

{table(rows)}

**What is counted.** The path, its stages and the network: processor time of one core, median; every
library has one thread. Memory is resident, in MB of 2^20 bytes; an install is counted in MB of
10^6.

**The usual way**: Pillow decodes the photo in full, the same detector finds the face, Pillow cuts
it out at the model's size, torchvision's transforms make it a tensor, and torchvision's ResNet-18
of the same shape scores it; both networks run in eager torch without gradients. It has no check of
whether the face can be judged. The budget is for this one. Two others stand beside it: with the
detector run by onnxruntime as ours is, so that only the rest differs, and with crops of 224 x 224,
as such a program usually has them.

**int8** is the packaged model, **fp32** the same network: the packaged graph with its weights
multiplied out to float32, and the rounding between layers dropped. On the test pictures the two
differ by {difference:.2f} points of PSPI at most.

**The limit** of the network is the time that its {count / 1e9:.2f} billion operations (two for each
weight and place of every convolution, counted from the graph) would take if all went as fast as
onnxruntime multiplies matrices of {assessment_path.SIDE} x {assessment_path.SIDE}; in int8
unsigned by signed bytes. The network's own time includes the steps that are no multiplication.

**The photos** are made: a rendered face (tests/data) on a cloudy wall, with a sensor's noise, as
JPEG.

**The load** comes over loopback from another process on the same cores. Each client sends the next
photo as soon as it has its answer; one that is refused with 503 first waits the second that
`Retry-After` asks for. The latency is that of the assessments; of refusals it stands beside them.
Live, two frames are unanswered at any time, so a frame waits for the one before it.
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the page")
    parser.add_argument("--rounds", type=int, default=60, help="turns of each way [60]")
    parser.add_argument("--seconds", type=float, default=8, help="of each load [8]")
    chosen = parser.parse_args()
    rows: list[Row] = []

    def add(found: Iterator[Row]) -> None:
        for row in found:
            rows.append(row)
            print(f"{row.what}: {row.found}  {row.beside}  {row.budget} {row.verdict}", flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        int8, fp32 = Assessor(), Assessor(assessment_path.fp32_model(folder))
        frames = sorted((Path(__file__).parents[1] / "tests" / "data" / "frames").glob("*.jpg"))
        difference = assessment_path.farthest(int8, fp32, frames)
        count = assessment_path.operations(folder / "fp32" / "model.onnx")
        add(of_the_path(int8, fp32, chosen.rounds))
        add(of_the_network(int8, fp32, folder, count, chosen.rounds))
        add(of_a_phone(int8, fp32, max(3, chosen.rounds // 4)))
    add(of_a_server(chosen.seconds))
    add(of_starting(5))
    text = page(rows, count, difference)
    print(f"\n{table(rows)}")
    if chosen.write:
        chosen.write.write_text(text, "utf-8")
    return 1 if any("fail" in row.verdict for row in rows) else 0


def ms(value: float) -> str:
    """Return milliseconds in words."""
    return f"{value:.1f} ms"


def quantiles(seconds: "list[float] | np.ndarray") -> str:
    """Return the median and the 95th percentile of seconds, in milliseconds."""
    if not len(seconds):
        return "no answer in time"
    p50, p95 = 1000 * np.quantile(seconds, [0.5, 0.95])
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
