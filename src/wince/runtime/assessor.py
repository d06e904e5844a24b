"""The way from a picture to an assessment."""

import os
from functools import cache
from pathlib import Path
from time import perf_counter

from wince import images, scale, speech
from wince.errors import NoFaceError
from wince.faces.align import align
from wince.faces.detect import KEYPOINTS, Face, detect
from wince.faces.detect import load as load_detector
from wince.images import ImageSource
from wince.runtime.assessment import Assessment, FaceFound, Quality
from wince.runtime.estimator import Estimator
from wince.runtime.heatmap import heatmap as lay_out

SMALL_FACE = 64  # pixels; below it wrinkles are guesses
TURNED_FACE = 35.0  # degrees of yaw; beyond it one side of the face is mostly hidden


class Assessor:
    """Says how much pain a face expresses.

    Loading a model takes a fraction of a second and some 100 MB, so keep one and use it for many
    pictures. It may be used from several threads at once: each call runs on its caller's thread.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None) -> None:
        """Load the packaged model, or one from a folder that holds model.json.

        Raises ModelError when the model or the face detector is missing or damaged.
        """
        load_detector()  # with the model, so that a damaged installation shows at once
        self.estimator = Estimator(None if model is None else Path(model))

    @property
    def model(self) -> dict[str, str]:
        """Name and version of the model."""
        return {key: str(self.estimator.card[key]) for key in ("name", "version")}

    def assess(
        self, image: ImageSource, *, face_index: int | None = None, heatmap: bool = False
    ) -> Assessment:
        """Return what the largest face in a picture expresses, or face `face_index` by size.

        image: a path, the bytes of a JPEG, PNG or WebP file, or RGB uint8 (H, W, 3). heatmap: also
        say where in the face the score comes from.

        Raises an ImageError when the picture cannot be used, NoFaceError when it shows no face or
        fewer than `face_index` asks for.
        """
        started = perf_counter()
        picture = images.read(image)
        decoded = perf_counter()
        faces = detect(picture.rgb)
        face = _choose(faces, face_index)
        found = perf_counter()
        crop = align(picture.rgb, face, self.estimator.spec)
        aligned = perf_counter()
        estimate = self.estimator(crop[None])
        verdict = self.estimator.calibration(float(estimate.raw[0]))
        scored = perf_counter()
        stages = {
            "decode": decoded - started,
            "find_face": found - decoded,
            "align": aligned - found,
            "score": scored - aligned,
            "total": scored - started,
        }
        units = None if estimate.action_units is None else estimate.action_units[0].tolist()
        full = face.scaled(picture.scale)
        index = next(number for number, other in enumerate(faces) if other is face)
        return Assessment(
            pspi=round(verdict.pspi, 3),
            interval=(round(verdict.interval[0], 3), round(verdict.interval[1], 3)),
            level=verdict.level,
            level_probabilities={k: round(v, 4) for k, v in verdict.level_probabilities.items()},
            confidence=round(verdict.confidence, 4),
            action_units=units
            and {name: round(v, 3) for name, v in zip(scale.UNIT_NAMES, units, strict=True)},
            raw_score=round(float(estimate.raw[0]), 3),
            face=_describe(full, index, len(faces)),
            quality=_quality(full, index, len(faces)),
            sentence=speech.sentence(verdict.level),
            advice=speech.advice(verdict.level),
            model=self.model,
            milliseconds={name: round(seconds * 1000, 2) for name, seconds in stages.items()},
            heatmap=lay_out(estimate, face, self.estimator.spec, picture) if heatmap else None,
        )


def assess(image: ImageSource, *, heatmap: bool = False) -> Assessment:
    """Return what the largest face in a picture expresses, by the packaged model.

    The model is loaded at the first call and kept. See `Assessor.assess` for what may be given and
    what is raised.
    """
    return _packaged().assess(image, heatmap=heatmap)


@cache
def _packaged() -> Assessor:
    return Assessor()


def _choose(faces: list[Face], index: int | None) -> Face:
    if not faces:
        raise NoFaceError(
            "No face was found in this picture. Use one that shows the face from the front, well "
            "lit, and larger in the frame."
        )
    if index is not None and not 0 <= index < len(faces):
        raise NoFaceError(
            f"Face {index} was asked for, but {len(faces)} were found, counted from 0 by size."
        )
    return faces[index or 0]


def _describe(face: Face, index: int, count: int) -> FaceFound:
    points = {
        n: (round(x, 1), round(y, 1))
        for n, (x, y) in zip(KEYPOINTS, face.keypoints.tolist(), strict=True)
    }
    x0, y0, x1, y1 = (round(value, 1) for value in face.box)
    return FaceFound(
        (x0, y0, x1, y1),
        points,
        round(face.score, 4),
        round(face.yaw, 1),
        round(face.roll, 1),
        index,
        count,
    )


def _quality(face: Face, index: int, count: int) -> Quality:
    warnings = []
    if count > 1:
        which = "The largest" if index == 0 else f"Number {index + 1} by size"
        warnings.append(f"{count} faces were found. {which} was assessed.")
    if face.size < SMALL_FACE:
        warnings.append(
            f"The face is only {face.size:.0f} pixels wide; {SMALL_FACE} or more are needed for a "
            "score to be trusted. Move the camera closer."
        )
    if abs(face.yaw) > TURNED_FACE:
        warnings.append("The face is turned far to the side. Take the picture from the front.")
    return Quality(face.size >= SMALL_FACE / 2, tuple(warnings))
