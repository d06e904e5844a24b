"""report.html: everything a reviewer needs in one file, without script or outside resource."""

from collections.abc import Mapping
from html import escape
from typing import Any

from wince.evaluation import report_tables as tables
from wince.evaluation.markup import page, paragraph, picture, section
from wince.evaluation.plots import MANY_SUBJECTS

Metrics = Mapping[str, Any]
Pictures = Mapping[str, bytes]

CAPTIONS = {
    "scores": "Scores of frames by labelled PSPI. The whiskers hold nine frames in ten.",
    "errors": "Mean absolute error at each labelled PSPI, beside always zero and the mean.",
    "roc": "ROC curves for PSPI at or above 1, 2 and 3, all frames pooled.",
    "confusion": "Confusion matrices: share of each true class, and frames.",
    "subjects": "Mean absolute error and correlation of each subject.",
    "sequences": "Score of each sequence (mean of its top tenth of frames) against PSPI and, where "
    "given, the person's own rating (VAS) and an observer's (OPR). Points are spread sideways.",
    "reliability": "Reliability: how often the stated level was right, by stated confidence. Below "
    "the dashed line the model is too sure of itself.",
    "coverage": "How often the 90 % interval holds the label. By level, because the many calm "
    "frames hide the rest.",
    "against": "Paired differences with 95 % intervals, from the same resamples of subjects.",
}

NATURE = (
    "PSPI scores the expression of pain, not the experience: people in real pain often show none. "
    "wince is research software, not a medical device, and an expression score is no diagnosis."
)


def report(metrics: Metrics, pictures: Pictures) -> str:
    """Return the report as one HTML page.

    metrics: as `evaluate` returns them. pictures: name -> PNG bytes, as `plots.draw` returns them.
    """
    title = "How well the scores agree with the labels"
    label = metrics["overlap"]["label"]
    body = "".join(
        (
            f'<div class="banner" role="alert">{escape(label)}</div>' if label else "",
            f"<h1>{title}</h1>",
            f'<p class="lead">{escape(_what(metrics))}</p>',
            "".join(paragraph(words) for words in metrics["about"]),
            _caveats(metrics),
            section(
                "At a glance", _glance(metrics), tables.chief(metrics), _baseline_note(metrics)
            ),
            section("Mean over subjects", tables.by_subject_means(metrics)),
            section("Published results on UNBC-McMaster", _published(metrics)),
            section("Another model on the same frames", _against(metrics, pictures)),
            section("Scores and labels", _pictures(pictures, "scores", "errors")),
            section("Finding frames with pain expression", _pictures(pictures, "roc")),
            section("Classes", _pictures(pictures, "confusion"), tables.all_classes(metrics)),
            section("Sequences", _sequences(metrics, pictures)),
            section("Probabilities and intervals", _calibration(metrics, pictures)),
            *_groups(metrics, pictures),
            section("Subjects", _pictures(pictures, "subjects"), _subjects(metrics)),
            section("How it was computed", _method(metrics), tables.formulas()),
        )
    )
    return page(f"{label}: {title}" if label else title, body)


def _what(metrics: Metrics) -> str:
    data = metrics["data"]
    times = metrics["milliseconds"]
    name = " of the UNBC-McMaster archive" if data["dataset"] == "unbc" else ""
    sentence = (
        f"{metrics['frames']:,} frames of {metrics['subjects']:,} subjects in "
        f"{metrics['sequences']:,} sequences{name}; predictions from {data['source']}."
    )
    if times:
        middle, slow = times["median"], times["p95"]
        sentence += f" Time per image: median {middle:.1f} ms, 95th percentile {slow:.1f} ms."
    return sentence


def _caveats(metrics: Metrics) -> str:
    items = "".join(f"<li>{escape(words)}</li>" for words in (*metrics["caveats"], NATURE))
    return f'<div class="caveats"><strong>Read this first</strong><ul>{items}</ul></div>'


