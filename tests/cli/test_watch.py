"""`wince watch`: a video is followed, told, written as CSV and summed up; a camera that is lost
is tried again."""

import csv
import os
import signal
import subprocess
import sys
import threading
from itertools import pairwise

import numpy as np
import pytest

from tests.support.video_sample import grey_frames, write_video
from wince import camera, errors, scale
from wince.cli import main
from wince.runtime.session_summary import SessionSummary
from wince.speech import voices

av = pytest.importorskip("av", reason="needs PyAV")
RATE = 5


@pytest.fixture(scope="module")
def ward(frames, tmp_path_factory):
    """Four seconds of a calm face, one without a face, five of the same face in pain."""
    from PIL import Image

    def face(frame):
        canvas = Image.new("RGB", (480, 360), "grey")
        canvas.paste(Image.open(frame.path).resize((320, 320)), (80, 20))
        return np.asarray(canvas)

    grey = np.full((360, 480, 3), 128, np.uint8)
    pictures = [face(frames[0])] * 4 * RATE + [grey] * RATE + [face(frames[1])] * 5 * RATE
    return write_video(tmp_path_factory.mktemp("watch") / "ward.mp4", pictures, rate=RATE)


def test_video_is_followed_and_summed_up(ward, capsys):
    assert main(["watch", str(ward)]) == 0
    told, table = capsys.readouterr().out.split("Level ", 1)
    first, second = told.splitlines()[:2]
    assert first.startswith("0:02 No pain expression seen (PSPI 0.")
    assert second.startswith("0:07 M")
    assert "Without a face: 0:01. Frames: 50. Levels announced: 2." in table
    assert "100 %" not in table


def test_each_frame_is_a_row_of_the_csv(ward, tmp_path, capsys, assessor):
    file = tmp_path / "rows.csv"
    assert main(["watch", str(ward), "--csv", str(file)]) == 0
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [int(row["frame"]) for row in rows] == list(range(50))
    assert [float(row["seconds"]) for row in rows] == pytest.approx([n / RATE for n in range(50)])
    assert [row["face"] for row in rows] == ["1"] * 20 + ["0"] * 5 + ["1"] * 25
    assert {row["pspi"] for row in rows[20:25]} == {""}
    assert [row["track_level"] for row in rows[20:25]] == ["none"] * 5, "what stood is kept"
    for row in rows[:20] + rows[25:]:
        assert scale.level(float(row["pspi"])) == row["level"]
        assert 0 <= float(row["AU4"]) <= 5
        assert float(row["milliseconds"]) > 0
    announced = [
        (float(row["seconds"]), row["track_level"]) for row in rows if row["announced"] == "1"
    ]
    assert announced[0][1] == "none"
    assert announced[0][0] == pytest.approx(2.0)
    assert len(announced) == 2
    blink, closed = rows[25], rows[-1]
    assert (blink["eyes"], closed["eyes"]) == ("blink", "closed")


def test_settings_change_what_is_announced(ward, capsys):
    assert main(["watch", str(ward), "--hold", "60"]) == 0
    assert "Levels announced: 0." in capsys.readouterr().out
    assert main(["watch", str(ward), "--hold", "0", "--smoothing", "0"]) == 0
    assert capsys.readouterr().out.startswith("0:00 No pain expression seen")


def test_every_nth_frame_alone_is_looked_at(ward, tmp_path, capsys):
    file = tmp_path / "rows.csv"
    assert main(["watch", str(ward), "--every", "10", "--csv", str(file)]) == 0
    with file.open(newline="") as opened:
        assert [row["frame"] for row in csv.DictReader(opened)] == ["0", "10", "20", "30", "40"]


def test_levels_are_spoken_as_they_are_announced(ward, capsys, monkeypatch):
    said = []
    monkeypatch.setattr(voices, "speak", lambda text, **how: said.append((text, how)))
    assert main(["watch", str(ward), "--speak"]) == 0
    text, how = said[-1]
    assert text.startswith("This person has pain level")
    assert how == {"rate": 150, "language": "en", "voice": None}
    assert main(["watch", str(ward), "--speak", "--language", "de", "--rate", "200"]) == 0
    text, how = said[-1]
    assert text.startswith("Schmerzniveau dieser Person: ")
    assert how == {"rate": 200, "language": "de", "voice": None}


def test_speech_that_cannot_be_is_refused_before_the_watching(ward, capsys):
    assert main(["watch", str(ward), "--speak", "--language", "nl"]) == 2
    assert main(["watch", str(ward), "--rate", "200"]) == 2
    assert "Frames" not in capsys.readouterr().out


def test_missing_voice_is_told_and_the_watching_goes_on(ward, capsys, monkeypatch):
    def speak(sentence, **how):
        raise errors.SpeechError("No voice here.")

    monkeypatch.setattr(voices, "speak", speak)
    assert main(["watch", str(ward), "--speak"]) == 0
    found = capsys.readouterr()
    assert "No voice here." in found.err
    assert "Frames: 50." in found.out


