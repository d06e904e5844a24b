"""`wince watch` with several persons: who is followed, rows, sums and an annotated copy."""

import csv
import json
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import Run
from tests.support.network_cameras import http_camera
from tests.support.scene import Actor, render, still, walk
from tests.support.video_sample import grey_frames, write_video
from wince.cli import watch_loop
from wince.faces.face import KEYPOINTS
from wince.level_colours import ON_DARK
from wince.scale import Level
from wince.video import Video

pytest.importorskip("av", reason="needs PyAV")

PATIENT, NURSE, VISITOR = (
    "aa001t1abunaff031.jpg",
    "ff006t1aaaff018.jpg",
    "bb002t2aaaff008.jpg",
)
RATE = 10


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patient; from 2 to 6 seconds a second person with a larger face is beside them."""
    actors = [
        Actor(PATIENT, still(170, 270, 250)),
        Actor(NURSE, walk((2, 460, 230, 340), (6, 460, 230, 340))),
    ]
    path = tmp_path_factory.mktemp("persons") / "visit.mp4"
    return write_video(path, render(actors, 8, rate=RATE), rate=RATE)


@pytest.fixture(scope="module")
def nurse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A nurse leans in front of a patient, who is hidden for three seconds."""
    side = 380
    stops = ((1.5, 820, 230, side), (2, 330, 230, side), (5, 330, 230, side), (5.5, 820, 230, side))
    actors = [Actor(PATIENT, still(320, 260, 280)), Actor(NURSE, walk(*stops))]
    path = tmp_path_factory.mktemp("persons") / "nurse.mp4"
    return write_video(path, render(actors, 7, rate=RATE), rate=RATE)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patient and a larger face side by side, one second."""
    actors = [Actor(PATIENT, still(160, 260, 230)), Actor(NURSE, still(460, 240, 320))]
    path = tmp_path_factory.mktemp("persons") / "two.mp4"
    return write_video(path, render(actors, 1, rate=RATE), rate=RATE)


def test_the_minimum_score_of_the_detector_can_be_set(run: Run, two: Path, tmp_path: Path) -> None:
    faces = {
        score: {
            row["faces"]
            for row in watched_rows(run, two, tmp_path / f"{score}.csv", "--min-score", score)
        }
        for score in ("0.5", "0.98")
    }
    assert faces == {"0.5": {"2"}, "0.98": {"0"}}


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def watched_rows(run: Run, path: Path, rows: Path, *options: str) -> list[dict[str, str]]:
    """Watch a video and return its rows."""
    status, _, err = run("watch", path, "--csv", rows, *options)
    assert status == 0, err
    return read_rows(rows)


def test_a_larger_person_who_comes_changes_nothing(run: Run, visit: Path, tmp_path: Path) -> None:
    rows = watched_rows(run, visit, tmp_path / "rows.csv")
    assert len(rows) == 80
    assert {row["person"] for row in rows} == {"1"}
    assert {row["face"] for row in rows} == {"1"}
    assert [row["faces"] for row in rows[:20]] == ["1"] * 20
    assert [row["faces"] for row in rows[25:60]] == ["2"] * 35
    assert rows[-1]["faces"] == "1"
    assert all(float(row["box_x1"]) < 320 for row in rows)
    scores = [float(row["pspi"]) for row in rows]
    assert np.ptp(scores) < 1.0, "the scores of one person"


def test_a_hidden_patient_is_not_in_view_and_followed_again(
    run: Run, nurse: Path, tmp_path: Path
) -> None:
    rows = watched_rows(run, nurse, tmp_path / "rows.csv")
    assert {row["person"] for row in rows} == {"1"}
    hidden = rows[22:48]
    assert {row["face"] for row in hidden} == {"0"}
    assert {row["pspi"] for row in hidden} == {""}
    assert {row["statement"] for row in rows[35:48]} == {"not-in-view"}
    assert {row["face"] for row in rows[-8:]} == {"1"}
    sides = [float(row["box_x1"]) - float(row["box_x0"]) for row in rows if row["face"] == "1"]
    assert max(sides) < 1.25 * min(sides), "the nurse's face is larger"


def test_with_several_persons_the_largest_is_followed_and_named(
    run: Run, two: Path, tmp_path: Path
) -> None:
    status, out, _ = run("watch", two, "--csv", tmp_path / "rows.csv")
    assert status == 0
    assert "Persons 1 and 2 are in view. Person 1, the largest, is followed." in out
    assert {row["person"] for row in read_rows(tmp_path / "rows.csv")} == {"1"}
    assert float(read_rows(tmp_path / "rows.csv")[0]["box_x0"]) > 320


def test_a_person_can_be_chosen_by_number(run: Run, visit: Path, tmp_path: Path) -> None:
    rows = watched_rows(run, visit, tmp_path / "rows.csv", "--person", "2")
    assert {row["person"] for row in rows} == {"2"}
    assert {row["face"] for row in rows[:20]} == {"0"}
    assert {row["face"] for row in rows[25:60]} == {"1"}
    assert all(float(row["box_x0"]) > 320 for row in rows[25:60])


def test_everybody_has_rows_and_a_summary(run: Run, visit: Path, tmp_path: Path) -> None:
    status, out, _ = run(
        "watch", visit, "--all-persons", "--csv", tmp_path / "r.csv", "--summary", tmp_path / "s"
    )
    assert status == 0
    assert out.count("Person 1\n") == out.count("Person 2\n") == 1
    rows = read_rows(tmp_path / "r.csv")
    times = [float(row["seconds"]) for row in rows]
    assert times == sorted(times)
    first, second = ([row for row in rows if row["person"] == number] for number in "12")
    assert len(first) == 80
    assert float(second[0]["seconds"]) == pytest.approx(2.0, abs=0.3)
    assert {row["face"] for row in first} == {"1"}
    summary = json.loads((tmp_path / "s").read_text())
    assert [person["person"] for person in summary["persons"]] == [1, 2]
    assert summary["persons"][0]["frames"]["all"] == 80


def test_frames_before_the_first_person_come_first(run: Run, tmp_path: Path) -> None:
    actors = [Actor(PATIENT, walk((0.4, 170, 270, 250), (1.2, 170, 270, 250)))]
    path = write_video(tmp_path / "late.mp4", render(actors, 1.2, rate=RATE), rate=RATE)
    rows = watched_rows(run, path, tmp_path / "r.csv", "--all-persons")
    assert [int(row["frame"]) for row in rows] == list(range(12))
    assert [row["person"] for row in rows] == [""] * 4 + ["1"] * 8


FIVE = {
    "aa001t1abunaff031.jpg": 150.0,
    "bb002t2aaaff008.jpg": 170.0,
    "ff006t1aaaff018.jpg": 210.0,
    "kk011t1aaaff034.jpg": 190.0,
    "jj010t1aaaff017.jpg": 230.0,
}
"""Files of five actors with the sides of their faces."""


def middle_of(row: dict[str, str]) -> float:
    """Return the middle of a row's box from left to right."""
    return (float(row["box_x0"]) + float(row["box_x1"])) / 2


