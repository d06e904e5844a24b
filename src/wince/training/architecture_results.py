"""Results of architectures on the same folds: the table, the conclusion, and the files.

comparison.json        the table, the winner if there is one, and the leads
comparison.csv, .png   the table, and the agreement against the cost
"""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from wince.evaluation.report.plot_style import BLUE, GREY, ORANGE, png, tidy
from wince.evaluation.report.result_files import without_nan
from wince.evaluation.seed_summary import SeedMetric, SeedSummary
from wince.evaluation.trivial_predictors import TRIVIAL_TITLES
from wince.files import write_bytes, write_json, write_text
from wince.number_format import decimal
from wince.training.lead import MEASURE, Lead
from wince.training.methods.fold_scorer import FROM_NOTHING

RESULTS = "comparison.json"
SHOWN = ("ccc", "pcc", "icc", "mae", "auc_1")
ARCHITECTURE, METHOD = "architecture", "method"
"""What is compared; the name of its column."""
COSTS = (("milliseconds", "Milliseconds an image, one thread"), ("megabytes", "Megabytes, fp32"))


@dataclass(frozen=True, slots=True)
class ArchitectureResult:
    """One architecture: held-out metrics over all folds, and what using it costs.

    Attributes:
        name: Its name, of an architecture or a method.
        ccc, pcc, icc, mae, auc_1: Metrics of all held-out frames together.
        parameters: Number of weights.
        megabytes: Size of model.onnx.
        milliseconds: Time of one image on one thread of this processor, the median of several.
        hours: Time of the epochs of all folds.
        began_from: The initial weights in words, such as "ImageNet weights".
    """

    name: str
    ccc: float
    pcc: float
    icc: float
    mae: float
    auc_1: float
    parameters: int
    megabytes: float
    milliseconds: float
    hours: float
    began_from: str


@dataclass(frozen=True, slots=True)
class ArchitectureComparison:
    """A finished comparison.

    Attributes:
        folder: Its folder.
        rows: The architectures, best first.
        trivial: Held-out metrics of the trivial predictors by name, then by key of SHOWN.
        gains: For each architecture its lead over the trivial predictor with the highest CCC.
        leads: The first one's lead over each other one, by name, in the order of the rows.
        caution: "subjects overlap: optimistic", or "".
        notes: What a reader must know of the data, in sentences.
        kind: ARCHITECTURE or METHOD.
        is_main: As in `cross_validation.CrossValidation`.
        seeds: Each one's results with several seeds, in the order of the rows; {} for one seed.
    """

    folder: Path
    rows: tuple[ArchitectureResult, ...]
    trivial: Mapping[str, Mapping[str, float]]
    gains: Mapping[str, Lead]
    leads: Mapping[str, Lead]
    caution: str
    notes: tuple[str, ...] = ()
    kind: str = ARCHITECTURE
    is_main: bool = True
    seeds: Mapping[str, SeedSummary] = field(default_factory=dict)

    @property
    def ccc_by_seed(self) -> dict[str, SeedMetric]:
        """The deciding metric of each one with several seeds."""
        return {
            name: metric
            for name, summary in self.seeds.items()
            for metric in summary.metrics
            if metric.key == MEASURE
        }

    @property
    def first_by_seed(self) -> str:
        """With how many seeds the first one is first, in a sentence; "" for one seed."""
        values = {name: metric.pooled for name, metric in self.ccc_by_seed.items()}
        if not values:
            return ""
        name, first = self.rows[0].name, values[self.rows[0].name]
        wins = sum(
            all(_or_lowest(value) >= _or_lowest(other[seed]) for other in values.values())
            for seed, value in first.items()
        )
        return (
            f"{name} has the highest held-out CCC with {wins} of {len(first)} seeds. The table of "
            "costs, the conclusion and the leads are those of the first seed."
        )

    @property
    def shown(self) -> tuple[str, ...]:
        """The keys of SHOWN that this data has: AUC is of PSPI alone."""
        return tuple(
            key for key in SHOWN if any(not math.isnan(getattr(row, key)) for row in self.rows)
        )

    @property
    def lead(self) -> Lead | None:
        """The first one's lead over the second; None for a single one."""
        return next(iter(self.leads.values()), None)

    @property
    def winner(self) -> str | None:
        """The architecture with the highest CCC, None if it does not beat trivial predictors."""
        first = self.rows[0].name
        return first if self.gains[first].is_beyond_chance else None

    @property
    def conclusion(self) -> str:
        """Whether the best architecture beats trivial predictors, and the second best one."""
        if math.isnan(self.rows[0].ccc):
            return "The held-out labels do not vary, so CCC is undefined and there is no winner."
        text = self._without_winner() if self.winner is None else self._with_winner()
        networks = [row for row in self.rows if row.began_from != FROM_NOTHING]
        if len({row.began_from for row in networks}) > 1:
            weights = ", ".join(f"{row.name} {row.began_from}" for row in networks)
            text = f"Not like with like: they began from different weights ({weights}). {text}"
        return text

    def _without_winner(self) -> str:
        first = self.rows[0].name
        name = best_trivial(self.trivial)
        trivial = f"{TRIVIAL_TITLES[name].lower()}, {decimal(self.trivial[name][MEASURE])}"
        gain = self.gains[first]
        if gain.value <= 0:
            return (
                f"No winner: the highest held-out CCC of all, {first}'s, is not above that of a "
                f"trivial predictor ({trivial}). They learned nothing that "
                "holds for other subjects. Train longer, with other weights or more subjects."
            )
        if math.isnan(gain.low):
            reason = "With so few subjects it cannot be known whether that is chance."
        else:
            reason = "That is not more than the choice of subjects explains."
        return (
            f"No winner: {first} has the highest held-out CCC, but it is above that of a trivial "
            f"predictor ({trivial}) only by {gain}. {reason}"
        )

    def _with_winner(self) -> str:
        first = self.rows[0].name
        text = (
            f"{first} has the highest held-out CCC, {self.gains[first]} above a trivial predictor"
        )
        if self.lead is None:
            return f"{text}. Only {first} was tried."
        second = self.rows[1].name
        text += f", and {self.lead} above {second}"
        if self.lead.is_beyond_chance:
            return f"{text}: both are more than the choice of subjects explains."
        text += ": the lead over it is not more than the choice of subjects explains."
        if self.gains[second].is_beyond_chance:
            text += " Take the faster or smaller of the two."
        return text


