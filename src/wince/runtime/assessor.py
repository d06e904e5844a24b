"""The way from a picture to an assessment."""

import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import images, scale
from wince.errors import NeutralFaceError, NoFaceError, WinceError
from wince.faces.align import align
from wince.faces.detect import KEYPOINTS, Face, detect, load_detector
from wince.images import ImageSource
from wince.runtime import quality
from wince.runtime.assessment import Assessment, DetectedFace, Quad, Quality
from wince.runtime.calibration import CalibratedScore
from wince.runtime.estimator import Estimate, Estimator
from wince.runtime.heatmap import heatmap as lay_out
from wince.runtime.heatmap import place
from wince.runtime.neutral import NeutralFace, change, check_model, median_face
from wince.speech import sentences

AT_ONCE = 64
"""Pictures of a batch whose faces go through the network together. Each takes about 0.4 MB there,
and more of them are no faster."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is kept of a picture until the network has seen its face: not the picture itself.

    crop: uint8 (size, size, 3). faces: in pixels of the upright picture. index: which of them it
    is. quad: where it was cut from. seconds: time per stage.
    """

    crop: NDArray[np.uint8]
    faces: list[Face]
    index: int
    quad: Quad
    judgement: quality.Judgement
    seconds: dict[str, float]


class Assessor:
    """Says how much pain a face expresses.

    Loading a model takes a fraction of a second and some 100 MB, so keep one and use it for many
    pictures.

    It is safe to use from several threads at once, and gives each what it gives one alone: no call
    changes anything in it, onnxruntime's sessions take calls side by side, and each call runs on
    its caller's thread. Pictures are decoded, scaled and scored outside the interpreter's lock, so
    where there are several cores, as many threads are faster than one. It is not to be taken into a
    forked process, nor pickled; make one in each process.
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
        return {key: str(self.estimator.manifest[key]) for key in ("name", "version")}

    def assess(
        self,
        image: ImageSource,
        *,
        face_index: int | None = None,
        heatmap: bool = False,
        neutral: NeutralFace | None = None,
        baseline: NeutralFace | None = None,
    ) -> Assessment:
        """Return what the largest face in a picture expresses, or face `face_index` by size.

        image: a path, the bytes of a JPEG, PNG or WebP file, or RGB uint8 (H, W, 3). face_index:
        counted from 0, the largest. heatmap: also say where in the face the score comes from.
        neutral: the person's neutral face; the assessment then has the change against it.
        baseline: deprecated name of `neutral`.

        A face that cannot be judged, too small or covered for example, is no error: the assessment
        then has no level, and says why. See `wince.runtime.quality`.

        Raises an ImageError when the picture cannot be used, NoFaceError when it shows no face or
        fewer than `face_index` asks for, NeutralFaceError for a neutral face of another model.
        """
        neutral = self._checked(neutral, baseline)
        (found,) = self._score([self._look(image, face_index)], heatmap, neutral)
        return found

    def assess_batch(
        self,
        images: Iterable[ImageSource] | ImageSource,
        *,
        face_index: int | None = None,
        heatmap: bool = False,
        neutral: NeutralFace | None = None,
        baseline: NeutralFace | None = None,
    ) -> list[Assessment | WinceError]:
        """Return for each picture, in their order, what `assess` returns or would raise.

        A picture that cannot be used does not stop the others: the ImageError or NoFaceError stands
        in its place, to be told by `isinstance` or raised.

        images: what `assess` takes, several of them, or one array (N, H, W, 3). They are taken one
        at a time, so of a generator's pictures one is in memory. face_index, heatmap, neutral: as
        for `assess`, the same for all.

        The network sees the faces of up to AT_ONCE pictures in one call. The packaged model, in
        int8, gives each exactly what it gives it alone; another may differ in the last digit.

        Raises NeutralFaceError when the neutral face is of another model.
        """
        neutral = self._checked(neutral, baseline)
        found: list[Assessment | WinceError] = []
        left = iter(_several(images))
        while looked := [self._try_to_look(one, face_index) for one in islice(left, AT_ONCE)]:
            seen = [one for one in looked if isinstance(one, _Seen)]
            scored = iter(self._score(seen, heatmap, neutral) if seen else ())
            found += [next(scored) if isinstance(one, _Seen) else one for one in looked]
        return found

    def _checked(
        self, neutral: NeutralFace | None, baseline: NeutralFace | None
    ) -> NeutralFace | None:
        """Return the neutral face to compare with, by its present or its old keyword."""
        if baseline is not None:
            if neutral is not None:
                raise TypeError("Expected 'neutral' or its old name 'baseline', not both.")
            warnings.warn(
                "The keyword 'baseline' is now called 'neutral'.", DeprecationWarning, stacklevel=3
            )
            neutral = baseline
        if neutral is not None:
            check_model(neutral, self.model)
        return neutral

    def _try_to_look(self, image: ImageSource, face_index: int | None) -> _Seen | WinceError:
        try:
            return self._look(image, face_index)
        except WinceError as error:
            # What led here would keep the picture in memory.
            error.__cause__ = error.__context__ = None
            return error.with_traceback(None)

    def _look(self, image: ImageSource, face_index: int | None) -> _Seen:
        """Find a face, cut it out and see whether it can be judged; all but the network's part."""
        started = perf_counter()
        picture = images.read(image)
        decoded = perf_counter()
        faces = detect(picture.rgb)
        index = _choose(faces, face_index)
        face = faces[index]
        found = perf_counter()
        crop = align(picture.rgb, face, self.estimator.spec)
        aligned = perf_counter()
        judgement = quality.judge(quality.measure(picture.rgb, face, picture.scale))
        checked = perf_counter()
        return _Seen(
            crop,
            [one.scaled(picture.scale) for one in faces],
            index,
            place(face, self.estimator.spec, picture),
            judgement,
            {
                "decode": decoded - started,
                "find_face": found - decoded,
                "align": aligned - found,
                "check": checked - aligned,
            },
        )

    def _score(
        self, seen: list[_Seen], heatmap: bool, neutral: NeutralFace | None
    ) -> list[Assessment]:
        """Return the assessments of faces, by one call of the network."""
        started = perf_counter()
        estimate = self.estimator(np.stack([one.crop for one in seen]))
        share = (perf_counter() - started) / len(seen)
        return [
            self._state(one, estimate.select(number), share, heatmap, neutral)
            for number, one in enumerate(seen)
        ]

    def _state(
        self,
        seen: _Seen,
        estimate: Estimate,
        share: float,
        heatmap: bool,
        neutral: NeutralFace | None,
    ) -> Assessment:
        """Return the assessment of a face; share: seconds the network took for it."""
        started = perf_counter()
        judgement = seen.judgement
        raw = round(float(estimate.raw[0]), 3)
        verdict = self.estimator.calibration(float(estimate.raw[0]))
        seconds = {**seen.seconds, "score": share + perf_counter() - started}
        seconds["total"] = sum(seconds.values())
        units = _named(estimate)
        return Assessment(
            pspi=round(verdict.pspi, 3),
            **_stated(verdict, judgement),
            action_units=units,
            raw_score=raw,
            face=_describe(seen.faces, seen.index),
            quality=_quality(judgement, seen.index, len(seen.faces)),
            model=self.model,
            milliseconds={name: round(value * 1000, 2) for name, value in seconds.items()},
            heatmap=lay_out(estimate, seen.quad) if heatmap else None,
            change=None if neutral is None or judgement.reasons else change(units, raw, neutral),
        )

    def neutral_face(
        self, images: Iterable[ImageSource] | ImageSource, *, face_index: int | None = None
    ) -> NeutralFace:
        """Return a person's neutral face: the median over a few images of them at rest.

        Args:
            images: Images of the person at rest, as for `assess`. One image alone is accepted.
            face_index: As for `assess`, the same for all images.

        Raises:
            NeutralFaceError: There are no images, or one of them cannot be judged.
            ImageError, NoFaceError: As for `assess`.
        """
        sources = list(_several(images))
        assessments = []
        for number, image in enumerate(sources, start=1):
            assessment = self.assess(image, face_index=face_index)
            if assessment.level is None:
                raise NeutralFaceError(
                    f"Image {number} of {len(sources)} for the neutral face cannot be used. "
                    f"{assessment.sentence} Leave it out or take another one."
                )
            assessments.append(assessment)
        return median_face(
            [assessment.action_units for assessment in assessments],
            [assessment.raw_score for assessment in assessments],
            self.model,
        )

    def baseline(
        self, images: Iterable[ImageSource] | ImageSource, *, face_index: int | None = None
    ) -> NeutralFace:
        """Return `neutral_face(images)`. Deprecated: use `neutral_face`."""
        warnings.warn(
            "Assessor.baseline is now called neutral_face.", DeprecationWarning, stacklevel=2
        )
        return self.neutral_face(images, face_index=face_index)


