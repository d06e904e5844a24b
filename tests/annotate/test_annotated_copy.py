"""The annotated copy: true to the photo, readable at any size, and safe to write."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

import wince
from wince import images
from wince.annotate import annotated_copy
from wince.errors import WinceError
from wince.level_colours import ON_DARK
from wince.runtime.assessment import Assessment
from wince.runtime.neutral import Change, NeutralFace
from wince.scale import ACTION_UNITS, LEVELS, Level

RGB = NDArray[np.uint8]


@pytest.fixture(scope="module")
def found(astronaut: RGB) -> Assessment:
    """What the packaged model says about the portrait, with numbers that are easy to look for."""
    return replace(
        wince.assess(astronaut),
        pspi=7.3,
        interval=(5.1, 9.6),
        level=Level.MODERATE,
        confidence=0.71,
        action_units=dict(zip(ACTION_UNITS, (3.0, 1.0, 2.0, 0.0, 2.3, 0.5), strict=True)),
    )


def matches(image: Image.Image, colour: str) -> NDArray[np.bool_]:
    """Return where an image has exactly this colour, (H, W)."""
    return np.asarray((np.asarray(image) == ImageColor.getrgb(colour)).all(axis=2))


@pytest.fixture
def written(
    monkeypatch: pytest.MonkeyPatch,
) -> list[tuple[str, tuple[float, ...], tuple[int, int]]]:
    """Every text that is drawn from now on: the words, their box, and the image's size."""
    texts: list[tuple[str, tuple[float, ...], tuple[int, int]]] = []
    draw = ImageDraw.ImageDraw.text

    def text(self, xy, words, fill=None, font=None, anchor=None, **more):  # type: ignore[no-untyped-def]
        assert isinstance(font, ImageFont.FreeTypeFont)
        assert font.size >= 11
        box = self.textbbox(xy, words, font=font, anchor=anchor)
        texts.append((words, box, self.im.size))
        draw(self, xy, words, fill, font, anchor, **more)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    return texts


def resized(rgb: RGB, width: int, height: int) -> tuple[images.UprightImage, float]:
    small = np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))
    return images.read(small), width / rgb.shape[1]


def moved(found: Assessment, factor: float, x: float = 0, y: float = 0) -> Assessment:
    assert found.face is not None
    box = np.array(found.face.box) * factor + [x, y, x, y]
    return replace(found, face=replace(found.face, box=tuple(box.tolist())))


def test_a_refused_picture_gets_the_reason_and_no_number(
    astronaut: RGB, written: list[tuple[str, tuple[float, ...], tuple[int, int]]]
) -> None:
    dark = (astronaut * 0.1).astype(np.uint8)
    refused = wince.assess(dark)
    annotated_copy.annotate(images.read(dark), refused)
    words = " ".join(text for text, _, _ in written)
    assert words.count("not judged") == 2  # on the box and in the panel
    assert "The face is dark" in words
    assert "PSPI" not in words
    assert "Confidence" not in words
    for _, box, size in written:
        assert 0 <= box[0] <= box[2] <= size[0]


def test_the_change_against_the_neutral_face_is_written(
    found: Assessment, astronaut: RGB, written: list[tuple[str, tuple[float, ...], tuple[int, int]]]
) -> None:
    neutral = NeutralFace(None, 1.5, 2, found.model)
    annotated_copy.annotate(
        images.read(astronaut), replace(found, change=Change(2.3, None, neutral))
    )
    words = [text for text, _, _ in written]
    assert "Above this person's neutral face" in words
    assert "2.3 points" in words


@pytest.mark.parametrize("side", [24, 64, 150, 512, 1100, 4000])
def test_all_is_said_and_fits_at_any_size_of_photo(
    astronaut: RGB, found: Assessment, written, side: int
) -> None:
    picture, factor = resized(astronaut, side, side)
    image = annotated_copy.annotate(picture, moved(found, factor))
    words = " ".join(text for text, _, _ in written)
    for expected in (
        "Pain expression moderate",
        "Confidence 71 %",
        "PSPI 7.3 of 16",
        "90 %: 5.1 to 9.6",
        "Brow lowerer 3.0 of 5 AU4",
        "Eye closure 0.5 of 1 AU43",
        "not a medical device",
    ):
        assert expected in words
    assert all(unit.title in words for unit in ACTION_UNITS.values())
    assert words.count("moderate 7.3") == 1  # the tag at the box
    for _, (x0, y0, x1, y1), (width, height) in written:
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
    assert 400 <= max(image.size) <= 1600 * 1.8
    assert image.mode == "RGB"


@pytest.mark.parametrize("shape", [(16, 1600), (1600, 16), (100, 5000), (300, 90)])
def test_panoramas_and_strips_get_a_whole_panel(
    found: Assessment, written, shape: tuple[int, int]
) -> None:
    picture = images.read(np.full((*shape, 3), 120, np.uint8))
    image = annotated_copy.annotate(picture, replace(found, face=None))
    assert "not a medical device" in " ".join(text for text, _, _ in written)
    assert min(image.size) > 300
    assert max(image.size) < 2200


def test_the_panel_hides_nothing_of_the_photo(astronaut: RGB, found: Assessment) -> None:
    image = np.asarray(annotated_copy.annotate(images.read(astronaut), replace(found, face=None)))
    assert image.shape[1] > 512
    top = (image.shape[0] - 512) // 2
    np.testing.assert_array_equal(image[top : top + 512, :512], astronaut)