def test_view_in_a_terminal_shows_level_units_rate_and_latency(ward):
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": "100", "TERM": "xterm"}
    command = [sys.executable, "-m", "wince", "watch", str(ward)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    for words in (
        "No pain expression seen",
        "PSPI 0.",
        "Brow lowerer",
        "frames/s",
        " ms",
        "of 0:10",
    ):
        assert words in done.stdout
    assert "no face for" in done.stdout


def test_video_that_stops_early_is_summed_up_and_told(tmp_path, capsys):
    whole = write_video(tmp_path / "whole.mkv", grey_frames(50), codec="mjpeg").read_bytes()
    short = tmp_path / "short.mkv"
    short.write_bytes(whole[: len(whole) // 2])
    assert main(["watch", str(short)]) == 1
    found = capsys.readouterr()
    assert "Frames: " in found.out
    assert "stops at" in found.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["missing.mp4"], "missing.mp4 cannot be opened"),
        (["/dev/video77"], "cannot be opened"),
        (["photo.jpg"], "is not a video"),
    ],
)
def test_source_that_cannot_be_watched_is_named(
    words, reason, capsys, tmp_path, monkeypatch, portrait_jpeg
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(portrait_jpeg)
    assert main(["watch", *words]) == 1
    assert reason in capsys.readouterr().err


def test_rows_are_never_written_over_the_video(tmp_path, ward, capsys):
    path = tmp_path / "ward.mp4"
    path.write_bytes(ward.read_bytes())
    assert main(["watch", str(path), "--csv", str(path)]) == 1
    assert "is the video itself" in capsys.readouterr().err
    assert path.read_bytes() == ward.read_bytes()


def test_machine_without_a_camera_says_so(capsys, monkeypatch):
    monkeypatch.setattr(av, "enumerate_input_devices", lambda form: [])
    assert main(["watch"]) == 1
    assert "No camera was found" in capsys.readouterr().err


# A camera: libav's own test picture stands in for the hardware, read in the same way.

PICTURE = "testsrc=size=320x240:rate=20"


def test_camera_gives_the_newest_frame_and_leaves_out_what_came_between():
    with camera.Camera(PICTURE, source_format="lavfi") as opened:
        found = []
        for frame in opened.frames():
            found.append(frame)
            if len(found) == 5:
                break
            threading.Event().wait(0.05)
    assert all(later.index > one.index for one, later in pairwise(found))
    assert found[-1].index > 5, "the source is faster than we were"
    assert all(later.seconds > one.seconds for one, later in pairwise(found))
    assert found[0].rgb.shape == (240, 320, 3)


def test_camera_that_ends_is_told():
    with (
        camera.Camera(f"{PICTURE}:duration=0.2", source_format="lavfi") as opened,
        pytest.raises(errors.VideoError, match=r"is gone: it sends no more frames\."),
    ):
        for _ in opened.frames():
            pass


def test_camera_that_cannot_be_opened_is_told():
    with pytest.raises(errors.VideoError, match="no_such_source cannot be opened"):
        camera.Camera("no_such_source", source_format="lavfi")


def test_lost_camera_is_tried_again_until_it_is_back(capsys, monkeypatch):
    opened = []

    class Flaky(camera.Camera):
        def __init__(self, name):
            opened.append(name)
            if len(opened) in (2, 3):
                raise errors.VideoError("The camera is not there yet.")
            seconds = "0.3" if len(opened) == 1 else "0.6"
            super().__init__(f"{PICTURE}:duration={seconds}", source_format="lavfi")
            self.name = name

    naps = []

    def nap(seconds):
        naps.append(seconds)
        if len(naps) == 4:  # lost for the second time: enough
            raise KeyboardInterrupt

    from wince.cli import watch_loop

    monkeypatch.setattr(watch_loop, "Camera", Flaky)
    monkeypatch.setattr(watch_loop.time, "sleep", nap)
    assert main(["watch", "ward-camera"]) == 0
    assert opened == ["ward-camera"] * 4
    assert naps == [0.5, 1.0, 2.0, 0.5], "growing pauses, short again after a frame"
    assert "Frames: " in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent as a POSIX signal")
def test_ctrl_c_ends_with_the_summary(frames, tmp_path):
    path = tmp_path / "long.mkv"
    write_video(path, [np.full((48, 64, 3), n % 200, np.uint8) for n in range(1500)], codec="mjpeg")
    rows = tmp_path / "rows.csv"
    command = [sys.executable, "-m", "wince", "watch", str(path), "--csv", str(rows)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        while not rows.exists() or rows.stat().st_size < 300:
            assert process.poll() is None, process.communicate()
            threading.Event().wait(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert "Frames: " in out
    assert len(rows.read_text().splitlines()) > 2


def test_session_adds_up_time_and_peaks(assessor, frames):
    from dataclasses import replace

    from wince.runtime.track import Track

    reading = Track(assessor.estimator.calibration).update(0.0, assessor.assess(frames[0].path))
    session = SessionSummary()
    pain = replace(reading, level=scale.Level.MILD, pspi=3.0)
    for seconds, one in (
        (0.0, reading),
        (1.0, reading),
        (1.5, pain),
        (2.0, replace(pain, pspi=4.0, announced=True)),
        (2.5, replace(pain, away=0.5)),
        (30.0, pain),  # nobody watched in between
    ):
        session.add(seconds, one)
    assert session.seconds[scale.Level.NONE] == 1.0
    assert session.seconds[scale.Level.MILD] == 1.0
    assert (session.absent, session.watched, session.frames) == (0.5, 2.0, 6)
    assert session.peak == (4.0, 2.0)
    assert session.announced == [(2.0, "mild")]
    assert SessionSummary().peak is None
