"""Training throughput beside a plain loop.

    python -m benchmarks.training_throughput DATA

DATA is a folder that `wince prepare` wrote, with its archive still in place. The plain loop is what
a first script does: in every epoch it opens, resizes and normalises each image, and it trains
torchvision's ResNet-18 in float32 with L1 loss and Adam. The other way is `wince train` with its
recipes as they are. Batch, size, number of images and threads are the same, the rounds alternate,
and the median counts. It prints images per second by the clock and per second of processor time; on
a busy machine only the second is meaningful. The exit status is 1 when the default recipe is not
1.5 times as fast.
"""

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.models import resnet18
from torchvision.transforms import functional

from wince.faces.spec import IMAGENET_MEAN, IMAGENET_STD
from wince.training.data import pixel_cache
from wince.training.data.folds import Split
from wince.training.data.prepared import ModelData, open_data
from wince.training.fitting import fit, recipe
from wince.training.fitting.run_settings import Devices, Settings

GOAL = 1.5
PLAIN = "plain loop"
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Throughput:
    """Images per second.

    Attributes:
        clock: By the clock.
        processor: By processor time.
    """

    clock: float
    processor: float


def train_plainly(data: ModelData, rows: Rows, size: int, batch: int) -> Throughput:
    """Train one epoch as a first script does."""
    network = resnet18()
    network.fc = torch.nn.Linear(512, 1)
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), 1e-4)
    order = np.random.default_rng(0).permutation(rows)
    clock, processor = time.perf_counter(), time.process_time()
    for start in range(0, len(order) - batch + 1, batch):
        chosen = order[start : start + batch]
        images = torch.stack([_read(data, row, size) for row in chosen])
        labels = torch.from_numpy(data.frames.score[chosen])
        loss = (network(images)[:, 0] - labels).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    count = len(order) // batch * batch
    return Throughput(
        count / (time.perf_counter() - clock), count / (time.process_time() - processor)
    )


def _read(data: ModelData, row: int, size: int) -> torch.Tensor:
    with Image.open(data.prepared.archive / str(data.frames.path[row])) as file:
        image = file.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    tensor: torch.Tensor = functional.to_tensor(image)
    normalised: torch.Tensor = functional.normalize(tensor, IMAGENET_MEAN, IMAGENET_STD)
    return normalised


def train_with_wince(data: ModelData, rows: Rows, settings: Settings) -> Throughput:
    """Train two epochs as `wince train` does; the second one counts, with its checkpoint.

    The images are decoded before, which happens once for all runs.
    """
    pixels = pixel_cache.load(data, settings.spec)
    split = Split("throughput", rows, rows[:2], rows[:0], "", "")
    ends: list[tuple[float, float]] = []

    def note_time(message: str) -> None:
        if message.startswith("Epoch"):
            ends.append((time.perf_counter(), time.process_time()))

    with tempfile.TemporaryDirectory() as folder:
        fit.fit(pixels, data.frames, split, settings, Path(folder), message=note_time)
    count = len(rows) // settings.recipe.batch * settings.recipe.batch
    return Throughput(count / (ends[1][0] - ends[0][0]), count / (ends[1][1] - ends[0][1]))


def variants(size: int, batch: int) -> dict[str, Settings]:
    """Return the settings that are compared with the plain loop, by name."""
    settings = {
        name: Settings(
            recipe=recipe.named(name, size=size, batch=batch, epochs=2),
            init="none",
            devices=Devices(accelerator="cpu", devices="1"),
        )
        for name in ("report", "strong")
    }
    bfloat16 = replace(settings["report"].recipe, precision="auto")
    return {**settings, "report, bfloat16": replace(settings["report"], recipe=bfloat16)}


def measure(options: argparse.Namespace) -> dict[str, list[Throughput]]:
    """Return the throughputs of all rounds by the name of the way."""
    settings_by_name = variants(options.size, options.batch)
    data = {name: open_data(options.data, s.spec) for name, s in settings_by_name.items()}
    results: dict[str, list[Throughput]] = {name: [] for name in (PLAIN, *settings_by_name)}

    def rows(name: str) -> Rows:
        return np.arange(min(options.frames, len(data[name].frames)))

    for _ in range(options.rounds):
        plain = train_plainly(data["report"], rows("report"), options.size, options.batch)
        results[PLAIN].append(plain)
        for name, settings in settings_by_name.items():
            results[name].append(train_with_wince(data[name], rows(name), settings))
    return results


def main() -> int:
    """Measure and print; return 1 if the goal is not reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--frames", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    results = measure(options)
    print(
        f"{options.size} x {options.size}, batch {options.batch}, at most {options.frames} images, "
        f"{torch.get_num_threads()} thread(s), {options.rounds} rounds, torch {torch.__version__}"
    )
    medians = {
        name: Throughput(
            statistics.median(row.clock for row in rows),
            statistics.median(row.processor for row in rows),
        )
        for name, rows in results.items()
    }
    plain = medians[PLAIN]
    for name, median in medians.items():
        print(
            f"{name:18} {median.clock:7.1f} images/s, {median.processor:7.1f} per second of "
            f"processor time: {median.clock / plain.clock:.2f} and "
            f"{median.processor / plain.processor:.2f} times the plain loop"
        )
    reached = medians["strong"].processor / plain.processor
    print(f"Goal for the default recipe: {GOAL}; reached: {reached:.2f}")
    return 0 if reached >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