@pytest.mark.parametrize("level", LEVELS)
def test_the_box_stands_around_the_face_in_the_levels_colour(
    astronaut: RGB, found: Assessment, level: Level
) -> None:
    assert found.face is not None
    image = annotated_copy.annotate(images.read(astronaut), replace(found, level=level))
    top = (image.height - 512) // 2
    photo = image.crop((0, top, 512, top + 512))
    coloured = matches(photo, ON_DARK[level])
    x0, y0, x1, y1 = found.face.box
    assert y0 - 40 < np.nonzero(coloured)[0].min() < y0  # the tag stands above the box
    rows, columns = np.nonzero(coloured[round(y0) + 4 :])
    assert abs(rows.max() + round(y0) + 4 - y1) <= 2
    assert abs(columns.min() - x0) <= 2
    assert abs(columns.max() - x1) <= 2
    inside = np.asarray(photo)[int(y0) + 8 : int(y1) - 8, int(x0) + 8 : int(x1) - 8]
    untouched = astronaut[int(y0) + 8 : int(y1) - 8, int(x0) + 8 : int(x1) - 8]
    np.testing.assert_array_equal(inside, untouched)


def test_the_box_is_right_on_a_large_turned_jpeg(astronaut: RGB) -> None:
    """Decoded at reduced scale, turned by EXIF, shown smaller: the box is still at the face."""
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(astronaut).transpose(Image.Transpose.ROTATE_90).resize((4000, 4000))
    buffer = io.BytesIO()
    stored.save(buffer, "JPEG", quality=90, exif=exif)
    assessment = wince.assess(buffer.getvalue())
    assert assessment.face is not None
    assert assessment.face.box[2] > 1600  # in pixels of the full-size picture
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
def test_a_face_that_reaches_past_the_edge_is_drawn_as_far_as_it_goes(
    astronaut: RGB, found: Assessment, x: float, y: float
) -> None:
    image = annotated_copy.annotate(images.read(astronaut), moved(found, 1, x, y))
    top = (image.height - 512) // 2
    drawn = matches(image.crop((0, top, 512, top + 512)), ON_DARK[found.level]).any()
    assert drawn == (abs(x) < 1000 and abs(y) < 1000)


def test_each_bar_is_as_long_as_its_action_unit_is_strong(
    astronaut: RGB, found: Assessment
) -> None:
    image = annotated_copy.annotate(images.read(astronaut), found)
    bars = matches(image, "#8ab4f8").sum(axis=1)
    track = matches(image, "#323b4a").sum(axis=1)
    full = (bars + track).max()
    rows = np.flatnonzero(bars + track == full)
    starts = rows[np.diff(rows, prepend=-9) > 1]
    assert found.action_units is not None
    shares = [found.action_units[name] / unit.maximum for name, unit in ACTION_UNITS.items()]
    assert len(starts) == 6
    np.testing.assert_allclose(bars[starts] / full, shares, atol=0.01)


@pytest.mark.parametrize("pspi", [0.0, 4.0, 8.0, 16.0])
def test_the_mark_stands_at_the_score(astronaut: RGB, found: Assessment, pspi: float) -> None:
    image = annotated_copy.annotate(images.read(astronaut), replace(found, pspi=pspi))
    panel = image.crop((512, 0, image.width, image.height))
    band = np.flatnonzero(matches(panel, ON_DARK[Level.SEVERE]).any(axis=1))
    row = np.asarray(panel)[band[len(band) // 2]]
    scale = [matches(panel, colour)[band[len(band) // 2]] for colour in ON_DARK.values()]
    left, right = np.flatnonzero(np.any(scale, axis=0))[[0, -1]]
    marks = np.flatnonzero((row == ImageColor.getrgb("#f3f5f8")).all(axis=1))
    unit = (image.width - 512) / 19
    assert marks.mean() == pytest.approx(unit + pspi / 16 * 17 * unit, abs=2)
    assert right - left > 16 * unit


def test_a_low_score_is_never_worded_as_no_pain(astronaut: RGB, found: Assessment, written) -> None:
    annotated_copy.annotate(images.read(astronaut), replace(found, level=Level.NONE, pspi=0.0))
    words = " ".join(text for text, _, _ in written)
    assert "Pain expression none seen" in words
    assert "none seen 0.0" in words
    assert "no pain" not in words.lower()


def test_warnings_are_written_out_whole_and_in_letters_the_font_has(
    astronaut: RGB, found: Assessment, written
) -> None:
    warnings = tuple(f"Warning {i}: the façade – “quoted” – is turned away." * 3 for i in range(5))
    quality = replace(found.quality, warnings=warnings)
    annotated_copy.annotate(images.read(astronaut), replace(found, quality=quality))
    words = " ".join(text for text, _, _ in written)
    assert words.count("the facade - quoted - is turned away") == 15
    assert words.isascii()
    for _, (_, _, _, bottom), (_, height) in written:
        assert bottom <= height


def test_a_model_without_action_units_says_so(astronaut: RGB, found: Assessment, written) -> None:
    annotated_copy.annotate(images.read(astronaut), replace(found, action_units=None))
    words = " ".join(text for text, _, _ in written)
    assert "This model gives no action units." in words
    assert "AU4" not in words


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("A.PNG", "PNG")])
def test_the_suffix_decides_the_format_and_nothing_else_is_left_behind(
    tmp_path: Path, name: str, kind: str
) -> None:
    path = tmp_path / "new" / "folder" / name
    annotated_copy.save(Image.new("RGB", (50, 40), "teal"), path)
    with Image.open(path) as image:
        assert (image.format, image.size) == (kind, (50, 40))
        assert not image.getexif()
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")
    too_large = Image.new("RGB", (70_000, 1))  # a JPEG has at most 65,535 pixels a side
    with pytest.raises(WinceError, match=r"a\.jpg cannot be written"):
        annotated_copy.save(too_large, path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.jpg"]
    with pytest.raises(WinceError, match="cannot be written"):
        annotated_copy.save(Image.new("RGB", (50, 40)), path / "b.jpg")
