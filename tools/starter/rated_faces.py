"""The faces that the starter model learns from, as arrays with one row for each face."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wince import scale
from wince.faces.spec import FaceSpec
from wince.files import replacing

SIDE = 2.25  # FaceSpec.side of the model's crop: from above the brows to the chin
MARGIN = 1.5  # side of a stored crop over that of the model's crop: room to turn and shift it
RATED_ONCE = "rated once"  # Faces.picked of a face with one rating
BY_EXPRESSION = "by expression"  # Faces.picked of a face chosen for its labelled expression


def face_spec(size: int) -> FaceSpec:
    """Return how the starter model sees a face.

    Args:
        size: Side of the crop, pixels.
    """
    return FaceSpec(size=size, side=SIDE)


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces cut out of photographs, one row each. People are split by `subject`, always.

    Attributes:
        crops: uint8 (N, S, S, 3), RGB, MARGIN times as wide as the model's crop.
        points: float32 (N, 478, 2), landmarks (x, y) as shares of the crop's side.
        blendshapes: float32 (N, 52).
        ratings: float32 (N, 2, 6), two ratings of six action units; NaN for unrated faces.
        subject: Who it is, text (N,).
        expression: Expression that the collection names, text (N,).
        picked: How the face was chosen, text (N,); RATED_ONCE for faces with one rating.
        image: File name, text (N,).
    """

    crops: NDArray[np.uint8]
    points: NDArray[np.float32]
    blendshapes: NDArray[np.float32]
    ratings: NDArray[np.float32]
    subject: NDArray[np.str_]
    expression: NDArray[np.str_]
    picked: NDArray[np.str_]
    image: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.crops)

    def __getitem__(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Faces":
        return Faces(*(getattr(self, name)[rows] for name in self.__slots__))

    def save(self, path: Path) -> None:
        """Write the arrays to an .npz file; raise FileWriteError when that fails."""
        with replacing(path) as temporary:
            np.savez(temporary, **{name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def load(cls, path: Path) -> "Faces":
        """Read a file that `save` wrote."""
        with np.load(path) as arrays:
            return cls(*(arrays[name] for name in cls.__slots__))

    @property
    def rated(self) -> NDArray[np.bool_]:
        """Which faces are rated, (N,)."""
        return np.asarray(~np.isnan(self.ratings).any(axis=(1, 2)))

    @property
    def rated_once(self) -> NDArray[np.bool_]:
        """Which faces have one rating only, (N,)."""
        return np.asarray(self.picked == RATED_ONCE)

    @property
    def by_expression(self) -> NDArray[np.bool_]:
        """Which faces were chosen for their labelled expression, (N,)."""
        return np.asarray(self.picked == BY_EXPRESSION)

    @property
    def units(self) -> NDArray[np.float32]:
        """Mean of the two ratings, float32 (N, 6)."""
        return np.asarray(self.ratings.mean(axis=1))

    @property
    def pspi_by_rating(self) -> NDArray[np.float32]:
        """PSPI of each rating, float32 (N, 2)."""
        return np.asarray(scale.pspi_formula(*np.moveaxis(self.ratings, -1, 0), maximum=np.maximum))

    @property
    def pspi(self) -> NDArray[np.float32]:
        """Mean of the two ratings' PSPI, float32 (N,); not the PSPI of the mean rating."""
        return np.asarray(self.pspi_by_rating.mean(axis=1))

    def shares_subject(self, others: "Faces") -> NDArray[np.bool_]:
        """Return which faces (N,) are of a subject who is also among the others."""
        return np.isin(self.subject, others.subject)

    def resized(self, size: int) -> "Faces":
        """Return the faces with crops at the resolution that a model of this input size needs."""
        side = round(size * MARGIN)
        crops = np.empty((len(self), side, side, 3), np.uint8)
        for row, crop in enumerate(self.crops):
            small = Image.fromarray(crop).resize((side, side), Image.Resampling.BOX)
            crops[row] = np.asarray(small)
        return replace(self, crops=crops)


def joined(parts: Sequence[Faces]) -> Faces:
    """Return the faces of all parts, in their order."""
    return Faces(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Faces.__slots__)
    )
