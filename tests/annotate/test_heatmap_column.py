"""The heatmap column shows the model's view, orange where it raises, blue where it lowers."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import wince
from wince import images
from wince.annotate import annotated_copy, heatmap_column
from wince.faces.align import align
from wince.faces.detect import detect
from wince.runtime.assessment import Assessment, Grid
from wince.runtime.assessor import Assessor
from wince.scale import UNIT_NAMES
from wince.server.routes import STATIC

RGB = NDArray[np.uint8]
UNIT = 20
NOTHING: Grid = ((0.0,) * 4,) * 4


@pytest.fixture(scope="module")
def assessment(astronaut: RGB) -> Assessment:
    return wince.assess(astronaut, heatmap=True)


@pytest.fixture
def drawn_texts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every text drawn during the test, with its colour; each must fit and be readable."""
    texts: list[tuple[str, str]] = []
    draw = ImageDraw.ImageDraw.text

    def text(self, xy, text, fill=None, font=None, anchor=None, **options):
        assert isinstance(font, ImageFont.FreeTypeFont)
        assert font.size >= 11
        x0, y0, x1, y1 = self.textbbox(xy, text, font=font, anchor=anchor)
        assert 0 <= x0 < x1 <= self.im.size[0]
        assert 0 <= y0 < y1 <= self.im.size[1]
        texts.append((text, fill))
        draw(self, xy, text, fill, font, anchor, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    return texts


def draw_column(astronaut: RGB, assessment: Assessment, **maps: object) -> NDArray[np.float64]:
    """Return the column (H, W, 3) for an assessment with some of its maps changed."""
    heatmap = replace(assessment.heatmap, **maps)
    image = images.read(astronaut)
    return np.asarray(
        heatmap_column.draw_heatmap_column(image, assessment, heatmap, UNIT), np.float64
    )


def big_face(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the face of PSPI, the large one at the top left."""
    size = round(2 * (17 - 1) / 3 * UNIT + 0.5 * UNIT)
    return column[round(3.7 * UNIT) :, UNIT:][:size, :size]


def test_the_face_is_the_models_view_in_grey(
    astronaut: RGB, assessment: Assessment, assessor: Assessor
) -> None:
    face = big_face(draw_column(astronaut, assessment, score=NOTHING))
    np.testing.assert_array_equal(face[:, :, 0], face[:, :, 2])
    spec = assessor.estimator.spec
    expected = Image.fromarray(align(astronaut, detect(astronaut)[0], spec)).convert("L")
    shown = Image.fromarray(face[:, :, 0].astype(np.uint8)).resize((spec.size, spec.size))
    assert np.corrcoef(np.asarray(expected).ravel(), np.asarray(shown).ravel())[0, 1] > 0.98


def test_cells_that_raise_are_orange_and_cells_that_lower_are_blue(
    astronaut: RGB, assessment: Assessment
) -> None:
    grid = tuple(
        tuple(
            0.8 if (row, cell) == (3, 0) else -0.8 if (row, cell) == (0, 3) else 0.0
            for cell in range(4)
        )
        for row in range(4)
    )
    face = big_face(draw_column(astronaut, assessment, score=grid))
    warm = face[:, :, 0] - face[:, :, 2]
    cell = len(face) // 4
    assert warm[3 * cell :, :cell].mean() > 60
    assert warm[:cell, 3 * cell :].mean() < -60
    assert np.abs(warm[: 2 * cell - 4, : 2 * cell]).max() < 3


def test_each_action_unit_has_a_face_with_its_own_map(
    astronaut: RGB, assessment: Assessment
) -> None:
    blank = dict.fromkeys(UNIT_NAMES, NOTHING)
    plain = draw_column(astronaut, assessment, score=NOTHING, action_units=blank)
    positions = []
    for name in UNIT_NAMES:
        full = {**blank, name: ((0.9,) * 4,) * 4}
        changed_column = draw_column(astronaut, assessment, score=NOTHING, action_units=full)
        rows, columns = np.nonzero(np.abs(changed_column - plain).max(axis=2) > 5)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert height == width == round((17 - 1) / 3 * UNIT)
        positions.append((rows.min(), columns.min()))
    assert len(set(positions)) == 6


def test_captions_give_the_values_and_are_faint_if_they_do_not_count(
    astronaut: RGB, assessment: Assessment, drawn_texts: list[tuple[str, str]]
) -> None:
    draw_column(astronaut, assessment)
    colours = dict(drawn_texts)
    for name, value in {**assessment.action_units, "PSPI": assessment.pspi}.items():
        counts = name == "PSPI" or name in assessment.heatmap.counted
        assert colours[f"{name}  {value:.1f}"] == ("#f3f5f8" if counts else "#a9b4c4")
    all_text = " ".join(text for text, _ in drawn_texts)
    assert assessment.heatmap.note in all_text
    assert heatmap_column.formula(assessment) in all_text


def test_the_formula_is_written_with_the_values_of_its_terms(assessment: Assessment) -> None:
    units = dict(zip(UNIT_NAMES, (3.1, 2.0, 2.6, 1.0, 0.4, 1.0), strict=True))
    with_units = replace(assessment, action_units=units, raw_score=7.7, score=7.7)
    assert heatmap_column.formula(with_units) == (
        "AU4 3.1 + max(AU6 2.0, AU7 2.6) + max(AU9 1.0, AU10 0.4) + AU43 1.0 = PSPI 7.7"
    )
    mapped = replace(with_units, score=6.2)
    assert heatmap_column.formula(mapped).endswith("AU43 1.0 = 7.7, which reads as PSPI 6.2")


def test_a_model_without_action_units_gets_one_face(
    astronaut: RGB, assessment: Assessment, drawn_texts: list[tuple[str, str]]
) -> None:
    score_only = replace(assessment, action_units=None)
    heatmap = replace(assessment.heatmap, action_units=None, counted=None)
    image = heatmap_column.draw_heatmap_column(images.read(astronaut), score_only, heatmap, UNIT)
    all_text = " ".join(text for text, _ in drawn_texts)
    assert "PSPI  " in all_text
    assert "AU" not in all_text
    assert heatmap.note in all_text
    assert image.height > 15 * UNIT


@pytest.mark.parametrize("side", [64, 512, 3000])
def test_photo_panel_and_maps_are_side_by_side_at_any_size(
    astronaut: RGB, side: int, drawn_texts: list[tuple[str, str]]
) -> None:
    photo = np.asarray(Image.fromarray(astronaut[:256, 96:352]).resize((side, side)))
    assessment = wince.assess(photo, heatmap=True)
    with_maps = annotated_copy.annotate(images.read(photo), assessment)
    without = annotated_copy.annotate(images.read(photo), replace(assessment, heatmap=None))
    assert with_maps.width > without.width
    all_text = " ".join(text for text, _ in drawn_texts)
    assert all_text.count("Where the score comes from") == 1


def test_the_colours_are_those_of_the_page() -> None:
    style = Path(STATIC / "css" / "base.css").read_text("utf-8")
    assert re.findall(r"--raises: (#\w+)", style) == [heatmap_column.RAISES]
    assert re.findall(r"--lowers: (#\w+)", style) == [heatmap_column.LOWERS]
