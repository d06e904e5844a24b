import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wince.archive import balanced_split


def subject_levels(levels) -> balanced_split.SubjectLevels:
    levels = np.asarray(levels, np.int64).reshape(-1, 4)
    return balanced_split.SubjectLevels(
        tuple(f"s{place:04d}" for place in range(len(levels))), levels
    )


def archive(count: int) -> balanced_split.SubjectLevels:
    """Subjects as in UNBC: mostly no pain, some pain in most, severe pain in a third."""
    draw = np.random.default_rng(count)
    return subject_levels(
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
def test_parts_have_their_share_of_the_frames_and_of_every_level(count: int) -> None:
    subjects = archive(count)
    parts = balanced_split.by_share(subjects, balanced_split.SHARES, 42)
    slack = 0.06 if count == 25 else 0.12 if count == 12 else 0.02
    for part, share in enumerate(balanced_split.SHARES):
        levels = subjects.levels[parts == part]
        assert (parts == part).mean() == pytest.approx(share, abs=0.06)
        assert levels.sum() / subjects.levels.sum() == pytest.approx(share, abs=slack)
        assert levels[:, 0].sum() / subjects.levels[:, 0].sum() == pytest.approx(share, abs=slack)
        assert (levels.sum(axis=0) > 0).all(), "every level is in every part"


def test_a_level_that_enough_subjects_have_is_in_every_part() -> None:
    """Eight subjects; three have the highest level and three the next, with unequal frames."""
    subjects = subject_levels(
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
        parts = balanced_split.by_share(subjects, balanced_split.SHARES, seed)
        counts = np.array([subjects.levels[parts == part].sum(axis=0) for part in range(3)])
        assert (counts > 0).all(), seed
        assert counts[0].sum() > counts[1:].sum(), "train is still the largest"


def test_a_balanced_split_is_better_than_a_random_one() -> None:
    subjects = archive(25)

    def distance(parts):
        return max(
            abs(subjects.levels[parts == part].sum(0) / subjects.levels.sum(0) - share).max()
            for part, share in enumerate(balanced_split.SHARES)
        )

    draw = np.random.default_rng(0)
    random_distances = [
        distance(draw.permutation(np.repeat([0, 1, 2], [17, 4, 4]))) for _ in range(200)
    ]
    distances = [
        distance(balanced_split.by_share(subjects, balanced_split.SHARES, seed))
        for seed in range(5)
    ]
    assert max(distances) < np.quantile(random_distances, 0.05)


def test_a_split_depends_only_on_the_seed() -> None:
    subjects = archive(12)
    first = balanced_split.by_share(subjects, balanced_split.SHARES, 42)
    assert (balanced_split.by_share(subjects, balanced_split.SHARES, 42) == first).all()
    assert (
        balanced_split.random_frames(100, 42).tolist()
        == balanced_split.random_frames(100, 42).tolist()
    )
    assert (
        balanced_split.random_frames(100, 42).tolist()
        != balanced_split.random_frames(100, 43).tolist()
    )


@settings(max_examples=settings.default.max_examples // 3)  # each takes a quarter of a second
@given(st.lists(st.tuples(*[st.integers(0, 50)] * 4), min_size=1, max_size=14), st.integers(0, 99))
def test_every_subject_has_one_part_and_one_fold(levels, seed: int) -> None:
    subjects = subject_levels([(a + 1, b, c, d) for a, b, c, d in levels])
    parts, folds = (
        balanced_split.by_share(subjects, balanced_split.SHARES, seed),
        balanced_split.assign_folds(subjects, seed),
    )
    count = len(levels)
    assert len(parts) == len(folds) == count
    assert len(set(parts.tolist())) == min(3, count)
    assert 0 in parts, "the train part is never empty"
    assert sorted(set(folds.tolist())) == list(range(1, min(5, count) + 1))


@pytest.mark.parametrize("count", [0, 1, 3, 7, 100, 33_000])
def test_random_frames_are_split_as_in_the_project_report(count: int) -> None:
    parts = balanced_split.random_frames(count, 42)
    train, val = int(0.7 * count), int(0.15 * count)
    assert np.bincount(parts, minlength=3).tolist() == [train, val, count - train - val]
