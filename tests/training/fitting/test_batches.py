"""The order and the content of batches."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from wince.errors import DataError
from wince.faces.spec import FaceSpec
from wince.training.data.frames import Frames
from wince.training.data.prepared import open_data
from wince.training.fitting import batches


@pytest.fixture(scope="module")
def table(prepared_folder: Path) -> Frames:
    return open_data(prepared_folder, FaceSpec(size=32)).frames


def test_the_order_of_an_epoch_is_the_same_in_every_process_and_shares_are_complete() -> None:
    def order(epoch: int, **share: int) -> list[int]:
        sampler = batches.EpochSampler(40, 7, **share)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(3) == order(3)
    assert order(3) != order(4)
    assert sorted(order(3)) == list(range(40))
    halves = [order(3, rank=rank, world=2) for rank in (0, 1)]
    assert sorted(halves[0] + halves[1]) == list(range(40))
    assert [len(half) for half in halves] == [20, 20]


def test_rare_levels_are_drawn_as_often_as_the_power_says() -> None:
    pspi = np.array([0] * 90 + [8] * 10, np.float32)
    for power, share in ((0.0, 0.1), (0.5, 0.25), (1.0, 0.5)):
        weights = batches.level_weights(pspi, power)
        assert weights[90:].sum() / weights.sum() == pytest.approx(share)
        assert weights.mean() == pytest.approx(1)
    sampler = batches.EpochSampler(100, 0, batches.level_weights(pspi, 1.0))
    drawn = []
    for epoch in range(50):
        sampler.set_epoch(epoch)
        drawn += list(sampler)
    assert np.mean(np.array(drawn) >= 90) == pytest.approx(0.5, abs=0.03)


def test_a_batch_holds_the_rows_asked_for_in_their_order(table: Frames) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (len(table), 8, 8, 3), np.uint8)
    rows = np.array([5, 2, 11, 7])
    faces = batches.FaceDataset(pixels, table, rows, np.array([1.0, 2.0, 3.0, 4.0]))
    (batch,) = batches.validation_batches(faces, 8)
    crops, units, pspi, weights = batch
    np.testing.assert_array_equal(crops.permute(0, 2, 3, 1).numpy(), pixels[rows])
    np.testing.assert_array_equal(pspi.numpy(), table.score[rows])
    np.testing.assert_array_equal(units.numpy()[:, :5], table.units[rows, :5])
    np.testing.assert_array_equal(units.numpy()[:, 5], table.units[rows, 5] * 5)
    assert weights.tolist() == [1, 2, 3, 4]


def test_action_units_cannot_be_learned_where_there_are_none(table: Frames) -> None:
    rows = np.arange(4)
    table = table.take(np.arange(len(table)))  # a copy: others use it too
    table.units[2] = np.nan
    assert batches.with_units(table, rows).tolist() == [0, 1, 3]
    with pytest.raises(DataError, match="--head pspi"):
        batches.with_units(table, np.array([2]))
