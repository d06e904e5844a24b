"""What model.json and the reports state about a model that `wince train` made."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wince.protocol_names import OPTIMISTIC
from wince.training.export.trained_network import TrainedNetwork


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """Name, title and provenance of a model, for model.json.

    Attributes:
        name: Name of the model.
        title: One sentence, shown where the model is used.
        trained_on: Data and settings; at least `words`, `calibration`, `caution` and `notes`.
        trained_on_split: Whether the network was trained on the training part of the data that it
            is measured on. Its labels then decide the trivial baselines.
        fold: Name of the fold of a cross-validation, else None.
    """

    name: str
    title: str
    trained_on: Mapping[str, Any]
    trained_on_split: bool = True
    fold: str | None = None


def describe(
    config: Mapping[str, Any], network: TrainedNetwork, *, is_fold: bool
) -> ModelDescription:
    """Return the description of a run's model.

    Args:
        config: The run's config.json.
        network: The trained network.
        is_fold: Whether the run is a fold of a cross-validation.
    """
    part, recipe = config["part"], config["recipe"]
    # The initial weights may have been trained on subjects of the test part.
    overlap = set(network.meta["subjects_seen"]) & set(part["test"]["subjects"])
    caution = OPTIMISTIC if overlap else part["caution"]
    marked = f" ({caution})" if caution else ""
    return ModelDescription(
        name=f"wince-{recipe['name']}",
        title=(
            f"Trained on {part['train']['frames']:,} frames of {len(part['train']['subjects'])} "
            f"people from {config['data']['archive']} with the recipe {recipe['name']}{marked}."
        ),
        trained_on=_trained_on(config, network, caution),
        fold=part["name"] if is_fold else None,
    )


def _trained_on(config: Mapping[str, Any], network: TrainedNetwork, caution: str) -> dict[str, Any]:
    part, data, recipe = (config[name] for name in ("part", "data", "recipe"))
    counts = {
        name: {"frames": part[name]["frames"], "subjects": len(part[name]["subjects"])}
        for name in ("train", "validation", "test")
    }
    train, validation = counts["train"], counts["validation"]
    marked = f" ({caution})" if caution else ""
    return {
        "words": (
            f"{train['frames']:,} frames of {train['subjects']} subjects, prepared from an archive "
            f"of the layout {data['archive']}, split {part['protocol']}{marked}. The best epoch "
            f"was chosen on {validation['frames']:,} frames of {validation['subjects']} subjects."
        ),
        "calibration": (
            f"Interval and confidence were fitted on the {validation['frames']:,} frames of the "
            f"{validation['subjects']} validation subjects. The best epoch was chosen on the same "
            "frames, so the intervals are a little too narrow and the confidence a little too high."
        ),
        "data": dict(data, folder=Path(data["folder"]).name),
        "parts": counts,
        "protocol": part["protocol"],
        "caution": caution,
        "notes": config["notes"],
        "settings": {
            "recipe": recipe["name"],
            "architecture": config["architecture"],
            "head": config["head"],
            "began from": network.meta["init"],
            "loss": recipe["loss"],
            "optimizer": f"{recipe['optimizer']}, {recipe['rate']:g}, {recipe['schedule']}",
            "batch": recipe["batch"],
            "epochs": f"at most {recipe['epochs']}, best by {recipe['monitor']}",
            "seed": config["seed"],
        },
    }
