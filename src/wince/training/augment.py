"""Augmentation, a whole batch at a time: turned, moved, mirrored, tinted, blurred, covered."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Strength:
    """How far a batch is changed. Each is the end of a uniform range around no change.

    turn: radians. zoom, shift: part of the crop's side. flip: mirror every other face. light,
    contrast, tint: part of the full range of brightness. noise: standard deviation on the 0-1
    scale. blur, grey, cover: how often, 0 to 1.
    """

    turn: float = 0.25
    zoom: float = 0.15
    shift: float = 0.06
    flip: bool = True
    light: float = 0.18
    contrast: float = 0.35
    tint: float = 0.12
    noise: float = 0.05
    blur: float = 0.35
    grey: float = 0.5
    cover: float = 0.35


def centre(crops: Tensor, size: int, margin: float) -> Tensor:
    """Return uint8 crops (N, 3, S, S) as in use: floats 0-1 (N, 3, size, size), unchanged else."""
    return _sample(
        crops, _affine(torch.zeros(len(crops)), torch.full((len(crops), 1), 1 / margin)), size
    )


def augment(
    crops: Tensor, size: int, margin: float, strength: Strength, points: Tensor | None = None
) -> tuple[Tensor, Tensor | None]:
    """Return changed crops on the 0-1 scale and, with them, their points.

    crops: uint8 (N, 3, S, S), `margin` times as wide as the model's crop. points: (N, P, 2) in
    units of the stored crop's side, or None; the returned ones are in units of the result's side.
    """
    count = len(crops)
    turn, zoom = _around(count, strength.turn), 1 + _around(count, strength.zoom)[:, None]
    affine = _affine(turn, zoom / margin)
    affine[:, :, 2] = _around(2 * count, strength.shift).view(count, 2) * 2 / margin
    if strength.flip:
        affine[:, :, 0] *= torch.where(torch.rand(count, 1) < 0.5, -1.0, 1.0)
    picture = _sample(crops, affine, size)
    return _recolour(picture, strength), None if points is None else _moved(points, affine)


def _around(count: int, end: float) -> Tensor:
    return (torch.rand(count) * 2 - 1) * end


def _affine(turn: Tensor, scale: Tensor) -> Tensor:
    """Return (N, 2, 3) matrices from the result's [-1, 1] square to the stored crop's."""
    cos, sin = torch.cos(turn), torch.sin(turn)
    rotation = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    return torch.cat([rotation * scale[:, None], torch.zeros(len(turn), 2, 1)], 2)


def _sample(crops: Tensor, affine: Tensor, size: int) -> Tensor:
    grid = functional.affine_grid(affine, [len(crops), 3, size, size], align_corners=False)
    return functional.grid_sample(crops.float() / 255, grid, align_corners=False)


def _moved(points: Tensor, affine: Tensor) -> Tensor:
    inverse = torch.linalg.inv(affine[:, :, :2])
    moved: Tensor = (points * 2 - 1 - affine[:, None, :, 2]) @ inverse.transpose(1, 2)
    return (moved + 1) / 2


def _recolour(picture: Tensor, strength: Strength) -> Tensor:
    count, _, size, _ = picture.shape
    grey = (torch.rand(count, 1, 1, 1) < strength.grey).float()
    picture = picture.mean(1, keepdim=True) * grey + picture * (1 - grey)
    tinted = (torch.rand(count, 1) < 0.5).float() * strength.tint  # grey photographs get colour too
    gain = 1 + (torch.rand(count, 3) * 2 - 1) * tinted
    contrast = 1 + _around(count, strength.contrast)
    light = _around(count, strength.light)
    picture = (picture * gain[:, :, None, None] - 0.5) * contrast.view(-1, 1, 1, 1)
    picture = picture + 0.5 + light.view(-1, 1, 1, 1)
    if torch.rand(()) < strength.blur:
        small = max(32, int(size * (0.3 + 0.5 * torch.rand(()).item())))
        picture = _resize(_resize(picture, small), size)
    picture = picture + torch.randn_like(picture) * torch.rand(count, 1, 1, 1) * strength.noise
    return _covered(picture.clamp(0, 1), strength.cover)


def _resize(picture: Tensor, size: int) -> Tensor:
    return functional.interpolate(picture, size=(size, size), mode="bilinear", antialias=True)


def _covered(picture: Tensor, share: float) -> Tensor:
    """Paint a rectangle of one random shade over a share of the pictures."""
    count, _, size, _ = picture.shape
    for index in torch.nonzero(torch.rand(count) < share).flatten().tolist():
        height, width = (torch.randint(size // 14, size // 3, (2,))).tolist()
        top, left = (torch.randint(0, size - size // 14, (2,))).tolist()
        picture[index, :, top : top + height, left : left + width] = torch.rand(3, 1, 1)
    return picture
