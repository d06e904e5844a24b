"""Filters for scores over time: agreement with the labels, delay, and steadiness.

    python -m benchmarks.track_filter ARCHIVE

ARCHIVE is a folder laid out like UNBC-McMaster. The frames are scored with and without a camera's
noise (`benchmarks.camera_noise`). With `--cache FILE` the scores are stored, and not computed again
the next time; use another FILE after a change of the model or the search for faces. At 5, 10 and 25
frames a second it prints for each filter:

- PCC of the shown score with the label in the archive's sequences, pooled and as the mean of the
  subjects' PCC;
- delay: seconds from a sudden change of the score to the announcement of its new level, the median
  and the 95th percentile, for changes between the scores in STEPS;
- false: share of the announcements of a level in which the noise-free score is not at that moment;
- changes: how often the statement changes in a minute of a still face, without the first statement,
  for scores over the whole scale and close to each cut;
- worst: the largest number of changes within ten seconds;
- disagree: frames in which the stated level is not that of the number beside it.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np

from benchmarks.noisy_scores import Floats, NoisyScores, Recording, load
from wince import Assessor, scale
from wince.archive.layouts import unbc
from wince.evaluation.metrics.agreement import pcc
from wince.runtime.assessment import Assessment
from wince.runtime.calibration import Calibration
from wince.runtime.look_ahead import LookAhead, RecordedFrame
from wince.runtime.score_filter import stated_levels
from wince.runtime.track import Track, TrackSettings

RATES = (5.0, 10.0, 25.0)
STEPS = (0.5, 4.2, 8.0, 12.5)
"""Raw scores, one in each level of the packaged model."""
STEP_AT, STEP_DURATION, REPETITIONS = 6.0, 12.0, 6
STILL_SECONDS = 60.0
SEED = 0


@dataclass(frozen=True)
class Shown:
    """What is shown of a frame.

    Attributes:
        pspi: The score.
        levels: The levels that are stated: one, two, or none.
        announced: Whether they are announced.
    """

    pspi: float
    levels: tuple[str, ...]
    announced: bool


Filter = Callable[[Recording], list[Shown]]


class Former:
    """The former filter: smoothing over a second, a margin of half a point, hold of two seconds."""

    SMOOTHING, MARGIN, HOLD = 1.0, 0.5, 2.0

    def __init__(self, calibration: Calibration) -> None:
        """Use the score map of a calibration."""
        self._calibration = calibration

    def __call__(self, recording: Recording) -> list[Shown]:
        """Return what was shown of each frame."""
        shown: list[Shown] = []
        smooth, last, announced_at = float(recording.raw[0]), float(recording.seconds[0]), -np.inf
        above = [self._pspi(smooth) >= cut for cut in scale.LEVEL_CUTS]
        since, announced = [last] * len(above), -1
        for seconds, raw in zip(recording.seconds, recording.raw, strict=True):
            smooth += -np.expm1(-(seconds - last) / self.SMOOTHING) * (raw - smooth)
            last = seconds
            for index, cut in enumerate(scale.LEVEL_CUTS):
                lower = scale.LEVEL_CUTS[index - 1] if index else 0.0
                off = cut - min(self.MARGIN, (cut - lower) / 2)
                is_above = self._pspi(smooth) >= (off if above[index] else cut)
                if is_above != above[index]:
                    above[index], since[index] = is_above, seconds
            held = all(seconds - time >= self.HOLD - 1e-9 for time in since)
            announces = (
                held and sum(above) != announced and seconds - announced_at >= self.HOLD - 1e-9
            )
            if announces:
                announced, announced_at = sum(above), seconds
            level = scale.LEVELS[announced if announced >= 0 else sum(above)]
            shown.append(Shown(self._pspi(smooth), (level,), announces))
        return shown

    def _pspi(self, raw: float) -> float:
        return self._calibration(raw).score


def unfiltered(recording: Recording, calibration: Calibration) -> list[Shown]:
    """Return the score of each frame with its level, announced whenever it changes."""
    shown: list[Shown] = []
    for raw in recording.raw:
        score = calibration(float(raw)).rounded()
        levels = tuple(map(str, stated_levels(score)))
        shown.append(Shown(score.score, levels, not shown or levels != shown[-1].levels))
    return shown


def tracked(
    recording: Recording,
    calibration: Calibration,
    template: Assessment,
    settings: TrackSettings,
    half_width: float = 0.0,
) -> list[Shown]:
    """Return what a track shows.

    Args:
        recording: The recording.
        calibration: Calibration of the model.
        template: Any assessment that can be judged.
        settings: Settings of the track.
        half_width: Half width of the look-ahead's window; 0 for none.
    """
    track, look_ahead = Track(calibration, settings), LookAhead[None](half_width)
    frames: list[RecordedFrame[None]] = []
    for seconds, raw in zip(recording.seconds, recording.raw, strict=True):
        assessment = replace(template, raw_score=float(raw), action_units=None)
        frames += look_ahead.add(RecordedFrame(float(seconds), assessment, None))
    shown = []
    for frame in [*frames, *look_ahead.finish()]:
        state = track.update(frame.seconds, frame.assessment)
        assert state.score is not None
        statement = state.statement
        levels = statement.between or ((statement.level,) if statement.level else ())
        names = tuple(str(level) for level in levels)
        shown.append(Shown(state.score.score, names, statement.announced))
    return shown


def agreement(shown: Sequence[list[Shown]], recordings: list[Recording]) -> tuple[float, float]:
    """Return the PCC with the labels: pooled, and the mean of the subjects' PCC."""
    scores = [np.array([frame.pspi for frame in frames]) for frames in shown]
    labels = [recording.labels for recording in recordings]
    subjects = np.array([recording.subject for recording in recordings])
    by_subject = []
    for subject in np.unique(subjects):
        chosen = np.flatnonzero(subjects == subject)
        values = [np.concatenate([parts[i] for i in chosen]) for parts in (labels, scores)]
        by_subject.append(pcc(*values))
    pooled = pcc(np.concatenate(labels), np.concatenate(scores))
    return pooled, float(np.nanmean(by_subject))


