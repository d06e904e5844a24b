"""The prepared split and folds by subject, which never share a subject."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from wince.errors import DataError
from wince.faces.spec import FaceSpec
from wince.protocol_names import OPTIMISTIC
from wince.training.data import folds
from wince.training.data.frames import Frames
from wince.training.data.prepared import ModelData, open_data


@pytest.fixture(scope="module")
def data(prepared_folder: Path) -> ModelData:
    return open_data(prepared_folder, FaceSpec(size=32))


@pytest.fixture
def table(data: ModelData) -> Frames:
    return data.frames


def names(table: Frames, rows: np.ndarray) -> set[str]:
    return set(table.subject[rows].tolist())


@pytest.mark.parametrize("how", ["3", "5", "loso"])
def test_folds_share_no_subject_and_test_every_frame_once(table: Frames, how: str) -> None:
    splits = folds.make_folds(table, how, 0)
    assert len(splits) == (12 if how == "loso" else int(how))
    for fold in splits:
        train, validation, test = (
            names(table, rows) for rows in (fold.train, fold.validation, fold.test)
        )
        assert train and validation and test
        assert not train & validation and not train & test and not validation & test
        assert train | validation | test == set(table.subject.tolist())
        assert fold.caution == ""
    tested = np.concatenate([fold.test for fold in splits])
    assert sorted(tested.tolist()) == list(range(len(table)))
    if how == "loso":
        assert [fold.name for fold in splits] == sorted(set(table.subject.tolist()))


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
        reopened = folds.from_config(data, described)
        for name in ("train", "validation", "test"):
            np.testing.assert_array_equal(getattr(reopened, name), getattr(chosen, name))


@pytest.mark.parametrize("how", ["2", "0", "many", "13"])
def test_an_impossible_number_of_folds_is_refused(table: Frames, how: str) -> None:
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
    neutral = table.take(np.flatnonzero((table.score == 0) | (table.split != "train")))
    chosen = folds.from_prepared(replace(data, frames=neutral))
    with pytest.raises(DataError, match=r"no frame with PSPI 1 or more.*another --seed"):
        folds.check(chosen, neutral)


def test_a_test_or_validation_part_without_pain_is_noted(data: ModelData) -> None:
    table = data.frames
    for part, message in (("val", "chosen by MAE"), ("test", "AUC and correlation are undefined")):
        some = table.take(np.flatnonzero((table.score == 0) | (table.split != part)))
        some = some if part == "test" else doubled(some, "val")
        (note,) = folds.check(folds.from_prepared(replace(data, frames=some)), some)
        assert message in note


def doubled(table: Frames, part: str) -> Frames:
    """Return the frames with those of a part twice, so that there are two frames."""
    rows = np.flatnonzero(table.split == part)
    return table.take(np.concatenate([np.arange(len(table)), rows]))


def test_an_empty_validation_part_is_refused(data: ModelData) -> None:
    none = data.frames.take(data.frames.split != "val")
    with pytest.raises(DataError, match="validation part has 0 frames of"):
        folds.check(folds.from_prepared(replace(data, frames=none)), none)


def test_frames_at_random_are_marked(random_frames_folder: Path) -> None:
    data = open_data(random_frames_folder, FaceSpec(size=32))
    chosen = folds.from_prepared(data)
    assert chosen.caution == OPTIMISTIC
    assert OPTIMISTIC in folds.check(chosen, data.frames)[0]


def test_the_hash_of_a_split_is_of_frames_and_parts_and_not_of_their_order(
    data: ModelData, table: Frames
) -> None:
    split = folds.from_prepared(data)
    expected = split.sha256(table)
    assert replace(split, train=split.train[::-1], name="another").sha256(table) == expected
    assert replace(split, train=split.train[1:]).sha256(table) != expected
    assert replace(split, train=split.test, test=split.train).sha256(table) != expected
