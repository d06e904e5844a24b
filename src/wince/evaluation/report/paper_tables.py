"""Tables of an evaluation for a paper, as LaTeX (booktabs) and as Markdown.

All numbers are rounded as in the report, by `wince.number_format.decimal`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wince.evaluation import action_units, group_fairness
from wince.evaluation.metrics.classification import schemes
from wince.evaluation.metrics.metric_catalogue import titles
from wince.evaluation.report.interval_text import interval_text, t_interval_text
from wince.evaluation.report.report_metrics import GROUP_METRICS, MAIN_METRICS
from wince.evaluation.trivial_predictors import TRIVIAL_PREDICTORS, TRIVIAL_TITLES
from wince.number_format import decimal, whole
from wince.scale import Scale

Part = Literal["pooled", "subject_mean"]
MOST_GROUP_COLUMNS = 5
LATEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{"<": "$<$", ">": "$>$", "|": "$|$", "×": r"$\times$", "≥": r"$\geq$", "≤": r"$\leq$"},
    "−": "$-$",
    "–": "--",
}
"""Characters that LaTeX reads as something else -> how they are written."""


@dataclass(frozen=True, slots=True)
class PaperTable:
    """A table of text.

    Attributes:
        caption: What the table shows.
        head: Titles of the columns.
        rows: Cells; the first is the title of the row.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def paper_tables(metrics: Mapping[str, Any]) -> dict[str, PaperTable]:
    """Return the tables of an evaluation by name, which is the file name without its ending.

    Args:
        metrics: The result of `evaluate.evaluate`.
    """
    scale = Scale.from_dict(metrics["data"]["scale"])
    names = titles(scale)
    main = [key for key in MAIN_METRICS if key in metrics["model"]["pooled"]]
    tables = {
        "pooled": _estimates(metrics, "pooled", main, names, "All frames pooled"),
        "subject-mean": _estimates(
            metrics,
            "subject_mean",
            [key for key in main if key in metrics["model"]["subject_mean"]],
            names,
            "Mean over subjects",
        ),
    }
    for scheme in schemes(scale):
        tables[f"classes-{scheme.key}"] = _classes(metrics, scheme.key, scheme.title)
    if metrics["action_units"]:
        tables["action-units"] = _action_units(metrics["action_units"])
    for number, (column, groups) in enumerate(metrics["groups"].items(), start=1):
        keys = [key for key in GROUP_METRICS if key in metrics["model"]["pooled"]]
        tables[f"groups-{number}"] = _groups(column, groups, keys, names)
    for number, (column, compared) in enumerate(metrics["fairness"]["columns"].items(), start=1):
        keys = [key for key in group_fairness.METRICS if key in metrics["model"]["pooled"]]
        tables[f"fairness-{number}"] = _groups(column, compared["groups"], keys, names)
    if "against" in metrics:
        tables["against"] = _differences(metrics, main, names)
    label = metrics["overlap"]["label"]
    return {name: _marked(table, label) for name, table in tables.items()}


def _marked(table: PaperTable, label: str | None) -> PaperTable:
    """Return a table whose caption states that subjects overlap, if they do."""
    return PaperTable(f"{label}: {table.caption}", table.head, table.rows) if label else table


def _estimates(
    metrics: Mapping[str, Any],
    part: Part,
    keys: Sequence[str],
    names: Mapping[str, str],
    title: str,
) -> PaperTable:
    """Return the model beside the trivial predictors, each with its interval."""
    predictors = [metrics["model"], *(metrics["baselines"][name] for name in TRIVIAL_PREDICTORS)]
    head = ["Metric", "Model", *(TRIVIAL_TITLES[name] for name in TRIVIAL_PREDICTORS)]
    rows = [[names[key], *(value(each, part, key) for each in predictors)] for key in keys]
    caption = (
        f"{title}: {whole(metrics['frames'])} frames of {metrics['subjects']} subjects, with 95 % "
        "intervals from resamples of subjects."
    )
    return PaperTable(caption, head, rows)


