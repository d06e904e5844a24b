import json
import os
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.support import archive_builder as builder
from wince import csv_reader
from wince.archive import checks, labels
from wince.archive.frame_check import CheckSettings, check_frame
from wince.archive.frame_file import FrameFile
from wince.archive.layouts import known_layouts, pain3d, rated_faces, table, unbc
from wince.archive.table_options import TableOptions, parse_prefixes
from wince.errors import ArchiveError, DataError
from wince.faces.spec import FaceSpec


def by_name(layout: known_layouts.Layout, base: Path) -> dict[str, FrameFile]:
    return {file.name: file for file in layout.files(base)}


def test_every_layout_module_is_listed() -> None:
    folder = Path(known_layouts.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "\nSIGNS = " in path.read_text("utf-8")}
    listed = {layout.__name__.rpartition(".")[2] for layout in known_layouts.LAYOUTS}  # type: ignore[attr-defined]  # modules
    assert modules == listed


@pytest.mark.parametrize("places", [builder.DISTRIBUTED, builder.REPACKAGED])
def test_both_arrangements_of_unbc_are_read_alike(tmp_path: Path, places) -> None:
    builder.valid(tmp_path, places)
    layout, base = known_layouts.recognise(tmp_path)
    assert (layout, base) == (unbc, tmp_path)
    files = by_name(layout, base)
    assert len(files) == 48
    file = files[f"{places[0]}/042-ll042/ll042t1aaaff/ll042t1aaaff003.png"]
    assert (file.subject, file.sequence, file.frame) == ("042-ll042", "ll042t1aaaff", "3")
    assert file.label == f"{places[1]}/042-ll042/ll042t1aaaff/ll042t1aaaff003_facs.txt"
    assert file.ratings == (6, 5, 7, 4, None)
    label = unbc.read_label(base, file)
    assert label.score == 12
    assert label.action_units == (5, 0, 5, 0, 1, 1)


@pytest.mark.parametrize(
    ("images", "label_folder", "ratings"),
    [
        ("images", "Frame_Labels", "Sequence_Labels"),
        ("Images", "Sequence_Labels/Frame_Labels", "Sequence_Labels"),
        ("Images/Images", "Frame_Labels/Frame_Labels", "Sequence_Labels/Sequence_Labels"),
        ("IMAGES", "frame_labels", "sequence_labels"),
        ("images/images", "labels/Frame_Labels", "labels/Sequence_Labels"),
    ],
)
def test_repackaged_folders_of_unbc_are_recognised(
    tmp_path: Path, images: str, label_folder: str, ratings: str
) -> None:
    builder.valid(tmp_path, (images, f"{label_folder}/PSPI", f"{label_folder}/FACS", ratings))
    layout, base = known_layouts.recognise(tmp_path)
    assert (layout, base) == (unbc, tmp_path)
    file = by_name(layout, base)[f"{images}/042-ll042/ll042t1aaaff/ll042t1aaaff003.png"]
    assert (file.subject, file.ratings) == ("042-ll042", (6, 5, 7, 4, None))
    assert unbc.read_label(base, file).action_units == (5, 0, 5, 0, 1, 1)


def test_an_archive_two_folders_deeper_is_found(tmp_path: Path) -> None:
    builder.valid(tmp_path / "UNBC" / "UNBC")
    assert known_layouts.recognise(tmp_path) == (unbc, tmp_path / "UNBC" / "UNBC")


def test_an_archive_one_folder_deeper_is_found(tmp_path: Path) -> None:
    builder.valid(tmp_path / "data", builder.REPACKAGED)
    assert known_layouts.recognise(tmp_path) == (unbc, tmp_path / "data")


