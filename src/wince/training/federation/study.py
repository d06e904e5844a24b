"""A federated study: its settings, the same at every site, and its first round.

In each round every site trains the round's weights on its own faces, and the mean of the results
is the next round: federated averaging (McMahan et al. 2017, AISTATS, PMLR 54:1273-1282).

round-000.pt         the first weights and the settings, made by `start`
round-001.pt         the weights after one round, made by `averaging.average`
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from wince import files
from wince.errors import ModelError
from wince.scale import PSPI, Scale
from wince.training.export.trained_network import HEADS
from wince.training.federation import exchange_files
from wince.training.fitting.recipe import Recipe
from wince.training.fitting.run_settings import Devices, Settings
from wince.training.networks import architectures, checkpoints, initial_weights

MOST_ROUNDS = 999
LAST_RATE = 0.05
"""Learning rate of a study's last round in a recipe whose rate falls, as a share of the first."""


@dataclass(frozen=True, slots=True)
class Study:
    """What all sites train, and how.

    Attributes:
        recipe: How a site trains in a round, and what the network sees; `epochs` is the number of
            epochs in a round.
        architecture: The network, a name of `architectures.ARCHITECTURES`.
        head: What it learns, as in `Settings`.
        scale: The scale of the labels.
        seed: Seed of every random choice.
        rounds: Number of rounds.
    """

    recipe: Recipe
    architecture: str
    head: str
    scale: Scale
    seed: int
    rounds: int

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {
            "recipe": self.recipe.to_dict(),
            "architecture": self.architecture,
            "head": self.head,
            "scale": self.scale.to_dict(),
            "seed": self.seed,
            "rounds": self.rounds,
        }

    @classmethod
    def from_dict(cls, values: Any) -> "Study":
        """Return the study that `to_dict` wrote.

        Raises:
            WinceError: The values are not those of a study.
        """
        keys = list(cls.__dataclass_fields__)
        if not isinstance(values, Mapping) or set(values) != set(keys):
            raise ModelError(f"The settings are expected to be {', '.join(keys)}.")
        if values["architecture"] not in list(architectures.ARCHITECTURES):
            raise ModelError(f"There is no architecture {values['architecture']!r:.80}.")
        if values["head"] not in list(HEADS):
            raise ModelError(f"There is no head {values['head']!r:.80}.")
        for name, most in (("seed", 2**63), ("rounds", MOST_ROUNDS)):
            exchange_files.check_count(values[name], name, most, least=int(name == "rounds"))
        return cls(
            Recipe.from_dict(values["recipe"]),
            values["architecture"],
            values["head"],
            Scale.from_dict(values["scale"]),
            values["seed"],
            values["rounds"],
        )

    @property
    def sha256(self) -> str:
        """SHA-256 of the settings."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def network(self) -> nn.Module:
        """Return a network of the study, with weights of no meaning."""
        outputs = len(HEADS[self.head].scales)
        return architectures.build(self.architecture, outputs, self.recipe.spec.size)

    def settings(self, number: int, weights: str, devices: Devices) -> Settings:
        """Return the settings with which a site trains in a round.

        Each round is a short training of its own: the optimiser starts anew, and the rate is
        constant within it. If the rate of the recipe falls, it falls from round to round, because
        federated averaging reaches an optimum only with a falling rate where the data of the sites
        differ (Li et al. 2020, ICLR, "On the convergence of FedAvg on non-IID data").

        Args:
            number: Number of the round, from 0.
            weights: The weights to start from, as `Settings.init`.
            devices: Where the site trains.

        Raises:
            ModelError: The settings contradict each other.
        """
        recipe, factor = self.recipe, 1.0
        if recipe.schedule != "constant":
            share = number / max(1, self.rounds - 1)
            factor = LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * share))
        recipe = replace(
            recipe,
            rate=recipe.rate * factor,
            head_rate=recipe.head_rate * factor,
            schedule="constant",
        )
        settings = Settings(
            recipe=recipe,
            head=self.head,  # type: ignore[arg-type]  # `from_dict` and `start` check it
            init=weights,
            architecture=self.architecture,
            seed=(self.seed * 1_000_003 + number) % 2**32,
            devices=devices,
            view=self.recipe.spec,
        )
        return settings.for_scale(self.scale)


def start(out: Path, settings: Settings, rounds: int, scale: Scale | None = None) -> list[str]:
    """Write the first round of a study: its settings and the weights that all sites begin from.

    Args:
        out: The folder of the study.
        settings: What is trained; the recipe's epochs are those of a site in a round.
        rounds: Number of rounds.
        scale: The scale of the labels at all sites, None for PSPI.

    Returns:
        What a user must know, in sentences.

    Raises:
        ModelError: The initial weights cannot be used, or name subjects.
        FileWriteError: The folder has a study already, or cannot be written.
    """
    path = out / exchange_files.round_name(0)
    files.refuse_existing(path, "Choose another --out, or continue the study that is there.")
    settings = settings.for_scale(scale or PSPI)
    if initial_weights.exported_model(settings.init) is not None:
        raise ModelError(
            f"A study cannot begin from the exported model {settings.init}: restoring its "
            "normalisation layers needs faces, and none are shared. Use --init imagenet or none, "
            "or a checkpoint."
        )
    torch.manual_seed(settings.seed)
    initial = initial_weights.load(
        settings.init,
        settings.architecture,
        settings.outputs,
        settings.spec,
        np.empty((0, settings.spec.size, settings.spec.size, 3), np.uint8),
    )
    if initial.subjects:
        raise ModelError(
            f"{settings.init} lists {len(initial.subjects)} subjects that its weights have seen, "
            "and a study would send their names to every site. Use --init imagenet or none."
        )
    # Running means within a round would lag behind it, and no site stops before the others.
    recipe = replace(settings.recipe, spec=settings.spec, averaging=0.0, patience=0)
    study = Study(
        recipe,
        settings.architecture,
        settings.head,
        scale or PSPI,
        settings.seed,
        rounds,
    )
    weights = {name: tensor.detach() for name, tensor in initial.network.state_dict().items()}
    first = Round(path, study, 0, weights, initial.origin, ())
    write(first)
    return [initial.warning] if initial.warning else []


@dataclass(frozen=True, slots=True)
class Round:
    """The weights of a study after some rounds.

    Attributes:
        path: Its file.
        study: The settings.
        number: How many rounds there were before.
        weights: The network's tensors by name.
        origin: Where the first weights came from, in words.
        history: Number of sites, subjects and frames of each round before.
    """

    path: Path
    study: Study
    number: int
    weights: exchange_files.Tensors
    origin: str
    history: tuple[Mapping[str, int], ...]

    @property
    def is_last(self) -> bool:
        """Whether the study ends here."""
        return self.number == self.study.rounds

    @property
    def title(self) -> str:
        """Which weights these are, in words."""
        if not self.number:
            return f"the first weights of a federated study of {self.study.rounds} rounds"
        last = self.history[-1]
        return (
            f"round {self.number} of {self.study.rounds} of a federated study, in the last round "
            f"{last['sites']} sites with {last['subjects']:,} subjects and {last['frames']:,} "
            "frames"
        )


def write(current: Round) -> None:
    """Write a round, which is also a checkpoint as `checkpoints` describes, without subjects."""
    study = current.study
    meta = {
        "format": checkpoints.FORMAT,
        "architecture": study.architecture,
        "head": study.head,
        "scale": study.scale.to_dict(),
        "face_spec": study.recipe.spec.to_dict(),
        "subjects_seen": [],
        "recipe": study.recipe.to_dict(),
        "init": current.origin,
    }
    header = {
        "settings": study.to_dict(),
        "round": current.number,
        "init": current.origin,
        "history": [dict(entry) for entry in current.history],
    }
    exchange_files.write(current.path, "round", header, current.weights, {checkpoints.KEY: meta})


def read(path: Path) -> Round:
    """Return a round.

    Raises:
        ModelError: The file is not a round of a study, or is damaged.
    """
    header, weights = exchange_files.read(path, "round", exchange_files.LARGEST)
    with exchange_files.as_damage(path):
        study = Study.from_dict(header["settings"])
        number = exchange_files.check_count(header["round"], "round", study.rounds, least=0)
        history = header["history"]
        if len(history) != number:
            raise ModelError(f"{number} rounds have {len(history)} entries in the history.")
        for entry in history:
            for key in ("sites", "subjects", "frames"):
                exchange_files.check_count(entry[key], key)
        origin = str(header["init"])[:200]
        study.settings(number, "none", Devices())
        exchange_files.check_weights(weights, study.network().state_dict())
    return Round(path, study, number, weights, origin, tuple(history))
