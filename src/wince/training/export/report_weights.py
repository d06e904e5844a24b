"""Weights of the project report's own script: a plain state dict of a ResNet-18 with one output."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wince import csv_reader, subject_ids
from wince.errors import DataError, ModelError
from wince.faces.spec import WHOLE_IMAGE
from wince.training.data import folds
from wince.training.data.prepared import ModelData, open_data
from wince.training.export import model_folder
from wince.training.export.model_folder import ModelFolder
from wince.training.export.onnx_export import Precision
from wince.training.export.run_description import ModelDescription
from wince.training.export.trained_network import HEADS, TrainedNetwork
from wince.training.networks import architectures, checkpoints, network

NAME = "wince-state-dict"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ImportedModel:
    """A model folder made from the report's weights.

    Attributes:
        model: The model folder.
        notes: What a user must know, in sentences.
    """

    model: ModelFolder
    notes: tuple[str, ...]


def import_weights(
    file: Path,
    out: Path,
    *,
    prepared_folder: Path | None = None,
    trained_on: Path | None = None,
    renames: Mapping[str, str] = csv_reader.NO_RENAMES,
    precision: Precision = "fp32",
    progress: Progress = lambda step, done, total: None,
) -> ImportedModel:
    """Write a model folder from a state dict that the project report's script wrote.

    Args:
        file: The state dict.
        out: The model folder.
        prepared_folder: A prepared folder to calibrate and measure on. Without it the model's
            errors are unknown, which its interval and confidence reflect.
        trained_on: A CSV file with the column `subject`: the subjects that the weights were trained
            on. Without it all subjects of the prepared folder count as seen.
        renames: Columns with another name in that file, see `csv_reader.parse_renames`.
        precision: Type of the weights in model.onnx.
        progress: Called while the model is exported and tested.

    Raises:
        ModelError: The file is not such a state dict, or int8 is asked for without data.
        DataError: The prepared folder or the list of subjects cannot be used.
        FileWriteError: A file cannot be written.
    """
    trained = read(file)
    listed = _subjects(trained_on, renames) if trained_on else []
    if prepared_folder is None:
        trained = _with_subjects(trained, listed)
        description = _uncalibrated(file)
        model = model_folder.write(
            trained, description, out, precision=precision, progress=progress
        )
        return ImportedModel(model, tuple(description.trained_on["notes"]))
    data = open_data(prepared_folder, WHOLE_IMAGE)
    split = folds.from_prepared(data)
    if not len(split.validation):
        raise DataError(
            f"{prepared_folder} has no validation part to calibrate on. Prepare an archive of more "
            "subjects."
        )
    subjects_seen, notes = _subjects_seen(data, listed, trained_on)
    trained = _with_subjects(trained, subjects_seen)
    description = _calibrated(file, data, notes)
    model = model_folder.write(
        trained, description, out, data, split, precision=precision, progress=progress
    )
    return ImportedModel(model, tuple(notes))


def _with_subjects(trained: TrainedNetwork, subjects_seen: list[str]) -> TrainedNetwork:
    return replace(trained, meta={**trained.meta, "subjects_seen": subjects_seen})


def _subjects_seen(
    data: ModelData, listed: list[str], trained_on: Path | None
) -> tuple[list[str], list[str]]:
    """Return the subjects that count as seen, and what a user must know about them.

    Args:
        data: The prepared data that the weights are measured on.
        listed: The subjects that the weights were trained on, if `trained_on` lists them.
        trained_on: The file that lists them, None if there is none: then everybody counts as seen.
    """
    subjects = set(data.frames.subject.tolist())
    if trained_on is None:
        return sorted(subjects), [
            "The file does not list the subjects that these weights have seen, so everybody in the "
            "prepared folder counts as seen and every result is marked. Name the subjects with "
            "--trained-on FILE."
        ]
    no_match = subject_ids.no_match(subjects, data.prepared.folder.name, listed, trained_on.name)
    # A subject counts as seen under the name that it has in this data too.
    subjects_seen = sorted({*listed, *subject_ids.common(subjects, listed)})
    return subjects_seen, [no_match] if no_match else []


def read(file: Path) -> TrainedNetwork:
    """Return the network in a state dict of the report's script.

    Raises:
        ModelError: The file is not a state dict of such a network.
    """
    checkpoint = checkpoints.read_weights(file)
    if checkpoint.meta:
        raise ModelError(
            f"{file} is a checkpoint of wince. Export its run folder instead: "
            "wince export RUN --out DIR."
        )
    resnet = network.build(1)
    expected = resnet.state_dict()
    head = {"fc.1.weight": "fc.weight", "fc.1.bias": "fc.bias"}  # the script puts a dropout before
    weights = {head.get(name, name): tensor for name, tensor in checkpoint.weights.items()}
    wrong = sorted(
        name
        for name in expected
        if name not in weights or weights[name].shape != expected[name].shape
    ) or sorted(set(weights) - set(expected))
    if wrong:
        name = wrong[0]
        shapes = (
            tuple(tensors[name].shape) if name in tensors else "nothing"
            for tensors in (expected, weights)
        )
        raise ModelError(
            f"{file} is not a ResNet-18 with a 512 -> 1 last layer, as the project report's script "
            f"saves it: {name} is expected to be {next(shapes)}, found {next(shapes)}."
        )
    resnet.load_state_dict(weights)
    meta = {
        "architecture": architectures.DEFAULT,
        "head": "pspi",
        "face_spec": WHOLE_IMAGE.to_dict(),
        "subjects_seen": [],
    }
    return TrainedNetwork(resnet.eval(), WHOLE_IMAGE, HEADS["pspi"], meta)


def _uncalibrated(file: Path) -> ModelDescription:
    note = (
        "Nothing is known of this model's errors, and its confidence is nearly meaningless. Name "
        "a prepared folder with --data to calibrate it."
    )
    trained_on = {
        "words": f"Unknown: the file {file.name} does not state it.",
        "calibration": note,
        "caution": "",
        "notes": [note],
    }
    title = "Weights of the project report's script, whole images, not calibrated."
    return ModelDescription(NAME, title, trained_on, trained_on_split=False)


def _calibrated(file: Path, data: ModelData, notes: list[str]) -> ModelDescription:
    prepared = data.prepared
    trained_on: dict[str, Any] = {
        "words": (
            f"Unknown beyond the file {file.name}. Calibrated and measured on the frames of "
            f"{prepared.folder.resolve().name} ({prepared.provenance}), split {prepared.protocol}."
        ),
        "calibration": (
            "PSPI, interval and confidence were fitted on the validation part, each subject with "
            "the same weight. Only the person who trained the weights can say whether they have "
            "seen these people."
        ),
        "protocol": prepared.protocol,
        "caution": prepared.caution,
        "notes": notes,
    }
    title = "Weights of the project report's script, whole images."
    return ModelDescription(NAME, title, trained_on, trained_on_split=False)


def _subjects(path: Path, renames: Mapping[str, str] = csv_reader.NO_RENAMES) -> list[str]:
    """Return the subjects that a CSV file lists, each once, sorted."""
    csv_reader.check_renames(renames, [path])
    rows = csv_reader.read_rows(path, ("subject",), renames)
    subjects = sorted({row["subject"] for _, row in rows if row["subject"]})
    if not subjects:
        raise DataError(f"{path} lists no subject: its column subject is empty.")
    return subjects
