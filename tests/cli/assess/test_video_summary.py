"""`wince assess --video-summary`: one row for each video."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.command_line import Run
from tests.support.frames import Frame
from tests.support.video_sample import write_video


@pytest.fixture
def video(tmp_path: Path, frames: list[Frame]) -> Path:
    """A video of a neutral face, a severe one twice, nothing, a severe one, and a neutral one."""
    by_pspi = sorted(frames, key=lambda frame: frame.pspi)
    with Image.open(by_pspi[0].path) as neutral, Image.open(by_pspi[-1].path) as severe:
        calm, pain = np.asarray(neutral.convert("RGB")), np.asarray(severe.convert("RGB"))
    blank = np.full_like(calm, 90)
    images = [calm, pain, pain, blank, pain, calm, pain]
    return write_video(tmp_path / "v.mp4", images, rate=2, options={"preset": "ultrafast"})


def test_a_row_has_the_mean_the_highest_score_the_shares_and_the_episodes(
    run: Run, video: Path, tmp_path: Path
) -> None:
    out = tmp_path / "summary.csv"
    _, printed, _ = run("assess", video, "--every", "0", "--json", "--video-summary", out)
    frames = [item.get("assessment") for item in json.loads(printed)]
    scores = [frame["pspi"] for frame in frames if frame]
    assert [frame is None for frame in frames] == [False] * 3 + [True] + [False] * 3
    with out.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["video"], row["frames"], row["judged"]) == (str(video), "7", "6")
    assert (row["without_face"], row["not_judged"], row["unreadable"]) == ("1", "0", "0")
    assert float(row["mean_pspi"]) == pytest.approx(sum(scores) / 6, abs=1e-3)
    assert float(row["max_pspi"]) == max(scores)
    assert float(row["max_seconds"]) == [0, 0.5, 1, 2, 2.5, 3][scores.index(max(scores))]
    levels = [frame["level"] for frame in frames if frame]
    for level in ("none", "mild", "moderate", "severe"):
        assert float(row[f"share_{level}"]) == pytest.approx(levels.count(level) / 6, abs=1e-4)
    # From 0.5 to 2 s, over the frame without a face; then one frame at 3 s.
    assert (row["episodes"], row["longest_episode"]) == ("2", "1.5")


def test_options_that_leave_out_frames_or_mix_faces_are_refused(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "summary.csv"
    status, _, err = run("assess", "--all-faces", "--video-summary", out, "x.mp4")
    assert status == 2
    assert "needs every frame of one face" in err
    out.write_text("old")
    status, _, err = run("assess", "--video-summary", out, "x.mp4")
    assert status == 1
    assert "Choose another --video-summary" in err
    assert out.read_text() == "old"
