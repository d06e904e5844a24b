"""Prepared data opened for models that see faces differently, with the same frames for all."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wince.faces.spec import FaceSpec
from wince.training.data.prepared import ModelData, open_data


def open_all(prepared_folder: Path, specs: Iterable[FaceSpec]) -> dict[str, ModelData]:
    """Return the prepared data by kind of view, each with the frames that all kinds have.

    Args:
        prepared_folder: A folder that `wince prepare` wrote.
        specs: What the models see. Of several of one kind the last counts.

    Raises:
        DataError: As for `open_data`.
    """
    by_kind = {spec.kind: spec for spec in specs}
    data_by_kind: dict[str, ModelData] = {
        kind: open_data(prepared_folder, spec) for kind, spec in by_kind.items()
    }
    if len(data_by_kind) == 1:
        return data_by_kind
    paths = [set(data.frames.path.tolist()) for data in data_by_kind.values()]
    shared = sorted(set.intersection(*paths))
    smallest = min(data_by_kind.values(), key=lambda data: len(data.frames))
    return {
        kind: replace(_with_frames(data, shared), unscorable=smallest.unscorable)
        for kind, data in data_by_kind.items()
    }


def _with_frames(data: ModelData, paths: Sequence[str]) -> ModelData:
    """Return prepared data with the frames of these image files only."""
    kept = np.isin(data.frames.path, paths)
    return replace(data, frames=data.frames.take(kept), image_states=data.image_states[kept])
