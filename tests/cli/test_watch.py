"""`wince watch`: a video is followed, announced, written as CSV and summarised."""

import csv
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.command_line import WINCE, Run
from tests.support.frames import Frame
from tests.support.video_sample import grey_frames, write_video
from wince import errors, scale
from wince.speech import voices

av = pytest.importorskip("av", reason="needs PyAV")
RATE = 5


@pytest.fixture(scope="module")
def ward(frames: list[Frame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video: four seconds of a neutral face, one without a face, five of that face in pain."""

    def face(frame: Frame) -> np.ndarray:
        canvas = Image.new("RGB", (480, 360), "grey")
        canvas.paste(Image.open(frame.path).resize((320, 320)), (80, 20))
        return np.asarray(canvas)

    grey = np.full((360, 480, 3), 128, np.uint8)
    images = [face(frames[0])] * 4 * RATE + [grey] * RATE + [face(frames[1])] * 5 * RATE
    return write_video(tmp_path_factory.mktemp("watch") / "ward.mp4", images, rate=RATE)


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_video_is_followed_and_summarised(run: Run, ward: Path) -> None:
    status, out, _ = run("watch", ward)
    assert status == 0
    announcements, table = out.split("State ", 1)
    first, second = announcements.splitlines()[:2]
    assert first.startswith("0:01 No pain expression seen (PSPI 0.")
    assert second.startswith("0:06 M")
    assert "Frames: 50, 5 without a face, 0 not judged. Levels announced: 2." in table
    assert "Changing" in table
    assert "100 %" not in table


def test_each_frame_is_a_row_of_the_csv(run: Run, ward: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    assert run("watch", ward, "--csv", path)[0] == 0
    rows = read_rows(path)
    assert [int(row["frame"]) for row in rows] == list(range(50))
    assert [float(row["seconds"]) for row in rows] == pytest.approx([n / RATE for n in range(50)])
    assert [row["face"] for row in rows] == ["1"] * 20 + ["0"] * 5 + ["1"] * 25
    assert {row["pspi"] for row in rows[20:25]} == {""}
    assert [row["track_level"] for row in rows[20:25]] == ["none"] * 4 + [""], "kept for a second"
    assert (rows[24]["statement"], rows[24]["age"]) == ("not-in-view", "1.0")
    assert {row["filtered_pspi"] for row in rows[20:25]} == {""}
    for row in rows[:20] + rows[25:]:
        assert scale.level(float(row["pspi"])) == row["level"]
        assert 0 <= float(row["AU4"]) <= 5
        assert float(row["milliseconds"]) > 0
        assert (row["track_level"] == "") == (row["track_pspi"] == "")
        if row["track_level"]:
            assert scale.level(float(row["track_pspi"])) == row["track_level"]
    announced = [
        (float(row["seconds"]), row["track_level"]) for row in rows if row["announced"] == "1"
    ]
    assert announced[0][1] == "none"
    assert announced[0][0] == pytest.approx(1.0)
    assert len(announced) == 2
    blink, closed = rows[25], rows[-1]
    assert (blink["eyes"], closed["eyes"]) == ("blink", "closed")


def test_a_face_that_cannot_be_judged_has_its_reason_and_no_score(
    run: Run, frames: list[Frame], tmp_path: Path
) -> None:
    face = np.asarray(Image.open(frames[0].path).resize((320, 320)))
    dark = (face * 0.1).astype(np.uint8)
    video = write_video(tmp_path / "dark.mp4", [dark] * 10, rate=RATE, options={"crf": "5"})
    rows, summary = tmp_path / "rows.csv", tmp_path / "summary.json"
    status, out, _ = run("watch", video, "--csv", rows, "--summary", summary)
    assert status == 0
    refused = [row for row in read_rows(rows) if row["face"] == "1"]
    assert refused
    for row in refused:
        assert row["reasons"].startswith("dark")
        cells = ("pspi", "level", "confidence", "AU4", "AU43", "filtered_pspi", "track_pspi")
        assert {row[name] for name in cells} == {""}
        assert row["statement"] == "cannot-tell"
    assert "Cannot tell: dark" in out
    data = json.loads(summary.read_text())
    assert data["frames"]["not_judged"] == len(refused)
    assert data["seconds"]["cannot_tell"]["dark"] > 0
    assert data["model"]["name"] == "wince-starter"
    assert data["settings"] == [{"seconds": 0.0, "smoothing": 0.2, "hold": 1.0, "margin": 1.2}]
    status, _, err = run("watch", video, "--summary", summary)
    assert status == 1
    assert "summary.json exists already" in err


def test_options_change_what_is_announced(run: Run, ward: Path) -> None:
    status, out, _ = run("watch", ward, "--hold", "60")
    assert status == 0
    assert "Levels announced: 0." in out
    status, out, _ = run("watch", ward, "--hold", "0", "--smoothing", "0")
    assert status == 0
    assert out.startswith("0:00 No pain expression seen")


def test_only_every_nth_frame_is_assessed(run: Run, ward: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    assert run("watch", ward, "--every", "10", "--csv", path)[0] == 0
    assert [row["frame"] for row in read_rows(path)] == ["0", "10", "20", "30", "40"]


def test_announced_levels_are_spoken(run: Run, ward: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = []
    monkeypatch.setattr(voices, "speak", lambda text, **options: spoken.append((text, options)))
    assert run("watch", ward, "--speak")[0] == 0
    text, options = spoken[-1]
    assert text.startswith("This person has pain level")
    assert options == {"rate": 150, "language": "en", "voice": None}
    assert run("watch", ward, "--speak", "--language", "de", "--rate", "200")[0] == 0
    text, options = spoken[-1]
    assert text.startswith("Schmerzniveau dieser Person: ")
    assert options == {"rate": 200, "language": "de", "voice": None}


def test_wrong_speech_options_are_refused_before_anything_is_watched(run: Run, ward: Path) -> None:
    for options in (("--speak", "--language", "nl"), ("--rate", "200")):
        status, out, _ = run("watch", ward, *options)
        assert (status, out) == (2, "")


def test_without_a_voice_the_video_is_watched_to_its_end(
    run: Run, ward: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def speak(sentence: str, **options: object) -> None:
        raise errors.SpeechError("No voice here.")

    monkeypatch.setattr(voices, "speak", speak)
    status, out, err = run("watch", ward, "--speak")
    assert status == 0
    assert "No voice here." in err
    assert "Frames: 50," in out


def test_the_view_in_a_terminal_shows_level_units_frame_rate_and_latency(
    run: Run, ward: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("FORCE_COLOR", "1"), ("COLUMNS", "100"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)
    status, out, err = run("watch", ward)
    assert status == 0, err
    for text in (
        "No pain expression seen",
        "PSPI 0.",
        "Brow lowerer",
        "frames/s",
        " ms",
        "of 0:10",
        "s ago",
        "Not in view",
    ):
        assert text in out


def test_a_video_that_stops_early_is_summarised_before_its_error(run: Run, tmp_path: Path) -> None:
    complete = write_video(tmp_path / "whole.mkv", grey_frames(50), codec="mjpeg").read_bytes()
    path = tmp_path / "short.mkv"
    path.write_bytes(complete[: len(complete) // 2])
    status, out, err = run("watch", path)
    assert status == 1
    assert "Frames: " in out
    assert "stops at" in err


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("missing.mp4", "missing.mp4 cannot be opened"),
        ("/dev/video77", "The camera /dev/video77 cannot be opened"),
        ("USB2.0 HD UVC WebCam", "The camera USB2.0 HD UVC WebCam cannot be opened"),
        ("photo.jpg", "is not a video"),
    ],
)
def test_a_source_that_cannot_be_watched_is_named(
    run: Run,
    source: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    portrait_jpeg: bytes,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(portrait_jpeg)
    status, _, err = run("watch", source)
    assert status == 1
    assert reason in err


def test_an_existing_file_is_not_overwritten_by_rows(run: Run, tmp_path: Path, ward: Path) -> None:
    video, other = tmp_path / "ward.mp4", tmp_path / "other.mp4"
    for path in (video, other):
        path.write_bytes(ward.read_bytes())
        status, out, err = run("watch", video, "--csv", path)
        assert (status, out) == (1, "")
        assert f"{path} exists already and would be overwritten. Choose another name" in err
        assert path.read_bytes() == ward.read_bytes()


def test_a_machine_without_a_camera_is_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av, "enumerate_input_devices", lambda form: [])
    status, _, err = run("watch")
    assert status == 1
    assert "No camera was found" in err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent as a POSIX signal")
def test_ctrl_c_ends_with_the_summary(tmp_path: Path) -> None:
    path, rows = tmp_path / "long.mkv", tmp_path / "rows.csv"
    images = [np.full((48, 64, 3), n % 200, np.uint8) for n in range(1500)]
    write_video(path, images, codec="mjpeg")
    process = subprocess.Popen(
        [*WINCE, "watch", str(path), "--csv", str(rows)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not rows.exists() or rows.read_bytes().count(b"\n") < 3:  # a header and two rows
            assert process.poll() is None, process.communicate()
            threading.Event().wait(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    count = len(read_rows(rows))
    assert 2 <= count < 1500
    # The frame at which Ctrl+C arrives may be counted before its row is written.
    assert f"Frames: {count}," in out or f"Frames: {count + 1}," in out
