"""How fast wince is, beside its budgets and beside the same path written the usual way.

    python -m benchmarks.speed                          # prints the table
    python -m benchmarks.speed --write docs/speed.md    # also writes the page

One run measures everything: the path from a photo to a score on one core, the network against the
machine's matrix multiplication, the live socket and the page, a server under load, and the cost of
starting, importing and installing. Ways that are compared take turns. It needs Linux (/proc) and
the `dev` extra. Without Chromium the page is not measured. It takes about three minutes.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import assessment_path, live_page
from benchmarks.assessment_path import STAGES, Marks, in_turns, timed
from benchmarks.process_costs import assess_peak_memory, import_seconds, installed_megabytes
from benchmarks.server_load import Answers, live, load, photo, running_server
from benchmarks.speed_page import FAIL, Row, judged, milliseconds, page, quantiles, table
from wince.runtime.assessor import Assessor

CLIENTS = (1, 4, 16, 64)
PHONE = (3464, 2598)  # 9.0 megapixels


def path_rows(int8: Assessor, fp32: Assessor, rounds: int) -> Iterator[Row]:
    """Yield the rows of a 640 x 480 photo: the whole path, the stages, the usual way."""
    jpeg = photo(640, 480)
    spec = int8.estimator.spec
    times = in_turns(
        {
            "int8": assessment_path.whole(int8, jpeg),
            "fp32": assessment_path.whole(fp32, jpeg),
            "stages": assessment_path.staged(int8, jpeg),
            "fp32 stages": assessment_path.staged(fp32, jpeg),
            "usual": assessment_path.usual(jpeg, spec),
            "usual with our detector": assessment_path.usual(jpeg, spec, our_detector=True),
            "usual at 224": assessment_path.usual(jpeg, replace(spec, size=224)),
        },
        rounds,
    )
    whole = times["int8"]["whole"]
    ratio = whole / times["usual"]["whole"]
    title = "Photo of 640 x 480, whole path"
    yield judged(f"{title}, int8", milliseconds(whole), "path", whole)
    yield judged(
        "the same against the usual way", f"{ratio:.2f}", "ratio", ratio, beside_usual(times)
    )
    for what, name in (
        ("with the face found by onnxruntime there too", "usual with our detector"),
        ("with crops of 224 x 224 there", "usual at 224"),
    ):
        usual = times[name]["whole"]
        yield Row(what, f"{whole / usual:.2f}", milliseconds(usual))
    yield Row(f"{title}, fp32", milliseconds(times["fp32"]["whole"]), beside_usual(times, "fp32"))
    yield from _stage_rows(times)


def _stage_rows(times: dict[str, Marks]) -> Iterator[Row]:
    usual = times["usual"]

    def row(what: str, stage: str, ours: float) -> Row:
        compared = "has none"
        if stage in usual:
            compared = f"{milliseconds(usual[stage])}: {ours / usual[stage]:.2f}"
        return Row(what, milliseconds(ours), compared)

    for stage in STAGES:
        yield row(f"{stage}, int8" if stage == "score" else stage, stage, times["stages"][stage])
    yield row("score, fp32", "score", times["fp32 stages"]["score"])


def beside_usual(times: dict[str, Marks], name: str = "int8") -> str:
    """Return the usual way's time and the ratio to it."""
    usual = times["usual"]["whole"]
    return f"{milliseconds(usual)}: {times[name]['whole'] / usual:.2f}"


def phone_rows(int8: Assessor, fp32: Assessor, rounds: int) -> Iterator[Row]:
    """Yield the rows of a phone's photo."""
    jpeg = photo(*PHONE)
    times = in_turns(
        {
            "int8": assessment_path.whole(int8, jpeg),
            "fp32": assessment_path.whole(fp32, jpeg),
            "usual": assessment_path.usual(jpeg, int8.estimator.spec),
        },
        rounds,
    )
    title = f"Photo of 9 megapixels ({len(jpeg) / 2**20:.1f} MB), whole path"
    for name in ("int8", "fp32"):
        yield Row(f"{title}, {name}", milliseconds(times[name]["whole"]), beside_usual(times, name))


def network_rows(
    int8: Assessor, fp32: Assessor, folder: Path, operations: int, rounds: int
) -> Iterator[Row]:
    """Yield the rows of the network alone against the machine's matrix multiplication."""
    size = int8.estimator.spec.size
    calls = {
        "int8": assessment_path.network_alone(int8),
        "fp32": assessment_path.network_alone(fp32),
        "torch": assessment_path.torch_alone(size),
        "product int8": assessment_path.multiplication(folder, int8=True),
        "product fp32": assessment_path.multiplication(folder, int8=False),
    }
    medians = in_turns({name: timed(call) for name, call in calls.items()}, rounds)
    times = {name: marks["whole"] for name, marks in medians.items()}
    for name in ("fp32", "int8"):
        rate = 2 * assessment_path.SIDE**3 / times[f"product {name}"] / 1e6  # 1e9 operations/s
        limit = operations / rate / 1e6
        yield Row(
            f"ResNet-18 alone at {size} x {size}, {name}",
            f"{milliseconds(times[name])}: {times[name] / limit:.2f} of the limit, {limit:.1f} ms",
            f"{milliseconds(times['torch'])}: {times[name] / times['torch']:.2f}",
        )
        yield Row(f"Matrix multiplication, {name}", f"{rate:.0f} billion operations/s")


