"""The split of a recorded run, made again from the prepared folder as it is now."""

from pathlib import Path

from wince.evaluation.reproduction.record_file import RecordedData
from wince.faces.spec import FaceSpec
from wince.training.data import folds, shared_frames
from wince.training.evaluate_model import rows_of_part


def sha256(folder: Path, recorded: RecordedData) -> str:
    """Return the SHA-256 of the split, as the record of the run has it.

    Args:
        folder: The prepared folder.
        recorded: How the run made its split.

    Raises:
        DataError: The folder cannot be used, or the split cannot be made.
        ValueError: A face spec of the record is not one.
    """
    specs = [FaceSpec.from_dict(spec) for spec in recorded.face_specs]
    data = next(iter(shared_frames.open_all(folder, specs).values()))
    if recorded.kind == "split":
        return folds.from_prepared(data).sha256(data.frames)
    if recorded.kind == "part":
        rows = rows_of_part(data, recorded.part)
        return folds.sha256_of_parts({recorded.part: rows}, data.frames)
    every_fold = folds.make_folds(data.frames, recorded.folds, recorded.seed)
    return folds.sha256_of_folds(every_fold[: recorded.first], data.frames)
