"""Render report.html: what was kept and left out, on one page without links or scripts."""

from collections.abc import Mapping
from typing import Any

from wince import scale
from wince.archive.report.phrases import plural
from wince.archive.report.svg_charts import histogram_bars, share_bars
from wince.html_templates import render
from wince.level_colours import ON_WHITE

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
    histogram = report["pspi_histogram"]
    recordings = sorted(report["recordings"], key=lambda entry: not entry["problem"])
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
        levels=scale.LEVELS,
        colours=ON_WHITE,
        histogram=histogram_bars(
            histogram, {score: ON_WHITE[scale.level(float(score))] for score in histogram}
        ),
        share_bars=lambda counts: share_bars(counts, ON_WHITE),
    )
