"""Recipes, and the table of them in the documentation."""

import re

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support.frames import ROOT
from wince.cli.training_options import LossName, TrainingOptions
from wince.errors import ModelError
from wince.faces.spec import WHOLE_IMAGE
from wince.training.fitting import recipe
from wince.training.fitting.run_settings import Settings


def test_the_report_recipe_is_that_of_the_report() -> None:
    report = recipe.named("report")
    assert report.spec == WHOLE_IMAGE
    assert (report.spec.size, report.spec.mean[0], report.spec.std[2]) == (224, 0.485, 0.225)
    assert (report.loss, report.optimizer, report.rate, report.batch) == ("l1", "adam", 1e-4, 32)
    assert (report.epochs, report.patience, report.monitor) == (50, 5, "val_mae")
    assert (report.strength, report.averaging, report.balance) == (None, 0, 0)


def test_the_table_of_recipes_in_the_docs_is_that_of_the_program() -> None:
    text = (ROOT / "docs" / "training.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (\S+) \|", text, re.MULTILINE)
    documented = {name: (report, strong) for name, report, strong in rows}
    recipes = [
        {**some.to_dict(), "kind": some.spec.kind, "size": some.spec.size}
        for some in (recipe.REPORT, recipe.STRONG)
    ]
    assert set(documented) == set(recipes[0]) - {"name", "spec", "strength"}
    assert documented == {name: tuple(str(some[name]) for some in recipes) for name in documented}


def test_the_last_layer_s_rate_changes_with_the_body_s() -> None:
    changed = recipe.named("strong", rate=1e-3)
    assert changed.head_rate / changed.rate == recipe.STRONG.head_rate / recipe.STRONG.rate


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 8}, "size from 32 to 512, found 8"),
        ({"rate": 50.0}, "rate from"),
        ({"batch": 1}, "batch from 2"),
        ({"precision": "8-bit"}, "precision of auto"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        recipe.named("strong", **changes)


def test_the_weighted_loss_weighs_levels_instead_of_drawing_them() -> None:
    weighted = recipe.named("strong", loss="weighted")
    assert (weighted.loss, weighted.weighting, weighted.balance) == ("huber", 1, 0)
    both = recipe.named("strong", loss="weighted", balance=0.25)
    assert (both.weighting, both.balance) == (1, 0.25)


@pytest.mark.parametrize("loss", ["focal", "ordinal"])
def test_a_loss_on_points_or_levels_is_refused_for_action_units(loss: str) -> None:
    with pytest.raises(ModelError, match=f"loss {loss} learns PSPI itself.*--head pspi"):
        Settings(recipe=recipe.named("strong", loss=loss), head="action-units")


def test_options_of_the_command_reach_the_recipe() -> None:
    options = TrainingOptions(loss=LossName.ORDINAL, balance=0.75, init="none")
    settings = options.settings()
    assert (settings.recipe.loss, settings.recipe.balance) == ("ordinal", 0.75)
