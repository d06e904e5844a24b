"""Measures published methods and losses side by side, for docs/results.md.

    python -m benchmarks.method_results --work DIR --archive synthetic=PATH --archive rated=PATH

On each archive the methods of `wince compare --methods`, and the shallow network with each loss,
are cross-validated by subject on the same frames and folds. The methods are run with two seeds, the
losses with one. Networks are shown the same number of faces, which is small, so that all can be
run within two hours of one core. Optical flow is left out where there are no sequences.

A stopped run resumes with the same command. Predictions and costs of each finished method are kept
in benchmarks/results/methods; `benchmarks.reproduce_results` writes them into the page. Hours are
those of the processor, so run it with OMP_NUM_THREADS=1 to have them of one core.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.kept_results import KeptResults
from benchmarks.network_scorer import network_scorer
from wince import file_names
from wince.archive import prepare
from wince.archive.prepared_folder import open_prepared
from wince.errors import DataError
from wince.files import write_json
from wince.training.architecture_comparison import Candidate, method_candidates
from wince.training.data import shared_frames
from wince.training.data.folds import make_folds
from wince.training.data.frames import Frames, read_frames
from wince.training.data.prepared import ModelData
from wince.training.fitting import recipe
from wince.training.fitting.augment import Strength
from wince.training.fitting.run_settings import Devices, Settings
from wince.training.fold_runs import folder_name
from wince.training.methods import fold_run
from wince.training.methods.catalogue import METHODS
from wince.training.methods.flow_network import clip_rows
from wince.training.networks.architectures import SHALLOW
from wince.training.predictions import prediction_table
from wince.training.run import Reporter

LOSSES = ("l1", "weighted", "focal", "ordinal")
"""Losses of the shallow network in place of huber, which is the method `shallow-cnn`."""
FLOW = "flow-3d"
SEEDS = (0, 1)
REPORTER = Reporter(message=lambda text: print(text, flush=True))
CHANGES = Strength(0.1, 0.06, 0.03, True, 0.1, 0.15, 0.0, 0.02, 0.0, 0.0, 0.0)
"""How far images are changed: less than by default, because few are shown."""


@dataclass(frozen=True)
class MethodProtocol:
    """The settings that all methods share.

    Attributes:
        size: Side of the networks' input, pixels.
        epochs: Epochs of a training.
        folds: Number of folds by subject.
        first_folds: How many of them are trained and tested.
        batch: Faces a step.
        rate: Highest learning rate.
        every: Of sequences, every so many frames are used.
        faces: Of single images, those of so many subjects are used.
    """

    size: int = 32
    epochs: int = 6
    folds: int = 5
    first_folds: int = 3
    batch: int = 16
    rate: float = 2e-3
    every: int = 2
    faces: int = 800


def candidates(protocol: MethodProtocol, seed: int, *, sequences: bool) -> list[Candidate]:
    """Return what is compared: the methods, and with the first seed the other losses."""
    settings = Settings(
        recipe=small_recipe(protocol), init="none", seed=seed, devices=Devices("cpu", "1")
    )
    names = [name for name in METHODS if sequences or name != FLOW]
    with_losses = [
        Candidate(
            f"shallow-cnn, {loss}",
            replace(settings, architecture=SHALLOW, recipe=small_recipe(protocol, loss)),
        )
        for loss in LOSSES
        if seed == SEEDS[0]
    ]
    every_candidate = [*method_candidates(settings, names), *with_losses]
    return [replace(each, scorer=each.scorer or network_scorer) for each in every_candidate]


def small_recipe(protocol: MethodProtocol, loss: str | None = None) -> recipe.Recipe:
    """Return wince's recipe at the protocol's budget."""
    return recipe.named(
        "strong",
        loss=loss,
        size=protocol.size,
        epochs=protocol.epochs,
        batch=protocol.batch,
        rate=protocol.rate,
        head_rate=2 * protocol.rate,
        strength=CHANGES,
    )


def has_sequences(frames: Frames) -> bool:
    """Return whether frames are of sequences that are long enough for optical flow."""
    try:
        clip_rows(frames)
    except DataError:
        return False
    return True


def some_frames(data: ModelData, protocol: MethodProtocol, *, sequences: bool) -> ModelData:
    """Return the part of prepared data that is used: frames of sequences, or subjects."""
    frames = data.frames
    if sequences:
        order = np.lexsort((frames.frame, frames.sequence, frames.subject))
        names = list(zip(frames.subject[order], frames.sequence[order], strict=True))
        starts = np.flatnonzero([a != b for a, b in zip(names, [None, *names[:-1]], strict=True)])
        places = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
        rows = np.sort(order[places % protocol.every == 0])
    else:
        subjects = np.unique(frames.subject)
        chosen = np.random.default_rng(0).permutation(subjects)[: protocol.faces]
        rows = np.flatnonzero(np.isin(frames.subject, chosen))
    return replace(
        data,
        frames=frames.take(rows),
        image_states=data.image_states[rows],
        unscorable=data.unscorable.of_subjects(()),
    )


def cross_validate(
    data: ModelData, candidate: Candidate, protocol: MethodProtocol, out: Path
) -> None:
    """Train and test a candidate on the first folds; write predictions.csv and costs.json."""
    assert candidate.scorer is not None
    folds = make_folds(data.frames, str(protocol.folds), 0)[: protocol.first_folds]
    tables = []
    for fold in folds:
        run = fold_run.train_fold(
            *(candidate.name, candidate.scorer, data, fold, candidate.settings),
            *(out / folder_name(fold), REPORTER),
        )
        assert run.predictions is not None
        tables.append(run.predictions)
    write_json(out / fold_run.COSTS, fold_run.read_costs(out / folder_name(folds[0])))
    prediction_table.write(out / file_names.PREDICTIONS, prediction_table.concatenate(tables))


def measure(
    name: str, root: Path, work: Path, protocol: MethodProtocol, kept: KeptResults
) -> Iterator[str]:
    """Measure everything on one archive, a method at a time; yield the name of each step."""
    prepared = work / name / "prepared"
    if not (prepared / "report.json").is_file():
        prepare.prepare(root, prepared, prepare.PrepareOptions(seed=0))
    sequences = has_sequences(read_frames(open_prepared(prepared)))
    compared = [
        (seed, candidate)
        for seed in SEEDS
        for candidate in candidates(protocol, seed, sequences=sequences)
    ]
    specs = (candidate.settings.spec for _, candidate in compared)
    data_by_kind = {
        kind: some_frames(data, protocol, sequences=sequences)
        for kind, data in shared_frames.open_all(prepared, specs).items()
    }
    for seed, candidate in sorted(compared, key=lambda pair: _is_expensive(pair[1])):
        out = work / name / f"seed-{seed}" / candidate.name
        data = data_by_kind[candidate.settings.spec.kind]
        run = partial(cross_validate, data, candidate, protocol, out)
        step = f"{name}, seed {seed}, {candidate.name}"
        kept.step(step, out / file_names.PREDICTIONS, run)
        kept.step(step, out / fold_run.COSTS, run)
        yield step


def _is_expensive(candidate: Candidate) -> bool:
    """Return whether a candidate has a large network; those are measured after all others."""
    return candidate.settings.architecture != SHALLOW and candidate.scorer is network_scorer


def main() -> int:
    """Measure what is not measured yet, on the archives in turn, so that a stop leaves both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--archive", action="append", required=True, metavar="NAME=PATH")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kept", type=Path, default=Path("benchmarks/results/methods"))
    options = parser.parse_args()
    protocol = MethodProtocol()
    kept = KeptResults(options.kept, protocol, processor_time=True)
    pairs = [archive.partition("=") for archive in options.archive]
    running = [measure(name, Path(path), options.work, protocol, kept) for name, _, path in pairs]
    while running:
        for steps in list(running):
            if next(steps, None) is None:
                running.remove(steps)
    return 0


if __name__ == "__main__":
    sys.exit(main())
