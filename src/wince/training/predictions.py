"""Predictions of an exported model for the frames of a prepared folder."""

import csv
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import scale, workers
from wince.archive.manifest import PreparedFolder
from wince.errors import DataError
from wince.evaluation.predictions import INTERVAL, KNOWN, PROBABILITIES, REQUIRED
from wince.runtime.calibration import Calibration
from wince.runtime.estimator import Estimator
from wince.training import pixel_cache
from wince.training.folds import Rows
from wince.training.prepared import Frames, listed

BATCH = 32
Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]
Scorer = Callable[[NDArray[np.uint8]], Floats]


@dataclass(frozen=True, slots=True)
class Scored:
    """Raw scores (N,) and milliseconds per picture (N,) of rows of Frames."""

    rows: Rows
    raw: Floats
    milliseconds: Floats


def score(
    scorer: Scorer,
    look: Callable[[str], pixel_cache.Pixels],
    names: Sequence[str],
    progress: Progress | None = None,
) -> tuple[Floats, Floats]:
    """Return raw scores and milliseconds per picture, each (N,), of pictures by name.

    scorer: crops uint8 (B, S, S, 3) -> raw scores (B,); it is called from several threads. look:
    see `pixels.shown`. Pictures are read and scored in batches, one thread a core.
    """

    def one(batch: Sequence[str]) -> tuple[Floats, Floats]:
        crops = np.stack([look(name) for name in batch])
        begun = perf_counter()
        raw = scorer(crops)
        each = (perf_counter() - begun) * 1000 / len(batch)
        return raw, np.full(len(batch), each, np.float32)

    batches = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
    found = []
    with ThreadPoolExecutor(workers.core_count()) as pool:
        for result in pool.map(one, batches):
            found.append(result)
            if progress:
                progress(min(len(found) * BATCH, len(names)), len(names))
    raw, each = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return raw, each


def with_model(
    model: Estimator,
    prepared: PreparedFolder,
    frames: Frames,
    rows: Rows,
    progress: Progress | None = None,
) -> Scored:
    """Return what a model says of rows of a prepared folder.

    Raises DataError when the folder's crops are for another FaceSpec, and for a missing picture.
    """
    look = pixel_cache.shown(prepared, model.spec)
    names = frames.pictures(model.spec)[rows].tolist()
    raw, each = score(lambda crops: model(crops).raw, look, names, progress)
    return Scored(rows, raw, each)


def refuse_seen(
    card: Mapping[str, Any], subjects: Iterable[str], source: str, *, allow: bool
) -> list[str]:
    """Return which of these subjects a model has seen.

    Raises DataError when there are some and they are not allowed.
    """
    shared = sorted(set(card.get("subjects_seen", ())) & set(subjects))
    if shared and not allow:
        raise DataError(
            f"The model has seen people it is to be tested on: {listed(shared)} of {source} are in "
            "its list of subjects. Such figures flatter. Test on other people, or pass "
            "--allow-overlap, and every output will be marked."
        )
    return shared


def columns(
    scored: Scored,
    frames: Frames,
    calibration: Calibration,
    *,
    seen: Iterable[str] = (),
    fold: str | None = None,
) -> dict[str, list[str]]:
    """Return a table of predictions as columns of text, for `evaluation.predictions`.

    seen: subjects that the model knows, marked in the column `overlap`. fold: the held-out fold.
    """
    here = frames.take(scored.rows)
    verdicts = [calibration(value) for value in scored.raw.tolist()]
    known = set(seen)
    found: dict[str, list[str]] = {
        "subject": here.subject.tolist(),
        "sequence": here.sequence.tolist(),
        "frame": here.frame.tolist(),
        "pspi": [f"{value:g}" for value in here.pspi.tolist()],
        "predicted": [f"{verdict.pspi:.5f}" for verdict in verdicts],
        **{
            name: [f"{verdict.level_probabilities[level]:.5f}" for verdict in verdicts]
            for name, level in zip(PROBABILITIES, scale.LEVELS, strict=True)
        },
        **{
            name: [f"{verdict.interval[end]:.4f}" for verdict in verdicts]
            for end, name in enumerate(INTERVAL)
        },
        "vas": here.vas.tolist(),
        "opr": here.opr.tolist(),
        "milliseconds": [f"{value:.3f}" for value in scored.milliseconds.tolist()],
        "overlap": [str(int(subject in known)) for subject in here.subject.tolist()],
        **{name: one.tolist() for name, one in here.groups.items() if name not in KNOWN},
    }
    if fold is not None:
        found["fold"] = [fold] * len(here)
    for name in ("vas", "opr"):
        if not any(found[name]):
            del found[name]
    return found


def joined(tables: Sequence[Mapping[str, list[str]]]) -> dict[str, list[str]]:
    """Return tables of columns one below the other; a column that one lacks is left out."""
    names = [name for name in tables[0] if all(name in table for table in tables)]
    return {name: [cell for table in tables for cell in table[name]] for name in names}


def write(path: Path, table: Mapping[str, Sequence[str]]) -> None:
    """Write columns as CSV, aside first and then renamed; raise DataError when that fails."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table)
            writer.writerows(zip(*table.values(), strict=True))
        aside.replace(path)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error.strerror or error}). Free some room or choose "
            "another --out, then run the same command again."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def read(path: Path) -> dict[str, list[str]]:
    """Return the columns that `write` wrote; raise DataError when they are not there."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            names = next(rows, [])
            cells = list(zip(*rows, strict=True)) or [()] * len(names)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}). Delete it and run again.") from error
    if not set(REQUIRED) <= set(names):
        raise DataError(f"{path} is no table of predictions. Delete it and run again.")
    return {name: list(values) for name, values in zip(names, cells, strict=True)}
