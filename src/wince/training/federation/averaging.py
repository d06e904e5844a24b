"""The mean of the sites' updates, which is the next round of a study."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from wince import files
from wince.errors import ModelError
from wince.training.federation import exchange_files, site_training, study
from wince.training.federation.exchange_files import VARIANCE, Tensors
from wince.training.federation.study import Round

MEAN = "running_mean"
FEWEST_SITES = 2


@dataclass(frozen=True, slots=True)
class SiteShare:
    """What a site had in a round.

    Attributes:
        site: Its name.
        subjects: Number of subjects, which is its weight in the mean.
        frames: Number of frames.
        change: How far its training moved the weights: the Euclidean norm of all differences,
            without running statistics. A site far from the others deserves a question.
    """

    site: str
    subjects: int
    frames: int
    change: float


def average(folder: Path, updates: Sequence[Path]) -> tuple[Round, list[SiteShare]]:
    """Write the next round: the mean of the sites' weights, by number of subjects.

    One update after the other is read, so that memory does not grow with the number of sites.

    Args:
        folder: The folder of the study.
        updates: The updates of all sites, of the study's latest round.

    Returns:
        The round, and the sites by name.

    Raises:
        ModelError: An update cannot be used, is there twice, or there are fewer than two.
        FileWriteError: The round cannot be written.
    """
    current = latest(folder)
    if len(updates) < FEWEST_SITES:
        raise ModelError(
            f"Expected the updates of at least {FEWEST_SITES} sites; found {len(updates)}. The "
            "mean of one site would be that site's weights."
        )
    if current.is_last:
        raise ModelError(
            f"{current.path} is the last of {current.study.rounds} rounds: the study is finished."
        )
    total, shares = _Mean(), dict[str, SiteShare]()
    known: dict[str, Path] = {}
    for path in sorted(updates, key=lambda file: (file.name, file)):  # sums depend on the order
        update = site_training.read(path, current)
        site, subjects, frames = (update.header[key] for key in ("site", "subjects", "frames"))
        for mark in (f"site {site}", exchange_files.sha256(update.weights)):
            if mark in known:
                raise ModelError(
                    f"{known[mark]} and {path} are of the same site, or have the same weights. "
                    "Give one update of each site."
                )
            known[mark] = path
        total.add(update.weights, subjects)
        shares[site] = SiteShare(site, subjects, frames, _change(update.weights, current.weights))
    weights = total.result(current.weights)
    broken = [name for name, tensor in weights.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise ModelError(
            f"The mean of the updates is not finite in {broken[0]}: the values of a site are too "
            "large. Ask the sites to train again."
        )
    sites = [shares[name] for name in sorted(shares)]
    entry = {
        "sites": len(sites),
        "subjects": sum(share.subjects for share in sites),
        "frames": sum(share.frames for share in sites),
    }
    number = current.number + 1
    path = folder / exchange_files.round_name(number)
    files.refuse_existing(path, "Delete it to average again.")
    following = Round(
        path, current.study, number, weights, current.origin, (*current.history, entry)
    )
    study.write(following)
    return following, sites


def latest(folder: Path) -> Round:
    """Return the latest round in the folder of a study; raise ModelError if there is none."""
    rounds = sorted(folder.glob(exchange_files.round_name(0).replace("000", "[0-9][0-9][0-9]")))
    if not rounds:
        raise ModelError(
            f"{folder} has no round of a study. Begin one with: wince federate start --out "
            f"{folder}."
        )
    return study.read(rounds[-1])


def mean(updates: Iterable[tuple[Tensors, int]], like: Tensors) -> dict[str, Tensor]:
    """Return the mean of weights, each with the number of its subjects.

    With n_i subjects at site i and N in all, a weight is the sum of n_i / N times that of each
    site (McMahan et al. 2017, algorithm 1, which counts examples; here subjects count, because
    frames of one person say little more about other people).

    The running statistics of normalisation layers are pooled with the same shares, as those of the
    mixture of the sites' data: the mean m is the mean of the m_i, and the variance is the mean of
    v_i + m_i^2, less m^2. The plain mean of the v_i leaves out by how much the sites differ. Each
    site keeping its own statistics (FedBN, Li et al. 2021, ICLR) would give no model for a new
    site. The count of batches, on which nothing depends here, is the largest.

    Args:
        updates: Tensors by name and number of subjects of each site.
        like: Tensors of the types of the result.
    """
    total = _Mean()
    for weights, subjects in updates:
        total.add(weights, subjects)
    return total.result(like)


class _Mean:
    """The sum over sites of which `mean` is made, in double precision."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.subjects = 0

    def add(self, weights: Tensors, subjects: int) -> None:
        """Add a site."""
        self.subjects += subjects
        for name, tensor in weights.items():
            if not tensor.is_floating_point():
                self.sums[name] = torch.maximum(self.sums.get(name, tensor), tensor)
                continue
            value = tensor.double()
            if name.endswith(VARIANCE):
                value = value + weights[_mean_of(name)].double() ** 2
            self.sums[name] = self.sums.get(name, torch.zeros(())) + subjects * value

    def result(self, like: Tensors) -> dict[str, Tensor]:
        """Return the mean, of the types of `like`."""
        result = {}
        for name, tensor in like.items():
            value = self.sums[name]
            if tensor.is_floating_point():
                value = value / self.subjects
                if name.endswith(VARIANCE):
                    pooled = self.sums[_mean_of(name)] / self.subjects
                    value = (value - pooled**2).clamp(min=0)
            result[name] = value.to(tensor.dtype)
        return result


def _mean_of(variance: str) -> str:
    """Return the name of the running mean beside a running variance."""
    return variance.removesuffix(VARIANCE) + MEAN


def _change(weights: Tensors, before: Tensors) -> float:
    """Return the Euclidean norm of the differences of weights, without running statistics."""
    squares = sum(
        float(((tensor.double() - before[name].double()) ** 2).sum())
        for name, tensor in weights.items()
        if tensor.is_floating_point() and not name.endswith((MEAN, VARIANCE))
    )
    return float(squares**0.5)
