"""Models of time beside models of single frames: the table, the conclusion, and the files.

over_time.json   the table, the winner if there is one, and the leads
over_time.csv    the table

Several models of time have several chances to be best. So the interval of a lead that decides has
the confidence 1 - 0.05 / number of these models (Bonferroni), for one model 95 %.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wince.evaluation.all_metrics import Metric, auc_metrics, error_metrics
from wince.evaluation.bootstrap import CONFIDENCE, difference, estimate_metric, subject_counts
from wince.evaluation.predictions import Predictions
from wince.evaluation.report.result_files import without_nan
from wince.files import write_json, write_text
from wince.training.lead import MEASURE, Lead

TABLE, RESULTS = "over_time.csv", "over_time.json"
SHOWN = ("ccc", "pcc", "icc", "mae", "auc_1")
PAIRED = ("ccc", "pcc", "mae")
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class TimeRow:
    """A model on the frames of held-out subjects.

    Attributes:
        name: Its name.
        is_over_time: Whether it is a model of time, and not something to compare with.
        frames_after: Frames after a frame that it knows when it scores it.
        metrics: Metrics of all frames together, by the keys of SHOWN.
        differences: Against the strongest model of single frames, by the keys of PAIRED.
        leads: For a model of time, its lead in CCC over each model that it has to beat, with an
            interval that allows for the number of models.
    """

    name: str
    is_over_time: bool
    frames_after: int
    metrics: Mapping[str, float]
    differences: Mapping[str, Lead]
    leads: Mapping[str, Lead]

    @property
    def wins(self) -> bool:
        """Whether it beats all of them by more than the choice of subjects explains."""
        return self.is_over_time and all(lead.is_beyond_chance for lead in self.leads.values())


@dataclass(frozen=True, slots=True)
class TimeTable:
    """Models of time and models of single frames on the same frames.

    Attributes:
        rows: The models; those to compare with first, then those of time, best first.
        reference: Name of the strongest model of single frames.
        caution: "subjects overlap: optimistic", or "".
        notes: What a reader must know, in sentences.
    """

    rows: tuple[TimeRow, ...]
    reference: str
    caution: str
    notes: tuple[str, ...]

    @property
    def best(self) -> TimeRow:
        """The model of time with the highest CCC."""
        return next(row for row in self.rows if row.is_over_time)

    @property
    def winner(self) -> str | None:
        """The model of time with the highest CCC, if it wins on subjects that nobody has seen."""
        return self.best.name if self.best.wins and not self.caution else None

    @property
    def conclusion(self) -> str:
        """Whether the best model of time is better than those of single frames."""
        best = self.best
        leads = ", ".join(
            f"{difference_text(lead)} against {name}" for name, lead in best.leads.items()
        )
        count = sum(row.is_over_time for row in self.rows)
        share = f"{100 * _confidence(count):.4g} % intervals"
        several = f", which allow for the best of {count}" if count > 1 else ""
        text = f"{best.name}, held-out CCC: {leads} ({share}{several})"
        if self.winner:
            return f"{text}. It wins: that is more than the choice of subjects explains."
        if best.wins:
            return f"No winner: {self.caution}. {text}."
        return f"No winner: not every lead is more than the choice of subjects explains. {text}."


def compare(
    tables: Mapping[str, Predictions],
    frames_after: Mapping[str, int],
    over_time: Sequence[str],
    single: Sequence[str],
    caution: str,
    notes: Sequence[str],
) -> TimeTable:
    """Compare predictions of the same frames in the same order.

    Args:
        tables: Predictions by name of the model.
        frames_after: Frames after a frame that each model knows.
        over_time: Names of the models of time.
        single: Names of the models of single frames.
        caution: As in `TimeTable`.
        notes: As in `TimeTable`.
    """
    metrics = {name: _metrics(table) for name, table in tables.items()}
    subjects = len(next(iter(tables.values())).subjects)
    counts = subject_counts(subjects, RESAMPLES, 0)
    once = np.empty((0, subjects))
    values = {
        name: {key: estimate_metric(of_model[key], once).pooled for key in SHOWN}
        for name, of_model in metrics.items()
    }
    reference = max(single, key=lambda name: values[name][MEASURE])
    furthest = max(frames_after[name] for name in over_time)
    to_beat = [name for name in tables if name not in over_time and frames_after[name] == 0]
    if furthest:
        to_beat = [name for name in tables if name not in over_time]

    confidence = _confidence(len(over_time))

    def lead(name: str, other: str, key: str, share: float = CONFIDENCE) -> Lead:
        result = difference(metrics[name][key], metrics[other][key], counts, share)
        return Lead(result.pooled, *result.pooled_interval)

    rows = [
        TimeRow(
            name,
            name in over_time,
            frames_after[name],
            values[name],
            {key: lead(name, reference, key) for key in PAIRED if name != reference},
            {o: lead(name, o, MEASURE, confidence) for o in to_beat if name in over_time},
        )
        for name in tables
    ]
    rows.sort(key=lambda row: (row.is_over_time, -row.metrics[MEASURE] * row.is_over_time))
    return TimeTable(tuple(rows), reference, caution, tuple(notes))


def write(table: TimeTable, folder: Path) -> None:
    """Write over_time.csv and over_time.json; raise FileWriteError if that fails."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ends = ("", "_low", "_high")
    marked = ["protocol"] if table.caution else []
    differences = [f"{key}_difference{end}" for key in PAIRED for end in ends]
    writer.writerow(["model", "frames_after", *SHOWN, *differences, *marked])
    for row in table.rows:
        leads = [row.differences.get(key) for key in PAIRED]
        cells = [cell for lead in leads for cell in (_cells(lead) if lead else ("", "", ""))]
        shown = (_cell(row.metrics[key]) for key in SHOWN)
        caution = [table.caution] if table.caution else []
        writer.writerow([row.name, row.frames_after, *shown, *cells, *caution])
    content: Mapping[str, Any] = {
        "rows": [{**asdict(row), "wins": row.wins} for row in table.rows],
        "reference": table.reference,
        "winner": table.winner,
        "measure": MEASURE,
        "verdict": table.conclusion,
        "caution": table.caution,
        "notes": list(table.notes),
    }
    write_text(folder / TABLE, text.getvalue())
    write_json(folder / RESULTS, without_nan(content))


def difference_text(lead: Lead | None) -> str:
    """Return a difference with its interval for a table, "" if there is none."""
    if lead is None:
        return ""
    if lead.low != lead.low:
        return f"{lead.value:+.3f}"
    return f"{lead.value:+.3f} ({lead.low:+.3f} to {lead.high:+.3f})"


def _confidence(models: int) -> float:
    """Return the confidence of the intervals that decide about a number of models of time."""
    return 1 - (1 - CONFIDENCE) / models


def _metrics(table: Predictions) -> dict[str, Metric]:
    metrics = (*error_metrics(table), *auc_metrics(table))
    return {metric.key: metric for metric in metrics}


def _cells(lead: Lead) -> tuple[str, ...]:
    return tuple(_cell(value) for value in (lead.value, lead.low, lead.high))


def _cell(value: float) -> str:
    return "" if value != value else f"{value:.5f}"
