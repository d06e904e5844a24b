"""Measures published methods and losses side by side, for docs/results.md.

    python -m benchmarks.method_results --work DIR --archive synthetic=PATH --archive rated=PATH

On each archive every method of `wince compare --methods`, and wince's recipe with each other loss,
is cross-validated by subject, twice with different seeds. All have the same size, epochs, folds and
frames. Optical flow is left out where there are no sequences. A stopped run resumes with the same
command. The tables are kept in benchmarks/results/methods; `benchmarks.reproduce_results` writes
them into the page.
"""

import argparse
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.kept_results import KeptResults, Protocol
from wince.archive import prepare
from wince.archive.prepared_folder import open_prepared
from wince.errors import DataError
from wince.training.architecture_comparison import Candidate, compare, method_candidates
from wince.training.architecture_results import METHOD
from wince.training.data.frames import read_frames
from wince.training.fitting import recipe
from wince.training.fitting.run_settings import Devices, Settings
from wince.training.methods.catalogue import METHODS
from wince.training.methods.flow_network import clip_rows
from wince.training.run import Reporter

LOSSES = ("l1", "weighted", "ordinal")
"""Losses in place of the recipe's. Its own, huber, is the method `wince`, and focal is another."""
FLOW = "flow-3d"
SEEDS = (0, 1)
REPORTER = Reporter(message=lambda text: print(text, flush=True))


def candidates(protocol: Protocol, seed: int, *, sequences: bool) -> list[Candidate]:
    """Return what is compared: the methods, and wince's recipe with other losses."""
    chosen = recipe.named("strong", size=protocol.size, epochs=protocol.epochs)
    settings = Settings(recipe=chosen, init="none", seed=seed, devices=Devices("cpu", "1"))
    names = [name for name in METHODS if sequences or name != FLOW]
    with_losses = [
        Candidate(f"wince, {loss}", replace(settings, recipe=_with_loss(chosen, loss)))
        for loss in LOSSES
    ]
    return [*method_candidates(settings, names), *with_losses]


def _with_loss(chosen: recipe.Recipe, loss: str) -> recipe.Recipe:
    return recipe.named("strong", loss=loss, size=chosen.spec.size, epochs=chosen.epochs)


def has_sequences(prepared: Path) -> bool:
    """Return whether a prepared folder has sequences that are long enough for optical flow."""
    try:
        clip_rows(read_frames(open_prepared(prepared)))
    except DataError:
        return False
    return True


def measure(name: str, root: Path, work: Path, protocol: Protocol, kept: KeptResults) -> None:
    """Compare everything on one archive with each seed."""
    prepared = work / name / "prepared"
    if not (prepared / "report.json").is_file():
        prepare.prepare(root, prepared, prepare.PrepareOptions(seed=protocol.seed))
    for seed in SEEDS:
        out = work / name / f"seed-{seed}"
        compared = candidates(protocol, seed, sequences=has_sequences(prepared))
        run = partial(
            compare,
            prepared,
            out,
            compared,
            kind=METHOD,
            folds=str(protocol.folds),
            reporter=REPORTER,
        )
        kept.step(f"{name}, seed {seed}", out / "comparison.json", run)


def main() -> int:
    """Do all comparisons that are not done yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--archive", action="append", required=True, metavar="NAME=PATH")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kept", type=Path, default=Path("benchmarks/results/methods"))
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    protocol = Protocol(options.size, options.epochs, options.folds, SEEDS[0], 0, None, 0)
    kept = KeptResults(options.kept, protocol)
    for archive in options.archive:
        name, _, path = archive.partition("=")
        measure(name, Path(path), options.work, protocol, kept)
    return 0


if __name__ == "__main__":
    sys.exit(main())
