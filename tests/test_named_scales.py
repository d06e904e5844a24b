"""Scales that a user chooses: known names, files, options, and each mistake."""

import math

import numpy as np
import pytest

from wince.errors import ScaleError
from wince.named_scales import KNOWN, ScaleOptions, refuse_other
from wince.scale import LEVELS, PSPI, Scale

LEVELLED = Scale(
    "VAS", 0.0, 10.0, "points", (1.0, 4.0, 7.0), ("none", "mild", "moderate", "severe")
)


def test_pspi_is_a_scale_like_the_others() -> None:
    assert (PSPI.low, PSPI.high, PSPI.cuts) == (0, 16, (0.5, 5.5, 10.5))
    assert PSPI.levels == LEVELS
    assert [name for name, scale in KNOWN.items() if scale.levels] == ["pspi"]


def test_options_and_files_give_the_same_scale(tmp_path) -> None:
    options = ScaleOptions("vas", (0.0, 10.0), "1,4,7", "none, mild, moderate, Severe")
    assert options.scale() == LEVELLED
    toml, json = tmp_path / "vas.toml", tmp_path / "vas.json"
    toml.write_text(
        'name = "VAS"\nrange = [0, 10]\ncuts = [1, 4, 7]\n'
        'levels = ["none", "mild", "moderate", "severe"]\n'
    )
    json.write_text('{"name": "VAS", "range": [0, 10]}')
    assert ScaleOptions(str(toml)).scale() == LEVELLED
    assert ScaleOptions(str(json)).scale() == KNOWN["vas"]
    assert ScaleOptions("Distress", (1.0, 7.0)).scale() == Scale("Distress", 1.0, 7.0)
    assert ScaleOptions().scale() is None


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("vas", None, "4,1", "a,b,c"), "must rise between 0 and 10, found 4, 1"),
        (("vas", None, "4,4", "a,b,c"), "must rise"),
        (("vas", None, "12", "a,b"), "must rise between 0 and 10"),
        (("vas", None, "4", None), "2 levels, and 0 names"),
        (("vas", None, "4", "a,b,c"), "2 levels, and 3 names"),
        (("vas", None, None, "a,b"), "Give --cuts and --levels"),
        (("vas", None, "4", "mild,Mild"), "the same name"),
        (("vas", None, "4", "mild,"), "not a name"),
        (("vas", None, "four", "a,b"), "Expected numbers"),
        (("vas", (5.0, 5.0)), "must rise, found 5 to 5"),
        (("vas", (0.0, math.inf)), "finite"),
        (("pain", None), "State its range, such as --range 0 10"),
        (("pspi", (0.0, 10.0)), "fixed range"),
        ((None, None, "4", "a,b"), "need --target"),
        (("missing.toml",), "cannot be read"),
    ],
)
def test_a_scale_that_cannot_be_is_refused_with_what_to_do(options, part) -> None:
    with pytest.raises(ScaleError) as error:
        ScaleOptions(*options).scale()
    assert part in str(error.value)


@pytest.mark.parametrize("text", ["{}", "[1]", "{", '{"name": "A", "range": [0, 1, 2]}',
                                  '{"name": "A", "range": [0, 1], "colour": 1}'])  # fmt: skip
def test_a_file_that_describes_no_scale_is_refused(tmp_path, text) -> None:
    path = tmp_path / "scale.json"
    path.write_text(text)
    with pytest.raises(ScaleError, match=r"scale\.json"):
        ScaleOptions(str(path)).scale()


@pytest.mark.parametrize("scale", [*KNOWN.values(), LEVELLED, Scale("Change", -3.0, 3.0)])
def test_a_scale_survives_json_and_raw_scores_cover_its_range(scale: Scale) -> None:
    assert Scale.from_text(scale.to_text()) == scale
    assert (Scale.from_dict(PSPI.to_dict()) is PSPI) and Scale.from_dict(None) is PSPI
    ends = np.array([scale.low, scale.high])
    assert scale.to_raw(ends).tolist() == [0, 16]
    assert scale.from_raw(scale.to_raw(ends)).tolist() == ends.tolist()


def test_levels_exist_only_where_there_are_cuts() -> None:
    assert [LEVELLED.level(score) for score in (0, 0.99, 1, 4, 6.9, 7, 10)] == [
        "none", "none", "mild", "moderate", "moderate", "severe", "severe",
    ]  # fmt: skip
    assert KNOWN["vas"].level(4) is None
    with pytest.raises(ScaleError, match="VAS must be a number from 0 to 10"):
        LEVELLED.level(11)
    assert LEVELLED.is_pain(np.array([0.9, 1.0])).tolist() == [False, True]
    assert KNOWN["vas"].is_pain(np.array([0.0, 0.1])).tolist() == [False, True]


def test_a_recorded_scale_cannot_be_contradicted() -> None:
    refuse_other(None, LEVELLED, "model")
    refuse_other(LEVELLED, LEVELLED, "model")
    with pytest.raises(ScaleError, match=r"VAS from 0 to 10 with the levels none.*Leave out"):
        refuse_other(KNOWN["vas"], LEVELLED, "model")
