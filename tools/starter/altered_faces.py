"""Faces made narrower, darker, covered or otherwise worse, for a table of the model card.

Each alteration takes a crop as the model sees it and its landmarks, (478, 2) as shares of the
crop's side, and returns the altered crop.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from tools.starter.rated_faces import Faces
from wince.faces.face import Face

Crop = Image.Image
Points = NDArray[np.float32]
Alteration = Callable[[Crop, Points], Crop]

# Rows of MediaPipe's 478 landmarks, in the order of the detector's key points: eyes, nose, mouth,
# ears.
_KEYPOINTS = ((33, 133), (362, 263), (1,), (13, 14), (234,), (454,))
_JAW = (
    *(234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152),
    *(377, 400, 378, 379, 365, 397, 288, 361, 323, 454),
)
_NOSE_RIDGE = 195
_BOX_OVER_FACE = 1.12  # median width of the detector's box over that of the face, ear to ear
COLOUR = 6.0  # mean difference of the channels from which a photograph counts as coloured


def narrow(width: int) -> Alteration:
    """Return the alteration that reduces the face to a width in pixels; it never enlarges."""

    def alter(crop: Crop, points: Points) -> Crop:
        face = float(np.linalg.norm(points[454] - points[234])) * _BOX_OVER_FACE
        side = max(8, round(width / max(face, 0.2)))
        if side >= crop.width:
            return crop
        small = crop.resize((side, side), Image.Resampling.BOX)
        return small.resize(crop.size, Image.Resampling.BILINEAR)

    return alter


def dark(crop: Crop, points: Points) -> Crop:
    """Return the crop with a quarter of the light, in whole steps of brightness."""
    return crop.point([round(value / 4) for value in range(256)] * 3)


def blurred(crop: Crop, points: Points) -> Crop:
    """Return the crop out of focus: Gaussian, sigma 1/37 of its side (3 of 112 pixels)."""
    return crop.filter(ImageFilter.GaussianBlur(crop.width * 3 / 112))


def half_covered(crop: Crop, points: Points) -> Crop:
    """Return the crop with its left half painted grey."""
    covered = crop.copy()
    ImageDraw.Draw(covered).rectangle((0, 0, crop.width // 2, crop.height), (110, 110, 110))
    return covered


def masked(crop: Crop, points: Points) -> Crop:
    """Return the face with a mask over mouth and nose, from ear to ear along the jaw."""
    outline = points[[*_JAW, _NOSE_RIDGE]] * crop.width
    covered = crop.copy()
    ImageDraw.Draw(covered).polygon([(x, y) for x, y in outline.tolist()], (190, 205, 215))
    return covered


def grey(crop: Crop, points: Points) -> Crop:
    """Return the crop without colour."""
    return crop.convert("L").convert("RGB")


ALTERATIONS: Mapping[str, Alteration] = {
    "face 96 pixels wide": narrow(96),
    "face 64 pixels wide": narrow(64),
    "face 48 pixels wide": narrow(48),
    "dark, a quarter of the light": dark,
    "blurred": blurred,
    "one half covered": half_covered,
    "mask over mouth and nose": masked,
}


def altered(faces: Faces, alter: Alteration) -> Faces:
    """Return the faces with every crop altered."""
    crops = np.empty_like(faces.crops)
    for row, (crop, points) in enumerate(zip(faces.crops, faces.points, strict=True)):
        crops[row] = np.asarray(alter(Image.fromarray(crop), points))
    return replace(faces, crops=crops)


def yaws(faces: Faces) -> NDArray[np.float64]:
    """Return the yaw of each face (N,) in degrees, by the detector's formula."""
    keypoints = np.stack([faces.points[:, rows].mean(1) for rows in _KEYPOINTS], 1)
    box = (0.0, 0.0, 1.0, 1.0)
    return np.array([Face(box, points, 1.0).yaw for points in keypoints])


def in_colour(faces: Faces) -> NDArray[np.bool_]:
    """Return which crops (N,) are coloured."""
    crops = faces.crops.astype(np.int16)
    return np.asarray((crops.max(3) - crops.min(3)).mean((1, 2)) > COLOUR)
