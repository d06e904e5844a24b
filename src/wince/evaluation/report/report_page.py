"""report.html: the whole evaluation in one file, without scripts or outside resources."""

import base64
from collections.abc import Mapping
from typing import Any

from wince.evaluation import action_units, group_fairness, sequence_ratings
from wince.evaluation.bootstrap import FEW_SUBJECTS, FEWEST_SUBJECTS
from wince.evaluation.metrics.classification import schemes
from wince.evaluation.metrics.metric_catalogue import (
    FAMILIES,
    PSPI_ONLY,
    is_worse,
    titles,
    worded,
)
from wince.evaluation.report.agreement_plots import MOST_LISTED_SUBJECTS
from wince.evaluation.report.interval_text import interval_text, t_interval_text
from wince.evaluation.report.report_metrics import (
    GROUP_METRICS,
    MAIN_METRICS,
    SCHEME_METRICS,
    SUBJECT_METRICS,
)
from wince.evaluation.trivial_predictors import TRIVIAL_PREDICTORS, TRIVIAL_TITLES
from wince.html_templates import render
from wince.scale import Scale

CALIBRATION_PREFIXES = ("brier", "rps", "calibration_error", "coverage", "interval_width")
MOST_GROUP_COLUMNS = 5
"""With more groups than this the table has a row for each group instead of a column."""
BETTER_MARK = "* marks a trivial predictor that is better than the model."

PLACEHOLDER_TITLES = {
    "{scheme}": "Classes",
    "{class}": "each",
    "{cut}": "1, 2, 3",
    "{summary}": "maximum or top tenth",
    "{target}": "VAS or OPR",
    "{agreement}": "PCC, ICC(3,1), CCC",
    "{level}": "each level",
}
BETTER_TITLES = {"": "–", "0": "near 0", "1": "near 1", "0.9": "near 0.9"}


def render_report(metrics: Mapping[str, Any], plots: Mapping[str, Mapping[str, bytes]]) -> str:
    """Return the report as one HTML page.

    Args:
        metrics: The result of `evaluate.evaluate`.
        plots: The result of `plots.draw`.
    """
    pooled = metrics["model"]["pooled"]
    scale = Scale.from_dict(metrics["data"]["scale"])
    names, every_scheme = titles(scale), schemes(scale)
    keys = [key for key in names if key in pooled]
    subject_keys, group_keys, main_keys = (
        [key for key in chosen if key in pooled]
        for chosen in (SUBJECT_METRICS, GROUP_METRICS, MAIN_METRICS)
    )
    as_errors = metrics["not_scored"]["as_errors"]
    return render(
        "wince.evaluation.report",
        "report.html",
        metrics=metrics,
        plots=_embedded({name: plots[name] for name in plots if not name.startswith("fairness-")}),
        trace_plots=[name for name in plots if name.startswith("traces-")],
        scale=scale,
        pain_title="PSPI ≥ 1" if scale.is_pspi else "With pain",
        titles=names,
        is_worse=is_worse,
        interval_text=interval_text,
        t_interval_text=t_interval_text,
        schemes=every_scheme,
        scheme_keys={
            scheme.key: [key for key in _scheme_keys(scheme.key) if key in pooled]
            for scheme in every_scheme
        },
        scheme_titles={key: _without_scheme(title) for key, title in names.items()},
        as_errors_keys=[key for key in names if key in (as_errors or {}).get("pooled", {})],
        main_keys=main_keys,
        subject_keys=subject_keys,
        subject_titles=[names[key] for key in subject_keys],
        group_keys=group_keys,
        group_titles=[names[key] for key in group_keys],
        calibration_keys=[key for key in keys if key.startswith(CALIBRATION_PREFIXES)],
        sequence_keys=[key for key in keys if key.startswith("sequence_")],
        rating_keys=sequence_ratings.METRICS,
        rating_methods=sequence_ratings.METHODS,
        trivial_predictors=TRIVIAL_PREDICTORS,
        trivial_titles=[TRIVIAL_TITLES[name] for name in TRIVIAL_PREDICTORS],
        better_mark=BETTER_MARK,
        most_group_columns=MOST_GROUP_COLUMNS,
        most_subject_rows=MOST_LISTED_SUBJECTS,
        few_subjects=FEW_SUBJECTS,
        fewest_subjects=FEWEST_SUBJECTS,
        zero_share=_zero_share(metrics, scale),
        unit_titles=action_units.TITLES,
        formulas=_formulas(scale),
    )


def render_fairness(
    metrics: Mapping[str, Any], plots: Mapping[str, Mapping[str, bytes]]
) -> str | None:
    """Return the page that compares groups, None without columns to group by.

    Args:
        metrics: The result of `evaluate.evaluate`.
        plots: The result of `plots.draw`.
    """
    if not metrics["fairness"]["columns"]:
        return None
    names = titles(Scale.from_dict(metrics["data"]["scale"]))
    keys = [key for key in group_fairness.METRICS if key in metrics["model"]["pooled"]]
    return render(
        "wince.evaluation.report",
        "fairness.html",
        metrics=metrics,
        plots=_embedded(plots, "fairness-"),
        keys=keys,
        titles=names,
        title_list=[names[key] for key in keys],
        interval_text=interval_text,
        t_interval_text=t_interval_text,
    )


def _embedded(plots: Mapping[str, Mapping[str, bytes]], prefix: str = "") -> dict[str, str]:
    """Return the PNG of plots by name as base64 text."""
    return {
        name: base64.b64encode(files["png"]).decode("ascii")
        for name, files in plots.items()
        if name.startswith(prefix)
    }


def _scheme_keys(scheme: str) -> list[str]:
    return [f"{scheme}_{name}" for name in SCHEME_METRICS]


def _without_scheme(title: str) -> str:
    """Return the title of a metric of classes without the name of its scheme."""
    name = title.rpartition(": ")[2]
    return name[:1].upper() + name[1:]


def _zero_share(metrics: Mapping[str, Any], scale: Scale) -> float:
    """Return the share of frames whose label rounds to the lowest value."""
    histogram = metrics["data"][f"{scale.column}_histogram"]
    return float(histogram.get(f"{scale.low:g}", 0) / metrics["frames"])


def _formulas(scale: Scale) -> list[dict[str, str]]:
    """Return the catalogue with words in place of its placeholders."""
    return [
        {
            "title": _without_placeholders(worded(family.title, scale)),
            "formula": _without_placeholders(worded(family.formula, scale)),
            "better": BETTER_TITLES.get(family.better, family.better),
            "source": family.source,
        }
        for family in FAMILIES
        if scale.is_pspi
        or not (family.key in PSPI_ONLY or ("{scheme}" in family.key and not scale.levels))
    ]


def _without_placeholders(text: str) -> str:
    for placeholder, title in PLACEHOLDER_TITLES.items():
        text = text.replace(placeholder, title)
    return text
