"""A face in an image: its box, its key points, and how the head is turned."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEYPOINTS = ("right_eye", "left_eye", "nose", "mouth", "right_ear", "left_ear")
"""The six key points in order; right and left are the person's own."""

NOSE_DEPTH = 0.86
"""How far the tip of the nose is in front of the ears, in half distances between the ears.

Fitted on 300 photos to the yaw of MediaPipe's 478-point mesh (r = .9). The true depth of a head is
larger, but the detector places the ears of a turned head too far forward.
"""


NOSE_HEIGHT = 0.31
"""How far the nose is below the ears of a level face, in distances from the eyes to the mouth."""
NOSE_REACH = 0.93
"""How far the tip of the nose is in front of the ears, in the same unit.

Both were fitted to the pitch of MediaPipe's 478-point mesh on 519 photos. Fitted on half of them,
the pitch of the other half has r = .79 and a mean error of 4.6 degrees. Large angles are
underestimated by about a third. On 320 rendered faces, of known pitch, r is .77.
"""


@dataclass(frozen=True, slots=True)
class Face:
    """A face in an image.

    Attributes:
        box: x0, y0, x1, y1 in pixels of the image; it may extend beyond the image.
        keypoints: float64 (6, 2), x and y in pixels, in the order of KEYPOINTS.
        score: The detector's score, 0 to 1.
    """

    box: tuple[float, float, float, float]
    keypoints: NDArray[np.float64]
    score: float

    @property
    def size(self) -> float:
        """Longer side of the box in pixels."""
        x0, y0, x1, y1 = self.box
        return max(x1 - x0, y1 - y0)

    @property
    def centre(self) -> tuple[float, float]:
        """Centre x and y of the box in pixels."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2

    @property
    def roll(self) -> float:
        """Degrees by which the head is tilted in the image, clockwise positive."""
        (right_x, right_y), (left_x, left_y) = self.keypoints[:2].tolist()
        dx, dy = left_x - right_x, left_y - right_y
        return math.degrees(math.atan2(dy, dx))

    @property
    def yaw(self) -> float:
        """Degrees by which the head is turned, positive if the nose points to the image's right.

        An estimate from the position of the nose between the ears. At 0 the person faces the
        camera; above 45 the far side of the face is hidden.
        """
        _, _, nose, _, right_ear, left_ear = self._points_along_eyes()
        half_ears = max(abs(left_ear - right_ear) / 2, 1e-6)
        nose_offset = (nose - (right_ear + left_ear) / 2).real
        return math.degrees(math.atan(nose_offset / half_ears / NOSE_DEPTH))

    @property
    def pitch(self) -> float:
        """Degrees by which the head is raised, positive if the nose points up.

        An estimate from the height of the nose below the ears. It differs between people by about
        5 degrees, because noses do, so it shows a nod better than a posture.
        """
        right_eye, left_eye, nose, mouth, right_ear, left_ear = self._points_along_eyes()
        length = max((mouth - (right_eye + left_eye) / 2).imag, 1e-6)
        height = (nose - (right_ear + left_ear) / 2).imag / length
        return math.degrees(math.atan((NOSE_HEIGHT - height) / NOSE_REACH))

    def _points_along_eyes(self) -> list[complex]:
        """Return the key points, rotated so that the line of the eyes is the real axis."""
        points = [complex(x, y) for x, y in self.keypoints.tolist()]
        eyes = points[1] - points[0]
        return [point * eyes.conjugate() / max(abs(eyes), 1e-6) for point in points]

    def moved(self, dx: float, dy: float) -> "Face":
        """Return the same face moved by `dx` pixels to the right and `dy` pixels down."""
        x0, y0, x1, y1 = self.box
        box = (x0 + dx, y0 + dy, x1 + dx, y1 + dy)
        return Face(box, self.keypoints + np.array([dx, dy]), self.score)

    def scaled(self, factor: float) -> "Face":
        """Return the same face in an image that is `factor` times as large."""
        x0, y0, x1, y1 = (value * factor for value in self.box)
        return Face((x0, y0, x1, y1), self.keypoints * factor, self.score)
