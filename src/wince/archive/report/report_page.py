"""Render report.html: what was kept and left out, on one page without links or scripts."""

from collections.abc import Mapping
from typing import Any

from wince import scale
from wince.archive.report.svg_charts import histogram_bars, share_bars
from wince.html_templates import render
from wince.level_colours import ON_WHITE

MOST_SUBJECTS = 120  # rows shown; report.json contains all
MOST_VALUES = 40  # of a group
FILE_CONTENTS = {
    "manifest.csv": "every kept frame with its label, face, split and remarks",
    "train.csv": "the frames of the training part",
    "val.csv": "the frames of the validation part",
    "test.csv": "the frames of the test part",
    "excluded.csv": "every file left out, with its reason",
    "duplicates.csv": "kept frames with the same bytes in more than one sequence",
}


def render_page(report: Mapping[str, Any]) -> str:
    """Return the page for the content of report.json."""
    subjects = report["subjects"]
    histogram = report["pspi_histogram"]
    return render(
        "wince.archive.report",
        "report.html",
        report=report,
        pain_frames=sum(subject["pain_frames"] for subject in subjects),
        subjects=subjects[:MOST_SUBJECTS],
        subjects_not_shown=max(0, len(subjects) - MOST_SUBJECTS),
        most_values=MOST_VALUES,
        file_contents=FILE_CONTENTS,
        levels=scale.LEVELS,
        colours=ON_WHITE,
        histogram=histogram_bars(
            histogram, {score: ON_WHITE[scale.level(float(score))] for score in histogram}
        ),
        share_bars=lambda counts: share_bars(counts, ON_WHITE),
    )
