"""The angles of a head follow from its key points, whatever the image's rotation."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from wince import images
from wince.faces.detect import detect
from wince.faces.face import Face

# Degrees by which the rendered heads are raised, from the renderer's parameters.
RENDERED_PITCH = {
    "ll012t2aaaff036.jpg": 13.6,
    "bb002t2aaaff008.jpg": 9.1,
    "bb002t1aaaff027.jpg": 6.2,
    "ee005t1aaaff025.jpg": 5.6,
    "cc003t1abunaff027.jpg": 5.5,
    "ee005t2aaaff009.jpg": 5.3,
    "ii009t2aaaff023.jpg": 3.9,
    "cc003t2abunaff019.jpg": 3.3,
    "jj010t1aaaff017.jpg": 2.1,
    "aa001t1abunaff031.jpg": 1.9,
    "kk011t1aaaff034.jpg": 1.7,
    "aa001t2aaaff028.jpg": -0.4,
    "aa001t2aaaff019.jpg": -0.5,
    "hh008t2aaaff022.jpg": -0.9,
    "ff006t2aaaff002.jpg": -0.9,
    "hh008t1aaaff025.jpg": -1.3,
    "kk011t2aaaff004.jpg": -2.2,
    "ii009t1abunaff030.jpg": -2.6,
    "ff006t1aaaff018.jpg": -3.1,
    "dd004t2aaaff018.jpg": -7.7,
    "gg007t1abunaff043.jpg": -10.7,
}
# A level head from the front, x to the image's right, y down, z away from the camera, in distances
# from eyes to mouth: eyes, nose, mouth, ears.
HEAD = np.array(
    [(-0.5, 0, 0), (0.5, 0, 0), (0, 0.55, -0.3), (0, 1, 0), (-0.7, 0.24, 0.63), (0.7, 0.24, 0.63)]
)


def projected_head(
    yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, size: float = 40.0
) -> Face:
    """Return the face of HEAD, raised by `pitch`, turned by `yaw`, rotated by `roll` degrees."""
    p, y, r = np.radians([pitch, yaw, roll])
    raised = np.array([(1, 0, 0), (0, np.cos(p), np.sin(p)), (0, -np.sin(p), np.cos(p))])
    turned = np.array([(np.cos(y), 0, -np.sin(y)), (0, 1, 0), (np.sin(y), 0, np.cos(y))])
    rotated = np.array([(np.cos(r), -np.sin(r), 0), (np.sin(r), np.cos(r), 0), (0, 0, 1)])
    points: NDArray[np.float64] = HEAD @ (rotated @ turned @ raised).T * size + 100
    return Face((60, 60, 140, 140), points[:, :2], 0.9)


@pytest.mark.parametrize("pitch", [-20, -10, 0, 10, 20])
@pytest.mark.parametrize("roll", [0, 37, 90, 180, -120])
def test_pitch_follows_the_head_at_any_rotation(pitch: float, roll: float) -> None:
    assert projected_head(pitch=pitch, roll=roll).pitch == pytest.approx(pitch, abs=4)


@pytest.mark.parametrize("yaw", [-30, -15, 15, 30])
def test_turning_the_head_does_not_raise_it(yaw: float) -> None:
    assert projected_head(yaw=yaw).pitch == pytest.approx(projected_head().pitch, abs=4)
    assert math.copysign(1, projected_head(yaw=yaw).yaw) == math.copysign(1, yaw)


def test_pitch_follows_that_of_rendered_heads(frames) -> None:
    estimates = np.array([detect(images.read(frame.path).rgb)[0].pitch for frame in frames])
    pitches = np.array([RENDERED_PITCH[frame.path.name] for frame in frames])
    assert np.corrcoef(estimates, pitches)[0, 1] > 0.7
    raised, lowered = estimates[pitches > 5], estimates[pitches < -5]
    assert raised.min() > lowered.max()


def test_pitch_and_yaw_keep_and_change_their_sign_in_a_mirrored_image() -> None:
    face = projected_head(yaw=20, pitch=10)
    mirrored = face.keypoints[[1, 0, 2, 3, 5, 4]] * [-1, 1] + [200, 0]
    other = Face(face.box, mirrored, face.score)
    assert other.pitch == pytest.approx(face.pitch)
    assert other.yaw == pytest.approx(-face.yaw)