def test_linked_folders_are_followed_and_loops_are_not(tmp_path: Path) -> None:
    builder.valid(tmp_path / "a")
    linked = tmp_path / "b"
    linked.mkdir()
    for name in ("Images", "Frame_Labels", "Sequence_Labels"):
        (linked / name).symlink_to(tmp_path / "a" / name)
    (tmp_path / "a" / "Images" / "042-ll042" / "again").symlink_to(tmp_path / "a" / "Images")
    assert len(by_name(unbc, linked)) == 48


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on Windows")
def test_pipes_and_links_that_lead_nowhere_or_upward_neither_hang_nor_wander(
    tmp_path: Path,
) -> None:
    archive = builder.valid(tmp_path / "a" / "archive")
    names = set(by_name(unbc, archive.root))
    folder = archive.root / "Images" / "042-ll042" / "ll042t1aaaff"
    (folder / "itself.png").symlink_to("itself.png")
    (folder / "everything").symlink_to("/")
    (folder / "above").symlink_to(tmp_path / "a")
    os.mkfifo(folder / "pipe.png")
    (folder / "device.png").symlink_to("/dev/zero")
    new = {str(folder.relative_to(archive.root) / f"{name}.png") for name in ODD_FILES}
    assert set(by_name(unbc, archive.root)) - names == new
    settings = CheckSettings("unbc", archive.root, archive.root, tmp_path / "out", FaceSpec())
    for name, words in zip(sorted(new), ODD_FILES.values(), strict=True):
        result = check_frame(settings, FrameFile(name, "042", "a", "1"), None)
        assert result.check == checks.READABLE.reason
        assert words in result.detail


