"""Where in the face a score comes from: the network's maps, laid over the picture.

With a linear head on an average over the last grid, each raw output is exactly the sum of its map
plus a bias (the class activation map of Zhou et al. 2016, CVPR; it equals Grad-CAM at the last
layer, Selvaraju et al. 2017, ICCV). The map of PSPI is the sum of the maps of the action units that
count in it. All this is about the raw outputs, before they are held within the scale.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince import scale
from wince.faces.align import crop_to_image
from wince.faces.detect import Face
from wince.faces.spec import FaceSpec
from wince.images import UprightImage
from wince.runtime.assessment import Grid, Heatmap, Quad
from wince.runtime.estimator import Estimate


def heatmap(estimate: Estimate, quad: Quad) -> Heatmap:
    """Return the maps of the first crop of an estimate, placed where it was cut from."""
    maps = np.asarray(estimate.maps[0], np.float64)
    if estimate.action_units is None:
        return Heatmap(quad, _rows(maps[0]), None, None)
    units = dict(zip(scale.UNIT_NAMES, estimate.action_units[0].tolist(), strict=True))
    counted = scale.counted_units(units)
    by_unit = dict(zip(scale.UNIT_NAMES, maps, strict=True))
    total = np.sum([by_unit[name] for name in counted], axis=0)
    return Heatmap(
        quad, _rows(total), {name: _rows(grid) for name, grid in by_unit.items()}, counted
    )


def place(face: Face | None, spec: FaceSpec, picture: UprightImage) -> Quad:
    """Return the corners of a face's crop, in pixels of the upright picture.

    face: as it was found in `picture.rgb`; not needed for whole-image specs.
    """
    corners = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], np.float64)
    if spec.kind == "whole":
        points = corners[:, :2] * [picture.width, picture.height]
    else:
        if face is None:
            raise ValueError("an aligned spec needs a face")
        corners[:, :2] *= spec.size
        points = corners @ crop_to_image(face, spec).T * picture.scale
    first, second, third, fourth = ((round(x, 1), round(y, 1)) for x, y in points.tolist())
    return first, second, third, fourth


def full_colour(grid: Grid) -> float:
    """Return the size of a cell that is drawn in full colour.

    It is the largest in the grid, but at least what each cell holds of two points spread evenly, so
    that a map of next to nothing looks like next to nothing.
    """
    values = np.asarray(grid)
    return float(max(np.abs(values).max(), 2 / values.size))


def spread(grid: Grid, size: int) -> NDArray[np.float32]:
    """Return a grid as a smooth map (size, size): linear between the middles of its cells."""
    image = Image.fromarray(np.asarray(grid, np.float32))
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))


def _rows(grid: NDArray[np.float64]) -> Grid:
    return tuple(tuple(round(value, 4) for value in row) for row in grid.tolist())
