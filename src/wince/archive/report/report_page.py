"""Render report.html: what was kept and left out, on one page without links or scripts."""

from collections.abc import Mapping
from typing import Any

from wince.archive.report.phrases import plural
from wince.archive.report.svg_charts import histogram_bars, share_bars
from wince.html_templates import render
from wince.level_colours import ON_WHITE, of_scale
from wince.scale import Level, Scale

MOST_SUBJECTS = 120  # rows shown; report.json contains all
MOST_RECORDINGS = 400  # those with a problem first; report.json contains all
MOST_VALUES = 40  # of a group
FILE_CONTENTS = {
    "manifest.csv": "every kept frame with its label, face, split and remarks",
    "train.csv": "the frames of the training part",
    "val.csv": "the frames of the validation part",
    "test.csv": "the frames of the test part",
    "excluded.csv": "every file left out, with its reason",
    "duplicates.csv": "kept frames with the same bytes in more than one sequence",
}


def recording_remarks(entry: Mapping[str, Any]) -> str:
    """Return what to know about one recording, in short sentences.

    Args:
        entry: One of the recordings of report.json.
    """
    unknown = ", ".join(entry["unknown_units"])
    counts = (
        (entry["beyond_end"], "after the end"),
        (entry["overlapping"], "overlapping"),
        (entry["without_intensity"], "without intensity"),
    )
    parts = [
        entry["video"] and entry["label"] and f"Labels from {entry['label']}.",
        entry["problem"] and f"{entry['problem'].rstrip('.')}.",
        entry["breaks_off"] and "Stops before the end that the file states.",
        *(f"{plural(count, 'interval')} {what}." for count, what in counts if count),
        unknown and f"No action units: {unknown}.",
        *entry["notes"],
    ]
    return " ".join(filter(None, parts))


def render_page(report: Mapping[str, Any]) -> str:
    """Return the page for the content of report.json."""
    subjects = report["subjects"]
    recordings = sorted(report["recordings"], key=lambda entry: not entry["problem"])
    scale = Scale.from_dict(report["scale"])
    histogram = report[f"{scale.column}_histogram"]
    colours = of_scale(ON_WHITE, scale)
    return render(
        "wince.archive.report",
        "report.html",
        report=report,
        pain_frames=sum(subject["pain_frames"] for subject in subjects),
        subjects=subjects[:MOST_SUBJECTS],
        subjects_not_shown=max(0, len(subjects) - MOST_SUBJECTS),
        recordings=recordings[:MOST_RECORDINGS],
        recordings_not_shown=max(0, len(recordings) - MOST_RECORDINGS),
        remarks=recording_remarks,
        most_values=MOST_VALUES,
        file_contents=FILE_CONTENTS,
        scale=scale,
        levels=scale.levels,
        level_ranges=_level_ranges(scale),
        colours=colours,
        histogram=histogram_bars(
            histogram, {score: _colour(float(score), scale, colours) for score in histogram}
        ),
        share_bars=lambda counts: share_bars(counts, colours),
    )


def _colour(score: float, scale: Scale, colours: Mapping[str, str]) -> str:
    """Return the colour of a score's bar; all bars are alike for a scale without levels."""
    level = scale.level(min(score, scale.high))
    return ON_WHITE[Level.NONE] if level is None else colours[level]


def _level_ranges(scale: Scale) -> str:
    """Return where each level of a scale begins, in words."""
    if scale.is_pspi:
        return "none 0, mild 1-5, moderate 6-10, severe 11-16"
    starts = zip(scale.levels, (scale.low, *scale.cuts), strict=False)
    return ", ".join(f"{level} from {start:g}" for level, start in starts)
