"""Fitting a model of time to the features of some sequences, and scoring sequences with it."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from wince.evaluation.metrics import agreement
from wince.runtime.network_outputs import units_and_score
from wince.training.data.folds import Rows
from wince.training.data.frames import Frames
from wince.training.export import trained_network
from wince.training.fitting.batches import level_weights
from wince.training.fitting.regressor import PSPI_WEIGHT
from wince.training.networks import losses
from wince.training.over_time.sequences import by_sequence, stretches
from wince.training.over_time.time_network import KindOrSingle, TimeNetwork
from wince.training.over_time.time_settings import TimeSettings

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TimeData:
    """Features and labels of all frames of prepared data.

    Attributes:
        features: Features of each frame (N, F).
        frames: The frames (N).
        head: "pspi" or "action-units": what is learned.
    """

    features: Floats
    frames: Frames
    head: str

    @property
    def outputs(self) -> int:
        """Number of outputs of a network."""
        return 1 if self.head == "pspi" else self.frames.units.shape[1]


@dataclass(frozen=True, slots=True)
class FittedTimeNetwork:
    """A fitted network.

    Attributes:
        network: The network of the best epoch, in evaluation mode.
        epoch: Number of that epoch, from 1.
    """

    network: TimeNetwork
    epoch: int


def fit(
    kind: KindOrSingle,
    data: TimeData,
    train: Rows,
    validation: Rows | None,
    settings: TimeSettings,
    epochs: int | None = None,
) -> FittedTimeNetwork:
    """Return a network fitted to the sequences of some rows.

    Args:
        kind: What is fitted.
        data: Features and labels.
        train: Rows to train on.
        validation: Rows whose CCC chooses the epoch; None for the last epoch.
        settings: Settings of the training.
        epochs: Number of epochs, None for that of the settings.
    """
    torch.manual_seed(settings.seed)
    generator = np.random.default_rng(settings.seed)
    network = TimeNetwork(kind, data.features.shape[1], data.outputs, settings.window)
    network.standardise_by(torch.from_numpy(data.features[train]))
    count = epochs or settings.epochs
    optimizer = torch.optim.AdamW(
        network.parameters(), settings.rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.epochs)
    weights = np.zeros(len(data.frames), np.float32)
    weights[train] = level_weights(data.frames.score[train], settings.balance)
    sequences = by_sequence(data.frames, train)
    best, best_ccc, best_epoch = copy.deepcopy(network.state_dict()), -np.inf, count
    for epoch in range(1, count + 1):
        _train_epoch(network, optimizer, data, sequences, weights, settings, generator)
        schedule.step()
        if validation is None:
            continue
        scores = score(network, data, validation, settings.look_ahead)
        ccc = agreement.ccc(data.frames.score[validation], scores)
        if ccc > best_ccc:
            best, best_ccc, best_epoch = copy.deepcopy(network.state_dict()), ccc, epoch
    if validation is not None and best_ccc > -np.inf:
        network.load_state_dict(best)
    return FittedTimeNetwork(network.eval(), best_epoch)


def score(network: TimeNetwork, data: TimeData, rows: Rows, look_ahead: int) -> Floats:
    """Return the raw score of each of some rows (M,), from the whole sequences of these rows.

    At the end of a sequence its last frame stands for the frames that would come.
    """
    network.eval()
    raw = np.zeros(len(data.frames), np.float32)
    with torch.no_grad():
        for sequence in by_sequence(data.frames, rows):
            inputs = data.features[_with_end(sequence, look_ahead)]
            outputs = network(torch.from_numpy(inputs)[None])[0, look_ahead:].numpy()
            raw[sequence] = units_and_score(outputs, data.head)[1]
    return raw[rows]


def _with_end(sequence: Rows, look_ahead: int) -> Rows:
    return np.concatenate([sequence, np.repeat(sequence[-1:], look_ahead)])


def _train_epoch(
    network: TimeNetwork,
    optimizer: torch.optim.Optimizer,
    data: TimeData,
    sequences: Sequence[Rows],
    weights: Floats,
    settings: TimeSettings,
    generator: np.random.Generator,
) -> None:
    """Train on every frame once, cut into stretches at a new offset."""
    length = 2 * settings.window
    offset = int(generator.integers(1, length + 1))
    parts = stretches(sequences, length, offset)
    network.train()
    order = generator.permutation(len(parts))
    for start in range(0, len(parts), settings.batch):
        batch = [parts[number] for number in order[start : start + settings.batch]]
        optimizer.zero_grad()
        loss = _loss(network, data, batch, weights, settings.look_ahead)
        if loss is not None:
            loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
            optimizer.step()


def _loss(
    network: TimeNetwork, data: TimeData, batch: Sequence[Rows], weights: Floats, look_ahead: int
) -> Tensor | None:
    """Return the weighted loss of stretches; None if no frame of them has labels."""
    inputs = [torch.from_numpy(data.features[_with_end(rows, look_ahead)]) for rows in batch]
    outputs = network(torch.nn.utils.rnn.pad_sequence(inputs, batch_first=True))
    predicted = torch.cat(
        [outputs[i, look_ahead : look_ahead + len(rows)] for i, rows in enumerate(batch)]
    )
    rows = np.concatenate(batch)
    if data.head != "pspi":
        known = data.frames.units_known[rows]
        rows, predicted = rows[known], predicted[torch.from_numpy(known)]
    if not len(rows):
        return None
    weight = torch.from_numpy(weights[rows])
    pspi = torch.from_numpy(data.frames.score[rows].astype(np.float32))
    if data.head == "pspi":
        by_frame = _distance(predicted[:, 0], pspi)
    else:
        units = torch.from_numpy(data.frames.units[rows])
        ranges = torch.tensor(trained_network.HEADS[data.head].scales)  # AU43 is from 0 to 1
        predicted, units = predicted / ranges, units / ranges
        by_frame = _distance(predicted, units).mean(1)
        by_frame = by_frame + PSPI_WEIGHT * _distance(losses.pspi(predicted), pspi)
    return (by_frame * weight).sum() / weight.sum()


def _distance(predicted: Tensor, labels: Tensor) -> Tensor:
    return functional.smooth_l1_loss(predicted, labels, reduction="none")
