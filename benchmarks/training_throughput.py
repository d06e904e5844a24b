"""Training throughput beside a plain loop: `python -m benchmarks.training_throughput DATA`.

DATA is a folder that `wince prepare` wrote, its archive still in place. The plain loop is what a
first script does: every epoch it opens, resizes and normalises each picture, and trains
torchvision's ResNet-18 in float32 with L1 loss and Adam. Ours is `wince train`, with the recipes as
they are. Batch, size, number of pictures and threads are the same, the rounds alternate, and the
median counts. Pictures a second of the wall clock and of processor time are printed; on a busy
machine only the second says much. Ends with status 1 when the default recipe is not 1.5 times as
fast.
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
from PIL import Image
from torchvision.models import resnet18
from torchvision.transforms import functional

from wince.faces.spec import IMAGENET_MEAN, IMAGENET_STD
from wince.training import fit, pixel_cache, recipe
from wince.training.folds import Split
from wince.training.prepared import ModelData, open_data
from wince.training.run_settings import Devices, Settings

GOAL = 1.5


@dataclass(frozen=True)
class Measured:
    """Pictures a second, by the wall clock and by processor time."""

    wall: float
    processor: float


def plain(data: ModelData, rows: np.ndarray, size: int, batch: int) -> Measured:
    """Train one epoch as a first script does."""
    network = resnet18()
    network.fc = torch.nn.Linear(512, 1)
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), 1e-4)
    order = np.random.default_rng(0).permutation(rows)
    wall, processor = time.perf_counter(), time.process_time()
    for start in range(0, len(order) - batch + 1, batch):
        chosen = order[start : start + batch]
        pictures = torch.stack([_read(data, row, size) for row in chosen])
        labels = torch.from_numpy(data.frames.pspi[chosen])
        loss = (network(pictures)[:, 0] - labels).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    count = len(order) // batch * batch
    return Measured(count / (time.perf_counter() - wall), count / (time.process_time() - processor))


def _read(data: ModelData, row: int, size: int) -> torch.Tensor:
    with Image.open(data.prepared.archive / str(data.frames.path[row])) as image:
        picture = image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
    return functional.normalize(functional.to_tensor(picture), IMAGENET_MEAN, IMAGENET_STD)


def ours(data: ModelData, rows: np.ndarray, settings: Settings) -> Measured:
    """Train two epochs as `wince train` does; the second counts, with its checkpoint.

    The pictures have been decoded before: that is done once for all runs.
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
    return Measured(count / (ends[1][0] - ends[0][0]), count / (ends[1][1] - ends[0][1]))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--frames", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    variants = {
        name: Settings(
            recipe=recipe.named(name, size=chosen.size, batch=chosen.batch, epochs=2),
            init="none",
            devices=Devices(accelerator="cpu", devices="1"),
        )
        for name in ("report", "strong")
    }
    fast = replace(variants["report"].recipe, precision="auto")
    variants["report, bfloat16"] = replace(variants["report"], recipe=fast)
    opened = {name: open_data(chosen.data, one.spec) for name, one in variants.items()}
    found: dict[str, list[Measured]] = {}
    for _ in range(chosen.rounds):
        data = opened["report"]
        rows = np.arange(min(chosen.frames, len(data.frames)))
        found.setdefault("plain loop", []).append(plain(data, rows, chosen.size, chosen.batch))
        for name, one in variants.items():
            rows = np.arange(min(chosen.frames, len(opened[name].frames)))
            found.setdefault(name, []).append(ours(opened[name], rows, one))
    print(
        f"{chosen.size} x {chosen.size}, batch {chosen.batch}, {len(rows)} pictures, "
        f"{torch.get_num_threads()} thread(s), {chosen.rounds} rounds, torch {torch.__version__}"
    )
    wall, processor = (
        {name: statistics.median(getattr(one, key) for one in many) for name, many in found.items()}
        for key in ("wall", "processor")
    )
    for name in found:
        print(
            f"{name:18} {wall[name]:7.1f} pictures/s, {processor[name]:7.1f} a second of processor"
            f" time: {wall[name] / wall['plain loop']:.2f} and "
            f"{processor[name] / processor['plain loop']:.2f} times the plain loop"
        )
    reached = processor["strong"] / processor["plain loop"]
    print(f"Goal for the default recipe: {GOAL}; reached: {reached:.2f}")
    return 0 if reached >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
