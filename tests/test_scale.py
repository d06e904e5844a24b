"""PSPI, its levels, wordings and classes at every boundary."""

import inspect
import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wince import scale
from wince.errors import ScaleError, WinceError
from wince.scale import Level

ZERO = dict.fromkeys(scale.UNIT_NAMES, 0.0)
NAN, INF = math.nan, math.inf


def test_the_action_units_are_the_six_of_pspi_in_order_with_their_maxima() -> None:
    assert [(unit.name, unit.title, unit.maximum) for unit in scale.ACTION_UNITS.values()] == [
        ("AU4", "Brow lowerer", 5.0),
        ("AU6", "Cheek raiser", 5.0),
        ("AU7", "Lid tightener", 5.0),
        ("AU9", "Nose wrinkler", 5.0),
        ("AU10", "Upper lip raiser", 5.0),
        ("AU43", "Eye closure", 1.0),
    ]
    assert tuple(scale.ACTION_UNITS) == scale.UNIT_NAMES
    assert all(unit.plain for unit in scale.ACTION_UNITS.values())


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({}, 0),
        ({"AU4": 3}, 3),
        ({"AU6": 3}, 3),
        ({"AU7": 3}, 3),
        ({"AU9": 3}, 3),
        ({"AU10": 3}, 3),
        ({"AU43": 1}, 1),
        ({"AU6": 2, "AU7": 4}, 4),  # the larger of the two, not their sum
        ({"AU6": 4, "AU7": 2}, 4),
        ({"AU9": 1, "AU10": 5}, 5),
        ({"AU9": 5, "AU10": 1}, 5),
        ({"AU7": 2, "AU9": 2}, 4),  # the two pairs add up
        ({"AU4": 0.5, "AU43": 0.25}, 0.75),
        ({"AU4": 5, "AU6": 5, "AU7": 5, "AU9": 5, "AU10": 5, "AU43": 1}, 16),
    ],
)
def test_pspi_follows_the_formula_of_prkachin_and_solomon(
    units: dict[str, float], expected: float
) -> None:
    assert scale.pspi(ZERO | units) == expected


