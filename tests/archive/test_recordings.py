"""Archives of videos: matched with their table and annotations, and prepared frame by frame."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import recording_archive as sample
from tests.support.prepared_files import consistent, rows
from tests.support.video_sample import grey_frames, write_video
from wince import csv_reader
from wince.archive import crops, detection, target_label
from wince.archive.frame_file import FrameFile
from wince.archive.layouts import known_layouts, recordings
from wince.archive.prepare import PrepareOptions, prepare
from wince.archive.report.recording_warnings import recording_warnings
from wince.archive.table_options import TableOptions
from wince.errors import DataError
from wince.faces.align import align
from wince.named_scales import KNOWN
from wince.scale import Scale

ONE_WORKER = PrepareOptions(workers=1)
EVENT = "onset,offset,unit,intensity\n"


@pytest.fixture(scope="session")
def archive(tmp_path_factory) -> Path:
    """Three videos of rendered faces with their annotations; tests only read it."""
    return sample.build(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def out(archive: Path, tmp_path_factory) -> Path:
    """The archive of videos prepared by one process; tests only read it."""
    folder = tmp_path_factory.mktemp("recordings-out")
    prepare(archive, folder, ONE_WORKER)
    return folder


def grey(root: Path, name: str, seconds: float = 2, **options: Any) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_video(path, grey_frames(round(seconds * 25)), **options)


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def read(root: Path, **options: Any) -> tuple[list[FrameFile], list[dict[str, Any]], str]:
    """Return the frames of an archive, its sheet of recordings, and the warnings in one text."""
    files = list(recordings.files(root, TableOptions(**options)))
    sheet = [dict(entry) for file in files for entry in file.recordings]
    return files, sheet, "\n".join(recording_warnings(sheet))


def scores(files: list[FrameFile]) -> dict[int, float]:
    return {int(file.frame): float(file.row["pspi"]) for file in files if file.label}


def test_each_frame_has_its_time_its_label_and_the_ratings_of_its_video(out: Path) -> None:
    manifest = rows(out / "manifest.csv")
    assert len(manifest) == 28
    for number, subject in enumerate(sample.SUBJECTS, start=1):
        frames = [row for row in manifest if row["subject"] == subject]
        for place, row in enumerate(frames):
            face = sample.faces(subject)[place // sample.HELD]
            assert row["path"] == f"videos/p{number}.mp4#frame={place}"
            assert float(row["seconds"]) == place / sample.RATE
            assert float(row["pspi"]) == face.pspi
            units = {name: float(row[name.lower()]) for name in face.action_units}
            assert units == face.action_units
            assert (row["sequence"], row["frame"]) == (f"day1-p{number}", str(place))
            assert (row["vas"], row["nrs"], row["opr"]) == (str(number), str(2 * number), "")


def test_the_crops_are_those_of_the_same_faces_as_images(out: Path) -> None:
    manifest = rows(out / "manifest.csv")
    assert all(row["face_found"] == "1" for row in manifest)
    for row in manifest:
        face = sample.faces(row["subject"])[int(row["frame"]) // sample.HELD]
        from_image = detection.images.read(face.path)
        face = detection.detect(from_image.rgb)[0]
        view = crops.view(crops.read(out / row["crop"]), 100)
        expected = align(from_image.rgb, face, replace(ONE_WORKER.spec, size=100))
        difference = np.abs(view.astype(int) - expected)
        assert difference.mean() < 8, row["path"]  # the video is compressed


def test_no_file_but_the_crops_has_pixels(out: Path) -> None:
    images = {path for path in out.rglob("*") if path.suffix in (".jpg", ".png", ".mp4")}
    assert images == {out / row["crop"] for row in rows(out / "manifest.csv")}


def test_the_report_has_a_sheet_of_recordings(archive: Path, out: Path) -> None:
    report = json.loads((out / "report.json").read_text())
    first = report["recordings"][0]
    assert first["video"] == "videos/p1.mp4"
    assert (first["frames"], first["taken"], first["labelled"], first["kept"]) == (12, 12, 12, 12)
    assert (first["faces_found"], first["seconds"], first["frame_rate"]) == (12, 1.2, 10)
    assert first["label"] == "annotations/p1.csv (table of events)"
    page = (out / "report.html").read_text()
    assert "<h2>Recordings</h2>" in page
    assert page.count("videos/p2.mp4") == 1
    assert any("only one sequence" in warning for warning in report["warnings"])
    consistent(out)


def test_a_second_run_decodes_nothing_and_changes_nothing(
    archive: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    monkeypatch.setattr("wince.archive.video_frames.read_frame", None)
    result = prepare(archive, copy, ONE_WORKER)
    assert result.reused == 28
    assert consistent(copy) == consistent(out)


def test_a_run_that_was_interrupted_continues_where_it_stopped(
    archive: Path, out: Path, tmp_path: Path
) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == total - 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(archive, tmp_path, ONE_WORKER, interrupt)
    assert not (tmp_path / "manifest.csv").exists()
    assert prepare(archive, tmp_path, ONE_WORKER).reused == 18
    assert consistent(tmp_path) == consistent(out)


def test_two_workers_give_the_same_bytes_as_one(archive: Path, out: Path, tmp_path: Path) -> None:
    prepare(archive, tmp_path, PrepareOptions(workers=2))
    assert consistent(tmp_path) == consistent(out)


def test_fps_takes_frames_at_even_times(tmp_path: Path) -> None:
    grey(tmp_path, "p1.mp4", 2)
    sample.write_table(tmp_path, {"p1.mp4": "a,3"}, ",pspi")
    every, _, _ = read(tmp_path)
    some, sheet, _ = read(tmp_path, fps=10)
    assert [file.seconds for file in every[:3]] == [0, 0.04, 0.08]
    assert [file.seconds for file in some[:6]] == [0, 0.12, 0.2, 0.32, 0.4, 0.52]
    assert (len(every), len(some), sheet[0]["taken"]) == (50, 20, 20)
    assert len(read(tmp_path, fps=100)[0]) == 50


def test_a_score_of_the_whole_video_is_the_label_where_there_is_no_annotation(
    tmp_path: Path,
) -> None:
    grey(tmp_path, "p1.mp4", 0.4)
    grey(tmp_path, "p2.mp4", 0.4)
    sample.write_table(tmp_path, {"p1.mp4": "a,3,", "p2.mp4": "b,,7"}, ",pspi,vas")
    files, sheet, warnings = read(tmp_path)
    assert scores(files[:10]) == dict.fromkeys(range(10), 3.0)
    assert not any(file.label for file in files[10:])  # a rating of the pain is no PSPI
    assert {file.ratings[0] for file in files[10:]} == {7.0}
    assert sheet[1]["problem"].endswith("videos.csv, line 3, states no pspi for it")
    assert "1 video without a label on any frame: p2.mp4" in warnings


def test_pspi_needs_every_term_and_a_unit_that_never_occurs_can_be_stated(tmp_path: Path) -> None:
    grey(tmp_path, "p1.mp4", 0.4)
    sample.write_table(tmp_path, {"p1.mp4": "a"})
    write(tmp_path, "annotations/p1.csv", EVENT + "0,0.2,AU4,C\n0,0.4,AU7,A\n0,0.2,AU9,B\n")
    files, _, warnings = read(tmp_path)
    assert not any(file.label for file in files)
    assert "PSPI needs AU43, which no annotation contains" in warnings
    assert "--coded-unit AU43" in warnings
    files, _, _ = read(tmp_path, coded_units=("AU43",))
    assert scores(files) == dict.fromkeys(range(5), 6.0) | dict.fromkeys(range(5, 10), 1.0)
    assert "au4" not in files[0].row  # AU6 and AU10 were not coded, so they are not stated as 0


def test_a_unit_that_is_coded_in_one_video_is_absent_in_the_others(tmp_path: Path) -> None:
    for name in ("p1", "p2"):
        grey(tmp_path, f"{name}.mp4", 0.4)
    sample.write_table(tmp_path, {"p1.mp4": "a", "p2.mp4": "b"})
    write(tmp_path, "annotations/p1.csv", EVENT + "0,1,4+6+9,A\n0,1,43,\n")
    write(tmp_path, "annotations/p2.csv", EVENT + "0,1,4,B\n")
    files, _, _ = read(tmp_path)
    assert [float(file.row["pspi"]) for file in files] == [4.0] * 10 + [2.0] * 10


def test_what_has_no_partner_is_left_out_named_and_counted(tmp_path: Path) -> None:
    grey(tmp_path, "videos/p1.mp4", 0.4)
    grey(tmp_path, "videos/other.mp4", 0.4)
    write(tmp_path, "videos/broken.mp4", "no video")
    write(tmp_path, "annotations/p9.csv", EVENT + "0,1,4,B\n")
    table = {"videos/p1.mp4": "a,1", "videos/gone.mp4": "b,1", "videos/broken.mp4": "c,1"}
    sample.write_table(tmp_path, table, ",pspi")
    files, sheet, warnings = read(tmp_path)
    assert Counter(file.video for file in files) == {
        "videos/p1.mp4": 10,
        "videos/gone.mp4": 1,
        "videos/broken.mp4": 1,
        "videos/other.mp4": 1,
    }
    assert {entry["video"]: entry["problem"][:35] for entry in sheet} == {
        "videos/p1.mp4": "",
        "": "no row of the table has a video of ",
        "videos/gone.mp4": "there is no file videos/gone.mp4",
        "videos/broken.mp4": "videos/broken.mp4 is not a video that wince can"[:35],
        "videos/other.mp4": "no row of videos.csv lists it",
    }
    assert "2 rows of the table without a video that can be read: videos/gone.mp4" in warnings
    assert "1 video without a row in the table, left out: videos/other.mp4" in warnings
    assert "1 annotation without a video, not used: annotations/p9.csv" in warnings


def test_a_video_that_breaks_off_is_used_up_to_there(tmp_path: Path) -> None:
    path = grey(tmp_path, "p1.mkv", 2, options={"g": "5"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    sample.write_table(tmp_path, {"p1.mkv": "a"})
    write(tmp_path, "annotations/p1.csv", EVENT + "0,1,4+6+9+43,A\n1.9,2,4,B\n")
    files, sheet, warnings = read(tmp_path)
    assert 5 <= len(files) <= 40
    assert all(file.label for file in files)
    assert sheet[0]["beyond_end"] == 1
    assert "1 video that stops before the end that the file states: p1.mkv" in warnings
    assert "end of the video or last beyond it: 1, of p1.mkv" in warnings


def test_frames_of_a_variable_rate_are_matched_by_time(tmp_path: Path) -> None:
    times = [0, 0.04, 0.08, 0.5, 0.54, 1.0, 1.04, 1.08, 1.5, 1.9]
    write_video(tmp_path / "p1.mp4", grey_frames(10), times=times)
    sample.write_table(tmp_path, {"p1.mp4": "a"})
    write(tmp_path, "annotations/p1.csv", EVENT + "0,9,6+9+43,A\n0.6,1.3,4,B\n")
    files, sheet, warnings = read(tmp_path)
    assert [file.seconds for file in files] == pytest.approx(times, abs=0.002)
    assert [f for f, score in scores(files).items() if score == 5] == [5, 6, 7]
    assert sheet[0]["variable_rate"]
    assert "1 video with a variable frame rate: p1.mp4" in warnings


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("p1.mp4,a,\np1.mp4,b,\n", "lines 2 and 3 are both of the video p1.mp4"),
        ("p1.mp4,a,s\np2.mp4,a,s\n", "lines 2 and 3 are both of the sequence s of subject a"),
    ],
)
def test_two_rows_for_one_video_are_refused(tmp_path: Path, table: str, message: str) -> None:
    grey(tmp_path, "p1.mp4", 0.2)
    write(tmp_path, "videos.csv", "video,subject,sequence\n" + table)
    with pytest.raises(DataError, match=message):
        prepare(tmp_path, tmp_path.with_name("out"), ONE_WORKER)
    assert not list(tmp_path.with_name("out").glob("*.csv"))


def test_annotations_are_found_by_name_or_by_the_column(tmp_path: Path) -> None:
    for name in ("s1/day1", "s2/day1", "s3/day1", "s4/day1"):
        grey(tmp_path, f"{name}.mp4", 0.2)
    table = {f"s{n}/day1.mp4": f"p{n},{n}" for n in (1, 2, 3)} | {"s4/day1.mp4": "p4,4,notes/x.csv"}
    sample.write_table(tmp_path, table, ",sequence,annotation")
    write(tmp_path, "annotations/s1/day1.csv", EVENT + "0,1,4+6+9+43,A\n")
    write(tmp_path, "annotations/s2/day1.csv", EVENT + "0,1,4+6+9+43,B\n")
    write(tmp_path, "s3/day1.csv", EVENT + "0,1,4+6+9+43,C\n")
    write(tmp_path, "notes/x.csv", EVENT + "0,1,4+6+9+43,D\n")
    files, _, _ = read(tmp_path)
    assert {file.subject: float(file.row["pspi"]) for file in files} == {
        "p1": 4,
        "p2": 7,
        "p3": 10,
        "p4": 13,
    }


def test_an_annotation_that_fits_two_videos_is_refused(tmp_path: Path) -> None:
    for name in ("s1/day1", "s2/day1"):
        grey(tmp_path, f"{name}.mp4", 0.2)
    sample.write_table(tmp_path, {"s1/day1.mp4": "a", "s2/day1.mp4": "b"})
    write(tmp_path, "annotations/day1.csv", EVENT + "0,1,4,A\n")
    with pytest.raises(DataError, match="fits both s1/day1"):
        read(tmp_path)


def test_columns_and_units_may_have_other_names(tmp_path: Path) -> None:
    grey(tmp_path, "p1.mp4", 0.2)
    write(tmp_path, "videos.csv", "Datei,Proband,Alter\np1.mp4,a,30\n")
    write(tmp_path, "annotations/p1.csv", "von,bis,code,level\n0,1,Stirn,A\n0,1,6+9+43,B\n")
    options = TableOptions(
        renames={
            "datei": "video",
            "proband": "subject",
            "von": "onset",
            "bis": "offset",
            "stirn": "au4",
        }
    )
    layout, base = known_layouts.recognise(tmp_path, options=options)
    assert layout is recordings
    files = list(layout.files(base, options))
    assert set(scores(files).values()) == {1 + 2 + 2 + 1}
    assert layout.group_names(base, options) == ("alter",)
    assert files[0].groups == ("30",)


def test_a_rating_outside_its_range_is_left_empty_and_named(tmp_path: Path) -> None:
    grey(tmp_path, "p1.mp4", 0.2)
    sample.write_table(tmp_path, {"p1.mp4": "a,3,12,11"}, ",pspi,vas,nrs")
    file = read(tmp_path)[0][0]
    assert file.ratings == (None,) * 5
    assert file.remarks[0] == (
        "videos.csv, line 2: expected VAS from 0 to 10, found 12; the rating is left empty"
    )
    assert "NRS from 0 to 10, found 11" in file.remarks[1]


def test_a_stated_table_of_several_videos_gives_each_its_own_rows(tmp_path: Path) -> None:
    for name in ("v1", "v2"):
        grey(tmp_path, f"{name}.mp4", 0.2)
    sample.write_table(tmp_path, {f"v{n}.mp4": f"p{n},all.csv" for n in (1, 2)}, ",annotation")
    text = "video," + EVENT + "v1.mp4,0,1,4+6+9+43,A\nv2.mp4,0,1,4+6+9+43,C\n"
    write(tmp_path, "all.csv", text)
    files, _, _ = read(tmp_path)
    assert {file.subject: float(file.row["pspi"]) for file in files} == {"p1": 4, "p2": 10}
    grey(tmp_path, "v3.mp4", 0.2)
    sample.write_table(tmp_path, {"v3.mp4": "p3,all.csv"}, ",annotation")
    with pytest.raises(DataError, match=r"all\.csv names no video v3\.mp4"):
        read(tmp_path)


def test_a_row_without_a_video_is_named(tmp_path: Path) -> None:
    grey(tmp_path, "p1.mp4", 0.2)
    sample.write_table(tmp_path, {"p1.mp4": "p1,5", "": "p2,5"}, ",pspi")
    _, sheet, warnings = read(tmp_path)
    assert "1 row of the table without a video" in warnings
    assert "the column video is empty" in str(sheet)


def test_a_table_of_many_videos_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = grey(tmp_path, "v0.mp4", 0.2)
    text = ["video," + EVENT]
    for number in range(6):
        if number:
            shutil.copyfile(video, tmp_path / f"v{number}.mp4")
        text.append(f"v{number}.mp4,0,1,4+6+9+43,{'ABCDE'[number % 5]}\n")
    sample.write_table(tmp_path, {f"v{number}.mp4": f"p{number}" for number in range(6)})
    write(tmp_path, "annotations/all.csv", "".join(text))
    calls = []
    read_rows = csv_reader.read_rows

    def counted(path: Path, *options: Any, **others: Any) -> Any:
        calls.append(path.name)
        return read_rows(path, *options, **others)

    monkeypatch.setattr(csv_reader, "read_rows", counted)
    files, _, _ = read(tmp_path)
    assert [float(f.row["pspi"]) for f in files[::5]] == [4, 7, 10, 13, 16, 4]
    assert calls.count("all.csv") == 1


def test_annotations_without_a_time_are_in_the_warnings(tmp_path: Path) -> None:
    grey(tmp_path, "p1.mp4", 0.2)
    sample.write_table(tmp_path, {"p1.mp4": "a"})
    write(
        tmp_path,
        "annotations/p1.eaf",
        '<D><TIME_SLOT TIME_SLOT_ID="a"/><TIER TIER_ID="AU4"><ANNOTATION><ALIGNABLE_ANNOTATION '
        'ANNOTATION_ID="1" TIME_SLOT_REF1="a" TIME_SLOT_REF2="a"/></ANNOTATION></TIER></D>',
    )
    _, sheet, warnings = read(tmp_path)
    assert sheet[0]["untimed"] == 1
    assert "Annotated intervals without a time in the video, not used: 1, of p1.mp4" in warnings


def test_the_sheet_counts_the_ratings_that_are_labels(tmp_path: Path) -> None:
    for name in ("p1", "p2", "p3"):
        grey(tmp_path, f"{name}.mp4", 0.2)
    sample.write_table(tmp_path, {"p1.mp4": "a,5", "p2.mp4": "b,12", "p3.mp4": "c,"}, ",vas")
    _, sheet, warnings = read(tmp_path, target=KNOWN["vas"])
    assert [(entry["labelled"], entry["label"]) for entry in sheet] == [
        (5, "videos.csv (vas)"),
        (0, ""),
        (0, ""),
    ]
    assert "2 videos without a label on any frame: p2.mp4, p3.mp4" in warnings
    assert "videos.csv, line 3: expected VAS from 0 to 10, found 12" in warnings
    assert sheet[2]["problem"] == "videos.csv, line 4, has no VAS"


SLIDER = KNOWN["slider"]


def test_any_rating_of_a_video_labels_its_frames(tmp_path: Path) -> None:
    for name in ("p1", "p2", "p3"):
        grey(tmp_path, f"{name}.mp4", 0.2)
    table = {"p1.mp4": "a,62.5,3", "p2.mp4": "b,130,3", "p3.mp4": "c,,3"}
    sample.write_table(tmp_path, table, ",slider,pspi")
    files, sheet, _ = read(tmp_path, target=SLIDER)
    labels = [label(tmp_path, file, SLIDER) for file in files]
    assert labels == [*[62.5] * 5, *[None] * 10]
    assert [entry["label"] for entry in sheet] == ["videos.csv (slider)", "", ""]
    assert sheet[1]["problem"] == "videos.csv, line 3: expected Slider from 0 to 100, found 130"
    assert sheet[2]["problem"] == "videos.csv, line 4, has no Slider"
    assert files[5].missing == sheet[1]["problem"]


def test_a_rating_over_time_labels_the_frames_it_covers(tmp_path: Path) -> None:
    grey(tmp_path, "p1.mp4", 0.4)
    sample.write_table(tmp_path, {"p1.mp4": "a,10"}, ",slider")
    rows = "seconds,slider,au4\n0,20,1\n0.08,,1\n0.16,55.5,1\n"
    write(tmp_path, "annotations/p1.csv", rows)
    files, sheet, _ = read(tmp_path, target=SLIDER)
    labels = [label(tmp_path, file, SLIDER) for file in files]
    assert labels == [20, 20, None, None, 55.5, 55.5, None, None, None, None]
    assert sheet[0]["label"] == "annotations/p1.csv (table of frames)"
    assert files[2].missing == "annotations/p1.csv states no slider for this frame"


def test_an_annotation_of_action_units_leaves_a_rating_to_the_table(tmp_path: Path) -> None:
    grey(tmp_path, "p1.mp4", 0.2)
    sample.write_table(tmp_path, {"p1.mp4": "a,10"}, ",slider")
    write(tmp_path, "annotations/p1.csv", "seconds,pspi\n0,4\n")
    files, sheet, _ = read(tmp_path, target=SLIDER)
    assert [label(tmp_path, file, SLIDER) for file in files] == [10] * 5
    assert sheet[0]["label"] == "videos.csv (slider)"


def test_a_rating_over_time_needs_no_column_in_the_table_of_videos(tmp_path: Path) -> None:
    for name in ("p1", "p2"):
        grey(tmp_path, f"{name}.mp4", 0.2)
    sample.write_table(tmp_path, {"p1.mp4": "a", "p2.mp4": "b"})
    write(tmp_path, "annotations/p1.csv", "seconds,slider\n0,20\n0.12,20\n")
    files, sheet, _ = read(tmp_path, target=SLIDER)
    assert [label(tmp_path, file, SLIDER) for file in files] == [*[20] * 5, *[None] * 5]
    assert sheet[1]["problem"] == "videos.csv, line 3, has no Slider"


@pytest.mark.parametrize("column", ["slider", "vas"])
def test_events_of_pspi_are_no_ratings_on_another_scale(tmp_path: Path, column: str) -> None:
    grey(tmp_path, "p1.mp4", 0.2)
    sample.write_table(tmp_path, {"p1.mp4": "a,8"}, f",{column}")
    write(tmp_path, "annotations/p1.csv", EVENT + "0,0.08,PSPI,4\n0.1,0.2,AU4,B\n")
    files, sheet, _ = read(tmp_path, target=KNOWN[column])
    assert [label(tmp_path, file, KNOWN[column]) for file in files] == [8] * 5
    assert sheet[0]["label"] == f"videos.csv ({column})"


def test_a_rating_without_a_column_or_off_its_range_is_refused(tmp_path: Path) -> None:
    grey(tmp_path, "p1.mp4", 0.2)
    sample.write_table(tmp_path, {"p1.mp4": "a,10"}, ",mood")
    with pytest.raises(DataError, match=r"slider is missing.*--column slider=NAME"):
        read(tmp_path, target=SLIDER)
    sample.write_table(tmp_path, {"p1.mp4": "a,10"}, ",slider")
    write(tmp_path, "annotations/p1.csv", "seconds,slider\n0,101\n")
    with pytest.raises(DataError, match=r"p1.csv, line 2: expected Slider from 0 to 100"):
        read(tmp_path, target=SLIDER)


def label(root: Path, file: FrameFile, scale: Scale) -> float | None:
    """Return the label of a frame on a scale, None if it has none."""
    if not target_label.exists(file, scale):
        return None
    return target_label.read_label(known_layouts.named("recordings"), root, file, scale).score


@pytest.mark.parametrize("stated", [False, True])
def test_a_table_without_a_term_is_named_until_the_unit_is_stated(
    tmp_path: Path, stated: bool
) -> None:
    grey(tmp_path, "p1.mp4", 0.2)
    sample.write_table(tmp_path, {"p1.mp4": "a"})
    rows = "".join(f"{frame},1,2,3\n" for frame in range(5))
    write(tmp_path, "annotations/p1.csv", "frame,au4,au7,au9\n" + rows)
    files, _, warnings = read(tmp_path, coded_units=("AU43",) if stated else ())
    assert scores(files) == (dict.fromkeys(range(5), 6.0) if stated else {})
    if not stated:
        assert "PSPI needs AU43, for which annotations/p1.csv has no column" in warnings
        assert "--coded-unit AU43" in warnings


def test_the_example_of_the_documentation_is_as_documented(archive: Path, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "recordings.md").read_text("utf-8")
    for name in ("videos.csv", "annotations/p1.csv"):
        assert (archive / name).read_text() in text
    prepare(archive, tmp_path, PrepareOptions(workers=1, table=TableOptions(fps=5)))
    lines = (tmp_path / "manifest.csv").read_text().splitlines()[:4]
    assert "\n".join(",".join(line.split(",")[:12]) for line in lines) in text
    report = json.loads((tmp_path / "report.json").read_text())
    assert all(f"! {warning}\n" in text for warning in report["warnings"])
