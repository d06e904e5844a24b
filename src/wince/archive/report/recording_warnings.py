"""Warnings about the recordings of an archive: what did not match, and what was read otherwise."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wince.archive.report.phrases import listed, plural

Recordings = Sequence[Mapping[str, Any]]
_COUNTED = (
    (
        "beyond_end",
        "that begin after the end of the video or last beyond it",
        "No frame is there. Check that the annotation belongs to the video, and its unit of time.",
    ),
    (
        "overlapping",
        "that overlap an earlier one of the same action unit",
        "The higher intensity counts.",
    ),
    (
        "without_intensity",
        "without an intensity",
        "PSPI needs one, so the frames in them have no label. Add A to E, or 1 to 5.",
    ),
    (
        "untimed",
        "without a time in the video, not used",
        "Align them with the video in ELAN and save the file again.",
    ),
)
"""Counts of a recording, what they count, and what follows from it."""


def recording_warnings(recordings: Recordings) -> Iterator[str]:
    """Yield the warnings.

    Args:
        recordings: The recordings of report.json.
    """
    if not recordings:
        return
    yield from _unmatched(recordings)
    yield from _frame_rates(recordings)
    yield from _annotations(recordings)
    yield from _sequences(recordings)


def _unmatched(recordings: Recordings) -> Iterator[str]:
    rows = [entry for entry in recordings if entry["line"]]
    others = [entry for entry in recordings if not entry["line"]]
    without_row = [entry["video"] for entry in others if entry["video"]]
    without_video = [entry["label"] for entry in others if not entry["video"]]
    unreadable = [entry["video"] for entry in rows if not entry["frames"]]
    if unreadable:
        yield (
            f"{plural(len(unreadable), 'row')} of the table without a video that can be read: "
            f"{listed(unreadable)}. The sheet of recordings has the reasons."
        )
    if without_row:
        yield (
            f"{plural(len(without_row), 'video')} without a row in the table, left out: "
            f"{listed(without_row)}. Add a row with video and subject for each."
        )
    if without_video:
        yield (
            f"{plural(len(without_video), 'annotation')} without a video, not used: "
            f"{listed(without_video)}. An annotation has the name of its video, or is named in the "
            "column annotation."
        )
    unlabelled = [entry["video"] for entry in rows if entry["frames"] and not entry["labelled"]]
    if unlabelled:
        first = next(entry for entry in rows if entry["video"] == unlabelled[0])
        yield (
            f"{plural(len(unlabelled), 'video')} without a label on any frame: "
            f"{listed(unlabelled)}. The first: {first['problem']}."
        )


def _frame_rates(recordings: Recordings) -> Iterator[str]:
    variable = [entry["video"] for entry in recordings if entry["variable_rate"]]
    if variable:
        yield (
            f"{plural(len(variable), 'video')} with a variable frame rate: {listed(variable)}. "
            "Annotations in seconds were matched by time. If frames were numbered by a program "
            "that assumes a constant rate, state that rate with --annotation-fps."
        )
    broken = [entry["video"] for entry in recordings if entry["breaks_off"]]
    if broken:
        verb = "stops" if len(broken) == 1 else "stop"
        yield (
            f"{plural(len(broken), 'video')} that {verb} before the end that the file states: "
            f"{listed(broken)}. The frames before that are used. Export or copy the file again."
        )
    notes = [note for entry in recordings for note in entry["notes"]]
    if notes:
        yield (
            f"{plural(len(notes), 'note')} on recordings in the sheet of recordings. The first: "
            f"{notes[0]}"
        )


def _annotations(recordings: Recordings) -> Iterator[str]:
    for name, what, remark in _COUNTED:
        total = sum(entry[name] for entry in recordings)
        if total:
            videos = listed([entry["video"] for entry in recordings if entry[name]])
            yield f"Annotated intervals {what}: {total:,}, of {videos}. {remark}"
    unknown: Counter[str] = Counter()
    for entry in recordings:
        unknown.update(entry["unknown_units"])
    if unknown:
        names = listed([f"{name or 'empty'} ({times:,})" for name, times in unknown.most_common()])
        yield (
            f"Names in annotations that are no action unit, not used: {names}. If one of them is a "
            "unit, state it, such as --column au4='brow furrow'."
        )


def _sequences(recordings: Recordings) -> Iterator[str]:
    sequences = Counter(entry["subject"] for entry in recordings if entry["frames"])
    single = sorted(subject for subject, count in sequences.items() if count == 1 and subject)
    if single:
        verb = "has" if len(single) == 1 else "have"
        yield (
            f"{plural(len(single), 'subject')} {verb} only one sequence: {listed(single)}. "
            "Sequences of the same person cannot be compared there."
        )
