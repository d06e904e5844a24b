"""The comparison of filters, on scores that the test makes."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import noisy_scores
from benchmarks.camera_noise import add_noise
from benchmarks.noisy_scores import NoisyScores, Recording, ScoredFrames, load
from benchmarks.track_filter import Former, Shown, changes, false_share, tracked, unfiltered
from tests.support.archive_builder import Unbc
from tests.support.frames import Frame
from wince.runtime.assessor import Assessor
from wince.runtime.track import TrackSettings


@pytest.fixture(scope="module")
def noisy() -> NoisyScores:
    rng = np.random.default_rng(0)
    raw = np.linspace(0.0, 14.0, 400)
    return NoisyScores(
        ScoredFrames(
            subjects=np.repeat(["a", "b"], 200),
            sequences=np.repeat(["a1", "a2", "b1", "b2"], 100),
            labels=raw,
            raw=raw,
            noisy=raw[:, None] + 0.1 * rng.standard_normal((400, 2)),
            missing=0,
        ),
        seed=0,
    )


def test_recordings_have_the_noise_of_the_frames(noisy: NoisyScores) -> None:
    still = noisy.still(6.0, 100.0, 10.0)
    assert np.std(still.raw) == pytest.approx(0.1, abs=0.02)
    assert set(still.clean) == {6.0}
    step = noisy.step((1.0, 9.0), 2.0, 4.0, 5.0)
    assert step.clean.tolist() == [1.0] * 10 + [9.0] * 10
    slow, fast = noisy.sequences(5.0), noisy.sequences(25.0)
    assert [len(recording.seconds) for recording in slow] == [100] * 4
    assert len(fast[0].seconds) == pytest.approx(500, abs=5)
    assert {recording.subject for recording in fast} == {"a", "b"}


def test_a_step_is_late_in_the_former_filter_only(
    noisy: NoisyScores, assessor: Assessor, frames: list[Frame]
) -> None:
    calibration = assessor.estimator.calibration
    recording = noisy.step((0.5, 8.0), 6.0, 12.0, 10.0)
    template = assessor.assess(frames[0].path)
    delays = {}
    for name, shown in {
        "none": unfiltered(recording, calibration),
        "former": Former(calibration)(recording),
        "track": tracked(recording, calibration, template, TrackSettings()),
        "look-ahead": tracked(recording, calibration, template, TrackSettings(), 0.2),
    }.items():
        times = [
            seconds
            for seconds, frame in zip(recording.seconds, shown, strict=True)
            if frame.announced and "moderate" in frame.levels
        ]
        delays[name] = times[0] - 6.0
    assert delays["none"] == pytest.approx(0.0)
    assert 1.0 <= delays["track"] <= 1.5
    assert 1.0 <= delays["look-ahead"] <= 1.5
    assert delays["former"] > 2.5


def test_changes_and_false_announcements_are_counted(assessor: Assessor) -> None:
    seconds = np.arange(5.0)
    recording = Recording(seconds, np.full(5, 8.0), np.full(5, 8.0), np.empty(0))
    shown = [
        Shown(8.0, (), False),
        Shown(8.0, ("moderate",), True),
        Shown(8.0, ("moderate",), False),
        Shown(2.0, ("mild",), True),
        Shown(8.0, ("moderate",), False),
    ]
    assert changes(shown, recording) == [3.0, 4.0]
    assert changes(shown[1:], Recording(*(4 * [seconds[1:]]))) == [3.0, 4.0]
    assert false_share([shown], [recording], assessor.estimator.calibration) == 0.5


def test_noise_changes_every_frame_a_little() -> None:
    rng = np.random.default_rng(0)
    grey = np.full((60, 80, 3), 128, np.uint8)
    first, second = add_noise(grey, rng), add_noise(grey, rng)
    assert first.shape == grey.shape
    assert not np.array_equal(first, second)
    assert 1.0 < first.astype(float).std() < 4.0
    assert abs(first.astype(float).mean() - 128) < 5


def test_scores_of_an_archive_are_computed_once_and_stored(
    tmp_path: Path, assessor: Assessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Unbc(tmp_path / "archive")
    for number, pspi in enumerate((0, 3, 6, 9), start=1):
        archive.frame("aa001", "aa001t1aaaff", number, pspi)
    cache = tmp_path / "new" / "scores"
    frames = load(archive.root, cache, assessor)
    assert frames.labels.tolist() == [0, 3, 6, 9]
    assert frames.noisy.shape == (4, 2)
    assert 0 < np.abs(frames.noisy - frames.raw[:, None]).max() < 3
    monkeypatch.setattr(noisy_scores, "_score", None)  # must not be called again
    stored = load(archive.root, cache, assessor)
    assert stored.noisy.tolist() == frames.noisy.tolist()
    assert (stored.subjects.tolist(), stored.missing) == (["aa001"] * 4, 0)
