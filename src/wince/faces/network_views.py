"""Find faces in one view of the network: a whole image, or the upright surroundings of a face."""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince.faces.align import cut_out
from wince.faces.face import Face
from wince.faces.network import INPUT_SIDE, candidates


@dataclass(frozen=True, slots=True)
class ImagePyramid:
    """An image in full size and reduced, so that large parts of it are shown in less time.

    Attributes:
        full: The image.
        reduced: The image with blocks of `factor` x `factor` pixels averaged.
        factor: 1 or more.
    """

    full: Image.Image
    reduced: Image.Image
    factor: int

    @classmethod
    def of(cls, image: Image.Image, factor: int = 1) -> "ImagePyramid":
        """Return the pyramid of an image."""
        return cls(image, image.reduce(factor) if factor > 1 else image, factor)

    def at(self, scale: float) -> tuple[Image.Image, int]:
        """Return the image that has at least one pixel for `scale` pixels, and its factor."""
        return (self.reduced, self.factor) if scale >= self.factor else (self.full, 1)


SearchedImage: TypeAlias = ImagePyramid | NDArray[np.uint8]
"""An image of which squares are shown, or RGB uint8 (H, W, 3), of which only these are copied."""


def find_in_image(pyramid: ImagePyramid, long_side: int, min_score: float) -> list[Face]:
    """Return the faces found in an image that is resized to a long side.

    Args:
        pyramid: The image.
        long_side: Longer side of what the network is shown, in pixels.
        min_score: Minimum score.

    Returns:
        The faces in pixels of the full image.
    """
    scale = max(pyramid.full.size) / long_side
    image, factor = pyramid.at(scale)
    width, height = pyramid.full.size
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    box = (0, 0, width / factor, height / factor)  # the last blocks may be partial
    resized = image.resize(size, Image.Resampling.BILINEAR, box, reducing_gap=2.0)
    return [face.scaled(scale) for face in candidates(np.asarray(resized), min_score)]


@dataclass(frozen=True, slots=True)
class Region:
    """A rotated square of an image.

    Attributes:
        x: Its centre in pixels of the image.
        y: Its centre in pixels of the image.
        side: Its side in pixels of the image.
        roll: Degrees by which it is rotated, clockwise positive.
    """

    x: float
    y: float
    side: float
    roll: float

    @classmethod
    def around(cls, face: Face, margin: float, roll: float) -> "Region":
        """Return the square around a face, `margin` times as large as its box."""
        return cls(*face.centre, face.size * margin, roll)

    def find_faces(self, image: SearchedImage, min_score: float) -> list[Face]:
        """Return the faces found in this square, in pixels of the image.

        The image is black beyond its edges.
        """
        view = self._cut_out_view(image, INPUT_SIDE)
        return [view.in_image(face) for face in candidates(view.pixels, min_score)]

    def find_faces_at_right_angles(self, pyramid: ImagePyramid, min_score: float) -> list[Face]:
        """Return the faces found in this square and in its rotations by right angles.

        All four are shown to the network at once, at half the resolution. A face counts if its
        centre is near that of the square.
        """
        half = INPUT_SIDE // 2
        view = self._cut_out_view(pyramid, half)
        squares = [np.rot90(view.pixels, turn) for turn in range(4)]
        mosaic = np.concatenate(
            [np.concatenate(squares[:2], axis=1), np.concatenate(squares[2:], axis=1)]
        )
        faces = []
        for face in candidates(mosaic, min_score):
            x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
            column, row = int(x >= half), int(y >= half)
            centred = face.moved(-column * half - half / 2, -row * half - half / 2)
            if max(abs(x % half - half / 2), abs(y % half - half / 2)) < half / 4:
                turned = _turned(centred, 2 * row + column).moved(half / 2, half / 2)
                faces.append(view.in_image(turned))
        return faces

    def _cut_out_view(self, image: SearchedImage, size: int) -> "_View":
        """Return the square at a resolution of `size` x `size` pixels."""
        radians = math.radians(self.roll)
        cos, sin = math.cos(radians), math.sin(radians)
        linear = np.array([[cos, -sin], [sin, cos]]) * self.side / size
        shift = np.array([self.x, self.y]) - linear @ np.full(2, size / 2)
        if isinstance(image, np.ndarray):
            return _View(cut_out(image, np.column_stack([linear, shift]), size), linear, shift)
        level, factor = image.at(self.side / size)
        pixels = cut_out(level, np.column_stack([linear, shift]) / factor, size)
        return _View(pixels, linear, shift)


@dataclass(frozen=True, slots=True)
class _View:
    """The input of the network, and how its pixels lie in the image.

    Attributes:
        pixels: uint8 (S, S, 3).
        linear: (2, 2); with `shift` the map from a point of the view to the image's pixels.
        shift: (2,).
    """

    pixels: NDArray[np.uint8]
    linear: NDArray[np.float64]
    shift: NDArray[np.float64]

    def in_image(self, face: Face) -> Face:
        """Return a face of this view in pixels of the image; its box stays upright."""
        x0, y0, x1, y1 = face.box
        centre = self.linear @ np.array(face.centre) + self.shift
        half = np.array([x1 - x0, y1 - y0]) * math.hypot(*self.linear[0]) / 2
        (left, top), (right, bottom) = (centre - half).tolist(), (centre + half).tolist()
        keypoints = face.keypoints @ self.linear.T + self.shift
        return Face((left, top, right, bottom), keypoints, face.score)


def _turned(face: Face, turns: int) -> Face:
    """Return a face rotated clockwise about the origin by a number of right angles."""
    x0, y0, x1, y1 = face.box
    keypoints = face.keypoints
    for _ in range(turns):
        x0, y0, x1, y1 = -y1, x0, -y0, x1
        keypoints = np.column_stack([-keypoints[:, 1], keypoints[:, 0]])
    return Face((x0, y0, x1, y1), keypoints, face.score)