ODD_FILES = {
    "device": "a pipe or a device",
    "itself": "symbolic links",
    "pipe": "a pipe or a device",
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on Windows")
def test_a_pipe_in_the_place_of_a_label_or_a_table_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(labels.BadLabelError, match="a pipe or a device"):
        labels.read_text(tmp_path / "pipe.csv")
    assert csv_reader.read_header(tmp_path / "pipe.csv") == []
    with pytest.raises(DataError, match="a pipe or a device"):
        list(csv_reader.read_rows(tmp_path / "pipe.csv", ()))


def test_very_deep_folders_are_walked_through(tmp_path: Path) -> None:
    builder.valid(tmp_path)
    names = set(by_name(unbc, tmp_path))
    top, spare = tmp_path / "Images" / "d", tmp_path / "spare"
    # More than the interpreter may nest calls. Each around the one before, so that no path is too
    # long to be given.
    for _ in range(sys.getrecursionlimit() + 50):
        spare.mkdir()
        if top.exists():
            top.rename(spare / "d")
        spare.rename(top)
    try:
        assert set(by_name(unbc, tmp_path)) == names
    finally:
        while top.exists():  # pytest could not remove folders that are so deep
            top.rename(spare)
            if (spare / "d").exists():
                (spare / "d").rename(top)
            spare.rmdir()


def test_a_name_that_is_not_utf8_is_shown_and_left_out(tmp_path: Path) -> None:
    archive = builder.valid(tmp_path)
    folder = archive.root / "Images" / "042-ll042"
    odd = os.fsencode(folder / "ll042t1aaaff" / "ll042t1aaaff") + b"\xe9.png"
    try:
        Path(os.fsdecode(odd)).write_bytes(builder.frame_image(3))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert "Images/042-ll042/ll042t1aaaff/ll042t1aaaff\\udce9.png" in by_name(unbc, tmp_path)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xe9")).mkdir()
    with pytest.raises(ArchiveError, match="not valid UTF-8"):
        by_name(unbc, tmp_path)


def test_a_label_with_another_name_is_named_but_not_used(tmp_path: Path) -> None:
    archive = builder.Unbc(tmp_path)
    name = archive.frame("001-a", "at1", 1, label_suffix="_FACS.txt")
    file = by_name(unbc, tmp_path)[name]
    assert file.label == ""
    assert "expected Frame_Labels/PSPI/001-a/at1/at1001_facs.txt" in file.missing
    assert "found only at1001_FACS.txt" in file.missing


def test_a_bad_rating_is_left_empty_and_named(tmp_path: Path) -> None:
    archive = builder.Unbc(tmp_path)
    name = archive.frame("001-a", "at1", 1)
    archive.rating("VAS", "001-a", "at1", "11")
    file = by_name(unbc, tmp_path)[name]
    assert file.ratings == (None,) * 5
    assert file.remarks[0].startswith(
        "Sequence_Labels/VAS/001-a/at1.txt: expected VAS from 0 to 10"
    )


def test_facs_rows_that_contradict_the_score_make_the_label_doubtful(tmp_path: Path) -> None:
    archive = builder.Unbc(tmp_path)
    wrong = archive.frame("001-a", "at1", 1, 3, rows=builder.facs(AU4=1))
    broken = archive.frame("001-a", "at1", 2, 3, rows="4 2 0 0\n6 x 0 0\n")
    none = archive.frame("001-a", "at1", 3, 3, rows=None)
    files = by_name(unbc, tmp_path)
    label = unbc.read_label(tmp_path, files[wrong])
    assert label.action_units == (1, 0, 0, 0, 0, 0)
    assert "PSPI is 3, its action units give 1" in label.doubt
    label = unbc.read_label(tmp_path, files[broken])
    assert label.action_units is None
    assert "at1002_facs.txt, line 2" in label.doubt
    label = unbc.read_label(tmp_path, files[none])
    assert (label.action_units, label.doubt) == (None, "")


def test_3d_pain_is_read(tmp_path: Path) -> None:
    builder.pain3d(tmp_path)
    layout, base = known_layouts.recognise(tmp_path)
    assert layout is pain3d
    files = by_name(layout, base)
    file = files["meshes_inpainted/flame_sample_0001_pain_1_textured_view_001_inpainted.jpg"]
    assert (file.subject, file.sequence) == ("flame_sample_0001", "flame_sample_0001_pain_1")
    assert file.frame == "textured_view_001_inpainted"
    label = layout.read_label(base, file)
    assert label.score == 7
    assert label.action_units == (2, 1, 3, 0, 1, 1)
    assert label.doubt == ""
    assert files["meshes_inpainted/readme.jpg"].label == ""
    bad = {100: "no key PSPI", 101: "is not JSON", 102: "from 0 to 16, found 21"}
    for subject, message in bad.items():
        name = (
            f"meshes_inpainted/flame_sample_{subject:04d}_neutral_textured_view_000_inpainted.jpg"
        )
        with pytest.raises(labels.BadLabelError, match=message) as caught:
            layout.read_label(base, files[name])
        assert caught.value.line >= 1
    name = "meshes_inpainted/flame_sample_0103_neutral_textured_view_000_inpainted.jpg"
    assert "expected annotations/flame_sample_0103_neutral_annotations.json" in files[name].missing


@pytest.mark.parametrize(
    "text", ["[1]", "3", "null", '{"PSPI": true}', '{"PSPI": [1]}', "{", "[" * 9999]
)
def test_json_that_is_not_an_annotation_is_a_bad_label(tmp_path: Path, text: str) -> None:
    builder.pain3d(tmp_path)
    name = "annotations/flame_sample_0000_neutral_annotations.json"
    (tmp_path / name).write_text(text)
    with pytest.raises(labels.BadLabelError):
        pain3d.read_label(tmp_path, FrameFile("x.jpg", "s", "q", "f", label=name))


def test_3d_pain_units_that_contradict_the_score_make_the_label_doubtful(tmp_path: Path) -> None:
    builder.pain3d(tmp_path)
    name = "annotations/flame_sample_0000_neutral_annotations.json"
    units = dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), 0)
    (tmp_path / name).write_text(json.dumps({**units, "AU4": 3, "PSPI": 1}))
    label = pain3d.read_label(tmp_path, FrameFile("x.jpg", "s", "q", "f", label=name))
    assert "PSPI is 1, its action units give 3" in label.doubt
    (tmp_path / name).write_text(json.dumps({**units, "AU43": 2, "PSPI": 1}))
    label = pain3d.read_label(tmp_path, FrameFile("x.jpg", "s", "q", "f", label=name))
    assert "AU43" in label.doubt
    assert label.action_units is None


