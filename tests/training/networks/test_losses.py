"""Losses on action units, PSPI and landmarks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


scores = st.floats(-60, 60, width=32)
labels = st.floats(0, 16, width=32)


@pytest.mark.parametrize("name", losses.LOSSES)
@given(score=scores, label=labels)
def test_a_loss_is_finite_and_draws_the_score_towards_the_label(
    name: str, score: float, label: float
) -> None:
    predicted = torch.tensor([score], requires_grad=True)
    (loss,) = losses.LOSSES[name](predicted, torch.tensor([label]))
    loss.backward()
    (slope,) = predicted.grad
    assert loss >= 0
    assert torch.isfinite(slope)
    if name != "focal" and abs(score - label) > 1 and 1 < label < 15:
        assert slope * (score - label) > 0, "a step downhill is a step to the label"


@pytest.mark.parametrize(("label", "off"), [(1.0, 0.5), (4.0, 0.1), (9.5, 0.1), (15.0, 0.5)])
def test_the_ordinal_loss_is_lowest_at_the_label(label: float, off: float) -> None:
    predicted = torch.arange(-5, 21, 0.05)
    cost = losses.ordinal(predicted, torch.full_like(predicted, label))
    assert predicted[cost.argmin()] == pytest.approx(label, abs=off)


@given(score=scores)
def test_the_probabilities_of_the_levels_add_up_to_one(score: float) -> None:
    edges = [-torch.inf, *scale.LEVEL_CUTS, torch.inf]
    predicted = torch.tensor([score], dtype=torch.float64)
    total = sum(losses._log_between(predicted, *ends).exp() for ends in pairwise(edges))
    assert float(total) == pytest.approx(1)


def test_the_focal_loss_counts_clear_faces_little_and_wrong_levels_most() -> None:
    predicted = torch.tensor([8.0, 5.5, 3.0])
    clear, unclear, wrong = losses.focal(predicted, torch.full((3,), 8.0)).tolist()
    assert clear < 0.05 * unclear < 0.05 * wrong
    far = torch.tensor([-50.0], requires_grad=True)
    losses.focal(far, torch.tensor([8.0])).backward()
    assert far.grad.item() < -0.9, "it learns from the worst of errors too"
