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
            f"Trained on {learned_frames(config)['train']:,} frames of "
            f"{len(part['train']['subjects'])} people ({provenance(config)}) with the recipe "
            f"{recipe['name']}{marked}."
        ),
        trained_on=_trained_on(config, network, caution),
        fold=part["name"] if is_fold else None,
    )


def provenance(config: Mapping[str, Any]) -> str:
    """Return where the data of a run come from; for older runs, the layout of their archive."""
    return str(
        config.get("provenance")
        or f"archive of the layout {config['data']['archive']}; provenance not stated"
    )


def learned_frames(config: Mapping[str, Any]) -> dict[str, int]:
    """Return how many frames of the training and the validation part the network learned from."""
    parts = {name: config["part"][name]["frames"] for name in ("train", "validation")}
    return {**parts, **config.get("learned", {})}


def frames_without_units(config: Mapping[str, Any]) -> list[str]:
    """Return a sentence on frames that a head of action units cannot learn from, if any."""
    learned = learned_frames(config)
    shares = [
        f"{learned[name]:,} of the {config['part'][name]['frames']:,} {title} frames"
        for name, title in (("train", "training"), ("validation", "validation"))
        if learned[name] < config["part"][name]["frames"]
    ]
    if not shares:
        return []
    return [
        f"Only {' and '.join(shares)} have all six action units; the network learned from these "
        "only. With --head pspi it learns from all frames."
    ]


def _trained_on(config: Mapping[str, Any], network: TrainedNetwork, caution: str) -> dict[str, Any]:
    part, data, recipe = (config[name] for name in ("part", "data", "recipe"))
    counts = {
        name: {"frames": part[name]["frames"], "subjects": len(part[name]["subjects"])}
        for name in ("train", "validation", "test")
    }
    train, validation = counts["train"], counts["validation"]
    learned = learned_frames(config)
    marked = f" ({caution})" if caution else ""
    return {
        "words": (
            f"{learned['train']:,} frames of {train['subjects']} subjects "
            f"({provenance(config)}), split {part['protocol']}{marked}. The best epoch was chosen "
            f"on {learned['validation']:,} frames of {validation['subjects']} subjects."
        ),
        "calibration": (
            f"{network.scale.name}, interval and confidence were fitted on the "
            f"{validation['frames']:,} frames of the {validation['subjects']} validation "
            "subjects, each with the same weight. The "
            "best epoch was chosen on the same frames, so the errors there are a little smaller "
            "than on new people."
        ),
        "data": dict(data, folder=Path(data["folder"]).name),
        "provenance": provenance(config),
        "parts": counts,
        "learned": learned,
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
