"""A round's weights calibrated and measured on a site's prepared folder, as a model folder."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from wince.errors import DataError
from wince.training.data import folds
from wince.training.data.prepared import open_data
from wince.training.evaluate_model import refuse_other_scale
from wince.training.export import model_folder, trained_network
from wince.training.export.model_folder import ModelFolder
from wince.training.export.run_description import ModelDescription
from wince.training.federation import study

NAME = "wince-federated"
UNKNOWN = (
    "The model does not list the subjects of the other sites, because no site sends their names: "
    "nobody can check that a person of this test part is not in another site's training."
)


def evaluate_round(
    round_file: Path,
    prepared_folder: Path,
    out: Path,
    progress: Callable[[str, int, int], None] = lambda step, done, total: None,
) -> ModelFolder:
    """Write a model folder from a round: calibrated and measured on a site's prepared folder.

    The interval and the confidence are fitted on the validation part, and the test part is
    measured. The training and validation subjects of the folder count as seen.

    Args:
        round_file: The round.
        prepared_folder: A folder that `wince prepare` wrote.
        out: The model folder. Its model.json names subjects of the prepared folder.
        progress: Called while the model is exported and tested.

    Raises:
        ModelError: The round cannot be used.
        DataError: The prepared folder cannot be used, or has no validation or test part.
        FileWriteError: A file cannot be written.
    """
    current = study.read(round_file)
    network = trained_network.load(round_file)
    data = open_data(prepared_folder, network.spec)
    refuse_other_scale(data.prepared, network.scale)
    split = folds.from_prepared(data)
    for rows, part in ((split.validation, "validation"), (split.test, "test")):
        if not len(rows):
            raise DataError(
                f"{prepared_folder} has no {part} part: the validation part calibrates, and the "
                "test part is measured. Prepare it with more subjects, or with --split-file."
            )
    subjects = split.seen_subjects(data.frames)
    network = replace(network, meta={**network.meta, "subjects_seen": subjects})
    calibrating = len(set(data.frames.subject[split.validation].tolist()))
    recipe = current.study.recipe
    description = ModelDescription(
        NAME,
        f"Trained without sharing faces: {current.title}.",
        {
            "words": f"Weights of {current.title}. Each site trained on its own subjects.",
            "calibration": (
                f"{network.scale.name}, interval and confidence were fitted on the "
                f"{len(split.validation):,} frames of the validation part of "
                f"{data.prepared.folder.resolve().name} ({data.prepared.provenance}; number of "
                f"subjects: {calibrating}), each subject with the same weight. They hold for "
                "people like these, not for every site."
            ),
            "protocol": split.protocol,
            "caution": split.caution,
            "notes": [UNKNOWN],
            "settings": {
                "recipe": recipe.name,
                "architecture": current.study.architecture,
                "head": current.study.head,
                "began from": current.origin,
                "rounds": f"{current.number} of {current.study.rounds}",
                "epochs": f"{recipe.epochs} in each round at each site",
                "seed": current.study.seed,
            },
        },
    )
    return model_folder.write(network, description, out, data, split, progress=progress)
