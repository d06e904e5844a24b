"""The annotated copy shows the photo unchanged, is readable at any size, and is saved safely."""

import io
import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

import wince
from wince import images, scale
from wince.annotate import annotated_copy
from wince.errors import FileWriteError
from wince.level_colours import ON_DARK
from wince.runtime.assessment import Assessment
from wince.runtime.neutral import Change, NeutralFace
from wince.scale import ACTION_UNITS, LEVELS, Level

RGB = NDArray[np.uint8]


@pytest.fixture(scope="module")
def assessment(astronaut: RGB) -> Assessment:
    """The portrait's assessment by the packaged model, with numbers that are easy to search for."""
    return replace(
        wince.assess(astronaut),
        score=7.3,
        interval=(5.1, 9.6),
        level=Level.MODERATE,
        between=None,
        level_probabilities={"none": 0.02, "mild": 0.25, "moderate": 0.71, "severe": 0.02},
        confidence=0.71,
        action_units=dict(zip(ACTION_UNITS, (3.0, 1.0, 2.0, 0.0, 2.3, 0.5), strict=True)),
    )


def with_score(assessment: Assessment, pspi: float) -> Assessment:
    """Return the assessment with another PSPI and a clear level."""
    level = scale.level(pspi)
    shares = {str(name): 0.71 if name == level else 0.29 / 3 for name in LEVELS}
    return replace(assessment, score=pspi, level=level, level_probabilities=shares)


def matches(image: Image.Image, colour: str) -> NDArray[np.bool_]:
    """Return a mask (H, W) of the pixels with exactly this colour."""
    return np.asarray((np.asarray(image) == ImageColor.getrgb(colour)).all(axis=2))


@pytest.fixture
def drawn_texts(
    monkeypatch: pytest.MonkeyPatch,
) -> list[tuple[str, tuple[float, ...], tuple[int, int]]]:
    """Every text drawn during the test: the text, its box, and the size of the image."""
    texts: list[tuple[str, tuple[float, ...], tuple[int, int]]] = []
    draw = ImageDraw.ImageDraw.text

    def text(self, xy, text, fill=None, font=None, anchor=None, **options):
        assert isinstance(font, ImageFont.FreeTypeFont)
        assert font.size >= 11
        box = self.textbbox(xy, text, font=font, anchor=anchor)
        texts.append((text, box, self.im.size))
        draw(self, xy, text, fill, font, anchor, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    return texts


def resized(rgb: RGB, width: int, height: int) -> tuple[images.UprightImage, float]:
    small = np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))
    return images.read(small), width / rgb.shape[1]


def moved(assessment: Assessment, factor: float, x: float = 0, y: float = 0) -> Assessment:
    box = np.array(assessment.face.box) * factor + [x, y, x, y]
    return replace(assessment, face=replace(assessment.face, box=tuple(box.tolist())))


def without_face_box(assessment: Assessment) -> Assessment:
    """Return the assessment with its face outside the photo, where no box is drawn."""
    return moved(assessment, 1, -9000, -9000)


def test_an_image_that_cannot_be_judged_gets_the_reason_and_no_number(
    astronaut: RGB, drawn_texts: list[tuple[str, tuple[float, ...], tuple[int, int]]]
) -> None:
    dark = (astronaut * 0.1).astype(np.uint8)
    refused = wince.assess(dark)
    annotated_copy.annotate(images.read(dark), refused)
    all_text = " ".join(text for text, _, _ in drawn_texts)
    assert all_text.count("not judged") == 2  # on the box and in the panel
    assert "The face is dark" in all_text
    assert "PSPI" not in all_text
    assert "Confidence" not in all_text
    for _, box, size in drawn_texts:
        assert 0 <= box[0] <= box[2] <= size[0]


def test_the_change_from_the_neutral_face_is_written(
    assessment: Assessment,
    astronaut: RGB,
    drawn_texts: list[tuple[str, tuple[float, ...], tuple[int, int]]],
) -> None:
    neutral = NeutralFace(None, 1.5, 2, assessment.model)
    annotated_copy.annotate(
        images.read(astronaut), replace(assessment, change=Change(2.3, 2.3, None, neutral))
    )
    texts = [text for text, _, _ in drawn_texts]
    assert "Above this person's neutral face" in texts
    assert "2.3 points" in texts