def test_faces_rated_twice_give_mean_and_spread(tmp_path: Path) -> None:
    builder.rated(tmp_path)
    layout, base = known_layouts.recognise(tmp_path)
    assert layout is rated_faces
    assert layout.group_names(base) == ("expression", "picked")
    files = by_name(layout, base)
    file = files["images/face_0003.jpg"]
    assert (file.subject, file.groups, file.line) == ("s1", ("anger", "by expression"), 5)
    label = layout.read_label(base, file)
    # pass a: 3 + max(1, 2) + max(0, 1) + 0 = 6; pass b: 3 + max(2, 1) + max(1, 0) + 1 = 7
    assert (label.score, label.spread) == (6.5, 1)
    assert label.action_units == (3, 1.5, 1.5, 0.5, 0.5, 0.5)
    assert label.box == (60, 10, 260, 230)
    assert layout.read_label(base, files["images/face_0004.jpg"]).refused == "quality 0 in pass b"
    assert files["images/stranger.jpg"].missing == "no row of ratings.csv lists it"


def test_an_invalid_rating_is_named_with_its_line(tmp_path: Path) -> None:
    builder.rated(tmp_path)
    path = tmp_path / "ratings.csv"
    path.write_text(
        path.read_text().replace("face_0002.jpg,s1,neutral,2", "face_0002.jpg,s1,neutral,9")
    )
    file = by_name(rated_faces, tmp_path)["images/face_0002.jpg"]
    with pytest.raises(labels.BadLabelError, match="au4_a from 0 to 5, found 9") as caught:
        rated_faces.read_label(tmp_path, file)
    assert caught.value.line == 4


def test_a_plain_table_is_read_with_its_groups(tmp_path: Path) -> None:
    path = builder.table(tmp_path)
    (tmp_path / "photos" / "extra.jpg").write_bytes(builder.frame_image(20, "JPEG"))
    for root in (tmp_path, path):
        layout, base = known_layouts.recognise(root)
        assert layout is table
        assert layout.group_names(base) == ("age", "skin tone")
        files = by_name(layout, base)
        file = files["photos/p3.jpg"]
        assert (file.subject, file.sequence, file.frame) == ("person 1", "p3", "p3")
        assert file.groups == ("33", "III")
        assert layout.read_label(base, file).score == 3
        assert files["photos/extra.jpg"].missing == "no row of labels.csv lists it"


def test_images_beside_a_table_that_no_row_lists_are_named(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "mine/c.png", "absolute.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(builder.frame_image(1))
    path = tmp_path / "mine.csv"
    path.write_text("image,subject,pspi\na.png,p,1\n")
    missing = {name: file.missing for name, file in by_name(table, path).items()}
    assert missing == {
        "a.png": "",
        "absolute.png": "no row of mine.csv lists it",
        "b.png": "no row of mine.csv lists it",
    }, "folders that no row points into may hold anything"
    path.write_text(f"image,subject,pspi\n{tmp_path / 'absolute.png'},p,1\n,q,2\n")
    assert sorted(by_name(table, path)) == ["", str(tmp_path / "absolute.png")]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("photos/", "photos\\"),
        lambda text: text.replace("photos/", "./photos/"),
        lambda text: text + "\n,,\n",
    ],
)
def test_tables_are_read_as_spreadsheets_write_them(tmp_path: Path, change) -> None:
    builder.table(tmp_path, change)
    layout, base = known_layouts.recognise(tmp_path)
    files = by_name(layout, base)
    assert sorted(files) == [f"photos/p{number}.jpg" for number in range(8)]
    assert [layout.read_label(base, file).score for file in files.values()] == [
        0,
        1,
        2,
        3,
        4,
        0,
        1,
        2,
    ]


