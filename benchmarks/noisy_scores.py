"""The model's scores of an archive's frames, and of the same frames with a camera's noise.

They are computed once and stored in a file. From them recordings of any frame rate are made: of the
archive's sequences, of a still face, and of a sudden change of expression.
"""

import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from benchmarks.camera_noise import add_noise
from wince import Assessor, files, images
from wince.archive.layouts import unbc
from wince.errors import NoFaceError
from wince.runtime.face_crop import crop_face

Floats = NDArray[np.float64]

COPIES = 2
"""Noisy copies of each frame."""

NEIGHBOURS = 40
"""Noise at a score is drawn from the frames whose scores are nearest to it."""

ARCHIVE_RATE = 5.0
"""Frames a second at which the archive's sequences are taken, so that they last seven to nine
seconds and an expression one to five. Between two frames score and label are interpolated."""


@dataclass(frozen=True)
class ScoredFrames:
    """The frames of an archive, ordered by sequence.

    Attributes:
        subjects: (N,).
        sequences: (N,).
        labels: PSPI, (N,).
        raw: Raw score, (N,).
        noisy: Raw scores of the noisy copies, (N, COPIES).
        missing: Number of frames without a face, which are left out.
    """

    subjects: NDArray[np.str_]
    sequences: NDArray[np.str_]
    labels: Floats
    raw: Floats
    noisy: Floats
    missing: int


@dataclass(frozen=True)
class Recording:
    """Scores over time.

    Attributes:
        seconds: Time of each frame, (T,).
        clean: Raw scores without noise, (T,).
        raw: Raw scores with noise, (T,).
        labels: PSPI, (T,); empty if there are none.
        subject: Who it is.
    """

    seconds: Floats
    clean: Floats
    raw: Floats
    labels: Floats
    subject: str = ""


def load(archive: Path, cache: Path | None, assessor: Assessor) -> ScoredFrames:
    """Return the scores of an archive, from the cache if it exists; else compute and store them.

    Args:
        archive: A folder laid out like UNBC-McMaster.
        cache: A file of NumPy's format .npz; None to store nothing.
        assessor: Assesses the frames.
    """
    if cache is not None and cache.exists():
        with np.load(cache) as stored:
            return ScoredFrames(**{name: stored[name] for name in stored.files})
    frames = _score(archive, assessor)
    if cache is not None:
        with files.replacing(cache) as temporary, temporary.open("wb") as file:
            np.savez(file, **asdict(frames))
    return frames


def _score(archive: Path, assessor: Assessor) -> ScoredFrames:
    """Return the scores of an archive."""
    rng = np.random.default_rng(0)
    listed = sorted(unbc.files(archive), key=lambda file: (file.sequence, int(file.frame or 0)))
    rows, missing = [], 0
    for file in track(listed, "Scoring", console=Console(file=sys.stderr)):
        rgb = images.read(archive / file.name).rgb
        copies = [rgb, *(add_noise(rgb, rng) for _ in range(COPIES))]
        try:
            scores = [_raw_score(assessor, copy) for copy in copies]
        except NoFaceError:
            missing += 1
            continue
        label = unbc.read_label(archive, file).score
        rows.append((file.subject, file.sequence, label, scores[0], scores[1:]))
    subjects, sequences, labels, raw, noisy = zip(*rows, strict=True)
    return ScoredFrames(
        subjects=np.array(subjects),
        sequences=np.array(sequences),
        labels=np.array(labels, float),
        raw=np.array(raw, float),
        noisy=np.array(noisy, float),
        missing=missing,
    )


def _raw_score(assessor: Assessor, rgb: NDArray[np.uint8]) -> float:
    """Return the raw score of a frame, whether or not it can be judged."""
    crop = crop_face(rgb, None, assessor.estimator.spec)
    return float(assessor.estimator(crop.pixels[None]).raw[0])


class NoisyScores:
    """Makes recordings with the noise of `ScoredFrames`."""

    def __init__(self, frames: ScoredFrames, seed: int) -> None:
        """Prepare the noise.

        Args:
            frames: The scored frames.
            seed: Random seed.
        """
        order = np.argsort(frames.raw)
        self.frames = frames
        self._ordered_scores = frames.raw[order]
        self._ordered_noise = (frames.noisy - frames.raw[:, None])[order]
        self._rng = np.random.default_rng(seed)

    def noise(self, raw: Floats) -> Floats:
        """Return noise for scores, (T,), drawn from the frames with the nearest scores."""
        starts = np.searchsorted(self._ordered_scores, raw) - NEIGHBOURS // 2
        starts = starts.clip(0, len(self._ordered_scores) - NEIGHBOURS)
        drawn = np.empty_like(raw)
        for start in np.unique(starts):
            pool = self._ordered_noise[start : start + NEIGHBOURS].ravel()
            chosen = starts == start
            drawn[chosen] = self._rng.choice(pool - pool.mean(), chosen.sum())
        return drawn

    def recording(
        self, seconds: Floats, clean: Floats, labels: Floats | None = None, subject: str = ""
    ) -> Recording:
        """Return a recording with noise added to scores (T,)."""
        raw = (clean + self.noise(clean)).clip(0.0, 16.0)
        return Recording(seconds, clean, raw, np.empty(0) if labels is None else labels, subject)

    def sequences(self, rate: float) -> list[Recording]:
        """Return the archive's sequences at so many frames a second."""
        frames, recordings = self.frames, []
        for name in np.unique(frames.sequences):
            rows = np.flatnonzero(frames.sequences == name)
            times = np.arange(len(rows)) / ARCHIVE_RATE
            seconds = np.arange(0.0, times[-1] + 1e-9, 1 / rate)
            clean = np.interp(seconds, times, frames.raw[rows])
            labels = np.interp(seconds, times, frames.labels[rows])
            subject = str(frames.subjects[rows[0]])
            recordings.append(self.recording(seconds, clean, labels, subject))
        return recordings

    def still(self, raw: float, duration: float, rate: float) -> Recording:
        """Return a recording of a still face with a raw score."""
        seconds = np.arange(0.0, duration, 1 / rate)
        return self.recording(seconds, np.full_like(seconds, raw))

    def step(
        self, scores: tuple[float, float], at: float, duration: float, rate: float
    ) -> Recording:
        """Return a recording whose raw score changes from one value to another at a time."""
        seconds = np.arange(0.0, duration, 1 / rate)
        return self.recording(seconds, np.where(seconds < at, *scores))