def test_two_levels_of_which_neither_is_clear_are_both_written(
    assessment: Assessment, astronaut: RGB, drawn_texts
) -> None:
    shares = {"none": 0.02, "mild": 0.07, "moderate": 0.47, "severe": 0.44}
    unclear = replace(
        assessment,
        score=10.46,
        level_probabilities=shares,
        between=(Level.MODERATE, Level.SEVERE),
        confidence=0.47,
    )
    annotated_copy.annotate(images.read(astronaut), unclear)
    all_text = " ".join(text for text, _, _ in drawn_texts)
    assert "moderate/severe 10.4" in all_text  # 10.5 would be severe
    assert "between moderate and severe" in all_text
    assert "moderate 47 %, severe 44 %" in all_text
    assert "Confidence" not in all_text
    for _, (x0, y0, x1, y1), (width, height) in drawn_texts:
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height


def test_several_faces_are_numbered_and_listed(
    assessment: Assessment, astronaut: RGB, drawn_texts
) -> None:
    dark = wince.assess((astronaut * 0.1).astype(np.uint8))
    second = replace(dark, face=replace(dark.face, index=1, box=(10.0, 10.0, 60.0, 60.0)))
    image = annotated_copy.annotate(images.read(astronaut), assessment, second)
    texts = [text for text, _, _ in drawn_texts]
    assert {"1: moderate 7.3", "2: not judged"} <= set(texts)  # on the boxes
    assert {"1:", "moderate 7.3", "2:", "not judged"} <= set(texts)  # in the panel
    all_text = " ".join(texts)
    assert "90 %: 5.1 to 9.6. Confidence 71 %." in all_text
    assert "The face is dark" in all_text
    assert "not a medical device" in all_text
    for _, (x0, y0, x1, y1), (width, height) in drawn_texts:
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
    assert matches(image, ON_DARK[Level.MODERATE]).any()


@pytest.mark.parametrize("side", [24, 64, 150, 512, 1100, 4000])
def test_all_texts_are_drawn_and_fit_at_any_size_of_photo(
    astronaut: RGB, assessment: Assessment, drawn_texts, side: int
) -> None:
    image, factor = resized(astronaut, side, side)
    image = annotated_copy.annotate(image, moved(assessment, factor))
    all_text = " ".join(text for text, _, _ in drawn_texts)
    for expected in (
        "Pain expression moderate",
        "Confidence 71 %",
        "PSPI 7.3 of 16",
        "90 %: 5.1 to 9.6",
        "Brow lowerer 3.0 of 5 AU4",
        "Eye closure 0.5 of 1 AU43",
        "not a medical device",
    ):
        assert expected in all_text
    assert all(unit.title in all_text for unit in ACTION_UNITS.values())
    assert all_text.count("moderate 7.3") == 1  # the label at the box
    for _, (x0, y0, x1, y1), (width, height) in drawn_texts:
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
    assert 400 <= max(image.size) <= 1600 * 1.8
    assert image.mode == "RGB"


@pytest.mark.parametrize("shape", [(16, 1600), (1600, 16), (100, 5000), (300, 90)])
def test_very_wide_and_very_high_photos_get_a_complete_panel(
    assessment: Assessment, drawn_texts, shape: tuple[int, int]
) -> None:
    image = images.read(np.full((*shape, 3), 120, np.uint8))
    image = annotated_copy.annotate(image, without_face_box(assessment))
    assert "not a medical device" in " ".join(text for text, _, _ in drawn_texts)
    assert min(image.size) > 300
    assert max(image.size) < 2200


def test_the_panel_does_not_cover_the_photo(astronaut: RGB, assessment: Assessment) -> None:
    image = np.asarray(
        annotated_copy.annotate(images.read(astronaut), without_face_box(assessment))
    )
    assert image.shape[1] > 512
    top = (image.shape[0] - 512) // 2
    np.testing.assert_array_equal(image[top : top + 512, :512], astronaut)


