"""What comparing with the person's neutral face does to the agreement with the labels.

    python -m benchmarks.neutral_face ARCHIVE

ARCHIVE: a folder laid out like UNBC-McMaster. The neutral face is the median of the action units
over the first frames of a sequence, at most FRAMES of them, as long as their label is PSPI 0; these
frames are not scored. It is set once for each sequence, or once for each person, at the first
sequence that begins with PSPI 0, and kept for the others. The scores that are compared:

- absolute: the raw score, no neutral face;
- score minus neutral score: the raw score minus the PSPI formula of the neutral action units;
- the same, not below 0;
- units minus neutral units: what each action unit has above the neutral one, in the PSPI formula.

PCC pooled over all scored frames, and the mean of the subjects' own; 95 % intervals by a bootstrap
over subjects, the differences to the absolute score paired. All scores see the same frames.
"""

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from wince import images, scale
from wince.archive.layouts import unbc
from wince.evaluation.agreement import pcc
from wince.evaluation.bootstrap import interval
from wince.faces.align import align
from wince.faces.detect import detect
from wince.runtime.estimator import Estimator

FRAMES = 5
RESAMPLES = 2000
SEED = 0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Read:
    """One frame: whose, which sequence, its place there, its label, the six action units read."""

    subject: str
    sequence: str
    frame: int
    label: float
    units: Floats


def read(archive: Path, estimator: Estimator) -> tuple[list[Read], int]:
    """Return what the model reads in every frame, and in how many no face was found."""
    found, missing = [], 0
    for file in track(list(unbc.files(archive)), "Reading", console=Console(file=sys.stderr)):
        rgb = images.read(archive / file.name).rgb
        faces = detect(rgb)
        if not faces:
            missing += 1
            continue
        estimate = estimator(align(rgb, faces[0], estimator.spec)[None])
        if estimate.action_units is None:
            raise SystemExit("This model gives no action units; the comparison needs them.")
        units = np.asarray(estimate.action_units[0], np.float64)
        label = unbc.read_label(archive, file).pspi
        found.append(Read(file.subject, file.sequence, int(file.frame or 0), label, units))
    return found, missing


def split(frames: list[Read]) -> tuple[dict[str, list[Read]], list[Read]]:
    """Return each sequence's neutral frames, those it begins with, and all frames left to score."""
    by_sequence: dict[str, list[Read]] = defaultdict(list)
    for one in frames:
        by_sequence[one.sequence].append(one)
    at_rest, scored = {}, []
    for sequence, of_it in by_sequence.items():
        of_it.sort(key=lambda one: one.frame)
        count = 0
        while count < min(FRAMES, len(of_it)) and of_it[count].label == 0:
            count += 1
        if count:
            at_rest[sequence] = of_it[:count]
        scored += of_it[count:]
    return at_rest, scored


def formula(units: Floats) -> Floats:
    """Return the PSPI formula of action units (N, 6)."""
    return np.asarray(scale.pspi_formula(*units.T, maximum=np.maximum))


def scores(frames: list[Read], neutral: dict[str, Floats]) -> dict[str, Floats]:
    """Return every kind of score; neutral: by sequence."""
    units = np.stack([one.units for one in frames])
    rest = np.stack([neutral[one.sequence] for one in frames])
    difference = formula(units) - formula(rest)
    return {
        "absolute": formula(units),
        "score minus neutral score": difference,
        "score minus neutral score, not below 0": np.maximum(difference, 0),
        "units minus neutral units": formula(np.maximum(units - rest, 0)),
    }


def agreement(
    values: Floats, labels: Floats, groups: list[NDArray[np.intp]]
) -> tuple[float, float]:
    """Return the pooled PCC and the mean of the subjects' own, undefined ones left out."""
    everything = np.concatenate(groups)
    own = [pcc(labels[group], values[group]) for group in groups]
    return pcc(labels[everything], values[everything]), float(np.nanmean(own))


def rows(frames: list[Read], neutral: dict[str, Floats]) -> None:
    """Print the table of one way to set the neutral face."""
    labels = np.array([one.label for one in frames])
    subjects = np.array([one.subject for one in frames])
    groups = [np.flatnonzero(subjects == name) for name in np.unique(subjects)]
    rng = np.random.default_rng(SEED)
    draws = rng.integers(len(groups), size=(RESAMPLES, len(groups)))
    found = {name: agreement(v, labels, groups) for name, v in scores(frames, neutral).items()}
    drawn = {
        name: np.array([agreement(v, labels, [groups[i] for i in draw]) for draw in draws])
        for name, v in scores(frames, neutral).items()
    }
    print(
        "| score | pooled PCC | minus absolute | within-subject PCC | minus absolute |\n"
        "|---|---|---|---|---|"
    )
    for name in found:
        cells = []
        for column in (0, 1):
            low, high = interval(drawn[name][:, column])
            cells.append(f"{found[name][column]:.3f} ({low:.3f} to {high:.3f})")
            low, high = interval(drawn[name][:, column] - drawn["absolute"][:, column])
            gain = found[name][column] - found["absolute"][column]
            cells.append("" if name == "absolute" else f"{gain:+.3f} ({low:+.3f} to {high:+.3f})")
        print(f"| {name} | {' | '.join(cells)} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--model", type=Path, help="a folder with model.json")
    asked = parser.parse_args()
    estimator = Estimator(asked.model)
    frames, missing = read(asked.archive, estimator)
    at_rest, scored = split(frames)
    median = {
        name: np.median([one.units for one in of_it], axis=0) for name, of_it in at_rest.items()
    }
    first: dict[str, Floats] = {}
    for name in sorted(at_rest):
        first.setdefault(at_rest[name][0].subject, median[name])
    print(f"Model {estimator.manifest['name']} {estimator.manifest['version']}, sha256 ", end="")
    print(
        f"{estimator.manifest['sha256'][:12]}. {len(frames)} frames read, {missing} without a face."
    )
    number = sum(map(len, at_rest.values()))
    print(f"{number} neutral frames at the beginning of {len(at_rest)} sequences, ", end="")
    print(f"at most {FRAMES} each.")
    with_own = [one for one in scored if one.sequence in median]
    print(f"\nOne neutral face for each sequence, {len(with_own)} frames scored:\n")
    rows(with_own, median)
    kept = {one.sequence: first[one.subject] for one in scored if one.subject in first}
    with_first = [one for one in scored if one.sequence in kept]
    print(f"\nOne neutral face for each person, {len(with_first)} frames scored:\n")
    rows(with_first, kept)


if __name__ == "__main__":
    main()
