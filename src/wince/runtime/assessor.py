"""From an image to an assessment: detection, quality check, network, calibration."""

import os
import warnings
from collections.abc import Iterable
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from wince.errors import ImageError, NeutralFaceError, WinceError
from wince.faces import MIN_SCORE
from wince.faces.network import load_detector
from wince.images import ImageSource
from wince.runtime.assessment import Assessment
from wince.runtime.crop_assessments import assess_crops
from wince.runtime.estimator import Estimator
from wince.runtime.face_crop import FaceCrop, crop_face, crop_faces
from wince.runtime.neutral import NeutralFace, check_expression, check_model, median_face
from wince.score_scale import Scale

BATCH_SIZE = 64
"""Faces per call of the network. Each needs about 0.4 MB, and larger batches are not faster."""

ImageSources = Iterable[ImageSource] | ImageSource


class Assessor:
    """Assesses how much pain a face expresses, with one loaded model.

    Loading takes a fraction of a second and about 100 MB, so use one instance for many images.

    An instance is thread-safe and gives each thread the same results as a single one: no method
    changes it, and onnxruntime accepts concurrent calls. Each call runs on its caller's thread.
    Decoding, scaling and scoring release the interpreter's lock, so several threads use several
    cores. Do not pickle an instance or use it in a forked process; make one in each process.

    Attributes:
        estimator: The loaded model.
    """

    def __init__(
        self, model: str | os.PathLike[str] | None = None, *, scale: Scale | None = None
    ) -> None:
        """Load a model and the face detector.

        Args:
            model: Folder with model.json, or the .onnx file in it. None loads the packaged model.
            scale: The model's scale with other cuts and levels; None for those in model.json.

        Raises:
            ScaleError: The scale has another name or range than that of the model.
            ModelError: The model or the face detector is missing or damaged.
        """
        load_detector()  # now, so that a damaged installation fails before the first image
        self.estimator = Estimator(None if model is None else Path(model), scale)

    @property
    def model(self) -> dict[str, str]:
        """Name and version of the model."""
        return self.estimator.model

    def assess(
        self,
        image: ImageSource,
        *,
        face_index: int | None = None,
        heatmap: bool = False,
        neutral: NeutralFace | None = None,
        min_score: float = MIN_SCORE,
        baseline: NeutralFace | None = None,
    ) -> Assessment:
        """Assess one face in an image.

        A face that cannot be judged, for example because it is too small or covered, is not an
        error: the assessment has no score, and `quality.reasons` says why.

        Args:
            image: A path, bytes or a binary file object of an image file, a Pillow image, or RGB
                uint8 (H, W, 3). `wince.image_formats.FORMATS` lists the formats.
            face_index: Which face, by size from 0. None for the largest.
            heatmap: Add the contribution of each part of the face to the score.
            neutral: The person's neutral face; adds the change against it.
            min_score: Minimum score of the face detector, above 0 and below 1.
            baseline: Deprecated name of `neutral`.

        Raises:
            ImageError: The image cannot be used.
            NoFaceError: There is no face, or none with this index.
            NeutralFaceError: The neutral face is from another model.
        """
        neutral = self._checked_neutral(neutral, baseline)
        crop = crop_face(image, face_index, self.estimator.spec, min_score)
        (assessment,) = assess_crops([crop], self.estimator, heatmap=heatmap, neutral=neutral)
        return assessment

    def assess_faces(
        self, image: ImageSource, *, heatmap: bool = False, min_score: float = MIN_SCORE
    ) -> list[Assessment]:
        """Assess every face in an image, the largest first, with up to BATCH_SIZE per network call.

        Args:
            image: As for `assess`.
            heatmap: As for `assess`.
            min_score: As for `assess`.

        Raises:
            ImageError: The image cannot be used.
            NoFaceError: There is no face.
        """
        crops = crop_faces(image, None, self.estimator.spec, min_score)
        return [
            assessment
            for start in range(0, len(crops), BATCH_SIZE)
            for assessment in assess_crops(
                crops[start : start + BATCH_SIZE], self.estimator, heatmap=heatmap
            )
        ]

    def assess_batch(
        self,
        images: ImageSources,
        *,
        face_index: int | None = None,
        heatmap: bool = False,
        neutral: NeutralFace | None = None,
        min_score: float = MIN_SCORE,
        baseline: NeutralFace | None = None,
    ) -> list[Assessment | WinceError]:
        """Assess one face in each of several images, with up to BATCH_SIZE faces per network call.

        The packaged model is quantised to int8 and gives each image exactly the result of
        `assess`. Results of other models may differ in the last digit.

        Args:
            images: Images as for `assess`, or one array (N, H, W, 3). They are taken one at a
                time, so that only one image of a generator is in memory.
            face_index: As for `assess`, the same for all images.
            heatmap: As for `assess`.
            neutral: As for `assess`, the same for all images.
            min_score: As for `assess`.
            baseline: Deprecated name of `neutral`.

        Returns:
            The result for each image, in order: an assessment, or the ImageError or NoFaceError
            that `assess` would raise. No image stops the others, whatever it is.

        Raises:
            NeutralFaceError: The neutral face is from another model.
        """
        neutral = self._checked_neutral(neutral, baseline)
        results: list[Assessment | WinceError] = []
        sources = iter(_as_iterable(images))
        while batch := [
            self._try_to_crop(source, face_index, min_score)
            for source in islice(sources, BATCH_SIZE)
        ]:
            crops = [crop for crop in batch if isinstance(crop, FaceCrop)]
            scored = iter(assess_crops(crops, self.estimator, heatmap=heatmap, neutral=neutral))
            results += [next(scored) if isinstance(crop, FaceCrop) else crop for crop in batch]
        return results

    def neutral_face(
        self,
        images: ImageSources,
        *,
        face_index: int | None = None,
        any_expression: bool = False,
        min_score: float = MIN_SCORE,
    ) -> NeutralFace:
        """Return a person's neutral face: the median over a few images of them at rest.

        Args:
            images: One or more images of the person at rest, as for `assess`.
            face_index: As for `assess`, the same for all images.
            any_expression: Accept a face that is rated as an expression of pain, for a person whose
                face looks like one at rest.
            min_score: As for `assess`.

        Raises:
            ImageError: An image cannot be used.
            NoFaceError: An image has no face, or none with this index.
            ExpressiveFaceError: The median face is above the lowest level of the scale.
            NeutralFaceError: There are no images, or one of them cannot be judged.
        """
        sources = list(_as_iterable(images))
        assessments = []
        for number, image in enumerate(sources, start=1):
            assessment = self.assess(image, face_index=face_index, min_score=min_score)
            if assessment.raw_score is None:
                raise NeutralFaceError(
                    f"Image {number} of {len(sources)} for the neutral face cannot be used. "
                    f"{assessment.sentence} Leave it out or take another one."
                )
            assessments.append((assessment.action_units, assessment.raw_score))
        neutral = median_face(
            [units for units, _ in assessments], [raw for _, raw in assessments], self.model
        )
        if not any_expression:
            calibration = self.estimator.calibration
            check_expression(calibration.score(neutral.raw_score), calibration.scale)
        return neutral

    def baseline(self, images: ImageSources, *, face_index: int | None = None) -> NeutralFace:
        """Return `neutral_face(images)`. Deprecated: use `neutral_face`."""
        warnings.warn(
            "Assessor.baseline is now called neutral_face.", DeprecationWarning, stacklevel=2
        )
        return self.neutral_face(images, face_index=face_index)

    def _checked_neutral(
        self, neutral: NeutralFace | None, baseline: NeutralFace | None
    ) -> NeutralFace | None:
        """Return the neutral face, given by its present or its old keyword."""
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

    def _try_to_crop(
        self, source: ImageSource, face_index: int | None, min_score: float
    ) -> FaceCrop | WinceError:
        error: WinceError
        try:
            return crop_face(source, face_index, self.estimator.spec, min_score)
        except WinceError as wince_error:
            error = wince_error
        except MemoryError:
            error = ImageError("There was not enough memory for the image. Use a smaller one.")
        except Exception as unexpected:  # one image must not stop the others
            error = ImageError(
                f"This is a bug in wince ({type(unexpected).__name__}: {unexpected}). Report it, "
                "with the image if it may be shown."
            )
        # The traceback and the earlier errors would keep the image in memory.
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)


def assess(image: ImageSource, *, heatmap: bool = False) -> Assessment:
    """Assess the largest face in an image with the packaged model.

    The model is loaded by the first call and reused.

    Args:
        image: As for `Assessor.assess`.
        heatmap: As for `Assessor.assess`.

    Raises:
        ImageError: The image cannot be used.
        NoFaceError: There is no face.
        ModelError: The installation is damaged.
    """
    return _packaged_assessor().assess(image, heatmap=heatmap)


@cache
def _packaged_assessor() -> Assessor:
    return Assessor()


def _as_iterable(images: ImageSources) -> Iterable[ImageSource]:
    """Return images as they are; wrap a single image in a list."""
    if isinstance(images, np.ndarray):
        return [images] if images.ndim == 3 else images
    is_single = isinstance(
        images, str | bytes | bytearray | memoryview | os.PathLike | Image.Image
    ) or hasattr(images, "read")  # iterating over a file object would give its lines
    return [images] if is_single else images  # type: ignore[list-item, return-value]  # see is_single
