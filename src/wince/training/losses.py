"""Losses of the starter model."""

import torch
from torch import Tensor
from torch.nn import functional

from wince import scale

EYES = 5.0
"""AU43 runs from 0 to 1 where the others run to 5; inside the network it is stretched to match."""


def pspi(units: Tensor) -> Tensor:
    """Return PSPI (N,) of action units (N, 6) as the network gives them, AU43 stretched by EYES."""
    au4, au6, au7, au9, au10, au43 = units.unbind(1)
    score: Tensor = scale.pspi_formula(au4, au6, au7, au9, au10, au43 / EYES, maximum=torch.maximum)
    return score


def within(units: Tensor) -> Tensor:
    """Return action units (N, 6) as the network gives them, held to their ranges."""
    return units.clamp(0, EYES)


def action_units(predicted: Tensor, units: Tensor, score: Tensor, weight: float) -> Tensor:
    """Return the squared error of six action units plus `weight` times that of their PSPI.

    predicted, units: (N, 6), AU43 stretched by EYES; score: (N,) rated PSPI. The maximum of two
    estimates is on average above the maximum of what they estimate, so PSPI has its own term.
    Squares, because a loss that grows like the absolute error settles on the median: under a Huber
    loss closed eyes, rare and sometimes doubtful, were hardly ever seen, and grimaces flattened.
    """
    by_unit = functional.mse_loss(predicted, units)
    return by_unit + weight * functional.mse_loss(pspi(predicted), score)


def mesh(predicted: Tensor, points: Tensor, blendshapes: Tensor) -> Tensor:
    """Return the loss of landmarks and blendshapes.

    predicted: (N, 2P + B). points: (N, P, 2) in units of the crop's side. blendshapes: (N, B),
    standardised.
    """
    place = (points.flatten(1) - 0.5) * 8
    by_point = functional.smooth_l1_loss(predicted[:, : place.shape[1]], place, beta=0.1)
    by_shape = functional.smooth_l1_loss(predicted[:, place.shape[1] :], blendshapes)
    return 4 * by_point + by_shape