@pytest.mark.parametrize("pspi", [0.0, 3.0, 8.0, 13.0])
def test_the_box_is_around_the_face_in_the_levels_colour(
    astronaut: RGB, assessment: Assessment, pspi: float
) -> None:
    level = scale.level(pspi)
    image = annotated_copy.annotate(images.read(astronaut), with_score(assessment, pspi))
    top = (image.height - 512) // 2
    photo = image.crop((0, top, 512, top + 512))
    coloured = matches(photo, ON_DARK[level])
    x0, y0, x1, y1 = assessment.face.box
    assert y0 - 40 < np.nonzero(coloured)[0].min() < y0  # the label is above the box
    rows, columns = np.nonzero(coloured[round(y0) + 4 :])
    assert abs(rows.max() + round(y0) + 4 - y1) <= 2
    assert abs(columns.min() - x0) <= 2
    assert abs(columns.max() - x1) <= 2
    inside = np.asarray(photo)[int(y0) + 8 : int(y1) - 8, int(x0) + 8 : int(x1) - 8]
    untouched = astronaut[int(y0) + 8 : int(y1) - 8, int(x0) + 8 : int(x1) - 8]
    np.testing.assert_array_equal(inside, untouched)


def test_the_box_is_at_the_face_of_a_large_jpeg_with_exif_orientation(astronaut: RGB) -> None:
    """The photo is decoded at a reduced scale, rotated by EXIF, and shown smaller."""
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(astronaut).transpose(Image.Transpose.ROTATE_90).resize((4000, 4000))
    buffer = io.BytesIO()
    stored.save(buffer, "JPEG", quality=90, exif=exif)
    assessment = wince.assess(buffer.getvalue())
    assert assessment.face.box[2] > 1600  # in pixels of the full-size image
    image = annotated_copy.annotate(images.read(buffer.getvalue()), assessment)
    photo = image.crop((0, (image.height - 1600) // 2, 1600, (image.height + 1600) // 2))
    coloured = matches(photo, ON_DARK[assessment.level])
    x0, y0, x1, y1 = (value * 1600 / 4000 for value in assessment.face.box)
    assert abs(x0 - 177 * 1600 / 512) < 15  # the face in the portrait itself
    rows, columns = np.nonzero(coloured[round(y0) + 20 :])
    assert abs(rows.max() + round(y0) + 20 - y1) <= 2
    assert abs(columns.min() - x0) <= 2
    assert abs(columns.max() - x1) <= 2


@pytest.mark.parametrize(
    ("x", "y"), [(-200, -90), (300, 0), (0, 400), (300, 400), (-2000, 0), (0, -5000)]
)
def test_the_box_of_a_face_beyond_the_edge_is_cut_at_the_edge(
    astronaut: RGB, assessment: Assessment, x: float, y: float
) -> None:
    image = annotated_copy.annotate(images.read(astronaut), moved(assessment, 1, x, y))
    top = (image.height - 512) // 2
    drawn = matches(image.crop((0, top, 512, top + 512)), ON_DARK[assessment.level]).any()
    assert drawn == (abs(x) < 1000 and abs(y) < 1000)


def test_the_length_of_each_bar_is_its_action_units_share_of_its_maximum(
    astronaut: RGB, assessment: Assessment
) -> None:
    image = annotated_copy.annotate(images.read(astronaut), assessment)
    bars = matches(image, "#8ab4f8").sum(axis=1)
    track = matches(image, "#323b4a").sum(axis=1)
    full = (bars + track).max()
    rows = np.flatnonzero(bars + track == full)
    starts = rows[np.diff(rows, prepend=-9) > 1]
    shares = [assessment.action_units[name] / unit.maximum for name, unit in ACTION_UNITS.items()]
    assert len(starts) == 6
    np.testing.assert_allclose(bars[starts] / full, shares, atol=0.01)


@pytest.mark.parametrize("pspi", [0.0, 4.0, 8.0, 16.0])
def test_the_mark_on_the_scale_is_at_the_score(
    astronaut: RGB, assessment: Assessment, pspi: float
) -> None:
    image = annotated_copy.annotate(images.read(astronaut), replace(assessment, score=pspi))
    panel = image.crop((512, 0, image.width, image.height))
    band = np.flatnonzero(matches(panel, ON_DARK[Level.SEVERE]).any(axis=1))
    row = np.asarray(panel)[band[len(band) // 2]]
    scale = [matches(panel, colour)[band[len(band) // 2]] for colour in ON_DARK.values()]
    left, right = np.flatnonzero(np.any(scale, axis=0))[[0, -1]]
    marks = np.flatnonzero((row == ImageColor.getrgb("#f3f5f8")).all(axis=1))
    unit = (image.width - 512) / 19
    assert marks.mean() == pytest.approx(unit + pspi / 16 * 17 * unit, abs=2)
    assert right - left > 16 * unit


def test_a_low_score_is_never_worded_as_no_pain(
    astronaut: RGB, assessment: Assessment, drawn_texts
) -> None:
    annotated_copy.annotate(images.read(astronaut), with_score(assessment, 0.0))
    all_text = " ".join(text for text, _, _ in drawn_texts)
    assert "Pain expression none seen" in all_text
    assert "none seen 0.0" in all_text
    assert "no pain" not in all_text.lower()


def test_warnings_are_written_completely_in_characters_of_the_font(
    astronaut: RGB, assessment: Assessment, drawn_texts
) -> None:
    warnings = tuple(f"Warning {i}: the façade – “quoted” – is turned away." * 3 for i in range(5))
    quality = replace(assessment.quality, warnings=warnings)
    annotated_copy.annotate(images.read(astronaut), replace(assessment, quality=quality))
    all_text = " ".join(text for text, _, _ in drawn_texts)
    assert all_text.count("the facade - quoted - is turned away") == 15
    assert all_text.isascii()
    for _, (_, _, _, bottom), (_, height) in drawn_texts:
        assert bottom <= height


def test_without_action_units_the_panel_says_that_the_model_gives_none(
    astronaut: RGB, assessment: Assessment, drawn_texts
) -> None:
    annotated_copy.annotate(images.read(astronaut), replace(assessment, action_units=None))
    all_text = " ".join(text for text, _, _ in drawn_texts)
    assert "This model gives no action units." in all_text
    assert "AU4" not in all_text


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("A.PNG", "PNG")])
def test_the_suffix_decides_the_format_and_no_other_file_remains(
    tmp_path: Path, name: str, kind: str
) -> None:
    path = tmp_path / "new" / "folder" / name
    annotated_copy.save(Image.new("RGB", (50, 40), "teal"), path)
    with Image.open(path) as image:
        assert (image.format, image.size) == (kind, (50, 40))
        assert not image.getexif()
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_a_failed_write_keeps_the_old_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")
    too_large = Image.new("RGB", (70_000, 1))  # a JPEG has at most 65,535 pixels a side
    with pytest.raises(FileWriteError, match=r"a\.jpg cannot be written"):
        annotated_copy.save(too_large, path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.jpg"]
    with pytest.raises(FileWriteError, match="cannot be written"):
        annotated_copy.save(Image.new("RGB", (50, 40)), path / "b.jpg")


def test_saving_never_sets_the_umask_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shared by all threads, so a moment with umask 0 would change other threads' files."""
    masks: list[int] = []
    set_umask = os.umask
    monkeypatch.setattr(os, "umask", lambda mask: masks.append(mask) or set_umask(mask))
    annotated_copy.save(Image.new("RGB", (50, 40)), tmp_path / "a.jpg")
    assert masks == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_the_umask_decides_who_may_read_the_copy(tmp_path: Path) -> None:
    previous = os.umask(0o027)
    try:
        annotated_copy.save(Image.new("RGB", (50, 40)), tmp_path / "a.jpg")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "a.jpg").stat().st_mode) == 0o640
