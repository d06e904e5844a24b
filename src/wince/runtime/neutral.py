"""A person's own calm face, and how far another expression of theirs is from it.

Faces differ at rest: deep furrows, a moustache or a resting frown read as action. The calm face is
the median of the action units over a few pictures of the same person at rest. The change is

    max(PSPI(action units) - PSPI(calm action units), 0)

in points of the model's raw score, 0 to 16: before the map to PSPI that its card may state, because
that map takes most of what lies between a calm face and a mild expression away. docs/calm-face.md
says what else was tried and what it does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wince import scale
from wince.errors import BaselineError, ScaleError

if TYPE_CHECKING:
    from wince.runtime.assessment import Assessment

_AGAIN = "Set the calm face again from pictures of the person at rest."


@dataclass(frozen=True, slots=True)
class Baseline:
    """A calm face. It says nothing of who it is of: keep it with the person, and only as long.

    action_units: medians by name, or None when the model gives PSPI alone. raw_score: the PSPI
    formula of them, or the median of the raw scores. pictures: how many it was made of. model: name
    and version of the model that read them.
    """

    action_units: dict[str, float] | None
    raw_score: float
    pictures: int
    model: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, which `from_dict` reads again."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: object) -> "Baseline":
        """Return the calm face in what `to_dict` gave; raise BaselineError when it is none."""
        expected = ("action_units", "raw_score", "pictures", "model")
        if not isinstance(data, Mapping) or set(data) != set(expected):
            found = sorted(map(str, data)) if isinstance(data, Mapping) else type(data).__name__
            raise BaselineError(
                f"A calm face is an object with {', '.join(expected)}; found {found}. {_AGAIN}"
            )
        try:
            units = None if data["action_units"] is None else _checked(data["action_units"])
            raw = scale.check_range(data["raw_score"], 0.0, scale.PSPI_MAXIMUM, "raw_score")
            return cls(units, raw, _count(data["pictures"]), _model(data["model"]))
        except ScaleError as error:
            raise BaselineError(f"The calm face cannot be read: {error} {_AGAIN}") from None


@dataclass(frozen=True, slots=True)
class Change:
    """How far an expression is from the person's own calm face.

    pspi: points of the raw score above it, 0 to 16. action_units: what each action unit has more
    than the calm one, negative where it has less, or None when the model gives PSPI alone.
    baseline: the calm face.
    """

    pspi: float
    action_units: dict[str, float] | None
    baseline: Baseline


def of(assessments: Iterable["Assessment"]) -> Baseline:
    """Return the calm face that assessments of one person at rest make, the median of each unit.

    Raises BaselineError when there is none, or when they come from different models.
    """
    found = list(assessments)
    if not found:
        raise BaselineError("A calm face needs one picture of the person at rest at least.")
    models = {tuple(sorted(one.model.items())) for one in found}
    if len(models) > 1:
        raise BaselineError("The pictures of a calm face must all be read by one model.")
    every = [one.action_units for one in found if one.action_units is not None]
    if len(every) < len(found):
        raw = float(np.median([one.raw_score for one in found]))
        return Baseline(None, round(raw, 3), len(found), found[0].model)
    units = {n: round(float(np.median([u[n] for u in every])), 3) for n in scale.UNIT_NAMES}
    return Baseline(units, round(scale.pspi(units), 3), len(found), found[0].model)


def change(
    action_units: Mapping[str, float] | None, raw_score: float, baseline: Baseline
) -> Change:
    """Return how far a raw score is from the calm face's, and each action unit if there are any."""
    calm, more = baseline.action_units, None
    if action_units is not None and calm is not None:
        more = {name: round(action_units[name] - calm[name], 3) for name in scale.UNIT_NAMES}
    return Change(round(max(raw_score - baseline.raw_score, 0.0), 3), more, baseline)


def check_model(baseline: Baseline, model: Mapping[str, str]) -> None:
    """Raise BaselineError unless the calm face was read by this model (name, version)."""
    if dict(baseline.model) != dict(model):
        theirs, ours = (f"{one['name']} {one['version']}" for one in (baseline.model, model))
        raise BaselineError(
            f"The calm face was read by the model {theirs}, this picture is read by {ours}. "
            f"{_AGAIN}"
        )


def _checked(units: object) -> dict[str, float]:
    if not isinstance(units, Mapping):
        raise ScaleError(f"action_units must be an object, not {type(units).__name__}.")
    plain = {str(name): value for name, value in units.items()}
    scale.pspi(plain)  # complains about what is missing, unknown or out of its range
    return {name: float(plain[name]) for name in scale.UNIT_NAMES}


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ScaleError(f"pictures must be a whole number from 1, not {str(value)[:40]}.")
    return value


def _model(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or set(value) != {"name", "version"}:
        raise ScaleError("model must be an object with name and version.")
    return {"name": str(value["name"])[:200], "version": str(value["version"])[:200]}