def assess(image: ImageSource, *, heatmap: bool = False) -> Assessment:
    """Return what the largest face in a picture expresses, by the packaged model.

    The model is loaded at the first call and kept. See `Assessor.assess` for what may be given and
    what is raised.
    """
    return _packaged().assess(image, heatmap=heatmap)


@cache
def _packaged() -> Assessor:
    return Assessor()


def _several(images: Iterable[ImageSource] | ImageSource) -> Iterable[ImageSource]:
    """Return several pictures as they are, and one as the only one."""
    if isinstance(images, np.ndarray):
        return [images] if images.ndim == 3 else images
    if isinstance(images, str | bytes | bytearray | memoryview | os.PathLike):
        return [images]  # type: ignore[list-item]  # any bytes, which `images.read` takes
    return images


def _choose(faces: list[Face], index: int | None) -> int:
    if not faces:
        raise NoFaceError(
            "No face was found in this picture. Use one that shows the face from the front, well "
            "lit, and larger in the frame."
        )
    if index is not None and not 0 <= index < len(faces):
        raise NoFaceError(
            f"Face number {index + 1} by size was asked for, but only {len(faces)} "
            f"{'was' if len(faces) == 1 else 'were'} found."
        )
    return index or 0


def _named(estimate: Estimate) -> dict[str, float] | None:
    if estimate.action_units is None:
        return None
    values = estimate.action_units[0].tolist()
    return {name: round(value, 3) for name, value in zip(scale.UNIT_NAMES, values, strict=True)}


