"""Faces are detected where they are, and an independent implementation finds the same ones."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from wince import images, onnx_session
from wince.faces import network, network_views
from wince.faces.detect import MAX_AREA, detect, glance, search_near
from wince.faces.face import KEYPOINTS, Face

RGB = NDArray[np.uint8]

# Measured by hand in the astronaut's portrait, in pixels; the right eye is the person's right eye.
RIGHT_EYE, LEFT_EYE, NOSE, MOUTH = (204, 101), (247, 103), (225, 126), (224, 146)


def rotated(rgb: RGB, degrees: float, centre: tuple[float, float]) -> RGB:
    """Return the image rotated clockwise about a point."""
    return np.asarray(
        Image.fromarray(rgb).rotate(-degrees, Image.Resampling.BICUBIC, center=centre)
    )


def overlap(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Return the intersection over union of two xyxy boxes."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    intersection = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return intersection / (sum(areas) - intersection)


def only_face(rgb: RGB) -> Face:
    faces = detect(rgb)
    assert len(faces) == 1
    return faces[0]


def assert_plausible(face: Face) -> None:
    x0, y0, x1, y1 = face.box
    points = dict(zip(KEYPOINTS, face.keypoints, strict=True))
    assert 0.5 < face.score <= 1
    assert face.size == max(x1 - x0, y1 - y0) > 0
    assert points["right_eye"][0] < points["left_eye"][0]
    assert points["right_ear"][0] < points["right_eye"][0]
    assert points["left_eye"][0] < points["left_ear"][0]
    for eye in ("right_eye", "left_eye"):
        assert y0 < points[eye][1] < points["nose"][1] < points["mouth"][1] < y1
    for name in KEYPOINTS[:4]:
        assert x0 < points[name][0] < x1


def test_each_rendered_face_is_detected_once_with_plausible_key_points(frames) -> None:
    for frame in frames:
        face = only_face(images.read(frame.path).rgb)
        assert_plausible(face)
        assert abs(face.roll) < 10
        assert abs(face.yaw) < 35


def test_the_key_points_of_the_portrait_match_those_measured_by_hand(astronaut: RGB) -> None:
    face = only_face(astronaut)
    assert_plausible(face)
    measured = np.array([RIGHT_EYE, LEFT_EYE, NOSE, MOUTH])
    distances = np.hypot(*(face.keypoints[:4] - measured).T)
    between_eyes = math.dist(RIGHT_EYE, LEFT_EYE)
    assert distances[:2].max() < 0.07 * between_eyes
    assert distances.max() < 0.15 * between_eyes


@pytest.mark.parametrize("degrees", [-30, -20, -10, 10, 20, 30])
def test_roll_follows_the_rotation_of_the_image(astronaut: RGB, degrees: float) -> None:
    straight = only_face(astronaut)
    turned = only_face(rotated(astronaut, degrees, (225, 120)))
    assert turned.roll - straight.roll == pytest.approx(degrees, abs=4)


def test_yaw_changes_its_sign_in_a_mirrored_image(frames) -> None:
    turned_faces = 0
    for frame in frames:
        rgb = images.read(frame.path).rgb
        face, mirrored = only_face(rgb), only_face(np.ascontiguousarray(rgb[:, ::-1]))
        assert face.yaw == pytest.approx(-mirrored.yaw, abs=13)
        turned_faces += abs(face.yaw) > 15
    assert turned_faces >= 3


def test_yaw_is_positive_if_the_nose_points_to_the_right_of_the_image(frames) -> None:
    by_name = {frame.path.name: frame for frame in frames}
    left = images.read(by_name["aa001t1abunaff031.jpg"].path).rgb
    right = images.read(by_name["kk011t1aaaff034.jpg"].path).rgb
    assert only_face(left).yaw < -15
    assert only_face(right).yaw > 15


@pytest.mark.parametrize("factor", [0.5, 1.5, 3.0])
def test_the_box_scales_with_the_image(astronaut: RGB, factor: float) -> None:
    side = round(512 * factor)
    resized = np.asarray(Image.fromarray(astronaut).resize((side, side), Image.Resampling.LANCZOS))
    expected, face = only_face(astronaut).scaled(factor), only_face(resized)
    assert overlap(face.box, expected.box) > 0.9
    np.testing.assert_allclose(face.keypoints, expected.keypoints, atol=5 * factor)


def test_a_scaled_face_keeps_its_angles_and_score(astronaut: RGB) -> None:
    face = only_face(astronaut)
    larger = face.scaled(4)
    assert larger.box == tuple(4 * value for value in face.box)
    assert (larger.roll, larger.yaw) == pytest.approx((face.roll, face.yaw))
    assert larger.score == face.score
    assert larger.size == pytest.approx(4 * face.size)


def test_several_faces_are_returned_largest_first(astronaut: RGB) -> None:
    head = Image.fromarray(astronaut).crop((120, 10, 330, 220))
    montage = Image.new("RGB", (720, 520), "grey")
    places = {200: (0, 0), 320: (150, 200), 240: (480, 20)}  # side of the head -> its corner
    for side, place in places.items():
        montage.paste(head.resize((side, side)), place)
    faces = detect(np.asarray(montage))
    sides = [320, 240, 200]
    assert len(faces) == 3
    for face, side in zip(faces, sides, strict=True):
        x, y = places[side]
        middle = np.mean(face.keypoints[:4], axis=0)
        assert x < middle[0] < x + side
        assert y < middle[1] < y + side
        assert_plausible(face)
    assert [face.size for face in faces] == sorted((face.size for face in faces), reverse=True)


def blank(value: int) -> RGB:
    return np.full((240, 320, 3), value, np.uint8)


@pytest.mark.parametrize(
    "rgb",
    [
        blank(0),
        blank(128),
        blank(255),
        np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8),
        np.tile(np.linspace(0, 255, 320).astype(np.uint8)[None, :, None], (240, 1, 3)),
    ],
    ids=["black", "grey", "white", "noise", "gradient"],
)
def test_an_image_without_a_face_gives_none(rgb: RGB) -> None:
    assert detect(rgb) == []


@pytest.mark.parametrize("shape", [(16, 16), (16, 4000), (4000, 16), (17, 33)])
def test_an_image_of_any_shape_can_be_searched(shape: tuple[int, int]) -> None:
    assert detect(np.full((*shape, 3), 90, np.uint8)) == []


def test_a_face_at_the_edge_has_its_key_points_at_the_same_place(astronaut: RGB) -> None:
    cut = np.ascontiguousarray(astronaut[60:, 170:])
    face = only_face(cut)
    shifted = only_face(astronaut)
    np.testing.assert_allclose(
        face.keypoints[:4] + np.array([170, 60]), shifted.keypoints[:4], atol=6
    )


def test_the_same_image_gives_the_same_face(astronaut: RGB) -> None:
    first, second = only_face(astronaut), only_face(astronaut)
    assert (first.box, first.score) == (second.box, second.score)
    np.testing.assert_array_equal(first.keypoints, second.keypoints)


# An independent implementation, one anchor at a time


@pytest.fixture(scope="module")
def run_network() -> Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]:
    session = onnx_session.open_session(network.detector_path())
    name = session.get_inputs()[0].name
    return lambda square: session.run(None, {name: square})


def reference(rgb: RGB, run_network) -> tuple[float, tuple[float, ...]]:
    """Return the best face's score and its box in pixels.

    The image is padded to a square first and then averaged down. Anchors are visited in the order
    of the network's two grids. Boxes near the best one are averaged, weighted by their scores.
    """
    side = max(rgb.shape[:2])
    above, before = (side - rgb.shape[0]) // 2, (side - rgb.shape[1]) // 2
    square = np.zeros((side, side, 3), np.uint8)
    square[above : above + rgb.shape[0], before : before + rgb.shape[1]] = rgb
    small = Image.fromarray(square).resize((128, 128), Image.Resampling.BOX)
    offsets, logits = run_network(np.asarray(small, np.float32)[None] / 127.5 - 1)
    candidates = []
    for index in range(896):
        score = 1 / (1 + math.exp(-min(max(float(logits[0, index, 0]), -80), 80)))
        if score > 0.5:
            cells, place = (16, index // 2) if index < 512 else (8, (index - 512) // 6)
            row, column = divmod(place, cells)
            x = (column + 0.5) / cells + offsets[0, index, 0] / 128
            y = (row + 0.5) / cells + offsets[0, index, 1] / 128
            w, h = offsets[0, index, 2] / 256, offsets[0, index, 3] / 256
            candidates.append((score, (x - w, y - h, x + w, y + h)))
    best = max(candidates)
    near = [(score, box) for score, box in candidates if overlap(box, best[1]) > 0.3]
    total = sum(score for score, _ in near)
    mean = [sum(score * box[i] for score, box in near) / total for i in range(4)]
    return best[0], tuple(
        float(value) * side - shift for value, shift in zip(mean, (before, above) * 2, strict=True)
    )


def test_an_independent_implementation_finds_the_same_faces(
    frames, astronaut: RGB, run_network
) -> None:
    photos = [images.read(frame.path).rgb for frame in frames]
    photos += [astronaut, astronaut[:300], astronaut[:, 60:400], astronaut[40:220, 20:500]]
    for rgb in photos:
        face = max(detect(rgb), key=lambda face: face.score)
        score, box = reference(rgb, run_network)
        assert overlap(face.box, box) > 0.9
        assert face.score == pytest.approx(score, abs=0.05)


def test_a_face_too_small_for_the_first_look_is_found(astronaut: RGB) -> None:
    wide = np.zeros((1200, 1600, 3), np.uint8)
    wide[600:1112, 900:1412] = astronaut
    assert glance(wide) == []
    faces, expected = detect(wide), detect(astronaut)[0]
    assert len(faces) == 1
    np.testing.assert_allclose(
        faces[0].keypoints, expected.keypoints + np.array([900, 600]), atol=8
    )


@pytest.mark.parametrize(("height", "width"), [(7900, 7900), (2559, 2559), (16, 65_500)])
def test_the_pixels_shown_to_the_network_are_limited(
    monkeypatch: pytest.MonkeyPatch, height: int, width: int
) -> None:
    areas = []
    monkeypatch.setattr(
        network_views, "candidates", lambda pixels, score: areas.append(pixels.size // 3) or []
    )
    image = np.broadcast_to(np.uint8(128), (height, width, 3))  # takes no memory
    assert detect(image) == []
    assert max(areas) <= 1.1 * MAX_AREA
    assert sum(areas) <= 2.5 * MAX_AREA


# Faces at any rotation, beside others


def same_place(face: Face, expected: Face) -> bool:
    return overlap(face.box, expected.box) > 0.5


@pytest.mark.parametrize("degrees", range(0, 360, 30))
def test_a_face_is_found_at_any_rotation_with_its_key_points(astronaut: RGB, degrees: int) -> None:
    centre = (225, 120)
    frame = np.full((700, 700, 3), 96, np.uint8)
    frame[150:550, 100:600] = astronaut[:400, :500]
    upright = only_face(frame)
    middle = (centre[0] + 100, centre[1] + 150)
    face = only_face(rotated(frame, degrees, middle))
    radians = math.radians(degrees)
    matrix = np.array(
        [[math.cos(radians), -math.sin(radians)], [math.sin(radians), math.cos(radians)]]
    )
    expected = (upright.keypoints - middle) @ matrix.T + middle
    eye_distance = math.dist(*upright.keypoints[:2])
    distances = np.hypot(*(face.keypoints - expected)[:4].T)
    assert distances.max() < 0.35 * eye_distance
    assert (face.roll - upright.roll - degrees + 180) % 360 - 180 == pytest.approx(0, abs=12)
    assert face.score > 0.7


def head(astronaut: RGB, side: int, degrees: float = 0) -> Image.Image:
    image = Image.fromarray(astronaut).crop((120, 10, 330, 220))
    return image.resize((side, side), Image.Resampling.LANCZOS).rotate(-degrees)


def pasted(shape: tuple[int, int], heads: dict[tuple[int, int], Image.Image]) -> RGB:
    """Return a grey image (height, width) with heads, by the place of their left upper corners."""
    image = Image.new("RGB", shape[::-1], (120, 120, 125))
    for place, part in heads.items():
        image.paste(part, place)
    return np.asarray(image)


def centres_in(faces: list[Face], heads: dict[tuple[int, int], Image.Image]) -> int:
    """Return in how many heads there is the centre of exactly one face."""
    count = 0
    for (left, top), part in heads.items():
        inside = [
            face
            for face in faces
            if left < (face.box[0] + face.box[2]) / 2 < left + part.width
            and top < (face.box[1] + face.box[3]) / 2 < top + part.height
        ]
        count += len(inside) == 1
    return count


def test_five_small_faces_side_by_side_are_all_found_and_nothing_else(astronaut: RGB) -> None:
    heads = {(90 + 166 * n, 300): head(astronaut, 160) for n in range(5)}
    faces = detect(pasted((720, 1000), heads))
    assert len(faces) == 5
    assert centres_in(faces, heads) == 5


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_small_face_is_found_beside_a_much_larger_one(astronaut: RGB, degrees: int) -> None:
    heads = {(60, 60): head(astronaut, 640), (980, 420): head(astronaut, 150, degrees)}
    faces = detect(pasted((720, 1280), heads))
    assert len(faces) == 2
    assert centres_in(faces, heads) == 2


def test_the_minimum_score_is_that_of_every_face_returned(astronaut: RGB) -> None:
    heads = {(60, 60): head(astronaut, 640), (980, 420): head(astronaut, 150)}
    image = pasted((720, 1280), heads)
    scores = sorted(face.score for face in detect(image))
    assert len(scores) == 2
    between = (scores[0] + scores[1]) / 2
    faces = detect(image, min_score=between)
    assert faces
    assert all(face.score >= between for face in faces)
    assert detect(image, min_score=0.999) == []


# Following a face


def test_a_face_that_moved_and_rolled_is_found_near_its_place(astronaut: RGB) -> None:
    known = only_face(astronaut)
    assert search_near(astronaut, known) is not None
    moved = np.roll(astronaut, (20, -25), axis=(0, 1))
    face = search_near(moved, known)
    assert face is not None
    expected = known.moved(-25, 20)
    assert same_place(face, expected)
    np.testing.assert_allclose(face.keypoints[:4], expected.keypoints[:4], atol=8)
    middle = (225.0, 120.0)
    for degrees in (30, 180):
        before = only_face(rotated(astronaut, degrees, middle))
        after = search_near(rotated(astronaut, degrees + 25, middle), before)
        assert after is not None
        assert (after.roll - before.roll - 25 + 180) % 360 - 180 == pytest.approx(0, abs=10)


def test_a_face_that_is_gone_is_not_found_near_its_place(astronaut: RGB) -> None:
    known = only_face(astronaut)
    assert search_near(np.full_like(astronaut, 110), known) is None
    assert search_near(np.roll(astronaut, 250, axis=1), known) is None
