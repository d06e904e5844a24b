"""FaceSpec: how an image is turned into a model's input, in training and in use alike."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from wince.errors import ModelError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
LARGEST_SIZE = 4096
"""Largest side of a model's input, in pixels."""
LARGEST_SIDE = 100.0
"""Largest crop, and largest distance of its centre, in units of the face's size."""
LARGEST_COLOUR = 1e6
"""Largest value of a mean or a standard deviation."""


@dataclass(frozen=True, slots=True)
class FaceSpec:
    """How an image becomes the square input of a model.

    Attributes:
        kind: "aligned", an upright crop of the face; or "whole", the whole image stretched to the
            square, as in the project's first report.
        size: Side of the square in pixels.
        side: For "aligned". Side of the crop in units of the face's size, which is the distance
            between the eyes or from the eyes to the mouth, whichever is longer.
        centre: For "aligned". Position of the crop's centre on the line from the middle of the eyes
            (0) to the mouth (1).
        mean: Per channel (R, G, B), from 0 to 1. The model's input is (pixel / 255 - mean) / std.
        std: As `mean`.
    """

    kind: Literal["aligned", "whole"] = "aligned"
    size: int = 224
    side: float = 2.7
    centre: float = 0.45
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def widened(self, factor: float, size: int) -> "FaceSpec":
        """Return a spec whose crop is `factor` times as wide and has `size` pixels a side."""
        return replace(self, side=self.side * factor, size=size)

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as plain data for model.json, checkpoints and manifests."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "FaceSpec":
        """Return the spec that `to_dict` wrote; raise ModelError if the data is not one."""
        names = {field.name for field in fields(cls)}
        if not isinstance(data, Mapping) or set(data) != names:
            content = sorted(map(str, data)) if isinstance(data, Mapping) else data
            raise ModelError(f"A face spec has the keys {sorted(names)}, found {content!s:.200}.")
        if data["kind"] not in ("aligned", "whole"):
            raise ModelError(
                f"A face spec's kind is 'aligned' or 'whole', found {data['kind']!r:.80}. "
                "The model needs a newer wince, or its model.json is damaged."
            )
        is_valid = {
            "size": isinstance(data["size"], int) and _is_number(data["size"], 1, LARGEST_SIZE),
            "side": _is_number(data["side"], 0, LARGEST_SIDE),
            "centre": _is_number(data["centre"], -LARGEST_SIDE, LARGEST_SIDE),
            "mean": _is_triple(data["mean"]),
            "std": _is_triple(data["std"], 1e-6),
        }
        for name in (name for name, valid in is_valid.items() if not valid):
            raise ModelError(
                f"A face spec cannot have {data[name]!r:.80} as its {name}. "
                "The model.json may be damaged: copy or export the model again."
            )
        return cls(**{**data, "mean": tuple(data["mean"]), "std": tuple(data["std"])})


def _is_number(value: object, minimum: float, maximum: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return minimum <= value <= maximum


def _is_triple(values: object, minimum: float = -LARGEST_COLOUR) -> bool:
    if not isinstance(values, list | tuple) or len(values) != 3:
        return False
    return all(_is_number(value, minimum, LARGEST_COLOUR) for value in values)


WHOLE_IMAGE = FaceSpec(kind="whole", size=224, side=0.0, centre=0.0)
"""Spec of the model in the project's first report."""
