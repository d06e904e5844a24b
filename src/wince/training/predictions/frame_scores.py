"""Raw scores of an exported model for frames of a prepared folder, before calibration."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from wince import workers
from wince.faces.spec import FaceSpec
from wince.runtime.estimator import Estimate
from wince.training.data.folds import Rows
from wince.training.data.pixel_cache import Pixels, image_reader
from wince.training.data.prepared import ModelData

BATCH = 32  # images
NO_MAPS = np.empty((0, 0, 0, 0), np.float32)
"""Maps are dropped at once: those of all frames would fill the memory."""
Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]
Scorer = Callable[[NDArray[np.uint8]], Estimate]
"""Crops uint8 (B, S, S, 3) to their estimate. It is called from several threads."""


@dataclass(frozen=True, slots=True)
class FrameScores:
    """Scores of rows of Frames.

    Attributes:
        rows: Row numbers (N,).
        raw: Scores as the model gives them, before calibration (N,).
        milliseconds: Time per image (N,).
        units: The six action units (N, 6), None for a model that gives a score alone.
    """

    rows: Rows
    raw: Floats
    milliseconds: Floats
    units: Floats | None = None


def score_frames(
    scorer: Scorer, spec: FaceSpec, data: ModelData, rows: Rows, progress: Progress | None = None
) -> FrameScores:
    """Return a model's scores of some rows of prepared data.

    Images are read and scored in batches, one thread a core.

    Args:
        scorer: The model.
        spec: What the model sees.
        data: Prepared data.
        rows: Rows of `data.frames` to score, at least one.
        progress: Called with (images done, images in all).

    Raises:
        DataError: An image is missing, or the folder's crops were made for another FaceSpec.
    """
    read_image = image_reader(data.prepared, spec)
    names = data.frames.image_names(spec)[rows].tolist()
    batches = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
    results: list[tuple[Estimate, Floats]] = []
    with ThreadPoolExecutor(workers.core_count()) as pool:
        for result in pool.map(lambda batch: _score_batch(scorer, read_image, batch), batches):
            results.append(result)
            if progress:
                progress(min(len(results) * BATCH, len(names)), len(names))
    raw = np.concatenate([estimate.raw for estimate, _ in results])
    units = [each.action_units for each, _ in results if each.action_units is not None]
    milliseconds = np.concatenate([times for _, times in results])
    return FrameScores(rows, raw, milliseconds, np.concatenate(units) if units else None)


def _score_batch(
    scorer: Scorer, read_image: Callable[[str], Pixels], names: Sequence[str]
) -> tuple[Estimate, Floats]:
    """Return the estimate and the milliseconds per image (B,). Reading is not timed."""
    crops = np.stack([read_image(name) for name in names])
    start = perf_counter()
    estimate = replace(scorer(crops), maps=NO_MAPS)
    milliseconds = (perf_counter() - start) * 1000 / len(names)
    return estimate, np.full(len(names), milliseconds, np.float32)
