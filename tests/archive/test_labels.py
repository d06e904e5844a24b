import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.archive_builder import BAD_SCORES, facs, facs_of, score
from wince import scale
from wince.archive import labels

TOKENS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize(
    ("text", "pspi"),
    [
        ("  1.2000000e+01\n", 12.0),
        ("1.2e+01", 12.0),
        ("0", 0.0),
        ("-0.0", 0.0),
        ("16\r\n", 16.0),
        ("3.5 and more words", 3.5),
        ("\t7\n8\n", 7.0),
    ],
)
def test_a_score_is_read_as_a_float(text: str, pspi: float) -> None:
    assert labels.parse_pspi(text) == pspi
    assert math.copysign(1, labels.parse_pspi(text)) == 1


@pytest.mark.parametrize("text", ["", " \n \n", *BAD_SCORES])
def test_an_invalid_score_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(labels.BadLabelError) as caught:
        labels.parse_pspi(text)
    assert caught.value.line == 1
    assert "PSPI" in str(caught.value)


@given(st.floats(0, 16), st.sampled_from(["{:.7e}", "{!r}", "  {:.17g}\n", "{:.12f}"]))
def test_every_way_of_writing_a_score_gives_the_same_number(value: float, form: str) -> None:
    assert labels.parse_pspi(form.format(value)) == pytest.approx(value, rel=1e-6, abs=1e-12)


@given(st.floats().filter(lambda value: not 0 <= value <= 16))
def test_no_number_off_the_scale_is_a_score(value: float) -> None:
    with pytest.raises(labels.BadLabelError):
        labels.parse_pspi(repr(value))


@given(TOKENS)
def test_any_text_is_a_score_on_the_scale_or_a_bad_label(text: str) -> None:
    try:
        value = labels.parse_pspi(text)
    except labels.BadLabelError:
        return
    assert 0 <= value <= 16
    assert value == float(text.split()[0])


@given(TOKENS)
def test_any_text_is_units_in_range_or_a_bad_label_with_a_line(text: str) -> None:
    try:
        units = labels.parse_facs(text)
    except labels.BadLabelError as error:
        assert 1 <= error.line <= len(text.splitlines())
        return
    assert scale.pspi(dict(zip(scale.UNIT_NAMES, units, strict=True))) <= 16


UNITS = st.fixed_dictionaries(
    {name: st.integers(0, int(unit.maximum)) for name, unit in scale.ACTION_UNITS.items()}
)


@given(UNITS, st.lists(st.sampled_from(["AU12", "AU20", "AU25", "AU26"]), max_size=3), st.randoms())
def test_facs_rows_are_read_whatever_their_order(units, others, draw) -> None:
    rows = facs(**{name: value for name, value in units.items() if value}).splitlines()
    rows += [facs(**{name: 3}).strip() for name in others]
    draw.shuffle(rows)
    read = labels.parse_facs("\n".join(rows))
    assert dict(zip(scale.UNIT_NAMES, read, strict=True)) == units
    assert labels.disagreement(scale.pspi(units), read) == ""


@pytest.mark.parametrize("pspi", range(17))
def test_the_builders_rows_add_up(pspi: int) -> None:
    assert labels.disagreement(pspi, labels.parse_facs(facs_of(pspi))) == ""
    assert labels.disagreement(16 - pspi, labels.parse_facs(facs_of(pspi))) != "" or pspi == 8


def test_an_empty_facs_file_codes_no_unit() -> None:
    assert labels.parse_facs("") == (0, 0, 0, 0, 0, 0)


def test_closed_eyes_count_one_without_a_usable_intensity() -> None:
    for row in ("4.3e+01", "4.3e+01 0 0 0", "43 NaN 0 0", "43 5 0 0"):
        assert labels.parse_facs(row) == (0, 0, 0, 0, 0, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("4 2 0 0\n6 6 0 0\n", 2),
        ("4 2 0 0\n\n7\n", 3),
        ("x 2 0 0", 1),
        ("4.5 2 0 0", 1),
        ("4 nan 0 0", 1),
        ("0 1 0 0", 1),
    ],
)
def test_a_bad_facs_row_is_named(text: str, line: int) -> None:
    with pytest.raises(labels.BadLabelError) as caught:
        labels.parse_facs(text)
    assert caught.value.line == line


def test_ratings_must_be_on_their_scales() -> None:
    assert labels.parse_rating(score(10), "vas") == 10
    assert labels.parse_rating(score(13), "sen") == 13
    for text, name in (("10.5", "vas"), ("6", "opr"), ("-1", "aff"), ("", "vas"), ("ten", "vas")):
        with pytest.raises(labels.BadLabelError):
            labels.parse_rating(text, name)


def test_a_huge_file_is_not_a_label(tmp_path) -> None:
    path = tmp_path / "x_facs.txt"
    path.write_bytes(b"1" * (labels.MAX_BYTES + 1))
    with pytest.raises(labels.BadLabelError, match="larger"):
        labels.read_text(path)
