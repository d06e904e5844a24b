"""The numbers of an evaluation as rows of one long table, the file metrics.csv.

The curves and the episodes of each subject are in metrics.json only.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from wince.evaluation import action_units
from wince.evaluation.metrics.metric_catalogue import titles
from wince.scale import Scale

PARTS = {"pooled": "pooled_subjects", "subject_mean": "subjects_defined"}
"""Values of the estimates -> the key of the number of subjects that decide them."""
HEAD = (
    *("predictor", "column", "group", "metric", "title", "over", "value"),
    *("low", "high", "t_low", "t_high", "subjects"),
)
"""`predictor`: model, zero, mean, majority, other, difference; always for episodes. `column` and
`group`: which frames, empty for all. `over`: frames, or subjects for the mean over them."""
OVER = {"pooled": "frames", "subject_mean": "subjects"}

Row = dict[str, Any]


def rows(metrics: Mapping[str, Any]) -> list[Row]:
    """Return the rows of metrics.csv; undefined numbers are NaN.

    Args:
        metrics: The result of `evaluate.evaluate`.
    """
    names = titles(Scale.from_dict(metrics["data"]["scale"]))
    every_row = [*_of_table(metrics, "", "", names), *_of_subjects(metrics, names)]
    for column, groups in metrics["groups"].items():
        for group, measured in groups.items():
            every_row += _of_table(measured, column, group, names)
    for column, compared in metrics["fairness"]["columns"].items():
        every_row += _of_compared_groups(column, compared, names)
    every_row += [*_of_episodes(metrics), *_of_ratings(metrics, names)]
    if "against" in metrics:
        for predictor, key in (("other", "model"), ("difference", "difference")):
            every_row += of_estimates(metrics["against"][key], predictor, "", "", names)
    label = Scale.from_dict(metrics["data"]["scale"]).column
    for name in (f"error_by_{label}", "calibration_bins", "reliability"):
        for number, entry in enumerate(metrics[name] or (), start=1):
            group = f"{entry[label]:g}" if label in entry else str(number)
            every_row += [_row("model", name, group, key, key, entry[key]) for key in entry]
    every_row += [
        _row("model", "flow", step["step"], "frames", "Frames", step["frames"])
        for step in metrics["flow"]
    ]
    return every_row


def _of_table(
    measured: Mapping[str, Any], column: str, group: str, names: Mapping[str, str]
) -> Iterator[Row]:
    """Yield the rows of a whole table or of one group."""
    for key in ("frames", "subjects", "sequences"):
        yield _row("model", column, group, key, key.capitalize(), measured[key])
    not_scored = measured["not_scored"]
    yield _row("model", column, group, "not_scored", "Without a score", not_scored["frames"])
    yield from of_estimates(measured["model"], "model", column, group, names)
    for name, estimates in measured["baselines"].items():
        yield from of_estimates(estimates, name, column, group, names)
    if not_scored["as_errors"]:
        yield from of_estimates(
            not_scored["as_errors"], "model, no score as error", column, group, names
        )
    for scheme, matrix in measured["classes"].items():
        for true, counts in zip(matrix["labels"], matrix["confusion"], strict=True):
            for predicted, count in zip(matrix["labels"], counts, strict=True):
                key = f"{scheme}_{true}_as_{predicted}"
                yield _row("model", column, group, key, "Frames of a class as another", count)
    for unit, values in measured["action_units"].items():
        prefixed = {key: f"{unit}: {title}" for key, title in action_units.TITLES.items()}
        for row in of_estimates(values["model"], "model", column, group, prefixed):
            yield {**row, "metric": f"{unit.lower()}_{row['metric']}"}
    for name, value in (measured["milliseconds"] or {}).items():
        yield _row("model", column, group, f"milliseconds_{name}", "Milliseconds", value)


def of_estimates(
    estimates: Mapping[str, Any],
    predictor: str,
    column: str,
    group: str,
    names: Mapping[str, str],
) -> Iterator[Row]:
    """Yield the rows of what `bootstrap.as_data` returned."""
    for part, counted in PARTS.items():
        for key, value in estimates[part].items():
            low, high = estimates[f"{part}_interval"][key]
            t_low, t_high = estimates[f"{part}_t_interval"].get(key, (None, None))
            yield {
                **_row(predictor, column, group, key, names.get(key, key), value),
                "over": OVER[part],
                "low": low,
                "high": high,
                "t_low": t_low,
                "t_high": t_high,
                "subjects": estimates[counted][key],
            }


def _of_compared_groups(
    column: str, compared: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[Row]:
    """Yield the rows of the comparison of groups by a column."""
    place = f"fairness: {column}"
    for group, measured in compared["groups"].items():
        for key in ("frames", "subjects"):
            yield _row("model", place, group, key, key.capitalize(), measured[key])
        if measured["model"]:
            yield from of_estimates(measured["model"], "model", place, group, names)
    for difference in compared["differences"]:
        group = " minus ".join(difference["groups"])
        yield from of_estimates(difference, "difference", place, group, names)


def _of_episodes(metrics: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the rows of the episodes at each cut."""
    if metrics["episodes"] is None:
        return
    for cut, entry in metrics["episodes"]["cuts"].items():
        for key in ("labelled", "predicted", "matched"):
            yield _row("model", "episodes", cut, key, f"Episodes, {key}", entry[key])
        yield from of_estimates(entry["model"], "model", "episodes", cut, {})
        for part, over in OVER.items():
            for key, value in entry["always"][part].items():
                yield {**_row("always", "episodes", cut, key, key, value), "over": over}


def _of_ratings(metrics: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of the ratings of sequences, with the method in place of the group."""
    for rating, entry in metrics["sequence_ratings"].items():
        for method, estimates in entry["methods"].items():
            column = f"sequence ratings: {rating}"
            yield from of_estimates(estimates, "model", column, method, names)


def _of_subjects(metrics: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of each subject."""
    for subject in metrics["by_subject"]:
        for key, value in subject.items():
            if key == "subject" or key.endswith(("_low", "_high")):
                continue
            yield {
                **_row("model", "subject", subject["subject"], key, names.get(key, key), value),
                "low": subject.get(f"{key}_low"),
                "high": subject.get(f"{key}_high"),
            }


def _row(predictor: str, column: str, group: str, metric: str, title: str, value: Any) -> Row:
    """Return a row without an interval."""
    row = dict.fromkeys(HEAD)
    return {
        **row,
        "predictor": predictor,
        "column": column,
        "group": group,
        "metric": metric,
        "title": title,
        "over": "frames",
        "value": value,
    }
