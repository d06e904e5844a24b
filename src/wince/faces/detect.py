"""Find all faces in an image, at any rotation.

The network sees the whole image at several sizes. It finds upright faces with a high score, and
rotated ones with a low score and often with wrong key points. So each proposal is searched again:
closely, and rotated until the face is upright. A face counts when this close search finds it with a
high score and little remaining rotation.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince.faces import MIN_SCORE
from wince.faces.boxes import MIN_OVERLAP, pair_iou
from wince.faces.face import Face
from wince.faces.network import CELL, INPUT_SIDE
from wince.faces.network_views import ImagePyramid, Region, SearchedImage, find_in_image

PROPOSAL_SCORE = 0.25
"""Minimum score of a proposal. Rotated and small faces have less than MIN_SCORE."""
STRICTNESS = 0.45
"""How much closer to 1 the score of a face must be that is not plain at first sight."""

# Sizes at which the whole image is seen.
FINEST_SCALE = 0.5  # the network finds faces of 20 to 128 pixels, so this shows those from 40
FINEST_SCALE_IF_EMPTY = 0.75  # when there is no face at FINEST_SCALE
LEVEL_FACTOR = 4  # at most, between two sizes
MAX_AREA = 32 * INPUT_SIDE**2  # of the largest size, because time grows with the area

# Close search.
MARGIN = 1.6  # side of the region, in sides of the box
LARGE_SHARE = 0.6  # an upright face with more than this share of the image's side gains nothing
UPRIGHT = 15  # degrees of roll up to which the region is not rotated
SURE_SCORE = 0.75  # of a face that is not looked for again at other sizes
CERTAIN_SCORE = 0.9  # with less, an upright face may be upside down: all right angles are tried
MAX_TILT = 25  # degrees of roll up to which an upright region gives accurate key points
MAX_RESIDUAL = 50  # degrees of roll that may remain in the close search
MIN_SHARED = 0.5  # with less overlap the close search has found another face
MIN_STILL = 0.7  # a followed face with less overlap is searched again in its new place
MAX_CLOSE_SEARCHES = 30


def detect(rgb: NDArray[np.uint8], min_score: float = MIN_SCORE) -> list[Face]:
    """Return the faces in an image, the largest first.

    Args:
        rgb: uint8 (H, W, 3).
        min_score: Minimum score of a face, above 0 and below 1. A face that the first search does
            not find upright and in the whole image needs a higher score: the distance to 1 is
            multiplied by STRICTNESS.

    Returns:
        The faces; [] if there is none.
    """
    height, width = rgb.shape[:2]
    long_sides = _long_sides(width, height, FINEST_SCALE)
    factor = max(1, max(width, height) // long_sides[-1])
    search = _Search(ImagePyramid.of(Image.fromarray(rgb), factor), min_score)
    for level, long_side in enumerate(long_sides):
        search.search_at(long_side, is_first=level == 0)
    finer = _long_sides(width, height, FINEST_SCALE_IF_EMPTY)[-1]
    if not search.faces and finer > long_sides[-1]:
        search.search_at(finer, is_first=False)
    faces = _merged([*search.by_score(), *search.unconfirmed])
    return sorted(faces, key=lambda face: face.size, reverse=True)


class _Search:
    """A search in one image, and what it has found so far."""

    def __init__(self, pyramid: ImagePyramid, min_score: float) -> None:
        self.faces: list[Face] = []
        self.unconfirmed: list[Face] = []
        self._pyramid = pyramid
        self._min_score = min_score
        self._remaining_searches = MAX_CLOSE_SEARCHES

    def by_score(self) -> list[Face]:
        """Return the confirmed faces, those with the highest score first."""
        return sorted(self.faces, key=lambda face: face.score, reverse=True)

    def search_at(self, long_side: int, *, is_first: bool) -> None:
        """Search the whole image at a size, and each proposal closely."""
        proposal_score = min(PROPOSAL_SCORE, self._min_score)
        for proposal in find_in_image(self._pyramid, long_side, proposal_score):
            if not self._remaining_searches:
                break
            if any(face.score >= SURE_SCORE and _is_same(proposal, face) for face in self.faces):
                continue
            self._remaining_searches -= 1
            face = _confirmed(self._pyramid, proposal, proposal_score)
            if face is None:
                is_upright = abs(proposal.roll) <= MAX_TILT
                if is_first and is_upright and proposal.score >= self._min_score:
                    self.unconfirmed.append(proposal)
                continue
            is_plain = (
                is_first
                and proposal.score >= min(MIN_SCORE, self._min_score)
                and abs(face.roll) <= MAX_TILT
            )
            strictness = 1.0 if is_plain else STRICTNESS
            if face.score >= 1 - strictness * (1 - self._min_score):
                self.faces.append(face)


def _merged(faces: list[Face]) -> list[Face]:
    """Return the faces without those that overlap an earlier one."""
    kept: list[Face] = []
    for face in faces:
        if not any(_is_same(face, other) for other in kept):
            kept.append(face)
    return kept


def _is_same(face: Face, other: Face) -> bool:
    """Return whether two boxes overlap much, or the centre of one lies within the other."""
    if pair_iou(face.box, other.box) > MIN_OVERLAP:
        return True
    inner, outer = (face, other) if face.size < other.size else (other, face)
    (x, y), (x0, y0, x1, y1) = inner.centre, outer.box
    return x0 < x < x1 and y0 < y < y1


def glance(rgb: NDArray[np.uint8], min_score: float = MIN_SCORE) -> list[Face]:
    """Return the faces, with rough key points, that one call of the network finds.

    It misses rotated faces, and those below about a fifth of the image's longer side.

    Args:
        rgb: uint8 (H, W, 3).
        min_score: Minimum score.
    """
    return find_in_image(ImagePyramid.of(Image.fromarray(rgb)), INPUT_SIDE, min_score)


def search_near(rgb: NDArray[np.uint8], face: Face, min_score: float = MIN_SCORE) -> Face | None:
    """Return where a known face is now, from one or two calls of the network.

    Args:
        rgb: uint8 (H, W, 3).
        face: Where the face was a moment ago, in pixels of `rgb`. It may since have moved by about
            a third of its size and rolled by about 40 degrees.
        min_score: Minimum score.

    Returns:
        The face that overlaps the known one most, with key points as `detect` gives them. None if
        there is none: the face is gone, covered, or has moved further.
    """
    roll = 0.0 if abs(face.roll) <= UPRIGHT else face.roll
    candidates = Region.around(face, MARGIN, roll).find_faces(rgb, min_score)
    moved = _closest(candidates, face, MIN_OVERLAP)
    if moved is None or abs(_difference(moved.roll, roll)) > MAX_RESIDUAL:
        return None
    if abs(_difference(moved.roll, roll)) <= UPRIGHT and pair_iou(face.box, moved.box) >= MIN_STILL:
        return moved
    return _search_closely(rgb, moved, min_score) or moved


def _long_sides(width: int, height: int, finest: float) -> list[int]:
    """Return the longer sides, in pixels, at which an image is shown to the network.

    Args:
        width: Of the image.
        height: Of the image.
        finest: The last one's share of the image's side, if that is not too large.
    """
    short, long = sorted((width, height))
    finest = min(finest, math.sqrt(MAX_AREA / (width * height)))
    if short * finest < INPUT_SIDE:  # a strip: filling up its last cells can make it far larger
        finest = min(finest, MAX_AREA / (long * CELL * math.ceil(short * finest / CELL)))
    ratio = max(width, height) * finest / INPUT_SIDE
    if ratio <= 1:
        return [INPUT_SIDE]
    levels = math.ceil(math.log(ratio, LEVEL_FACTOR))
    return [round(INPUT_SIDE * ratio ** (level / levels)) for level in range(levels + 1)]


def _confirmed(pyramid: ImagePyramid, proposal: Face, min_score: float) -> Face | None:
    """Return the face that a close search finds in place of a proposal, None if there is none."""
    is_upright = abs(proposal.roll) < 45 and proposal.score >= MIN_SCORE
    closer = _closer(pyramid, proposal, min_score) if is_upright else None
    if closer is not None and closer.score >= CERTAIN_SCORE:
        return closer
    region = Region.around(proposal, MARGIN, proposal.roll)
    turned = region.find_faces_at_right_angles(pyramid, min_score)
    if turned:
        best = max(turned, key=lambda face: face.score)
        if max(abs(best.roll), abs(proposal.roll)) > UPRIGHT:
            return _search_closely(pyramid, best, min_score)
    elif proposal.score < MIN_SCORE:
        return None
    return closer if is_upright else _closer(pyramid, proposal, min_score)


def _closer(pyramid: ImagePyramid, face: Face, min_score: float) -> Face | None:
    """Return the face that a close search finds; the face itself if it is too large for a gain."""
    if face.size > LARGE_SHARE * max(pyramid.full.size) and abs(face.roll) <= MAX_TILT:
        return face
    return _search_closely(pyramid, face, min_score)


def _search_closely(image: SearchedImage, face: Face, min_score: float) -> Face | None:
    """Return the face found in the surroundings of a face, which are rotated by its roll.

    A face that is nearly upright keeps its box.
    """
    roll = 0.0 if abs(face.roll) <= UPRIGHT else face.roll
    region = Region.around(face, MARGIN, roll)
    candidate = _closest(region.find_faces(image, min_score), face, MIN_SHARED)
    if candidate is None or abs(_difference(candidate.roll, roll)) > MAX_RESIDUAL:
        return None
    if roll == 0 and abs(candidate.roll) <= MAX_TILT:
        return Face(face.box, candidate.keypoints, max(face.score, candidate.score))
    if abs(_difference(candidate.roll, roll)) > UPRIGHT:
        region = Region.around(candidate, MARGIN, candidate.roll)
        return _closest(region.find_faces(image, min_score), candidate, MIN_SHARED) or candidate
    return candidate


def _closest(candidates: list[Face], face: Face, min_overlap: float) -> Face | None:
    """Return the candidate that overlaps a face most; None if none overlaps it enough."""
    best = max(candidates, key=lambda other: pair_iou(face.box, other.box), default=None)
    return best if best and pair_iou(face.box, best.box) >= min_overlap else None


def _difference(roll: float, other: float) -> float:
    """Return the difference of two angles in degrees, from -180 to 180."""
    return (roll - other + 180) % 360 - 180