def server_rows(seconds: float) -> Iterator[Row]:
    """Yield the rows of the live socket, the page, and a server under load."""
    jpeg = photo(640, 480, quality=85)
    with running_server() as server:
        live(server, jpeg, seconds=1)
        answered, latency = live(server, jpeg, seconds=seconds).T
        rate = (len(answered) - 1) / (answered[-1] - answered[0])
        yield judged("Live socket, 640 x 480", f"{rate:.1f} frames/s", "live", rate)
        yield Row("Live socket, frame sent to answer", quantiles(latency))
    yield from page_rows()
    with running_server() as server:
        load(server, [jpeg], clients=2, seconds=1)
        for clients in CLIENTS:
            yield load_row(clients, load(server, [jpeg], clients=clients, seconds=seconds))
        peak = server.memory("VmHWM")
        yield judged("`wince serve` after that, peak memory", f"{peak:.0f} MB", "memory", peak)


def load_row(clients: int, answers: Answers) -> Row:
    """Return the row of one load."""
    text = f"{answers.rate:.1f} answers/s, {quantiles(answers.took)}; "
    text += f"{answers.share_refused:.0%} of the requests refused (503)"
    if answers.refused:
        text += f", p95 {1000 * np.quantile(answers.refused, 0.95):.0f} ms"
    other = {
        status: count for status, count in answers.statuses.items() if status not in (200, 503)
    }
    if other:
        text += f"; other answers: {other}"
    return Row(f"Server, {clients} client{'s' * (clients > 1)}", text)


def page_rows() -> Iterator[Row]:
    """Yield the rows of the page in a browser."""
    if not live_page.chromium():
        yield Row("Page, frame captured to overlay drawn", "not measured: there is no Chromium")
        return
    with running_server() as server, tempfile.TemporaryDirectory() as folder:
        camera = Path(folder) / "face.y4m"
        live_page.write_film(camera)
        rows, _ = live_page.measure(server.address, camera, server.process.pid)
    drawn, latency, _ = rows.T
    rate = 1000 * (len(drawn) - 1) / (drawn[-1] - drawn[0])
    p95 = float(np.quantile(latency, 0.95))
    yield judged(
        "Page, frame captured to overlay drawn, p95",
        f"{p95:.0f} ms (p50 {np.median(latency):.0f})",
        "overlay",
        p95,
    )
    yield judged("Page, live", f"{rate:.1f} frames/s", "live", rate)


def starting_rows(times: int) -> Iterator[Row]:
    """Yield the rows of starting, importing, memory and install size."""
    starts = []
    for _ in range(times):
        with running_server() as server:
            starts.append((server.ready, server.processor, server.memory()))
    ready, processor, resident = (statistics.median(column) for column in zip(*starts, strict=True))
    text = f"{ready:.2f} s ({processor:.2f} s of processor time)"
    yield judged("`wince serve` until ready", text, "ready", ready)
    yield judged("`wince serve` once ready, memory", f"{resident:.0f} MB", "memory", resident)
    imports = [import_seconds() for _ in range(3 * times)]
    clock, processor = (statistics.median(column) for column in zip(*imports, strict=True))
    text = f"{clock:.3f} s ({processor:.3f} s of processor time)"
    yield judged("`import wince`", text, "import", clock)
    for name, jpeg in (("640 x 480", photo(640, 480)), ("9 megapixels", photo(*PHONE))):
        peak = assess_peak_memory(jpeg)
        what = f"`wince assess` on a photo of {name}, peak memory"
        yield judged(what, f"{peak:.0f} MB", "memory", peak)
    sizes = installed_megabytes("wince")
    total = sum(sizes.values())
    largest = sorted(sizes, key=lambda name: sizes[name], reverse=True)[:3]
    text = f"{total:.0f} MB ({', '.join(f'{name} {sizes[name]:.0f}' for name in largest)})"
    yield judged(f"Core install, {len(sizes)} distributions", text, "install", total)


def main() -> int:
    """Measure, print, and write the page if asked to; return 1 if a budget is exceeded."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the page")
    parser.add_argument("--rounds", type=int, default=60, help="turns of each way [60]")
    parser.add_argument("--seconds", type=float, default=8, help="of each load [8]")
    options = parser.parse_args()
    rows: list[Row] = []

    def add(measured: Iterator[Row]) -> None:
        for row in measured:
            rows.append(row)
            print(f"{row.what}: {row.value}  {row.usual}  {row.budget} {row.outcome}", flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        int8, fp32 = Assessor(), Assessor(assessment_path.write_fp32_model(folder))
        frames = sorted((Path(__file__).parents[1] / "tests" / "data" / "frames").glob("*.jpg"))
        difference = assessment_path.largest_difference(int8, fp32, frames)
        operations = assessment_path.operations(folder / "fp32" / "model.onnx")
        add(path_rows(int8, fp32, options.rounds))
        add(network_rows(int8, fp32, folder, operations, options.rounds))
        add(phone_rows(int8, fp32, max(3, options.rounds // 4)))
    add(server_rows(options.seconds))
    add(starting_rows(5))
    print(f"\n{table(rows)}")
    if options.write:
        options.write.write_text(page(rows, operations, difference), "utf-8")
    return 1 if any(row.outcome == FAIL for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
