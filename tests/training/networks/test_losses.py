"""Losses on action units, PSPI and landmarks."""

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from wince import scale
from wince.training.networks import losses


def test_pspi_of_a_batch_is_the_formula_with_au43_scaled_back() -> None:
    units = torch.tensor([[3.0, 1.0, 2.0, 4.0, 0.5, 5.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    named = dict(zip(scale.UNIT_NAMES, [3.0, 1.0, 2.0, 4.0, 0.5, 1.0], strict=True))
    assert losses.pspi(units).tolist() == [scale.pspi(named), 0.0]


def test_a_perfect_prediction_costs_nothing() -> None:
    units = torch.tensor([[3.0, 1.0, 2.0, 4.0, 0.5, 5.0]])
    assert losses.action_units(units, units, losses.pspi(units), 0.3).item() == 0


def test_pspi_has_a_cost_of_its_own() -> None:
    # Both units are half a point off in such a way that the maximum is off too.
    units = torch.tensor([[0.0, 2.0, 2.0, 0.0, 0.0, 0.0]])
    predicted = torch.tensor([[0.0, 2.5, 1.5, 0.0, 0.0, 0.0]])
    score = losses.pspi(units)
    without, with_pspi = (losses.action_units(predicted, units, score, w) for w in (0.0, 1.0))
    assert with_pspi - without == pytest.approx(0.5**2)