def test_a_tables_own_units_ratings_and_box_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "image,subject,pspi,sequence,frame,au4,au6,au7,au9,au10,au43,vas,box\n"
        "a.png,p,5,s,7,2,0,3,0,0,0,4.5,1 2 30 40\n"
        "b.png,p,5,s,8,2,0,0,0,0,0,99,1 2 3\n"
        "c.png,p,,s,9,,,,,,,,\n"
    )
    first, second, third = table.files(path)
    assert (first.sequence, first.frame, first.ratings) == ("s", "7", (4.5, None, None, None, None))
    label = table.read_label(path, first)
    assert (label.action_units, label.box, label.doubt) == ((2, 0, 3, 0, 0, 0), (1, 2, 30, 40), "")
    assert "mine.csv, line 3: expected VAS from 0 to 10, found 99" in second.remarks[0]
    doubt = table.read_label(path, second).doubt
    assert doubt.startswith("mine.csv, line 3: PSPI is 5, its action units give 2; expected box")
    with pytest.raises(labels.BadLabelError, match="pspi is empty") as caught:
        table.read_label(path, third)
    assert caught.value.line == 4


def test_measurements_of_frames_are_not_groups(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "image,subject,pspi,sex,timestamp, AU04_r, success,delta,note\n"
        "a.png,p,5,f,0.04,1.2,1,0.5,x\nb.png,p,5,f,0.08,1.3,1,0.25,y\nc.png,q,5,m,0.0,0,1,1,z\n"
    )
    assert table.group_names(path) == ("sex", "note")
    assert "not used, because" in table.notes(path)[0]
    assert "timestamp, au04_r, success, delta" in table.notes(path)[0]
    assert table.group_names(path, TableOptions(groups=("success",))) == ("success",)
    with pytest.raises(DataError, match=r"no group column 'age'. Expected one of sex, timestamp"):
        table.group_names(path, TableOptions(groups=("age",)))


def test_facs_letters_are_intensities(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "image,subject,pspi,au4,au6,au7,au9,au10,au43\na.png,p,11,A,b,C,D,0,E\n"
        "b.png,p,1,F,0,0,0,0,0\n"
    )
    first, second = table.files(path)
    label = table.read_label(path, first)
    assert label.action_units == (1, 2, 3, 4, 0, 1)
    assert "its action units give 9" in label.doubt
    assert "expected AU4 as a number, found 'F'" in table.read_label(path, second).doubt


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0, 0, 25, 50, 75, 12], "3 of 4 values above 0 are above 16, up to 75"),
        ([0, 0.1, 0.5, 1], "all 3 values above 0 are fractions, up to 1"),
    ],
)
def test_a_pspi_on_another_scale_is_refused_until_its_range_is_given(
    tmp_path: Path, values: list[float], message: str
) -> None:
    path = tmp_path / "mine.csv"
    rows = [f"p{number}.png,p,{value}\n" for number, value in enumerate(values)]
    path.write_text("image,subject,pspi\n" + "".join(rows))
    with pytest.raises(DataError, match=f"{message}.*--range LOW HIGH"):
        list(table.files(path))
    top = 100 if max(values) > 1 else 1
    options = TableOptions(pspi_range=(0, top))
    scores = [table.read_label(path, file).score for file in table.files(path, options)]
    assert scores == pytest.approx([value / top * 16 for value in values])
    assert f"from 0 to {top} (stated with --range)" in table.notes(path, options)[0]