def _stated(verdict: CalibratedScore, judgement: quality.Judgement) -> dict[str, Any]:
    """Return what is said: the level and how sure it is, or that there is none."""
    if judgement.reasons:
        return {
            "interval": None,
            "level": None,
            "level_probabilities": None,
            "confidence": None,
            "sentence": judgement.sentence,
            "advice": judgement.advice,
        }
    low, high = verdict.interval
    return {
        "interval": (round(low, 3), round(high, 3)),
        "level": verdict.level,
        "level_probabilities": {k: round(v, 4) for k, v in verdict.level_probabilities.items()},
        "confidence": round(verdict.confidence, 4),
        "sentence": sentences.sentence(verdict.level),
        "advice": sentences.advice(verdict.level),
    }


def _describe(faces: list[Face], index: int) -> DetectedFace:
    """Return one of the faces, in pixels of the upright picture as all of them are."""
    face = faces[index]
    points = {
        n: (round(x, 1), round(y, 1))
        for n, (x, y) in zip(KEYPOINTS, face.keypoints.tolist(), strict=True)
    }
    boxes = tuple(_rounded(one.box) for one in faces)
    return DetectedFace(
        boxes[index],
        points,
        round(face.score, 4),
        round(face.yaw, 1),
        round(face.roll, 1),
        index,
        len(faces),
        boxes,
    )


def _rounded(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (round(value, 1) for value in box)
    return x0, y0, x1, y1


def _quality(judgement: quality.Judgement, index: int, count: int) -> Quality:
    warnings = []
    if count > 1:
        which = "The largest" if index == 0 else f"Number {index + 1} by size"
        warnings.append(f"{count} faces were found. {which} was assessed.")
    return Quality(not judgement.reasons, (*warnings, *judgement.warnings), dict(judgement.reasons))
