"""What Python finds in images: faces, crops, measures and persons, for the page's tests.

The images are made from the rendered faces in tests/data and from scikit-image's portrait, which
is in the public domain. They are kept beside the vectors as PNG.
"""

import base64
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from skimage import data

from tests.support import portraits
from wince.faces.align import align
from wince.faces.assignment import best_assignment
from wince.faces.detect import detect, glance, search_near
from wince.faces.face import Face
from wince.faces.face_colours import FaceColours, measure_colours
from wince.faces.frame_view import FramePart, FrameView
from wince.faces.network import INPUT_SIDE, candidates
from wince.faces.person_search import PersonSearch
from wince.faces.persons import Persons
from wince.images import UprightImage
from wince.runtime import quality
from wince.runtime.face_crop import CheckedFace, check_face, cut_crops, has_full_detail

IMAGES = Path(__file__).parents[2] / "tests/vectors/images"
FRAMES = Path(__file__).parents[2] / "tests/data/frames"
MOVED = (4.0, 3.0)
"""Pixels by which a face is moved before it is looked for near its place."""
AWAY = 2.0
"""Seconds for which a person of the vectors may be hidden."""

RgbArray = NDArray[np.uint8]


@cache
def images() -> dict[str, RgbArray]:
    """Return the images by name."""
    portrait = data.astronaut()  # type: ignore[no-untyped-call]  # scikit-image has no types
    head = portraits.head(portrait)
    calm, expressive = (
        Image.open(FRAMES / name).convert("RGB")
        for name in ("aa001t2aaaff019.jpg", "bb002t2aaaff008.jpg")
    )
    room = Image.new("RGB", (700, 420), (96, 104, 110))
    room.paste(expressive.resize((72, 72)), (520, 130))
    room.paste(calm.resize((110, 110)), (90, 220))
    group = portraits.three_faces(portrait).resize((384, 384))
    files = {
        "rendered": calm,
        "expressive": expressive,
        "portrait": head,
        "group": group,
        "rotated": head.rotate(100, resample=Image.Resampling.BILINEAR),
        "upside-down": calm.rotate(180),
        "covered": portraits.head(portrait, covered=True),
        "blurred": expressive.filter(ImageFilter.GaussianBlur(4)),
        "dark": calm.point(lambda value: value // 8),
        "cut": expressive.crop((72, 0, 224, 224)),
        "distant": room,
        "empty": Image.new("RGB", (200, 90), (30, 90, 160)),
    }
    return {name: np.asarray(image) for name, image in files.items()}


def vectors() -> dict[str, Any]:
    """Return the vectors by the name of their file in tests/vectors."""
    return {
        "rgb_image": _pixel_cases(),
        "faces": [_image_case(name, rgb) for name, rgb in images().items()],
        "persons": _person_cases(),
        "person_search": _search_cases(),
    }


def write_images() -> None:
    """Write the images of the vectors."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, rgb in images().items():
        Image.fromarray(rgb).save(IMAGES / f"{name}.png", optimize=True)


def _pixel_cases() -> list[dict[str, Any]]:
    """Return what Pillow makes of a small image of noise."""
    noise = np.random.default_rng(7).integers(0, 256, (41, 53, 3), np.uint8)
    image = Image.fromarray(noise)
    bilinear, box = Image.Resampling.BILINEAR, Image.Resampling.BOX
    part = (0, 0, 52.5, 40.5)
    affine = [(0.9, -0.3, 7.5, 0.3, 0.9, -3.25), (2.0, 0.0, -9.0, 0.0, 2.0, 4.0)]
    results: list[tuple[str, list[Any], Image.Image]] = [
        *(("reduce", [factor, factor], image.reduce(factor)) for factor in (2, 3, 7)),
        ("reduce", [5, 4, [3, 2, 51, 41]], image.reduce((5, 4), (3, 2, 51, 41))),
        *(
            ("resize", [*size, "BILINEAR", {}], image.resize(size, bilinear))
            for size in ((26, 20), (19, 15), (80, 62), (53, 41))
        ),
        ("resize", [16, 16, "BOX", {}], image.resize((16, 16), box)),
        *(
            (
                "resize",
                [*size, "BILINEAR", {"box": part, "reducingGap": 2}],
                image.resize(size, bilinear, part, reducing_gap=2.0),
            )
            for size in ((13, 10), (9, 7), (5, 3))
        ),
        *(
            (
                "transformed",
                [matrix, 24],
                image.transform((24, 24), Image.Transform.AFFINE, matrix, bilinear),
            )
            for matrix in affine
        ),
        ("luminance", [], image.convert("L")),
    ]
    return [
        {"name": "noise", "width": 53, "height": 41, "data": _packed(noise)},
        *(
            {"name": name, "arguments": arguments, "data": _packed(np.asarray(result))}
            for name, arguments, result in results
        ),
    ]


def _image_case(name: str, rgb: RgbArray) -> dict[str, Any]:
    """Return what each stage finds in an image; each begins with what Python found before."""
    height, width = rgb.shape[:2]
    faces = detect(rgb)
    square = np.asarray(Image.fromarray(rgb).resize((INPUT_SIDE, INPUT_SIDE)))
    image = UprightImage(rgb, 2 * width, 2 * height)
    view = FrameView.of(image)
    checked = [check_face(image, view, view.to_frame(face)) for face in faces]
    return {
        "image": name,
        "square": _packed(square) if name == "rendered" else None,
        "candidates": [_face(face) for face in candidates(square, 0.25)],
        "glance": [_face(face) for face in glance(rgb)],
        "faces": [_face_case(rgb, image, view, checked, index) for index in range(len(checked))],
    }


def _face_case(
    rgb: RgbArray, image: UprightImage, view: FrameView, checked: list[CheckedFace], index: int
) -> dict[str, Any]:
    face = view.to_image(checked[index].face)
    near = search_near(rgb, face.moved(*MOVED))
    colours = measure_colours(rgb, face)
    (crop,) = cut_crops(image, view, checked, [index], quality.SPEC, {}, is_choice=True)
    return {
        **_face(face),
        "angles": [face.yaw, face.pitch, face.roll],
        "near": near and _face(near),
        "crop": _packed(align(rgb, face, quality.SPEC)),
        "measures": asdict(quality.measure(rgb, face, view.scale)),
        "judgement": asdict(checked[index].judgement),
        "colours": [[int(bin), colours.shares[bin]] for bin in np.flatnonzero(colours.shares)],
        "is_whole": colours.is_whole,
        "listed": asdict(crop.face),
        "quad": crop.quad,
        "quality": asdict(crop.quality),
        "has_full_detail": has_full_detail(image, view, checked[index].face, quality.SPEC),
    }


def _packed(pixels: RgbArray) -> str:
    """Return the bytes of pixels in base64."""
    return base64.b64encode(pixels.tobytes()).decode()


def _face(face: Face) -> dict[str, Any]:
    return {"box": face.box, "keypoints": face.keypoints.tolist(), "score": face.score}


def _person_cases() -> dict[str, Any]:
    """Return assignments of random costs, and numbers of boxes that walk, cross and vanish."""
    source = np.random.default_rng(11)
    assignments = []
    for rows, columns in ((1, 1), (2, 3), (4, 4), (5, 3), (3, 6)):
        costs = source.uniform(0, 1, (rows, columns)).round(3)
        assignments.append({"costs": costs.tolist(), "pairs": best_assignment(costs)})
    return {"assignments": assignments, "scenes": [_walks(seed) for seed in range(4)]}


def _walks(seed: int) -> dict[str, Any]:
    """Return the boxes of persons who walk at random, and the number of each."""
    source = np.random.default_rng(seed)
    persons = Persons(AWAY)
    places = source.uniform(0, 500, (4, 2))
    speeds = source.normal(0, 60, (4, 2))
    sides = source.uniform(50, 90, 4)
    hues = source.integers(0, 512, 4)
    frames = []
    seconds = 0.0
    for _ in range(40):
        gap = float(source.choice([0.1, 0.1, 0.1, 0.3, 0.8]))
        seconds = round(seconds + gap, 3)
        jump = source.choice([0, 0, 0, 1]) * source.normal(0, 90, 2)  # the camera moves
        places = places + speeds * gap + jump
        speeds = np.where((places < 0) | (places > 500), -speeds, speeds)
        in_view = np.flatnonzero(source.uniform(0, 1, 4) > 0.15)
        boxes = [
            (*places[i].round(2).tolist(), *(places[i] + sides[i]).round(2).tolist())
            for i in in_view
        ]
        bins = [int(hues[i]) for i in in_view]
        numbers = persons.update(
            seconds,
            [Face(box, np.zeros((6, 2)), 1.0) for box in boxes],
            [FaceColours(np.eye(512)[bin]) for bin in bins] if seed % 2 else None,
        )
        frames.append([seconds, boxes, bins if seed % 2 else None, numbers])
    return {"away": AWAY, "frames": frames}


SCENE = (420, 260)
"""Width and height of the frames in which persons are searched."""
PATHS: dict[str, list[tuple[float, dict[str, tuple[int, int]], tuple[int, int, int, int] | None]]]
PATHS = {
    "one person, in parts of the frame": [
        (0.0, {"rendered": (90, 20)}, None),
        (0.1, {"rendered": (92, 21)}, (60, 0, 340, 260)),
        (0.2, {"rendered": (95, 22)}, (60, 0, 340, 260)),
        (0.3, {"rendered": (130, 24)}, (60, 0, 340, 260)),
        (0.4, {}, (60, 0, 340, 260)),
        (0.6, {}, None),
        (1.2, {"rendered": (60, 10)}, None),
        (1.3, {"rendered": (62, 10)}, None),
    ],
    "two persons, one of whom leaves": [
        (0.0, {"rendered": (-20, 10)}, None),
        (0.1, {"rendered": (-20, 10)}, None),
        (0.35, {"rendered": (-18, 11), "expressive": (170, 20)}, None),
        (0.5, {"rendered": (-18, 11), "expressive": (168, 20)}, None),
        (1.4, {"expressive": (162, 22)}, None),
        (1.5, {"expressive": (160, 22)}, None),
        (4.0, {"rendered": (-18, 11), "expressive": (160, 22)}, None),
    ],
}
"""Frames by name: seconds, where images are pasted into grey, and the part that is shown."""


def scene_frame(places: dict[str, tuple[int, int]]) -> RgbArray:
    """Return a grey frame with images pasted into it."""
    frame = Image.new("RGB", SCENE, (128, 128, 128))
    for name, place in places.items():
        frame.paste(Image.fromarray(images()[name]), place)
    return np.asarray(frame)


def _search_cases() -> list[dict[str, Any]]:
    return [
        {"name": name, "size": SCENE, "away": AWAY, "followed": followed, "frames": list(frames)}
        for followed, (name, path) in zip(([1], None), PATHS.items(), strict=True)
        for frames in [_searched(path, followed)]
    ]


def _searched(path: list[Any], followed: list[int] | None) -> Iterator[dict[str, Any]]:
    """Yield each frame of a path with the persons that are found."""
    search = PersonSearch(AWAY)
    for seconds, places, region in path:
        frame = scene_frame(places)
        left, top, right, bottom = region or (0, 0, *SCENE)
        part = np.ascontiguousarray(frame[top:bottom, left:right])
        image = UprightImage(part, right - left, bottom - top)
        stated = region and (float(left), float(top), float(right), float(bottom))
        view = FrameView.of(image, FramePart(stated, SCENE))
        persons = search.find(part, seconds, followed, view)
        yield {
            "seconds": seconds,
            "places": places,
            "region": region,
            "persons": [[each.number, each.is_current, _face(each.face)] for each in persons],
        }
