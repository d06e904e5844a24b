"""The cell of an interval, for the report and the terminal."""

from collections.abc import Mapping
from typing import Any, Literal

from wince.evaluation.bootstrap import too_few
from wince.number_format import interval

TOO_FEW = "too few subjects"
_SUBJECTS = {"pooled": "pooled_subjects", "subject_mean": "subjects_defined"}


def interval_text(
    estimates: Mapping[str, Any], part: Literal["pooled", "subject_mean"], key: str
) -> str:
    """Return the interval of a metric as text, such as "0.572 to 0.916".

    Args:
        estimates: The result of `bootstrap.as_data`.
        part: Which value the interval is of.
        key: The metric.

    Returns:
        "too few subjects" where their number allows no interval, a dash where there is none for
        another reason.
    """
    if too_few(estimates[_SUBJECTS[part]][key]):
        return TOO_FEW
    return interval(*estimates[f"{part}_interval"][key])


def t_interval_text(
    estimates: Mapping[str, Any], part: Literal["pooled", "subject_mean"], key: str
) -> str:
    """Return the t interval that few subjects need, such as "t: 0.51 to 0.93"; "" for none."""
    ends = estimates[f"{part}_t_interval"].get(key)
    return f"t: {interval(*ends)}" if ends else ""