def best_trivial(trivial: Mapping[str, Mapping[str, float]]) -> str:
    """Return the name of the trivial predictor with the highest CCC, the first of equals."""
    return max(trivial, key=lambda name: _or_lowest(trivial[name][MEASURE]))


def sort_best_first(rows: list[ArchitectureResult]) -> None:
    """Sort architectures by CCC, those for which it is undefined last."""
    rows.sort(key=lambda row: -_or_lowest(row.ccc))


def write(comparison: ArchitectureComparison) -> None:
    """Write comparison.csv, .png and .json.

    Raises:
        FileWriteError: A file cannot be written.
    """
    folder = comparison.folder
    rows = [{comparison.kind: cells.pop("name"), **cells} for cells in map(asdict, comparison.rows)]
    trivial = [
        {comparison.kind: TRIVIAL_TITLES[name].lower(), **values}
        for name, values in comparison.trivial.items()
    ]
    marked = {"protocol": comparison.caution} if comparison.caution else {}
    text = io.StringIO()
    absent = set(SHOWN) - set(comparison.shown)
    names = [name for name in (*rows[0], *marked) if name not in absent]
    table = csv.DictWriter(text, names, restval="", extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    for row in [*rows, *trivial]:
        table.writerow(
            {key: "" if value != value else value for key, value in row.items()} | marked
        )
    write_text(folder / "comparison.csv", text.getvalue())
    write_bytes(folder / "comparison.png", png(plot(comparison), comparison.caution or None))
    content: Mapping[str, Any] = {
        "rows": [{**row, **marked} for row in rows],
        "trivial": comparison.trivial,
        "winner": comparison.winner,
        "measure": MEASURE,
        "lead": None if comparison.lead is None else asdict(comparison.lead),
        "leads": {name: asdict(lead) for name, lead in comparison.leads.items()},
        "gains": {name: asdict(gain) for name, gain in comparison.gains.items()},
        "verdict": comparison.conclusion,
        "caution": comparison.caution,
        "notes": list(comparison.notes),
        "seeds": {name: summary.to_dict() for name, summary in comparison.seeds.items()},
        "first_by_seed": comparison.first_by_seed,
    }
    write_json(folder / RESULTS, without_nan(content))


def plot(comparison: ArchitectureComparison) -> Figure:
    """Draw held-out CCC against milliseconds an image and megabytes."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    trivial = comparison.trivial[best_trivial(comparison.trivial)][MEASURE]
    for axes, (key, label) in zip(figure.subplots(1, 2, sharey=True), COSTS, strict=True):
        axes.axhline(trivial, color=GREY, lw=1, ls="--")
        for row in comparison.rows:
            colour = ORANGE if row.name == comparison.winner else BLUE
            axes.plot(getattr(row, key), row.ccc, "o", color=colour)
            axes.annotate(
                row.name,
                (getattr(row, key), row.ccc),
                xytext=(5, 4),
                textcoords="offset points",
                fontsize=8,
            )
        axes.set(xlabel=label)
        axes.set_xlim(left=0)
        axes.margins(x=0.25, y=0.15)
        tidy(axes)
    figure.axes[0].set_ylabel("CCC on held-out subjects")
    marked = "orange: the winner" if comparison.winner else "no winner"
    figure.suptitle(
        f"Agreement on held-out subjects against cost; {marked}; dashed: a trivial predictor",
        fontsize=10,
    )
    return figure


def _or_lowest(value: float) -> float:
    return -math.inf if math.isnan(value) else value
