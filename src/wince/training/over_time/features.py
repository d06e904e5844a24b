"""Features of every frame of a prepared folder by one network, kept in a file beside the crops."""

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from wince import file_names, onnx_session, workers
from wince.errors import DataError
from wince.files import replacing
from wince.runtime.estimator import Estimator
from wince.training.data import pixel_cache
from wince.training.data.prepared import ModelData
from wince.training.over_time import feature_output

FOLDER = "features"
BATCH = 32  # images
Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FrameFeatures:
    """What a network gives for the N frames of prepared data.

    Attributes:
        features: What the last layer is linear on, (N, F).
        outputs: Outputs of the last layer, (N, K): six action units, or PSPI alone.
    """

    features: Floats
    outputs: Floats


def load(estimator: Estimator, data: ModelData, progress: Progress | None = None) -> FrameFeatures:
    """Return the features of all frames, from the file in the prepared folder or computed now.

    The name of the file has the SHA-256 of the network and a key of the crops, so both are computed
    again when either changes.

    Args:
        estimator: The loaded model.
        data: Frames of a prepared folder that the model can see.
        progress: Called with (images done, images in all) while features are computed.

    Raises:
        DataError: An image cannot be read, or the file is damaged.
        ModelError: The last layer of the network is not found.
        FileWriteError: The file cannot be written.
    """
    network = str(estimator.manifest["sha256"])[:12]
    key = pixel_cache.content_key(data, estimator.spec)
    path = data.prepared.folder / FOLDER / f"{network}-{key}.npz"
    if not path.is_file():
        computed = _compute(estimator, data, progress)
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, features=computed.features, outputs=computed.outputs)
        for outdated in path.parent.glob(f"{network}-*.npz"):
            if outdated != path:
                outdated.unlink(missing_ok=True)
    return _read(path, len(data.frames))


def _compute(estimator: Estimator, data: ModelData, progress: Progress | None) -> FrameFeatures:
    read_image = pixel_cache.image_reader(data.prepared, estimator.spec)
    names = data.frames.image_names(estimator.spec).tolist()
    batches = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file_names.MODEL
        feature_output.write(estimator.folder / str(estimator.manifest["file"]), path)
        session = onnx_session.open_session(path)

        def run(batch: list[str]) -> list[Floats]:
            crops = np.stack([read_image(name) for name in batch])
            outputs: list[Floats] = session.run(
                [feature_output.FEATURES, "scores"], {"pixels": crops}
            )
            return outputs

        results = []
        with ThreadPoolExecutor(workers.core_count()) as pool:
            for result in pool.map(run, batches):
                results.append(result)
                if progress:
                    progress(min(len(results) * BATCH, len(names)), len(names))
    features, outputs = (np.concatenate(parts) for parts in zip(*results, strict=True))
    return FrameFeatures(features, outputs)


def _read(path: Path, count: int) -> FrameFeatures:
    try:
        with np.load(path) as file:
            result = FrameFeatures(file["features"], file["outputs"])
        if len(result.features) != count:
            raise ValueError(f"{len(result.features)} frames, expected {count}")
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise DataError(f"{path} is damaged ({error}). Delete it and run again.") from error
    return result
