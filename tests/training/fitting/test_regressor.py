"""The module that learns: its loss, its learning rate and its levels."""

import math
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince import scale
from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.training.fitting import recipe, regressor
from wince.training.fitting.regressor import Regressor


def module(head: str = "pspi", name: str = "report") -> Regressor:
    """A module around a network of one layer, which is enough for what is tested here."""
    spec = FaceSpec(size=32)
    network = torch.nn.Sequential()
    network.add_module("flat", torch.nn.Flatten())
    network.add_module("fc", torch.nn.Linear(3 * 32 * 32, 6 if head == "action-units" else 1))
    return Regressor(network, sample.tiny(name), spec, head, 1.0, 0, {})


def test_a_loss_that_is_not_finite_stops_the_run_with_advice() -> None:
    learner = module()
    torch.nn.init.constant_(learner.network.fc.bias, math.inf)
    crops = torch.zeros((2, 3, 32, 32), dtype=torch.uint8)
    batch = (crops, torch.zeros((2, 6)), torch.zeros(2), torch.ones(2))
    with pytest.raises(ModelError, match=r"became inf in epoch 1, step 1.*lower --learning-rate"):
        learner.training_step(batch, 0)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10, 11, 19, 20, 200])
def test_the_rate_rises_and_falls_however_few_the_steps(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = SimpleNamespace(estimated_stepping_batches=steps)
    monkeypatch.setattr(Regressor, "trainer", trainer)
    config = module(name="strong").configure_optimizers()
    optimizer, schedule = config["optimizer"], config["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert max(rates) <= recipe.STRONG.rate
    if steps > 2:
        assert max(rates) > 0.9 * recipe.STRONG.rate
        assert max(rates) > rates[0]
        assert rates[-1] < 0.01 * recipe.STRONG.rate


def test_losses_are_weighted_means_and_pspi_follows_the_formula() -> None:
    learner = module("action-units")
    units = torch.tensor([[2.0, 1, 3, 0, 4, 5], [0.0, 0, 0, 0, 0, 0]])  # AU43 times five
    assert learner.score(units).tolist() == [2 + 3 + 4 + 1, 0]
    wrong = units + torch.tensor([[1.0], [0.0]])
    pspi = learner.score(units)
    weights = torch.tensor([3.0, 1.0])
    error = (wrong - units).abs()[0].mean() + regressor.PSPI_WEIGHT * (3 + 0.2)
    loss = learner.loss(wrong, units, pspi, weights)
    assert loss.item() == pytest.approx(3 * error.item() / 4, rel=1e-5)


def test_levels_are_those_of_the_scale() -> None:
    scores = torch.tensor([0.0, 0.49, 0.5, 5.49, 5.5, 10.49, 10.5, 16.0])
    expected = [scale.LEVELS.index(scale.level(value)) for value in scores.tolist()]
    assert module().level(scores).tolist() == expected
