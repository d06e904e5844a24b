"""Losses on action units and PSPI."""

import torch
from torch import Tensor
from torch.nn import functional

from wince import scale

AU43_SCALE = 5.0
"""AU43 ranges from 0 to 1, the other units to 5. In the network it is multiplied to match them."""


def pspi(units: Tensor) -> Tensor:
    """Return PSPI (N,) of the network's action units (N, 6), AU43 multiplied by AU43_SCALE."""
    au4, au6, au7, au9, au10, au43 = units.unbind(1)
    score: Tensor = scale.pspi_formula(
        au4, au6, au7, au9, au10, au43 / AU43_SCALE, maximum=torch.maximum
    )
    return score


def action_units(predicted: Tensor, units: Tensor, score: Tensor, weight: float) -> Tensor:
    """Return the squared error of six action units plus `weight` times that of their PSPI.

    The maximum of two estimates is on average above the maximum of what they estimate, so PSPI has
    its own term. The error is squared because a loss that grows like the absolute error settles on
    the median: with a Huber loss closed eyes, which are rare and sometimes doubtful, were hardly
    ever predicted, and grimaces were underestimated.

    Args:
        predicted: Action units (N, 6), AU43 multiplied by AU43_SCALE.
        units: Labels of the same form.
        score: Rated PSPI (N,).
        weight: Weight of the PSPI term.
    """
    by_unit = functional.mse_loss(predicted, units)
    return by_unit + weight * functional.mse_loss(pspi(predicted), score)