def value(estimates: Mapping[str, Any], part: Part, key: str) -> str:
    """Return a metric with its intervals as one cell, such as "0.713 (0.572 to 0.816)"."""
    number = estimates[part][key]
    ends = [interval_text(estimates, part, key), t_interval_text(estimates, part, key)]
    shown = "; ".join(text for text in ends if text not in ("", "–"))
    return f"{decimal(number)} ({shown})" if number == number and shown else decimal(number)


def _classes(metrics: Mapping[str, Any], scheme: str, title: str) -> PaperTable:
    """Return precision, recall and F1 of each class."""
    model, matrix = metrics["model"], metrics["classes"][scheme]
    rows = [
        [
            name,
            whole(sum(counts)),
            *(
                value(model, "pooled", f"{scheme}_{name}_{metric}")
                for metric in ("precision", "recall", "f1")
            ),
        ]
        for name, counts in zip(matrix["labels"], matrix["confusion"], strict=True)
    ]
    return PaperTable(
        f"{title}, all frames pooled.", ["Class", "Frames", "Precision", "Recall", "F1"], rows
    )


def _action_units(units: Mapping[str, Any]) -> PaperTable:
    """Return the metrics of each action unit."""
    rows = [
        [
            name,
            whole(unit["frames"]),
            whole(unit["present"]),
            *(value(unit["model"], "pooled", key) for key in action_units.TITLES),
        ]
        for name, unit in units.items()
    ]
    head = ["Action unit", "Frames", "Present", *action_units.TITLES.values()]
    return PaperTable("Action units, all frames with labels pooled.", head, rows)


def _groups(
    column: str, groups: Mapping[str, Any], keys: Sequence[str], names: Mapping[str, str]
) -> PaperTable:
    """Return the main metrics of each group: a column for each, or a row if there are many."""
    lines = [["Frames", "Subjects", *(names[key] for key in keys)]]
    for measured in groups.values():
        sizes = [whole(measured["frames"]), whole(measured["subjects"])]
        model = measured["model"]
        values = [value(model, "pooled", key) if model else "too few" for key in keys]
        lines.append([*sizes, *values])
    titles_of_lines = [column, *groups]
    table = [[title, *line] for title, line in zip(titles_of_lines, lines, strict=True)]
    if len(groups) <= MOST_GROUP_COLUMNS:
        table = [list(row) for row in zip(*table, strict=True)]
    return PaperTable(f"By {column}, pooled within the group.", table[0], table[1:])


def _differences(
    metrics: Mapping[str, Any], keys: Sequence[str], names: Mapping[str, str]
) -> PaperTable:
    """Return both models and their paired difference."""
    against = metrics["against"]
    columns = (metrics["model"], against["model"], against["difference"])
    rows = [[names[key], *(value(each, "pooled", key) for each in columns)] for key in keys]
    head = ["Metric", "This model", "The other", "Difference"]
    return PaperTable(f"Compared with {against['source']} on the same frames.", head, rows)


def markdown(table: PaperTable) -> str:
    """Return a table as Markdown with its caption below."""
    lines = [table.head, ["---", *["---:"] * (len(table.head) - 1)], *table.rows]
    body = "\n".join(
        f"| {' | '.join(cell.replace('|', '&#124;').replace('<', '&lt;') for cell in line)} |"
        for line in lines
    )
    return f"{body}\n\n{table.caption}\n"


def latex(table: PaperTable) -> str:
    """Return a table as LaTeX; the document needs the package booktabs."""
    body = "\n".join(f"{_cells(row)} \\\\" for row in table.rows)
    return (
        "\\begin{table}\n\\centering\n"
        f"\\caption{{{_escaped(table.caption)}}}\n"
        f"\\begin{{tabular}}{{l{'r' * (len(table.head) - 1)}}}\n\\toprule\n"
        f"{_cells(table.head)} \\\\\n\\midrule\n{body}\n\\bottomrule\n"
        "\\end{tabular}\n\\end{table}\n"
    )


def _cells(row: Sequence[str]) -> str:
    return " & ".join(_escaped(cell) for cell in row)


def _escaped(text: str) -> str:
    return "".join(LATEX.get(character, character) for character in text)
