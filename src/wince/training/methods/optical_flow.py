"""Dense optical flow, after Lucas & Kanade 1981."""

import torch
from torch import Tensor
from torch.nn import functional

WINDOW = 7
"""Side of the neighbourhood that is taken to move together, in pixels."""
MOST = 3.0
"""Largest movement, in pixels; the method holds for small ones only."""
_DAMPING = 1e-4  # of flat neighbourhoods, whose movement cannot be known


def optical_flow(first: Tensor, second: Tensor) -> Tensor:
    """Return how far each pixel moves from one image to the next.

    In each neighbourhood the movement is the least-squares solution of the equations that say that
    grey values move along unchanged (Lucas & Kanade 1981, An iterative image registration technique
    with an application to stereo vision, IJCAI:674-679).

    Args:
        first: Grey values from 0 to 1, shape (N, 1, H, W).
        second: The same some time later.

    Returns:
        Movement to the right and down in pixels, from -MOST to MOST, shape (N, 2, H, W).
    """
    mean = functional.pad((first + second) / 2, (1, 1, 1, 1), mode="replicate")
    x = (mean[..., 1:-1, 2:] - mean[..., 1:-1, :-2]) / 2
    y = (mean[..., 2:, 1:-1] - mean[..., :-2, 1:-1]) / 2
    change = second - first
    products = torch.cat([x * x, x * y, y * y, x * change, y * change], 1)
    sums = functional.avg_pool2d(products, WINDOW, 1, WINDOW // 2, count_include_pad=False)
    xx, xy, yy, xt, yt = sums.unbind(1)
    xx, yy = xx + _DAMPING, yy + _DAMPING
    determinant = xx * yy - xy * xy
    right = (xy * yt - yy * xt) / determinant
    down = (xy * xt - xx * yt) / determinant
    return torch.stack([right, down], 1).clamp(-MOST, MOST)