def _glance(metrics: Metrics) -> str:
    histogram = metrics["data"]["pspi_histogram"]
    zero = sum(count for value, count in histogram.items() if float(value) < 0.5)
    return paragraph(
        f"{100 * zero / metrics['frames']:.1f} % of the frames show no pain expression (PSPI 0), "
        "so accuracy and MAE say little: read them beside the trivial predictors, and after the "
        "figures that those cannot reach."
    )


def _baseline_note(metrics: Metrics) -> str:
    known = metrics["reference"]
    return (
        '<p class="small">'
        + escape(
            "The trivial predictors: always zero; the mean and the majority of "
            f"{known['source']}. As a number, the majority is the commonest PSPI; in classes, the "
            "commonest class of that scheme."
        )
        + "</p>"
    )


def _published(metrics: Metrics) -> str:
    rows = tables.published(metrics)
    if not rows:
        return ""
    words = paragraph(
        "For scale only: other protocols, other subsets, other scales. Six-level figures (0-5) "
        "compare with the six classes below, not with errors in PSPI points."
    )
    if metrics["overlap"]["optimistic"]:
        words += paragraph(
            "These predictions are for people the model was trained on. They cannot be compared "
            "with any subject-exclusive result in this table."
        )
    return words + rows


def _against(metrics: Metrics, pictures: Pictures) -> str:
    if "against" not in metrics:
        return ""
    words = paragraph(f"The other predictions are from {metrics['against']['source']}.")
    return words + tables.differences(metrics) + _pictures(pictures, "against")


def _sequences(metrics: Metrics, pictures: Pictures) -> str:
    words = paragraph(
        "A sequence's score is the maximum of its frames, or the mean of their top tenth."
    )
    if metrics["data"]["vas"] or metrics["data"]["opr"]:
        words += paragraph(
            "VAS (the person's own rating) and OPR (an observer's) are on other scales, so the "
            "error is that of a straight line fitted on the other subjects. “From the labels” is "
            "what the labelled PSPI itself would reach: no score of expression can be expected to "
            "do much better."
        )
    else:
        words += paragraph("The predictions come without ratings (VAS, OPR) to set them against.")
    return words + tables.sequences(metrics) + _pictures(pictures, "sequences")


def _calibration(metrics: Metrics, pictures: Pictures) -> str:
    found = tables.calibration(metrics)
    if not found:
        return paragraph(
            "The predictions state neither probabilities of the levels nor intervals, so whether "
            "the model knows when it is wrong cannot be told."
        )
    return found + _pictures(pictures, "reliability", "coverage")


def _groups(metrics: Metrics, pictures: Pictures) -> list[str]:
    sections = []
    for number, (column, groups) in enumerate(metrics["groups"].items(), start=1):
        drawn = pictures.get(f"groups-{number}")
        words = f"Chief figures by {column} with 95 % intervals; dashed: all frames."
        sections.append(
            section(
                f"By {column}",
                picture(drawn, words) if drawn else "",
                tables.groups(column, groups),
            )
        )
    return sections


def _subjects(metrics: Metrics) -> str:
    if metrics["subjects"] > MANY_SUBJECTS:
        return paragraph("One row per subject is in subjects.csv.")
    return tables.subjects(metrics)


def _method(metrics: Metrics) -> str:
    draws = metrics["bootstrap"]
    intervals = (
        f"Intervals: {draws['resamples']:,} resamples of whole subjects with replacement (frames "
        f"of one person are not independent), central {100 * draws['confidence']:.0f} %, seed "
        f"{draws['seed']}. Paired differences use the same resamples for both models."
        if draws["resamples"]
        else "Intervals were not computed."
    )
    undefined = (
        "Undefined is not zero: a figure that a subject or class does not have is left out of the "
        "mean and counted. Scores are rounded half up before they are put into classes. t is the "
        "label, p the score."
    )
    return paragraph(intervals) + paragraph(undefined) + paragraph(f"wince {metrics['wince']}.")


def _pictures(pictures: Pictures, *names: str) -> str:
    return "".join(picture(pictures[name], CAPTIONS[name]) for name in names if name in pictures)
