"""The way from a picture to an assessment."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wince import images, scale, speech
from wince.errors import BaselineError, NoFaceError, WinceError
from wince.faces.align import align
from wince.faces.detect import KEYPOINTS, Face, detect
from wince.faces.detect import load as load_detector
from wince.images import ImageSource
from wince.runtime import baseline as baselines
from wince.runtime import quality
from wince.runtime.assessment import Assessment, FaceFound, Quality
from wince.runtime.baseline import Baseline, change, check_model
from wince.runtime.calibration import Verdict
from wince.runtime.estimator import Estimate, Estimator
from wince.runtime.heatmap import heatmap as lay_out


class Assessor:
    """Says how much pain a face expresses.

    Loading a model takes a fraction of a second and some 100 MB, so keep one and use it for many
    pictures. It is safe to use from several threads at once: each call runs on its caller's thread,
    and nothing is changed by a call. Threads do run side by side, for decoding and the networks let
    go of the interpreter's lock. It is not to be taken into a forked process, nor pickled; make one
    in each process.
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
        self,
        image: ImageSource,
        *,
        face_index: int | None = None,
        heatmap: bool = False,
        baseline: Baseline | None = None,
    ) -> Assessment:
        """Return what the largest face in a picture expresses, or face `face_index` by size.

        image: a path, the bytes of a JPEG, PNG or WebP file, or RGB uint8 (H, W, 3). face_index:
        counted from 0, the largest. heatmap: also say where in the face the score comes from.
        baseline: the person's own calm face, to say how far the expression is from it.

        A face that cannot be judged, too small or covered for example, is no error: the assessment
        then has no level, and says why. See `wince.runtime.quality`.

        Raises an ImageError when the picture cannot be used, NoFaceError when it shows no face or
        fewer than `face_index` asks for, BaselineError when another model read the calm face.
        """
        if baseline is not None:
            check_model(baseline, self.model)
        seen = self._look(image, face_index)
        begin = perf_counter()
        estimate = self.estimator(seen.crop[None])
        return self._read(seen, estimate, perf_counter() - begin, heatmap, baseline)

    def assess_many(
        self,
        images: Iterable[ImageSource],
        *,
        heatmap: bool = False,
        baseline: Baseline | None = None,
    ) -> list[Assessment | WinceError]:
        """Return what the largest face in each picture expresses, with one call of the network.

        images: what `assess` takes; all are in memory together. A picture that cannot be used, or
        shows no face, gives its error in its place instead of an assessment, so that the others are
        done all the same. `milliseconds` has an even share of the network's
        time. Scores may differ from those of `assess` by rounding in the last decimal.

        Raises BaselineError when another model read the calm face.
        """
        if baseline is not None:
            check_model(baseline, self.model)
        found = [self._look_or_error(image) for image in images]
        seen = [one for one in found if isinstance(one, _Seen)]
        if not seen:
            return [one for one in found if isinstance(one, WinceError)]
        begin = perf_counter()
        estimates = self.estimator(np.stack([one.crop for one in seen]))
        share = (perf_counter() - begin) / len(seen)
        numbers = count()
        return [
            one
            if isinstance(one, WinceError)
            else self._read(one, estimates.only(next(numbers)), share, heatmap, baseline)
            for one in found
        ]

    def _look_or_error(self, image: ImageSource) -> "_Seen | WinceError":
        try:
            return self._look(image, None)
        except WinceError as error:
            return error

    def _look(self, image: ImageSource, face_index: int | None) -> "_Seen":
        """Find the face, cut it out, and judge whether it can be read."""
        started = perf_counter()
        picture = images.read(image)
        decoded = perf_counter()
        faces = detect(picture.rgb)
        index = _choose(faces, face_index)
        found = perf_counter()
        crop = align(picture.rgb, faces[index], self.estimator.spec)
        aligned = perf_counter()
        judgement = quality.judge(quality.measure(picture.rgb, faces[index], picture.scale))
        checked = perf_counter()
        seconds = {
            "decode": decoded - started,
            "find_face": found - decoded,
            "align": aligned - found,
            "check": checked - aligned,
        }
        return _Seen(picture, faces, index, crop, judgement, seconds)

    def _read(
        self,
        seen: "_Seen",
        estimate: Estimate,
        seconds: float,
        heatmap: bool,
        baseline: Baseline | None,
    ) -> Assessment:
        """Put an assessment together from what was seen and what the network says about it."""
        begin = perf_counter()
        raw = round(float(estimate.raw[0]), 3)
        verdict = self.estimator.calibration(float(estimate.raw[0]))
        score = seconds + perf_counter() - begin
        stages = {**seen.seconds, "score": score, "total": sum(seen.seconds.values()) + score}
        units, face = _named(estimate), seen.faces[seen.index]
        reasons = seen.judgement.reasons
        return Assessment(
            pspi=round(verdict.pspi, 3),
            **_stated(verdict, seen.judgement),
            action_units=units,
            raw_score=raw,
            face=_describe([one.scaled(seen.picture.scale) for one in seen.faces], seen.index),
            quality=_quality(seen.judgement, seen.index, len(seen.faces)),
            model=self.model,
            milliseconds={name: round(part * 1000, 2) for name, part in stages.items()},
            heatmap=lay_out(estimate, face, self.estimator.spec, seen.picture) if heatmap else None,
            change=None if baseline is None or reasons else change(units, raw, baseline),
        )

    def baseline(
        self, images: Iterable[ImageSource] | ImageSource, *, face_index: int | None = None
    ) -> Baseline:
        """Return a person's own calm face: the median over a few pictures of them at rest.

        images: what `assess` takes, several of them. Give the result to `assess`.

        Raises what `assess` raises, and BaselineError when there is no picture, or one of them
        cannot be judged.
        """
        single = isinstance(images, str | bytes | bytearray | memoryview | os.PathLike | np.ndarray)
        many = [images] if single else list(images)  # type: ignore[arg-type]
        found = []
        for number, image in enumerate(many, start=1):
            assessment = self.assess(image, face_index=face_index)  # type: ignore[arg-type]
            if assessment.level is None:
                raise BaselineError(
                    f"Picture {number} of {len(many)} for the calm face cannot be used. "
                    f"{assessment.sentence} Leave it out or take another one."
                )
            found.append(assessment)
        return baselines.of(found)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A face that was found: all that is known before the network is asked.

    crop: uint8 (size, size, 3). seconds: by stage.
    """

    picture: images.Picture
    faces: list[Face]
    index: int
    crop: NDArray[np.uint8]
    judgement: quality.Judgement
    seconds: dict[str, float]


def assess(image: ImageSource, *, heatmap: bool = False) -> Assessment:
    """Return what the largest face in a picture expresses, by the packaged model.

    The model is loaded at the first call and kept. See `Assessor.assess` for what may be given and
    what is raised.
    """
    return _packaged().assess(image, heatmap=heatmap)


@cache
def _packaged() -> Assessor:
    return Assessor()


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


def _stated(verdict: Verdict, judgement: quality.Judgement) -> dict[str, Any]:
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
        "sentence": speech.sentence(verdict.level),
        "advice": speech.advice(verdict.level),
    }


def _describe(faces: list[Face], index: int) -> FaceFound:
    """Return one of the faces, in pixels of the upright picture as all of them are."""
    face = faces[index]
    points = {
        n: (round(x, 1), round(y, 1))
        for n, (x, y) in zip(KEYPOINTS, face.keypoints.tolist(), strict=True)
    }
    boxes = tuple(_rounded(one.box) for one in faces)
    return FaceFound(
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
