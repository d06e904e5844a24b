"""How comparing with the person's neutral face changes the agreement with the labels.

    python -m benchmarks.neutral_face ARCHIVE

ARCHIVE is a folder laid out like UNBC-McMaster. The neutral face is the median of the action units
over the first frames of a sequence, at most FRAMES of them, as long as their label is PSPI 0. These
frames are not scored. The neutral face is set once for each sequence, or once for each person: at
the first sequence that begins with PSPI 0, for all sequences. These scores are compared:

- absolute: the raw score, without a neutral face;
- score minus neutral score: the raw score minus the PSPI formula of the neutral action units;
- the same, not below 0;
- units minus neutral units: the PSPI formula of what each action unit has above the neutral one.

It prints the PCC pooled over all scored frames and the mean of the subjects' PCC, with 95 %
intervals by a bootstrap over subjects; the differences to the absolute score are paired. All scores
are of the same frames.
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
from wince.evaluation.bootstrap import interval
from wince.evaluation.metrics.agreement import pcc
from wince.faces.align import align
from wince.faces.detect import detect
from wince.runtime.estimator import Estimator

FRAMES = 5
RESAMPLES = 2000
SEED = 0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FrameUnits:
    """The prediction for one frame.

    Attributes:
        subject: Who it is.
        sequence: Its sequence.
        frame: Its number in the sequence.
        label: PSPI.
        units: Action units, (6,).
    """

    subject: str
    sequence: str
    frame: int
    label: float
    units: Floats


def predict(archive: Path, estimator: Estimator) -> tuple[list[FrameUnits], int]:
    """Return the predictions for all frames, and the number of frames without a face."""
    predicted, missing = [], 0
    for file in track(list(unbc.files(archive)), "Predicting", console=Console(file=sys.stderr)):
        rgb = images.read(archive / file.name).rgb
        faces = detect(rgb)
        if not faces:
            missing += 1
            continue
        estimate = estimator(align(rgb, faces[0], estimator.spec)[None])
        if estimate.action_units is None:
            raise SystemExit("This model gives no action units; the comparison needs them.")
        units = np.asarray(estimate.action_units[0], np.float64)
        label = unbc.read_label(archive, file).score
        predicted.append(
            FrameUnits(file.subject, file.sequence, int(file.frame or 0), label, units)
        )
    return predicted, missing


def split(frames: list[FrameUnits]) -> tuple[dict[str, list[FrameUnits]], list[FrameUnits]]:
    """Return the neutral frames at the beginning of each sequence, and the frames to score."""
    by_sequence: dict[str, list[FrameUnits]] = defaultdict(list)
    for frame in frames:
        by_sequence[frame.sequence].append(frame)
    at_rest, scored = {}, []
    for sequence, members in by_sequence.items():
        members.sort(key=lambda frame: frame.frame)
        count = 0
        while count < min(FRAMES, len(members)) and members[count].label == 0:
            count += 1
        if count:
            at_rest[sequence] = members[:count]
        scored += members[count:]
    return at_rest, scored


def formula(units: Floats) -> Floats:
    """Return the PSPI formula of action units (N, 6)."""
    return np.asarray(scale.pspi_formula(*units.T, maximum=np.maximum))


def scores(frames: list[FrameUnits], neutral: dict[str, Floats]) -> dict[str, Floats]:
    """Return the scores (N,) by their kind.

    Args:
        frames: N frames.
        neutral: Action units (6,) of the neutral face by sequence.
    """
    units = np.stack([frame.units for frame in frames])
    rest = np.stack([neutral[frame.sequence] for frame in frames])
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
    """Return the pooled PCC and the mean of the subjects' PCC; undefined ones are left out.

    Args:
        values: Scores, (N,).
        labels: PSPI, (N,).
        groups: The rows of each subject.
    """
    everything = np.concatenate(groups)
    by_subject = [pcc(labels[group], values[group]) for group in groups]
    return pcc(labels[everything], values[everything]), float(np.nanmean(by_subject))


def print_table(frames: list[FrameUnits], neutral: dict[str, Floats]) -> None:
    """Print the table of one way to set the neutral face; neutral: by sequence."""
    labels = np.array([frame.label for frame in frames])
    subjects = np.array([frame.subject for frame in frames])
    groups = [np.flatnonzero(subjects == name) for name in np.unique(subjects)]
    rng = np.random.default_rng(SEED)
    draws = rng.integers(len(groups), size=(RESAMPLES, len(groups)))
    measured = {name: agreement(v, labels, groups) for name, v in scores(frames, neutral).items()}
    drawn = {
        name: np.array([agreement(v, labels, [groups[i] for i in draw]) for draw in draws])
        for name, v in scores(frames, neutral).items()
    }
    print(
        "| score | pooled PCC | minus absolute | within-subject PCC | minus absolute |\n"
        "|---|---|---|---|---|"
    )
    for name in measured:
        cells = []
        for column in (0, 1):
            low, high = interval(drawn[name][:, column])
            cells.append(f"{measured[name][column]:.3f} ({low:.3f} to {high:.3f})")
            low, high = interval(drawn[name][:, column] - drawn["absolute"][:, column])
            gain = measured[name][column] - measured["absolute"][column]
            cells.append("" if name == "absolute" else f"{gain:+.3f} ({low:+.3f} to {high:+.3f})")
        print(f"| {name} | {' | '.join(cells)} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--model", type=Path, help="a folder with model.json")
    options = parser.parse_args()
    estimator = Estimator(options.model)
    frames, missing = predict(options.archive, estimator)
    at_rest, scored = split(frames)
    median = {
        name: np.median([frame.units for frame in members], axis=0)
        for name, members in at_rest.items()
    }
    first: dict[str, Floats] = {}
    for name in sorted(at_rest):
        first.setdefault(at_rest[name][0].subject, median[name])
    print(f"Model {estimator.manifest['name']} {estimator.manifest['version']}, sha256 ", end="")
    print(f"{estimator.manifest['sha256'][:12]}. {len(frames)} frames, {missing} without a face.")
    number = sum(map(len, at_rest.values()))
    print(f"{number} neutral frames at the beginning of {len(at_rest)} sequences, ", end="")
    print(f"at most {FRAMES} each.")
    of_sequences_with_median = [frame for frame in scored if frame.sequence in median]
    print(f"\nOne neutral face for each sequence, {len(of_sequences_with_median)} frames scored:\n")
    print_table(of_sequences_with_median, median)
    first_of_person = {
        frame.sequence: first[frame.subject] for frame in scored if frame.subject in first
    }
    with_first = [frame for frame in scored if frame.sequence in first_of_person]
    print(f"\nOne neutral face for each person, {len(with_first)} frames scored:\n")
    print_table(with_first, first_of_person)


if __name__ == "__main__":
    main()
