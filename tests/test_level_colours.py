"""Each table of level colours covers all levels, and its levels can be distinguished."""

import re
from collections.abc import Mapping
from itertools import combinations

import pytest
from PIL import ImageColor

from tests.support.frames import ROOT
from wince import level_colours
from wince.scale import LEVELS

STYLE = ROOT / "src" / "wince" / "server" / "static" / "css" / "base.css"


def lightness(colour: str) -> float:
    """Return the L* of CIELAB of an sRGB colour, 0 (black) to 100 (white)."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in ImageColor.getrgb(colour)[:3])
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def test_lightness_of_black_grey_and_white() -> None:
    assert lightness("#000000") == 0
    assert lightness("#777777") == pytest.approx(50.0, abs=0.1)
    assert lightness("#ffffff") == pytest.approx(100)


@pytest.mark.parametrize("name", ["ON_WHITE", "ON_DARK", "TERMINAL"])
def test_a_table_has_a_colour_for_each_level(name: str) -> None:
    table: Mapping[str, str] = getattr(level_colours, name)
    assert tuple(table) == LEVELS
    assert len(set(table.values())) == len(LEVELS)


@pytest.mark.parametrize("name", ["ON_WHITE", "ON_DARK"])
def test_the_levels_of_a_table_differ_in_lightness(name: str) -> None:
    """Without colour vision, and in a grey print, only lightness tells them apart."""
    table: Mapping[str, str] = getattr(level_colours, name)
    for first, second in combinations(LEVELS, 2):
        assert abs(lightness(table[first]) - lightness(table[second])) > 3.5, (first, second)


def test_the_page_has_its_own_colour_for_each_level_in_light_and_dark_mode() -> None:
    style = STYLE.read_text("utf-8")
    by_level = [re.findall(rf"--{level}: (#[0-9a-f]{{6}});", style) for level in LEVELS]
    assert [len(colours) for colours in by_level] == [2] * len(LEVELS)
    for mode in zip(*by_level, strict=True):
        assert len(set(mode)) == len(LEVELS)
