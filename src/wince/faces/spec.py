"""FaceSpec: what a model is shown, the same for training and for use."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from wince.errors import ModelError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class FaceSpec:
    """How a picture becomes the square that a model sees.

    kind: "aligned", an upright crop of the face; or "whole", the whole picture squeezed into the
        square, as the project's first report did.
    size: side of the square in pixels.
    side: "aligned" only. Side of the crop in units of the face's own size, which is the distance
        between the eyes or from the eyes to the mouth, whichever is longer.
    centre: "aligned" only. Where the middle of the crop lies on the line from the middle of the
        eyes (0) to the mouth (1).
    mean, std: per channel (R, G, B) on the 0-1 scale; a model's input is
        (pixel / 255 - mean) / std.
    """

    kind: Literal["aligned", "whole"] = "aligned"
    size: int = 224
    side: float = 2.7
    centre: float = 0.45
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def widened(self, factor: float, size: int) -> "FaceSpec":
        """Return a spec that shows `factor` times as much around the face, in `size` pixels."""
        return replace(self, side=self.side * factor, size=size)

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as plain data for model.json, checkpoints and manifests."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "FaceSpec":
        """Return the spec written by `to_dict`; raise ModelError when it is not one."""
        names = {field.name for field in fields(cls)}
        if not isinstance(data, Mapping) or set(data) != names:
            found = sorted(data) if isinstance(data, Mapping) else data
            raise ModelError(f"A face spec has the keys {sorted(names)}, found {found}.")
        if data["kind"] not in ("aligned", "whole"):
            raise ModelError(
                f"A face spec's kind is 'aligned' or 'whole', found {data['kind']!r}. "
                "The model needs a newer wince, or its model.json is damaged."
            )
        checks = {
            "size": _is_number(data["size"], 1) and isinstance(data["size"], int),
            "side": _is_number(data["side"], 0),
            "centre": _is_number(data["centre"]),
            "mean": _is_triple(data["mean"]),
            "std": _is_triple(data["std"], 1e-6),
        }
        for name in (name for name, right in checks.items() if not right):
            raise ModelError(
                f"A face spec cannot have {data[name]!r} as its {name}. "
                "The model.json may be damaged: copy or export the model again."
            )
        return cls(**{**data, "mean": tuple(data["mean"]), "std": tuple(data["std"])})


def _is_number(value: object, least: float = -math.inf) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return least <= value < 1e300 and value > -1e300  # a whole number may be too large for a float


def _is_triple(values: object, least: float = -math.inf) -> bool:
    if not isinstance(values, list | tuple) or len(values) != 3:
        return False
    return all(_is_number(value, least) for value in values)


WHOLE_IMAGE = FaceSpec(kind="whole", size=224, side=0.0, centre=0.0)
"""What the project's first report showed its model."""