def test_single_values_above_the_scale_are_bad_labels(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    rows = [f"p{number}.png,p,{number % 5}\n" for number in range(30)]
    path.write_text("image,subject,pspi\n" + "".join(rows) + "x.png,p,99\n")
    with pytest.raises(labels.BadLabelError, match="from 0 to 16, found 99"):
        table.read_label(path, list(table.files(path))[-1])
    options = TableOptions(pspi_range=(0, 16))
    with pytest.raises(labels.BadLabelError, match="found '99, outside 0 to 16'"):
        table.read_label(path, list(table.files(path, options))[-1])


def test_images_of_another_computer_need_the_place_of_their_folder(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(builder.frame_image(1))
    path = tmp_path / "mine.csv"
    path.write_text("image,subject,pspi\nC:\\Study\\a.png,p,1\n")
    with pytest.raises(DataError, match=r"line 2: .*--path-prefix 'C:\\Study=FOLDER'"):
        list(table.files(path))
    prefixes = parse_prefixes(["c:\\study=photos"])
    assert list(by_name_with(path, TableOptions(prefixes=prefixes))) == ["photos/a.png"]
    with pytest.raises(DataError, match="expected OLD=NEW"):
        parse_prefixes(["photos"])


def test_file_names_in_another_unicode_form_are_found(tmp_path: Path) -> None:
    composed, decomposed = (unicodedata.normalize(form, "Zoë.png") for form in ("NFC", "NFD"))
    (tmp_path / decomposed).write_bytes(builder.frame_image(1))
    path = tmp_path / "mine.csv"
    path.write_text(f"image,subject,pspi\n{composed},p,1\n", encoding="utf-8")
    assert list(by_name(table, path)) == [decomposed]


def by_name_with(path: Path, options: TableOptions) -> dict[str, FrameFile]:
    return {file.name: file for file in table.files(path, options)}


def test_a_row_longer_than_the_header_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("image,subject,pspi\na.png,p,1\nb.png,p,1,5\n")
    with pytest.raises(DataError, match=r"line 3: expected 3 values .* found 4"):
        list(table.files(path))


def test_an_error_for_an_unknown_layout_names_what_was_expected_and_found(tmp_path: Path) -> None:
    (tmp_path / "Pictures").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "mine.csv").write_text("file,person,score\n")
    with pytest.raises(ArchiveError) as caught:
        known_layouts.recognise(tmp_path)
    for layout in known_layouts.LAYOUTS:
        assert layout.SIGNS in str(caught.value)
    assert "Found Pictures/ (empty), mine.csv (columns file, person, score), notes.txt" in str(
        caught.value
    )
    with pytest.raises(ArchiveError, match="nothing at"):
        known_layouts.recognise(tmp_path / "absent")
    with pytest.raises(ArchiveError, match="no layout 'bdf'"):
        known_layouts.recognise(tmp_path, "bdf")


def test_an_error_for_half_an_archive_shows_what_is_missing(tmp_path: Path) -> None:
    archive = builder.valid(tmp_path)
    (archive.root / "Frame_Labels" / "PSPI").rename(tmp_path / "elsewhere")
    with pytest.raises(ArchiveError) as caught:
        known_layouts.recognise(tmp_path)
    assert "Looked for unbc: Images/ with Frame_Labels/PSPI/" in str(caught.value)
    assert "Frame_Labels/ (FACS)" in str(caught.value)
    assert "Images/ (042-ll042, 047-jl047, 048-aa048 and 3 more)" in str(caught.value)


def test_a_folder_that_fits_several_needs_the_layout(tmp_path: Path) -> None:
    builder.valid(tmp_path)
    builder.table(tmp_path)
    with pytest.raises(ArchiveError, match="--layout"):
        known_layouts.recognise(tmp_path)
    assert known_layouts.recognise(tmp_path, "table") == (table, tmp_path)
    assert known_layouts.recognise(tmp_path, "unbc") == (unbc, tmp_path)


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_labels_of_unbc_are_found_in_the_other_form_of_accents(
    tmp_path: Path, forms: tuple[str, str]
) -> None:
    """macOS unpacks names as NFD, other systems as NFC; half of an archive may come from each."""
    of_images, of_labels = forms
    sequence = "René/renét1"
    places = {
        f"Images/{sequence}/renét1001.png": (of_images, b"image"),
        f"Frame_Labels/PSPI/{sequence}/renét1001_facs.txt": (of_labels, b"  6.0000000e+00\n"),
        f"Frame_Labels/FACS/{sequence}/renét1001_facs.txt": (of_labels, b"  4.0 3.0 0 0\n"),
        f"Sequence_Labels/VAS/{sequence}.txt": (of_labels, b"  7.0000000e+00\n"),
    }
    for name, (form, content) in places.items():
        path = tmp_path / unicodedata.normalize(form, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (file,) = unbc.files(tmp_path)
    assert file.missing == ""
    assert file.ratings[0] == 7
    label = unbc.read_label(tmp_path, file)
    assert label.score == 6
    assert label.action_units is not None and label.action_units[0] == 3
