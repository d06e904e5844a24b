"""A sample of the training images, for statistics such as the ranges of int8."""

import numpy as np
from numpy.typing import NDArray

CALIBRATION_IMAGES = 256  # training images from which int8 takes its ranges


def calibration_rows(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return up to 256 of the given rows, drawn at random with a fixed seed, in ascending order.

    They represent the training images where only statistics are needed: the ranges of int8, and
    the normalisation layers of a network restored from an exported file.
    """
    return np.sort(np.random.default_rng(0).permutation(rows)[:CALIBRATION_IMAGES])
