"""Which part of a camera's frame an image shows, and at which size.

A client may send the part of a frame that shows the followed face, or a reduced copy of the frame.
Faces are found in pixels of the image and described in pixels of the frame.
"""

from dataclasses import dataclass

import numpy as np

from wince.errors import WinceError
from wince.faces.boxes import Box
from wince.faces.face import Face
from wince.images import UprightImage

SIDE_TOLERANCE = 2.0
"""Pixels by which sides may differ because of rounding."""
REDUCED = 1.01
"""Scale from which an image counts as reduced; a smaller one is due to rounding."""


class FramePartError(WinceError):
    """An image that cannot be the stated part of a frame."""


@dataclass(frozen=True, slots=True)
class FramePart:
    """What a client states about an image.

    Attributes:
        region: The part of the frame that the image shows; None for the whole frame.
        size: Width and height of the frame in pixels; None for those of the image. A region needs
            a size.
    """

    region: Box | None = None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class FrameView:
    """Which part of a frame a decoded image shows.

    Attributes:
        region: The part, in pixels of the frame.
        size: Width and height of the frame in pixels.
        scale: Pixels of the frame for each pixel of the decoded image.
        is_reduced: Whether the client sent the image with fewer pixels than the region has.
    """

    region: Box
    size: tuple[int, int]
    scale: float
    is_reduced: bool = False

    @classmethod
    def of(cls, image: UprightImage, part: FramePart | None = None) -> "FrameView":
        """Return the view of an image.

        Args:
            image: The image.
            part: What the client states about it; None for a whole frame at full size.

        Raises:
            FramePartError: The image has another ratio of width to height than the region.
        """
        sides = (image.width, image.height)
        size = (part and part.size) or sides
        region = (part and part.region) or (0.0, 0.0, float(size[0]), float(size[1]))
        ratio = _check_ratio(sides, region)
        decoded_width = int(image.rgb.shape[1])
        scale = (region[2] - region[0]) / decoded_width
        return cls(region, size, scale, ratio >= REDUCED)

    @property
    def is_whole(self) -> bool:
        """Whether the image shows the whole frame."""
        frame = np.array([0.0, 0.0, *self.size])
        return bool((np.abs(np.array(self.region) - frame) <= SIDE_TOLERANCE).all())

    def to_frame(self, face: Face) -> Face:
        """Return a face of the image in pixels of the frame."""
        return face.scaled(self.scale).moved(*self.region[:2])

    def to_image(self, face: Face) -> Face:
        """Return a face of the frame in pixels of the decoded image."""
        x0, y0 = self.region[:2]
        return face.moved(-x0, -y0).scaled(1 / self.scale)

    def contains(self, face: Face) -> bool:
        """Return whether no part of the box of a face of the frame is outside the region alone.

        What is outside the frame too is in no image.
        """
        box, region = np.array(face.box), np.array(self.region)
        width, height = self.size
        box = np.clip(box, 0, [width, height, width, height])
        inside = (box[:2] >= region[:2]).all() and (box[2:] <= region[2:]).all()
        return self.is_whole or bool(inside)

    def overlaps(self, face: Face) -> bool:
        """Return whether the centre of the box of a face of the frame is in the region."""
        x0, y0, x1, y1 = self.region
        centre_x, centre_y = face.centre
        return self.is_whole or (x0 <= centre_x <= x1 and y0 <= centre_y <= y1)


def _check_ratio(sides: tuple[int, int], region: Box) -> float:
    """Return the pixels of a region for each pixel of an image's side.

    Raises:
        FramePartError: They differ between the two sides.
    """
    width, height = region[2] - region[0], region[3] - region[1]
    ratio = max(width, height) / max(sides)
    if max(abs(width / ratio - sides[0]), abs(height / ratio - sides[1])) > SIDE_TOLERANCE:
        raise FramePartError(
            f"The image has {sides[0]} x {sides[1]} pixels, but its region of the frame has "
            f"{width:.0f} x {height:.0f}. Send the region with its own ratio of width to height."
        )
    return ratio
