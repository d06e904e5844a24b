"""Where in the face a score comes from: the network's activation maps, placed on the image.

With a linear head on global average pooling over the last grid, each raw output is exactly the sum
of its map plus a bias (class activation map, Zhou et al. 2016, CVPR; equal to Grad-CAM at the last
layer, Selvaraju et al. 2017, ICCV). The map of PSPI is the sum of the maps of the action units that
count in the PSPI formula. The maps describe the raw outputs, before they are clipped to the scale;
a map of a score is in points of the scale.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince.faces.align import crop_to_image
from wince.faces.face import Face
from wince.faces.spec import FaceSpec
from wince.runtime.assessment import Grid, Heatmap, Quad
from wince.runtime.estimator import Estimate
from wince.scale import RAW_MAXIMUM, UNIT_NAMES, Scale, counted_units

FULL_COLOUR_SHARE = 1 / 8
"""Share of the scale that, spread evenly over a map, is drawn in full colour: 2 points of PSPI."""


def place_maps(estimate: Estimate, quad: Quad, scale: Scale) -> Heatmap:
    """Return the maps of the first crop of an estimate.

    Args:
        estimate: Output of the network.
        quad: Corners of the crop in the upright image, from `crop_corners`.
        scale: The scale of the score.
    """
    maps = np.asarray(estimate.maps[0], np.float64)
    if estimate.action_units is None:
        grid = _to_grid(maps[0] * scale.span / RAW_MAXIMUM)
        return Heatmap(quad, grid if scale.is_pspi else None, grid, None, None)
    units = dict(zip(UNIT_NAMES, estimate.action_units[0].tolist(), strict=True))
    counted = counted_units(units)
    map_by_unit = dict(zip(UNIT_NAMES, maps, strict=True))
    total = _to_grid(np.sum([map_by_unit[name] for name in counted], axis=0))
    grids = {name: _to_grid(unit_map) for name, unit_map in map_by_unit.items()}
    return Heatmap(quad, total, total, grids, counted)


def crop_corners(face: Face | None, spec: FaceSpec, size: tuple[int, int]) -> Quad:
    """Return the corners of a face crop, in pixels of the upright image at full size.

    Args:
        face: The face in the same pixels. None for a spec of kind "whole".
        spec: How the crop is cut.
        size: Width and height of the image, in the same pixels.
    """
    corners = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], np.float64)
    if spec.kind == "whole":
        points = corners[:, :2] * size
    else:
        if face is None:
            raise ValueError("an aligned spec needs a face")
        corners[:, :2] *= spec.size
        points = corners @ crop_to_image(face, spec).T
    top_left, top_right, bottom_right, bottom_left = (
        (round(x, 1), round(y, 1)) for x, y in points.tolist()
    )
    return top_left, top_right, bottom_right, bottom_left


def full_colour(grid: Grid, scale: Scale) -> float:
    """Return the absolute cell value that is drawn in full colour.

    It is the largest one in the grid, but at least that of FULL_COLOUR_SHARE spread evenly, so
    that a map with almost no points is drawn pale.

    Args:
        grid: A map of a score.
        scale: The scale of the score.
    """
    values = np.asarray(grid)
    return float(max(np.abs(values).max(), FULL_COLOUR_SHARE * scale.span / values.size))


def smooth(grid: Grid, size: int) -> NDArray[np.float32]:
    """Return a grid as a map (size, size), interpolated linearly between the centres of cells."""
    image = Image.fromarray(np.asarray(grid, np.float32))
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))


def _to_grid(cells: NDArray[np.float64]) -> Grid:
    return tuple(tuple(round(value, 4) for value in row) for row in cells.tolist())
