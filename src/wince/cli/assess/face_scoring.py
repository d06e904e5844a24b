"""How the faces of an image are scored, as plain data that other processes can use too."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from wince.images import ImageSource
from wince.runtime.assessment import Assessment
from wince.runtime.assessor import Assessor
from wince.runtime.neutral import NeutralFace
from wince.score_scale import Scale


@lru_cache(maxsize=2)
def load_assessor(model: Path | None, scale: Scale | None) -> Assessor:
    """Return the assessor of this process for a model; see `Assessor`."""
    return Assessor(model, scale=scale)


@dataclass(frozen=True, slots=True)
class FaceScoring:
    """Scores the faces of one image when it is called.

    Attributes:
        model: Folder of the model; None for the packaged one.
        scale: The model's scale with other cuts and levels; None for its own.
        all_faces: Whether every face is assessed.
        index: Index of the assessed face by size; None for the largest.
        heatmap: Whether there are activation maps.
        neutral: The neutral face, None to compare with none.
        min_score: Minimum score of the face detector.
    """

    model: Path | None
    scale: Scale | None
    all_faces: bool
    index: int | None
    heatmap: bool
    neutral: NeutralFace | None
    min_score: float

    def __call__(self, source: ImageSource) -> list[Assessment]:
        """Return the assessment of each assessed face of an image."""
        assessor = load_assessor(self.model, self.scale)
        if self.all_faces:
            return assessor.assess_faces(source, heatmap=self.heatmap, min_score=self.min_score)
        assessment = assessor.assess(
            source,
            face_index=self.index,
            heatmap=self.heatmap,
            neutral=self.neutral,
            min_score=self.min_score,
        )
        return [assessment]