def step_delays(
    filter_scores: Filter, noisy: NoisyScores, rate: float, calibration: Calibration
) -> Floats:
    """Return the seconds from each change to its announcement; infinite if there was none."""
    delays = []
    for before, after in permutations(STEPS, 2):
        level = calibration(after).level
        for repetition in range(REPETITIONS):
            at = STEP_AT + repetition / REPETITIONS / rate
            recording = noisy.step((before, after), at, STEP_DURATION, rate)
            first = recording.seconds[recording.seconds >= at][0]
            times = [
                seconds - first
                for seconds, frame in zip(recording.seconds, filter_scores(recording), strict=True)
                if seconds >= first and frame.announced and level in frame.levels
            ]
            delays.append(times[0] if times else np.inf)
    return np.array(delays)


def still_recordings(noisy: NoisyScores, rate: float, calibration: Calibration) -> list[Recording]:
    """Return a minute of a still face for scores over the scale and close to each cut."""
    cuts = [calibration.score_map.inverse(cut) for cut in scale.LEVEL_CUTS]
    near = [cut + offset for cut in cuts for offset in (-0.2, 0.0, 0.2)]
    return [noisy.still(raw, STILL_SECONDS, rate) for raw in (*np.arange(0.5, 13.0, 0.5), *near)]


def changes(shown: list[Shown], recording: Recording) -> list[float]:
    """Return the times at which the statement changes, after the first level."""
    times = [
        float(seconds)
        for seconds, (before, after) in zip(recording.seconds[1:], pairwise(shown), strict=True)
        if before.levels != after.levels
    ]
    return times if shown[0].levels else times[1:]


def false_share(
    shown: Sequence[list[Shown]], recordings: list[Recording], calibration: Calibration
) -> float:
    """Return the share of announcements in which the noise-free score is not."""
    wrong = [
        calibration(float(clean)).level not in frame.levels
        for frames, recording in zip(shown, recordings, strict=True)
        for frame, clean in zip(frames, recording.clean, strict=True)
        if frame.announced
    ]
    return float(np.mean(wrong)) if wrong else 0.0


def row(name: str, filter_scores: Filter, noisy: NoisyScores, calibration: Calibration) -> str:
    """Return the table's rows of a filter, one for each frame rate."""
    lines = []
    for rate in RATES:
        sequences = noisy.sequences(rate)
        shown = [filter_scores(recording) for recording in sequences]
        delays = step_delays(filter_scores, noisy, rate, calibration)
        still = still_recordings(noisy, rate, calibration)
        shown_still = [filter_scores(recording) for recording in still]
        times = [changes(*pair) for pair in zip(shown_still, still, strict=True)]
        within = [
            sum(0 <= later - change < 10 for later in some) for some in times for change in some
        ]
        every_frame = [frame for frames in (*shown, *shown_still) for frame in frames]
        disagreeing = sum(
            bool(frame.levels) and scale.level(frame.pspi) not in frame.levels
            for frame in every_frame
        )
        pooled, within_subject = agreement(shown, sequences)
        false = false_share([*shown, *shown_still], [*sequences, *still], calibration)
        minutes = len(still) * STILL_SECONDS / 60
        lines.append(
            f"| {name} | {rate:.0f} | {pooled:.3f} | {within_subject:.3f} | "
            f"{np.median(delays):.2f} s | {np.percentile(delays, 95):.2f} s | "
            f"{100 * false:.1f} % | "
            f"{sum(map(len, times)) / minutes:.2f} | {max(within, default=0)} | "
            f"{disagreeing} of {len(every_frame)} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("--cache", type=Path, help="stores the scores; computed if missing")
    options = parser.parse_args()
    assessor = Assessor()
    calibration = assessor.estimator.calibration
    frames = load(options.archive, options.cache, assessor)
    template = assessor.assess(options.archive / next(iter(unbc.files(options.archive))).name)
    settings = TrackSettings()
    filters: dict[str, Filter] = {
        "none": partial(unfiltered, calibration=calibration),
        "former: 1 s, hold 2 s": Former(calibration),
    }
    for smoothing in (0.0, settings.smoothing, 0.2):
        tracked_with = replace(settings, smoothing=smoothing)
        filters[f"track, smoothing {smoothing:g} s"] = partial(
            tracked, calibration=calibration, template=template, settings=tracked_with
        )
    for half_width in (settings.smoothing, 0.1, 0.2):
        filters[f"look-ahead {half_width:g} s"] = partial(
            tracked,
            calibration=calibration,
            template=template,
            settings=replace(settings, smoothing=0.0),
            half_width=half_width,
        )
    spreads = np.array([calibration.spread(raw) for raw in frames.raw])
    noise = (frames.noisy - frames.raw[:, None]) / spreads[:, None]
    print(f"{len(frames.raw)} frames, {frames.missing} without a face. Noise: {noise.std():.2f} of")
    print(f"the model's mean error; {noise[frames.raw >= 2].std():.2f} for raw scores from 2.\n")
    print("| filter | frames/s | pooled PCC | within-subject PCC | delay, median | delay, 95 % |")
    print("| false | changes/min | worst | disagree |")
    for name, filter_scores in filters.items():
        print(row(name, filter_scores, NoisyScores(frames, SEED), calibration), flush=True)


if __name__ == "__main__":
    main()
