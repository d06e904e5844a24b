"""Two models on the same frames: what each has, and the difference on the same resamples."""

from pathlib import PurePath
from typing import Any

import numpy as np

from wince.errors import DataError
from wince.evaluation import bootstrap
from wince.evaluation.metrics import all_metrics
from wince.evaluation.predictions import Predictions
from wince.evaluation.trivial_predictors import LabelStatistics


def compare(
    table: Predictions, other: Predictions, known: LabelStatistics, resamples: int, seed: int
) -> dict[str, Any]:
    """Return the second table's figures and the differences, table minus other."""
    counts = bootstrap.subject_counts(len(table.subjects), resamples, seed)
    mine = {f.key: f for f in all_metrics(table, prior=known.prior)}
    theirs = {f.key: f for f in all_metrics(other, prior=known.prior)}
    # What the labels or the prior alone reach does not depend on the model.
    shared = [k for k in mine if k in theirs and not k.startswith("label_") and "_prior" not in k]
    return {
        "source": _name(table, other),
        "sha256": other.sha256,
        "model": bootstrap.as_data(
            {key: bootstrap.estimate(f, counts) for key, f in theirs.items()}
        ),
        "difference": bootstrap.as_data(
            {key: bootstrap.difference(mine[key], theirs[key], counts) for key in shared}
        ),
    }


def _name(table: Predictions, other: Predictions) -> str:
    """Return the other's name; with its folder where both tables are called alike."""
    if other.name != table.name:
        return other.name
    return "/".join(PurePath(other.source).parts[-2:])


def match_frames(table: Predictions, other: Predictions) -> Predictions:
    """Return the other table in the order of the first; raise DataError unless frames agree."""
    place = {key: row for row, key in enumerate(_keys(other))}
    keys = _keys(table)
    missing = [key for key in keys if key not in place]
    if missing or len(keys) != len(place):
        name = ", ".join(missing[0] if missing else next(iter(place.keys() - set(keys))))
        here, there = (table, other) if missing else (other, table)
        raise DataError(
            f"{table.source} and {other.source} must hold the same frames to be compared; found "
            f"{len(keys):,} and {len(place):,}, and {name} is in {here.source} but not in "
            f"{there.source}."
        )
    ordered = other.take(np.array([place[key] for key in keys]))
    wrong = np.flatnonzero(ordered.pspi != table.pspi)
    if wrong.size:
        row = int(wrong[0])
        raise DataError(
            f"{table.source} and {other.source} give different labels to {wrong.size:,} "
            f"frames, the first being {', '.join(keys[row])}: PSPI {table.pspi[row]:g} and "
            f"{ordered.pspi[row]:g}. Compare predictions made from the same labels."
        )
    return ordered


def _keys(table: Predictions) -> list[tuple[str, str]]:
    return [
        (table.sequences[sequence], str(frame))
        for sequence, frame in zip(table.sequence, table.frame, strict=True)
    ]