def test_five_persons_keep_their_numbers_in_rows_and_summary(run: Run, tmp_path: Path) -> None:
    actors = [
        Actor(file, walk((0, x, 240, side), (1, x + 15, 250, side), (3, x - 15, 235, side)))
        for x, (file, side) in zip(range(130, 1280, 255), FIVE.items(), strict=True)
    ]
    path = write_video(tmp_path / "five.mp4", render(actors, 3, (1280, 480), RATE), rate=RATE)
    summary_path = tmp_path / "s.json"
    rows = watched_rows(
        run, path, tmp_path / "r.csv", "--all-persons", "--summary", str(summary_path)
    )
    by_frame = [list(group) for _, group in groupby(rows, lambda row: int(row["frame"]))]
    assert len(by_frame) == 3 * RATE
    sizes = [float(row["box_x1"]) - float(row["box_x0"]) for row in by_frame[0]]
    assert sizes == sorted(sizes, reverse=True), "the largest is number 1"
    start = [middle_of(row) for row in by_frame[0]]
    assert sorted(start) == pytest.approx(list(range(130, 1280, 255)), abs=30)
    for frame in by_frame:
        assert [row["person"] for row in frame] == ["1", "2", "3", "4", "5"]
        assert {row["faces"] for row in frame} == {"5"}
        assert {row["face"] for row in frame} == {"1"}
        assert [middle_of(row) for row in frame] == pytest.approx(start, abs=60), "their places"
    persons = json.loads(summary_path.read_text())["persons"]
    assert [person["person"] for person in persons] == [1, 2, 3, 4, 5]
    for person in persons:
        person_rows = [row for row in rows if row["person"] == str(person["person"])]
        assert person["frames"]["all"] == len(person_rows) == 3 * RATE
        assert person["frames"]["without_face"] == 0
        refused = sum(bool(row["reasons"]) for row in person_rows)
        assert person["frames"]["not_judged"] == refused
        announced = [row["track_level"] for row in person_rows if row["announced"] == "1"]
        assert [item["level"] for item in person["announced"]] == announced
        seconds = person["seconds"]
        times = (seconds["levels"], seconds["between"], seconds["cannot_tell"])
        total = sum(sum(part.values()) for part in times) + seconds["changing"]
        assert total == pytest.approx(3 - 1 / RATE, abs=0.01), "each in view all the time"


def test_a_frame_without_anybody_has_a_row_of_its_own(run: Run, tmp_path: Path) -> None:
    path = write_video(tmp_path / "grey.mp4", grey_frames(5), rate=RATE)
    for options in ((), ("--all-persons",)):
        rows = watched_rows(run, path, tmp_path / f"rows{len(options)}.csv", *options)
        assert [(row["person"], row["faces"], row["face"]) for row in rows] == [("", "0", "0")] * 5


