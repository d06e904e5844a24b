"""Measures federated training against pooled training and each site alone, for docs/hospitals.md.

    python -m benchmarks.federated_training PREPARED --work DIR

The subjects of a prepared folder are shared out among four sites. In each fold one subject of every
site is held out, and every model of the fold is tested on these. All models have the same network,
image changes and number of epochs over their own faces, and the weights of the last epoch. Pooled
training and each site alone have the recipe's falling rate and running mean of weights.

A stopped run resumes with the same command. Predictions are kept in benchmarks/results/federated;
`python -m benchmarks.federated_page` writes the table from them. Hours are those of the processor.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from torch import nn

from benchmarks.kept_results import KeptResults
from benchmarks.method_results import CHANGES
from benchmarks.network_scorer import scores
from wince.training.data import pixel_cache
from wince.training.data.folds import Rows, Split
from wince.training.data.frames import Frames
from wince.training.data.pixel_cache import Pixels
from wince.training.data.prepared import open_data
from wince.training.export import trained_network
from wince.training.federation import averaging, exchange_files, site_training, study
from wince.training.fitting import recipe
from wince.training.fitting.fit import fit
from wince.training.fitting.run_settings import Devices, Settings
from wince.training.networks import checkpoints
from wince.training.networks.architectures import SHALLOW
from wince.training.predictions import prediction_table

FEDERATED, POOLED = "federated", "pooled"
CPU = Devices("cpu", "1")
VALIDATION = 32  # faces whose metrics are in the history; nothing is chosen by them


@dataclass(frozen=True)
class FederatedProtocol:
    """The settings that all models share.

    Attributes:
        sites: Number of sites.
        folds: Number of folds; in each one subject of every site is held out.
        rounds: Number of rounds.
        local_epochs: Epochs of a site in a round; others have `rounds` times as many.
        size: Side of the network's input, pixels.
        batch: Faces a step.
        rate: Highest learning rate.
        every: Every so many frames are used.
        seed: Seed of every random choice.
    """

    sites: int = 4
    folds: int = 3
    rounds: int = 5
    local_epochs: int = 2
    size: int = 32
    batch: int = 16
    rate: float = 2e-3
    every: int = 2
    seed: int = 0

    def settings(self, epochs: int) -> Settings:
        """Return the settings of a training of some epochs."""
        small = recipe.named(
            "strong",
            size=self.size,
            epochs=epochs,
            batch=self.batch,
            rate=self.rate,
            head_rate=2 * self.rate,
            strength=CHANGES,
            precision="32-true",
        )
        return Settings(
            recipe=small, init="none", architecture=SHALLOW, seed=self.seed, devices=CPU
        )


@dataclass(frozen=True)
class Fold:
    """A fold: what each site trains on, and what every model is tested on.

    Attributes:
        name: Its number, from 1.
        sites: Rows that each site trains on, by the name of the site.
        test: Rows of the held-out subjects.
    """

    name: str
    sites: Mapping[str, Rows]
    test: Rows


def make_folds(frames: Frames, protocol: FederatedProtocol) -> list[Fold]:
    """Return the folds; the subjects go to the sites in the order of their names."""
    subjects = np.unique(frames.subject)
    groups = np.array_split(subjects, protocol.sites)
    used = np.arange(len(frames)) % protocol.every == 0
    folds = []
    for number in range(protocol.folds):
        held_out = [group[number] for group in groups]
        is_test = np.isin(frames.subject, held_out)
        sites = {
            f"site-{place}": np.flatnonzero(used & ~is_test & np.isin(frames.subject, group))
            for place, group in enumerate(groups, 1)
        }
        folds.append(Fold(str(number + 1), sites, np.flatnonzero(used & is_test)))
    return folds


def train(
    pixels: Pixels, frames: Frames, rows: Rows, settings: Settings, run: Path
) -> exchange_files.Tensors:
    """Train on some rows; return the weights after the last epoch."""
    split = Split("benchmark", rows, rows[:VALIDATION], rows[:0], "benchmark", "")
    fit(pixels, frames, split, settings, run, message=lambda text: None)
    return checkpoints.read_weights(run / checkpoints.FOLDER / checkpoints.LAST).weights


def train_study(
    pixels: Pixels, frames: Frames, fold: Fold, protocol: FederatedProtocol, work: Path
) -> nn.Module:
    """Run a whole study on the sites of a fold; return the network of its last round."""
    folder = work / "study"
    if not (folder / exchange_files.round_name(0)).is_file():
        study.start(folder, protocol.settings(protocol.local_epochs), protocol.rounds)
    while not (current := averaging.latest(folder)).is_last:
        updates = []
        for site, rows in fold.sites.items():
            settings = current.study.settings(current.number, str(current.path), CPU)
            run = work / f"{site}-{current.number}"
            weights = train(pixels, frames, rows, settings, run)
            subjects = len(np.unique(frames.subject[rows]))
            header = site_training.describe(current, site, subjects, len(rows))
            updates.append(work / exchange_files.update_name(current.number, site))
            sent = {name: weights[name] for name in current.weights}
            exchange_files.write(updates[-1], "update", header, sent)
        averaging.average(folder, updates)
        print(f"round {current.number + 1} of {protocol.rounds}", flush=True)
    return trained_network.load(current.path).network


def measure(
    name: str,
    pixels: Pixels,
    frames: Frames,
    fold: Fold,
    protocol: FederatedProtocol,
    work: Path,
) -> None:
    """Train a model of a fold, and write its predictions of the held-out subjects."""
    if name == FEDERATED:
        network = train_study(pixels, frames, fold, protocol, work)
    else:
        rows = np.sort(np.concatenate(list(fold.sites.values())))
        rows = rows if name == POOLED else fold.sites[name]
        settings = protocol.settings(protocol.rounds * protocol.local_epochs)
        train(pixels, frames, rows, settings, work)
        last = work / checkpoints.FOLDER / checkpoints.LAST
        network = trained_network.load(last).network
    spec = protocol.settings(1).spec
    raw = scores(network, pixel_cache.model_view(pixels[fold.test], spec), spec)
    test = frames.take(fold.test)
    columns = {
        "subject": test.subject.tolist(),
        "sequence": test.sequence.tolist(),
        "frame": test.frame.tolist(),
        "pspi": [f"{score:g}" for score in test.score.tolist()],
        "predicted": [f"{score:.4f}" for score in raw.tolist()],
        "fold": [fold.name] * len(test),
    }
    prediction_table.write(work / "predictions.csv", columns)


def main() -> int:
    """Measure what is not measured yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("prepared", type=Path, help="a folder that `wince prepare` wrote")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kept", type=Path, default=Path("benchmarks/results/federated"))
    options = parser.parse_args()
    protocol = FederatedProtocol()
    kept = KeptResults(options.kept, protocol, processor_time=True)
    spec = protocol.settings(1).spec
    data = open_data(options.prepared, spec)
    pixels = pixel_cache.load(data, spec, lambda done, total: None)
    for fold in make_folds(data.frames, protocol):
        for name in (FEDERATED, POOLED, *fold.sites):
            work = options.work / f"fold-{fold.name}" / name
            run = partial(measure, name, pixels, data.frames, fold, protocol, work)
            kept.step(f"{name}, fold {fold.name}", work / "predictions.csv", run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
