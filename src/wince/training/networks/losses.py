"""Losses on action units and PSPI.

The ordinal and the focal loss read one score as the position of a face on the scale: the
probability that its label is above a cut is the logistic function of the score's distance from the
cut. So the network keeps one linear output on the scale, whatever it learns with.
"""

from itertools import pairwise

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


FOCUS = 2.0
"""Exponent of the focal loss, as its authors recommend."""
STEPS = int(scale.RAW_MAXIMUM)
"""Number of cuts of the ordinal loss, halfway between the whole points of the raw score."""


def l1(score: Tensor, label: Tensor) -> Tensor:
    """Return the absolute error of each score (N,)."""
    return functional.l1_loss(score, label, reduction="none")


def huber(score: Tensor, label: Tensor) -> Tensor:
    """Return the error of each score (N,), half its square below one point.

    Huber 1964, Annals of Mathematical Statistics 35:73-101.
    """
    return functional.smooth_l1_loss(score, label, reduction="none", beta=1.0)


def ordinal(score: Tensor, label: Tensor) -> Tensor:
    """Return the cross-entropy of "above the cut or not", summed over the cuts, of each score (N,).

    The cuts are halfway between whole points, and all share the score, as in CORAL (Cao, Mirjalili
    & Raschka 2020, Pattern Recognition Letters 140:325-331); there the network learns the cuts,
    here they are those of the scale. A label between two points, such as the mean of two raters,
    is above the cut between them in part. Within a point of an end of the scale, the score of
    least cost is up to half a point nearer to that end than the label.
    """
    cuts = torch.arange(STEPS, device=score.device, dtype=score.dtype) + 0.5
    above = (label[:, None] - cuts + 0.5).clamp(0, 1)
    distances = score[:, None] - cuts
    by_cut = functional.binary_cross_entropy_with_logits(distances, above, reduction="none")
    return by_cut.sum(1)


def focal(score: Tensor, label: Tensor, cuts: tuple[float, ...] = scale.LEVEL_CUTS) -> Tensor:
    """Return the focal loss of the level of each label (N,).

    -(1 - p)^2 log p, where p is the probability of the label's level (Lin et al. 2017, Focal loss
    for dense object detection, ICCV). Faces whose level is clear count little. It learns levels
    only: within a level the score is no estimate of the points.

    Args:
        score: Raw scores (N,).
        label: Labels as raw scores (N,).
        cuts: Cuts between the levels, as raw scores.
    """
    edges = [-torch.inf, *cuts, torch.inf]
    by_level = torch.stack([_log_between(score, low, high) for low, high in pairwise(edges)], 1)
    levels = torch.bucketize(label, torch.tensor(cuts).to(label), right=True)
    log_p = by_level.gather(1, levels[:, None])[:, 0]
    return -((1 - log_p.exp()) ** FOCUS) * log_p


def _log_between(score: Tensor, low: float, high: float) -> Tensor:
    """Return the logarithm of the probability that a label is between two cuts, for scores (N,).

    It is computed without the difference of two numbers near 1, so that its gradient does not
    vanish far from the cuts.
    """
    above = functional.logsigmoid(score - low) if low > -torch.inf else torch.zeros_like(score)
    below = functional.logsigmoid(high - score) if high < torch.inf else torch.zeros_like(score)
    width = torch.tensor(high - low, dtype=score.dtype, device=score.device)
    return above + below + torch.log(-torch.expm1(-width))


LOSSES = {"l1": l1, "huber": huber, "focal": focal, "ordinal": ordinal}
"""Losses of one score, by name."""
UNIT_LOSSES = ("l1", "huber")
"""Those that action units can be learned with. The others know points and levels."""