def test_rows_have_the_place_of_the_face(run: Run, two: Path, tmp_path: Path) -> None:
    row = watched_rows(run, two, tmp_path / "rows.csv")[0]
    x0, y0, x1, y1 = (float(row[f"box_{corner}"]) for corner in ("x0", "y0", "x1", "y1"))
    assert row["source"] == str(two)
    for name in KEYPOINTS:
        assert x0 - 40 < float(row[f"{name}_x"]) < x1 + 40
        assert y0 - 40 < float(row[f"{name}_y"]) < y1 + 40
    assert float(row["right_eye_x"]) < float(row["left_eye_x"])
    assert all(abs(float(row[angle])) < 45 for angle in ("yaw", "pitch", "roll"))


def test_an_annotated_copy_has_boxes_levels_and_scores_over_time(
    run: Run, visit: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.mp4"
    rows = watched_rows(run, visit, tmp_path / "rows.csv", "--video", str(copy))
    with Video(copy) as video:
        assert video.duration == pytest.approx(8.0, abs=0.15)
        frames = [frame.rgb for frame in video.frames()]
    assert len(frames) == 80
    assert frames[0].shape == (576, 640, 3), "a strip of a fifth below the frame"
    row, frame = rows[30], frames[30].astype(int)
    middle = round((float(row["box_y0"]) + float(row["box_y1"])) / 2)
    edge = frame[middle, round(float(row["box_x0"])) - 1 : round(float(row["box_x0"])) + 4]
    colour = [int(ON_DARK[Level.NONE][start : start + 2], 16) for start in (1, 3, 5)]
    assert np.abs(edge - colour).max(axis=1).min() < 60, (
        "the edge of the box, in its level's colour"
    )
    assert frame[480:].min(axis=2).max() > 200, "a line in the strip"
    other = frame[240, 330:350]
    assert np.abs(other - colour).max(axis=1).min() > 60, "nobody else has a box"


def test_an_annotated_copy_is_made_of_a_file_only_and_never_replaces_one(
    run: Run, visit: Path, tmp_path: Path
) -> None:
    existing = tmp_path / "existing.mp4"
    existing.touch()
    status, _, err = run("watch", visit, "--video", existing)
    assert (status, existing.read_bytes()) == (1, b"")
    assert "Choose another name for --video." in err
    status, _, err = run("watch", visit.parent, "--video", tmp_path / "new.mp4")
    assert status == 1
    assert "--video needs one video file" in err
    assert not (tmp_path / "new.mp4").exists()


def test_the_videos_of_a_folder_are_watched_one_after_another(
    run: Run, two: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "ward"
    (folder / "night").mkdir(parents=True)
    short = write_video(folder / "a.mp4", grey_frames(5), rate=RATE)
    (folder / "b.mp4").write_bytes(two.read_bytes()[:5000])
    (folder / "night" / "c.mp4").write_bytes(two.read_bytes())
    (folder / "notes.txt").write_text("no video")
    status, out, err = run(
        "watch", folder, "--csv", tmp_path / "r.csv", "--summary", tmp_path / "s.json"
    )
    assert status == 1, "one video is damaged"
    assert "b.mp4 stops before its end" in err
    assert "1 of 3 videos in" in err
    sources = [row["source"] for row in read_rows(tmp_path / "r.csv")]
    assert sources == [str(short)] * 5 + [str(folder / "night" / "c.mp4")] * RATE
    assert out.index("a.mp4") < out.index("c.mp4")
    summary = json.loads((tmp_path / "s.json").read_text())
    assert [part["frames"]["all"] for part in summary["sources"]] == [5, RATE]


def test_a_folder_without_videos_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    status, _, err = run("watch", tmp_path)
    assert status == 1
    assert "contains no video" in err


def test_a_camera_on_the_network_is_watched_without_its_password_in_any_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch_loop.time, "sleep", stop)  # when the camera is gone
    images = list(render([Actor(VISITOR, still(320, 240, 300))], 1, rate=RATE))
    with http_camera(images) as server:
        address = f"http://nurse:secret@127.0.0.1:{server.port}/ward?token=secret"
        status, out, err = run(
            "watch", address, "--csv", tmp_path / "r", "--summary", tmp_path / "s"
        )
    assert status == 0
    text = out + err + (tmp_path / "r").read_text() + (tmp_path / "s").read_text()
    assert "secret" not in text
    assert f"http://127.0.0.1:{server.port}/ward" in text
    assert {row["person"] for row in read_rows(tmp_path / "r")} == {"1"}


def test_another_machine_needs_leave(run: Run) -> None:
    status, _, err = run("watch", "rtsp://nurse:secret@192.0.2.1/ward")
    assert status == 1
    assert "--allow-network" in err
    assert "secret" not in err
