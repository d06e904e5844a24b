"""The column of maps: the model's own view, orange where it raises, blue where it lowers."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import wince
from wince import images
from wince.annotate import annotated_copy, map_column
from wince.faces.align import align
from wince.faces.detect import detect
from wince.runtime.assessment import Assessment, Grid, Heatmap
from wince.runtime.assessor import Assessor
from wince.scale import UNIT_NAMES
from wince.server.routes import STATIC

RGB = NDArray[np.uint8]
UNIT = 20
NOTHING: Grid = ((0.0,) * 4,) * 4


@pytest.fixture(scope="module")
def found(astronaut: RGB) -> Assessment:
    return wince.assess(astronaut, heatmap=True)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every text that is drawn from now on, with its colour; each must fit and be readable."""
    texts: list[tuple[str, str]] = []
    draw = ImageDraw.ImageDraw.text

    def text(self, xy, words, fill=None, font=None, anchor=None, **more):
        assert isinstance(font, ImageFont.FreeTypeFont)
        assert font.size >= 11
        x0, y0, x1, y1 = self.textbbox(xy, words, font=font, anchor=anchor)
        assert 0 <= x0 < x1 <= self.im.size[0]
        assert 0 <= y0 < y1 <= self.im.size[1]
        texts.append((words, fill))
        draw(self, xy, words, fill, font, anchor, **more)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    return texts


def column(astronaut: RGB, found: Assessment, **maps: object) -> NDArray[np.float64]:
    """Return the column (H, W, 3) for an assessment with some of its maps changed."""
    assert found.heatmap is not None
    heatmap = replace(found.heatmap, **maps)
    picture = images.read(astronaut)
    return np.asarray(map_column.column(picture, found, heatmap, UNIT), np.float64)


def big_face(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the face of PSPI, the large one at the top left."""
    size = round(2 * (17 - 1) / 3 * UNIT + 0.5 * UNIT)
    return column[round(3.7 * UNIT) :, UNIT:][:size, :size]


def test_the_face_is_what_the_model_saw_in_grey(
    astronaut: RGB, found: Assessment, assessor: Assessor
) -> None:
    face = big_face(column(astronaut, found, pspi=NOTHING))
    np.testing.assert_array_equal(face[:, :, 0], face[:, :, 2])
    spec = assessor.estimator.spec
    seen = Image.fromarray(align(astronaut, detect(astronaut)[0], spec)).convert("L")
    shown = Image.fromarray(face[:, :, 0].astype(np.uint8)).resize((spec.size, spec.size))
    assert np.corrcoef(np.asarray(seen).ravel(), np.asarray(shown).ravel())[0, 1] > 0.98


def test_orange_raises_and_blue_lowers_where_the_map_says(
    astronaut: RGB, found: Assessment
) -> None:
    grid = tuple(
        tuple(
            0.8 if (row, cell) == (3, 0) else -0.8 if (row, cell) == (0, 3) else 0.0
            for cell in range(4)
        )
        for row in range(4)
    )
    face = big_face(column(astronaut, found, pspi=grid))
    warm = face[:, :, 0] - face[:, :, 2]
    cell = len(face) // 4
    assert warm[3 * cell :, :cell].mean() > 60
    assert warm[:cell, 3 * cell :].mean() < -60
    assert np.abs(warm[: 2 * cell - 4, : 2 * cell]).max() < 3


def test_each_action_unit_has_a_face_with_its_own_map(astronaut: RGB, found: Assessment) -> None:
    blank = dict.fromkeys(UNIT_NAMES, NOTHING)
    plain = column(astronaut, found, pspi=NOTHING, action_units=blank)
    changed = []
    for name in UNIT_NAMES:
        full = {**blank, name: ((0.9,) * 4,) * 4}
        one = column(astronaut, found, pspi=NOTHING, action_units=full)
        rows, columns = np.nonzero(np.abs(one - plain).max(axis=2) > 5)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert height == width == round((17 - 1) / 3 * UNIT)
        changed.append((rows.min(), columns.min()))
    assert len(set(changed)) == 6


def test_captions_say_the_values_and_which_of_them_count(
    astronaut: RGB, found: Assessment, written: list[tuple[str, str]]
) -> None:
    assert found.heatmap is not None
    assert found.action_units is not None
    assert found.heatmap.counted is not None
    column(astronaut, found)
    colours = dict(written)
    for name, value in {**found.action_units, "PSPI": found.pspi}.items():
        counts = name == "PSPI" or name in found.heatmap.counted
        assert colours[f"{name}  {value:.1f}"] == ("#f3f5f8" if counts else "#a9b4c4")
    words = " ".join(text for text, _ in written)
    assert found.heatmap.note in words
    assert map_column.formula(found) in words


def test_the_formula_is_written_with_its_terms(found: Assessment) -> None:
    units = dict(zip(UNIT_NAMES, (3.1, 2.0, 2.6, 1.0, 0.4, 1.0), strict=True))
    one = replace(found, action_units=units, raw_score=7.7, pspi=7.7)
    assert map_column.formula(one) == (
        "AU4 3.1 + max(AU6 2.0, AU7 2.6) + max(AU9 1.0, AU10 0.4) + AU43 1.0 = PSPI 7.7"
    )
    other = replace(one, pspi=6.2)
    assert map_column.formula(other).endswith("AU43 1.0 = 7.7, which reads as PSPI 6.2")


def test_a_model_that_gives_the_score_alone_gets_one_face(
    astronaut: RGB, found: Assessment, written: list[tuple[str, str]]
) -> None:
    assert found.heatmap is not None
    alone = replace(found, action_units=None)
    heatmap = Heatmap(found.heatmap.quad, found.heatmap.pspi, None, None)
    image = map_column.column(images.read(astronaut), alone, heatmap, UNIT)
    words = " ".join(text for text, _ in written)
    assert "PSPI  " in words
    assert "AU" not in words
    assert heatmap.note in words
    assert image.height > 15 * UNIT


@pytest.mark.parametrize("side", [64, 512, 3000])
def test_photo_panel_and_maps_stand_side_by_side_at_any_size(
    astronaut: RGB, side: int, written: list[tuple[str, str]]
) -> None:
    picture = np.asarray(Image.fromarray(astronaut[:256, 96:352]).resize((side, side)))
    found = wince.assess(picture, heatmap=True)
    with_maps = annotated_copy.annotate(images.read(picture), found)
    without = annotated_copy.annotate(images.read(picture), replace(found, heatmap=None))
    assert with_maps.width > without.width
    words = " ".join(text for text, _ in written)
    assert words.count("Where the score comes from") == 1


def test_the_colours_are_those_of_the_page() -> None:
    style = Path(STATIC / "style.css").read_text("utf-8")
    assert re.findall(r"--raises: (#\w+)", style) == [map_column.RAISES]
    assert re.findall(r"--lowers: (#\w+)", style) == [map_column.LOWERS]