@given(st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_pspi_is_the_sum_of_the_units_that_count(values: list[float]) -> None:
    units = dict(zip(scale.UNIT_NAMES, values, strict=True))
    counted = scale.counted_units(units)
    assert sum(units[name] for name in counted) == pytest.approx(scale.pspi(units))
    assert all(name in term for name, term in zip(counted, scale.PSPI_TERMS, strict=True))


def test_pspi_covers_the_whole_scale_and_no_more() -> None:
    corners = [
        dict(zip(scale.UNIT_NAMES, values, strict=True))
        for values in product(*((0, unit.maximum) for unit in scale.ACTION_UNITS.values()))
    ]
    sums = {scale.pspi(corner) for corner in corners}
    assert (min(sums), max(sums)) == (0, 16) == (0, scale.PSPI_MAXIMUM)


@pytest.mark.parametrize("name", scale.UNIT_NAMES)
def test_each_action_unit_is_checked_against_its_own_range(name: str) -> None:
    maximum = scale.ACTION_UNITS[name].maximum
    assert scale.pspi(ZERO | {name: maximum}) == maximum
    for wrong in (-0.01, maximum + 0.01, NAN, INF, -INF):
        with pytest.raises(ScaleError, match=f"{name} must be a number from 0 to {maximum:g}"):
            scale.pspi(ZERO | {name: wrong})


@pytest.mark.parametrize("wrong", ["three", None, [1]])
def test_a_value_that_is_not_a_number_is_refused(wrong: object) -> None:
    with pytest.raises(ScaleError, match="AU4 must be a number"):
        scale.pspi(ZERO | {"AU4": wrong})


@pytest.mark.parametrize("name", scale.UNIT_NAMES)
def test_a_missing_action_unit_is_an_error_and_not_zero(name: str) -> None:
    units = {other: 0.0 for other in scale.UNIT_NAMES if other != name}
    with pytest.raises(ScaleError, match=f"missing: {name}"):
        scale.pspi(units)


def test_an_unknown_action_unit_is_named() -> None:
    with pytest.raises(ScaleError, match="unknown: AU12"):
        scale.pspi(ZERO | {"AU12": 1.0})


def test_pspi_formula_takes_arrays_with_an_elementwise_maximum() -> None:
    units = np.random.default_rng(0).uniform(0, [5, 5, 5, 5, 5, 1], (50, 6))
    expected = [scale.pspi(dict(zip(scale.UNIT_NAMES, row, strict=True))) for row in units]
    np.testing.assert_allclose(scale.pspi_formula(*units.T, maximum=np.maximum), expected)


def test_pspi_formula_takes_the_action_units_in_the_order_of_the_table() -> None:
    parameters = list(inspect.signature(scale.pspi_formula).parameters)[:6]
    assert [name.upper() for name in parameters] == list(scale.UNIT_NAMES)


def below(cut: float) -> float:
    return math.nextafter(cut, 0)


@pytest.mark.parametrize(
    ("low", "high", "level"),
    [
        (0, below(0.5), Level.NONE),
        (0.5, below(5.5), Level.MILD),
        (5.5, below(10.5), Level.MODERATE),
        (10.5, 16, Level.SEVERE),
    ],
)
def test_the_four_levels_begin_and_end_at_their_cuts(low: float, high: float, level: Level) -> None:
    assert scale.level(low) is level
    assert scale.level(high) is level


@pytest.mark.parametrize(
    ("scores", "level"),
    [
        (range(1), Level.NONE),
        (range(1, 6), Level.MILD),
        (range(6, 11), Level.MODERATE),
        (range(11, 17), Level.SEVERE),
    ],
)
def test_whole_scores_have_the_levels_of_the_first_report(scores: range, level: Level) -> None:
    assert {scale.level(score) for score in scores} == {level}


@pytest.mark.parametrize(
    ("low", "high", "wording"),
    [
        (0, below(0.5), "No pain expression"),
        (0.5, below(1.5), "Very mild"),
        (1.5, below(2.5), "Mild"),
        (2.5, below(3.5), "Moderate"),
        (3.5, below(4.5), "Moderately severe"),
        (4.5, below(5.5), "Severe"),
        (5.5, 16, "Very severe"),
    ],
)
def test_the_seven_wordings_begin_and_end_at_their_cuts(
    low: float, high: float, wording: str
) -> None:
    assert scale.wording(low) == scale.wording(high) == wording


@pytest.mark.parametrize(
    ("name", "scores"),
    [("0", [0]), ("1", [1]), ("2", [2]), ("3", [3]), ("4-5", [4, 5]), ("6+", range(6, 17))],
)
def test_the_six_classes_of_the_literature(name: str, scores: list[int]) -> None:
    assert {scale.six_class(score) for score in scores} == {name}


@pytest.mark.parametrize("cut", [0.5, 1.5, 2.5, 3.5, 5.5])
def test_the_six_classes_change_half_a_point_below_their_first_score(cut: float) -> None:
    assert scale.SIX_CLASSES.index(scale.six_class(cut)) == 1 + scale.SIX_CLASSES.index(
        scale.six_class(below(cut))
    )


def test_pain_is_counted_from_one_two_or_three() -> None:
    assert scale.BINARY_CUTS == (1, 2, 3)


@pytest.mark.parametrize(
    ("score", "percent"),
    [
        (0, 0),
        (4, 25),
        (8, 50),
        (16, 100),
        (0.07, 0),
        (0.09, 1),
        (2, 12),
        (0.49, 3),
        (0.5, 4),
        (10.49, 65),
        (10.5, 66),
    ],
)
def test_percent_is_of_the_whole_scale_of_sixteen(score: float, percent: int) -> None:
    assert scale.PSPI.percent(score) == percent


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (0, "0.0"),
        (0.44, "0.4"),
        (0.46, "0.4"),
        (0.499, "0.4"),
        (0.5, "0.5"),
        (0.55, "0.6"),
        (5.449, "5.4"),
        (5.49, "5.4"),
        (5.5, "5.5"),
        (10.499, "10.4"),
        (15.96, "16.0"),
        (16, "16.0"),
    ],
)
def test_a_score_is_shown_with_one_decimal_that_lies_in_its_level(score: float, text: str) -> None:
    assert scale.PSPI.shown(score) == text


@given(st.floats(0, 16))
def test_what_is_shown_of_a_score_never_lies_in_another_level(score: float) -> None:
    shown = float(scale.PSPI.shown(score))
    assert scale.level(shown) == scale.level(score)
    assert abs(shown - score) < 0.1 + 1e-9
    percent = scale.PSPI.percent(score)
    assert scale.level(0.16 * percent) == scale.level(score)
    assert abs(0.16 * percent - score) < 0.16 + 1e-9
    assert scale.wording(scale.PSPI.percent(score, scale.WORDING_CUTS) / 100 * 16) == scale.wording(
        score
    )


@pytest.mark.parametrize(
    "function", [scale.level, scale.wording, scale.six_class, scale.PSPI.shown, scale.PSPI.percent]
)
@pytest.mark.parametrize("score", [-0.001, 16.001, NAN, INF])
def test_a_score_off_the_scale_is_refused_everywhere(
    function: Callable[[float], object], score: float
) -> None:
    with pytest.raises(ScaleError, match="PSPI must be a number from 0 to 16"):
        function(score)


def test_a_scale_error_is_a_wince_error_and_a_value_error() -> None:
    assert issubclass(ScaleError, WinceError)
    assert issubclass(ScaleError, ValueError)


@given(st.floats(0, 16), st.floats(0, 16))
def test_a_higher_score_never_has_a_lower_level_or_wording(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert scale.LEVELS.index(scale.level(low)) <= scale.LEVELS.index(scale.level(high))
    assert scale.WORDINGS.index(scale.wording(low)) <= scale.WORDINGS.index(scale.wording(high))


def test_no_wording_says_that_no_pain_is_felt() -> None:
    assert "no pain" not in {wording.lower() for wording in scale.WORDINGS}
    assert [str(level) for level in scale.LEVELS] == ["none", "mild", "moderate", "severe"]
