"""One network through all stages of the recipe."""

import copy
from collections.abc import Iterable, Sequence
from pathlib import Path

import lightning
from torch import nn

from tools.starter import stages
from tools.starter.heads import first_outputs
from tools.starter.rated_faces import Faces, joined
from tools.starter.recipe import Recipe, Stage
from tools.starter.single_ratings import Ratings, with_single_ratings
from wince.training.networks.network import build


def train_base(strangers: Faces, recipe: Recipe, folder: Path) -> nn.Module | None:
    """Return a network that has learned the landmarks of people in no fold; None without any.

    Args:
        strangers: Faces of people who are in no fold.
        recipe: Settings.
        folder: Where checkpoints and histories go.
    """
    if not len(strangers):
        return None
    lightning.seed_everything(recipe.seed)
    return _through_mesh_stages([strangers], recipe.strangers, folder, None)


def train_network(
    rated: Faces,
    unrated: Faces,
    ratings: Ratings,
    base: nn.Module | None,
    recipe: Recipe,
    folder: Path,
) -> nn.Module:
    """Return a network with six outputs, the action units, trained on rated faces.

    Args:
        rated: Faces rated twice.
        unrated: Faces of the same people or of people in no fold.
        ratings: One rating by image, of some of both.
        base: Network from `train_base` to start from; it is not changed.
        recipe: Settings.
        folder: Where checkpoints and histories go. Complete stages there are not repeated.
    """
    lightning.seed_everything(recipe.seed)
    units, answers = recipe.units, recipe.answers
    units_folder = folder / f"units{units.size}"
    if (units_folder / stages.LAST).exists():
        network = build(1)  # the checkpoint has all weights, those of the earlier stages too
    else:
        start = copy.deepcopy(base)
        network = _through_mesh_stages([rated, unrated], recipe.mesh, folder, start)
    small = rated.resized(units.size)
    others = with_single_ratings(unrated.resized(answers.size), rated, ratings)
    network = stages.train_action_units(network, small, units, units_folder)
    if others.rated_once.any():
        faces = joined([small, others[others.rated_once]])
        network = stages.train_action_units(network, faces, recipe.further, folder / "further")
    if len(others):
        network = stages.self_train(network, small, others, answers, folder / "answers")
    return first_outputs(network, stages.UNITS)


def _through_mesh_stages(
    parts: Sequence[Faces], mesh_stages: Iterable[Stage], folder: Path, start: nn.Module | None
) -> nn.Module:
    network = start
    for stage in mesh_stages:
        faces = joined([part.resized(stage.size) for part in parts])
        network = stages.train_mesh(faces, stage, folder / f"mesh{stage.size}", network)
    assert network is not None
    return network
