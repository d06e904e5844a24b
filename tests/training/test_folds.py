"""Who trains, who chooses, who tests: parts and folds that never share a subject."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from tests.support.frames import Frame
from wince.errors import DataError
from wince.faces.spec import FaceSpec
from wince.protocol_names import OPTIMISTIC
from wince.training import batches, folds
from wince.training.prepared import Frames, ModelData, open_data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> Path:
    return sample.prepared(tmp_path_factory.mktemp("data"), frames)


@pytest.fixture(scope="module")
def data(folder: Path) -> ModelData:
    return open_data(folder, FaceSpec(size=32))


@pytest.fixture
def table(data: ModelData) -> Frames:
    return data.frames


def names(table: Frames, rows: np.ndarray) -> set[str]:
    return set(table.subject[rows].tolist())


@pytest.mark.parametrize("how", ["3", "5", "loso"])
def test_folds_share_no_subject_and_test_every_frame_once(table: Frames, how: str) -> None:
    found = folds.make_folds(table, how, 0)
    assert len(found) == (12 if how == "loso" else int(how))
    for fold in found:
        train, held, test = (
            names(table, rows) for rows in (fold.train, fold.validation, fold.test)
        )
        assert train and held and test
        assert not train & held and not train & test and not held & test
        assert train | held | test == set(table.subject.tolist())
        assert fold.caution == ""
    tested = np.concatenate([fold.test for fold in found])
    assert sorted(tested.tolist()) == list(range(len(table)))
    if how == "loso":
        assert [fold.name for fold in found] == sorted(set(table.subject.tolist()))


def test_a_run_finds_its_split_again_from_its_config(data: ModelData) -> None:
    table = data.frames
    for chosen in (folds.from_prepared(data), folds.make_folds(table, "5", 0)[2]):
        described = {
            "name": chosen.name,
            "protocol": chosen.protocol,
            **{
                name: {"subjects": sorted(names(table, getattr(chosen, name)))}
                for name in ("train", "validation", "test")
            },
        }
        again = folds.from_config(data, described)
        for name in ("train", "validation", "test"):
            np.testing.assert_array_equal(getattr(again, name), getattr(chosen, name))


@pytest.mark.parametrize("how", ["2", "0", "many", "13"])
def test_a_number_of_folds_that_cannot_be_is_refused(table: Frames, how: str) -> None:
    with pytest.raises(DataError, match=r"3 or more folds|need at least 13 subjects; found 12"):
        folds.make_folds(table, how, 0)


def test_one_subject_only_is_refused_with_what_to_do(data: ModelData) -> None:
    table = data.frames
    alone = table.take(table.subject == table.subject[0])
    chosen = folds.from_prepared(replace(data, frames=alone))
    with pytest.raises(DataError, match=r"one subject \(001-aa001\).*at least three"):
        folds.check(chosen, alone)
    with pytest.raises(DataError, match="need at least 3 subjects; found 1"):
        folds.make_folds(alone, "loso", 0)


def test_a_training_part_without_pain_is_refused(data: ModelData) -> None:
    table = data.frames
    calm = table.take(np.flatnonzero((table.pspi == 0) | (table.split != "train")))
    chosen = folds.from_prepared(replace(data, frames=calm))
    with pytest.raises(DataError, match=r"no frame with PSPI 1 or more.*another --seed"):
        folds.check(chosen, calm)


def test_a_test_or_validation_part_without_pain_is_told(data: ModelData) -> None:
    table = data.frames
    for part, words in (("val", "chosen by MAE"), ("test", "AUC and correlation are undefined")):
        some = table.take(np.flatnonzero((table.pspi == 0) | (table.split != part)))
        some = some if part == "test" else doubled(some, "val")
        (note,) = folds.check(folds.from_prepared(replace(data, frames=some)), some)
        assert words in note


def doubled(table: Frames, part: str) -> Frames:
    """Return the frames with those of a part twice, so that there are two to choose by."""
    rows = np.flatnonzero(table.split == part)
    return table.take(np.concatenate([np.arange(len(table)), rows]))


def test_an_empty_validation_part_is_refused(data: ModelData) -> None:
    none = data.frames.take(data.frames.split != "val")
    with pytest.raises(DataError, match="validation part has 0 frames of"):
        folds.check(folds.from_prepared(replace(data, frames=none)), none)


def test_frames_at_random_are_marked(frames: list[Frame], tmp_path: Path) -> None:
    folder = sample.prepared(tmp_path, frames, split="random-frames")
    data = open_data(folder, FaceSpec(size=32))
    chosen = folds.from_prepared(data)
    assert chosen.caution == OPTIMISTIC
    assert OPTIMISTIC in folds.check(chosen, data.frames)[0]


def test_an_epoch_has_one_order_whoever_asks_and_shares_are_whole() -> None:
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
    np.testing.assert_array_equal(pspi.numpy(), table.pspi[rows])
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
