"""Updates of a federated study as a site would write them, without training."""

from pathlib import Path
from typing import Any

from wince.training.federation import exchange_files, site_training
from wince.training.federation.study import Round


def write_update(
    current: Round,
    folder: Path,
    site: str,
    *,
    subjects: int = 1,
    step: float = 0.01,
    weights: dict[str, Any] | None = None,
    header: dict[str, Any] | None = None,
) -> Path:
    """Write an update whose weights are those of the round plus `step`.

    Args:
        current: The round.
        folder: Where the update is written.
        site: Name of the site.
        subjects: Number of its subjects, each with ten frames.
        step: What is added to each weight.
        weights: Tensors in place of those of the same name.
        header: Values in place of those of the description.
    """
    path = folder / exchange_files.update_name(current.number, site)
    tensors = {
        name: tensor + step if tensor.is_floating_point() else tensor + 3
        for name, tensor in current.weights.items()
    }
    described = site_training.describe(current, site, subjects, 10 * subjects)
    folder.mkdir(exist_ok=True)
    exchange_files.write(
        path, "update", {**described, **(header or {})}, {**tensors, **(weights or {})}
    )
    return path
