import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wince.archive import balanced_split

UNBC_LIKE = np.random.default_rng(5)


def subjects(levels) -> balanced_split.SubjectLevels:
    levels = np.asarray(levels, np.int64).reshape(-1, 4)
    return balanced_split.SubjectLevels(
        tuple(f"s{place:04d}" for place in range(len(levels))), levels
    )


def archive(count: int) -> balanced_split.SubjectLevels:
    """Subjects as UNBC has them: much calm, pain in most, the highest level in a third."""
    draw = np.random.default_rng(count)
    return subjects(
        np.column_stack(
            [
                draw.integers(800, 2500, count),
                draw.integers(0, 500, count) * (draw.random(count) < 0.95),
                draw.integers(0, 60, count) * (draw.random(count) < 0.6),
                draw.integers(1, 40, count) * (np.arange(count) % 3 == 0),
            ]
        )
    )


@pytest.mark.parametrize("count", [12, 25, 300])
def test_parts_hold_their_share_of_frames_and_of_every_level(count: int) -> None:
    people = archive(count)
    parts = balanced_split.by_share(people, balanced_split.SHARES, 42)
    slack = 0.06 if count == 25 else 0.12 if count == 12 else 0.02
    for part, share in enumerate(balanced_split.SHARES):
        mine = people.levels[parts == part]
        assert (parts == part).mean() == pytest.approx(share, abs=0.06)
        assert mine.sum() / people.levels.sum() == pytest.approx(share, abs=slack)
        assert mine[:, 0].sum() / people.levels[:, 0].sum() == pytest.approx(share, abs=slack)
        assert (mine.sum(axis=0) > 0).all(), "every level is in every part"


def test_a_level_that_enough_subjects_have_is_in_every_part() -> None:
    """Eight subjects, three with the highest level and three with the next, frames not alike."""
    people = subjects(
        [
            (4, 2, 2, 3),
            (3, 4, 0, 2),
            (5, 2, 2, 0),
            (2, 2, 2, 2),
            (1, 3, 0, 0),
            (4, 7, 0, 0),
            (0, 1, 0, 0),
            (8, 0, 0, 0),
        ]
    )
    for seed in range(5):
        parts = balanced_split.by_share(people, balanced_split.SHARES, seed)
        held = np.array([people.levels[parts == part].sum(axis=0) for part in range(3)])
        assert (held > 0).all(), seed
        assert held[0].sum() > held[1:].sum(), "train is the largest all the same"


def test_balancing_beats_drawing_subjects_blindly() -> None:
    people = archive(25)

    def distance(parts):
        return max(
            abs(people.levels[parts == part].sum(0) / people.levels.sum(0) - share).max()
            for part, share in enumerate(balanced_split.SHARES)
        )

    draw = np.random.default_rng(0)
    blind = [distance(draw.permutation(np.repeat([0, 1, 2], [17, 4, 4]))) for _ in range(200)]
    ours = [
        distance(balanced_split.by_share(people, balanced_split.SHARES, seed)) for seed in range(5)
    ]
    assert max(ours) < np.quantile(blind, 0.05)


def test_the_seed_and_nothing_else_decides() -> None:
    people = archive(12)
    first = balanced_split.by_share(people, balanced_split.SHARES, 42)
    assert (balanced_split.by_share(people, balanced_split.SHARES, 42) == first).all()
    assert (
        balanced_split.random_frames(100, 42).tolist()
        == balanced_split.random_frames(100, 42).tolist()
    )
    assert (
        balanced_split.random_frames(100, 42).tolist()
        != balanced_split.random_frames(100, 43).tolist()
    )


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(*[st.integers(0, 50)] * 4), min_size=1, max_size=14), st.integers(0, 99))
def test_every_subject_has_one_part_and_one_fold(levels, seed: int) -> None:
    people = subjects([(a + 1, b, c, d) for a, b, c, d in levels])
    parts, folds = (
        balanced_split.by_share(people, balanced_split.SHARES, seed),
        balanced_split.folds(people, seed),
    )
    count = len(levels)
    assert len(parts) == len(folds) == count
    assert len(set(parts.tolist())) == min(3, count)
    assert 0 in parts, "there is somebody to train on"
    assert sorted(set(folds.tolist())) == list(range(1, min(5, count) + 1))


@pytest.mark.parametrize("count", [0, 1, 3, 7, 100, 33_000])
def test_random_frames_are_parted_as_the_report_counted(count: int) -> None:
    parts = balanced_split.random_frames(count, 42)
    train, val = int(0.7 * count), int(0.15 * count)
    assert np.bincount(parts, minlength=3).tolist() == [train, val, count - train - val]
