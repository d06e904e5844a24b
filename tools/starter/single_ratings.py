"""Faces with one rating each, brought to the scale of the faces that were rated twice.

`rated_once.csv` has one rating each of some of the unrated photographs, and of some that were rated
twice before. The raters of this table used higher levels. The faces that have both kinds of rating
show which level of one corresponds to which level of the other.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.starter.face_folders import UNITS, read_table
from tools.starter.rated_faces import RATED_ONCE, Faces

Ratings = Mapping[str, NDArray[np.float32]]
"""One rating of the six action units, (6,), by image."""
TABLE = Path(__file__).with_name("rated_once.csv")


def read_ratings(path: Path) -> Ratings:
    """Return the ratings of a table; faces that the rating calls not usable are left out.

    Raises:
        DataError: The table is missing or lacks a column.
    """
    rows = read_table(path, ("image", *UNITS, "quality"))
    return {
        row["image"]: np.array([float(row[unit]) for unit in UNITS], np.float32)
        for row in rows
        if row["quality"] != "0"
    }


def with_single_ratings(unrated: Faces, rated: Faces, ratings: Ratings) -> Faces:
    """Return unrated faces with the ratings that some of them have, on the scale of `rated`.

    Each level becomes the mean of the levels that the two ratings give at the same ranks
    (equipercentile equating: Kolen & Brennan 2014, chapter 2).

    Args:
        unrated: Faces without ratings.
        rated: Faces with two ratings. Those that are in `ratings` too define the scale.
        ratings: One rating by image.

    Returns:
        The same faces in the same order. A face in `ratings` has two equal rows of ratings and is
        `picked` as RATED_ONCE; the others are unchanged. Without a face that defines the scale, all
        are unchanged.
    """
    has_both = np.isin(rated.image, list(ratings))
    has_one = np.isin(unrated.image, list(ratings))
    if not has_both.any() or not has_one.any():
        return unrated
    single = np.array([ratings[image] for image in rated.image[has_both]])
    levels = np.array([ratings[image] for image in unrated.image[has_one]])
    on_scale = np.empty_like(levels)
    for unit in range(len(UNITS)):
        pairs = rated.ratings[has_both, :, unit]
        on_scale[:, unit] = _equated(levels[:, unit], single[:, unit], pairs)
    filled = unrated.ratings.copy()
    filled[has_one] = on_scale[:, None]
    picked = np.where(has_one, RATED_ONCE, unrated.picked)
    return replace(unrated, ratings=filled, picked=picked)


def _equated(
    levels: NDArray[np.float32], source: NDArray[np.float32], target: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return levels of one scale on another scale.

    A level becomes the mean of the target's values at the ranks which that level takes in the
    source.

    Args:
        levels: (N,), on the scale of `source`.
        source: Ratings (M,) of M faces on the one scale.
        target: Ratings (M, 2) of the same faces on the other scale.
    """
    target_sorted = np.sort(target, axis=None)
    ranks = np.linspace(0, len(target_sorted), len(source) + 1)
    sums = np.concatenate([[0.0], np.cumsum(target_sorted)])
    sum_below = np.interp(ranks, np.arange(len(sums)), sums)  # of all target values below a rank
    source_sorted = np.sort(source)
    first = np.minimum(np.searchsorted(source_sorted, levels), len(source_sorted) - 1)
    # A level that no face of the source has is treated as the next higher one.
    last = np.maximum(np.searchsorted(source_sorted, levels, "right"), first + 1)
    return np.asarray(
        (sum_below[last] - sum_below[first]) / (ranks[last] - ranks[first]), np.float32
    )
