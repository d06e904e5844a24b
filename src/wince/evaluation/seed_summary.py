"""A training repeated with other seeds: means, and standard deviations over seeds and over folds.

seeds.json, seeds.csv    written into the folder of the first seed when all seeds are finished
"""

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from wince import file_names, files, spreadsheet_cells
from wince.evaluation.report.report_page import render_report
from wince.evaluation.report.result_files import without_nan

FORMAT = "1"
JSON_FILE, CSV_FILE = "seeds.json", "seeds.csv"
METRICS = ("mae", "rmse", "wmae", "pcc", "icc", "ccc", "auc_1", "auc_2", "auc_3")
BETWEEN_SEEDS = (
    "SD between seeds: how much a result changes by chance when the same training on the same data "
    "is repeated with another seed. It says nothing about other people."
)
BETWEEN_FOLDS = (
    "SD between folds: how much a result changes with the subjects that are tested, with one "
    "seed. Each fold has few subjects, so it is larger than the uncertainty of all folds together."
)


@dataclass(frozen=True, slots=True)
class SeedMetric:
    """A metric with each seed. Undefined values are NaN and left out of means.

    Attributes:
        key: Its key.
        pooled: Its value over all tested frames, by seed.
        folds: Its values in the folds, by seed; {} for a training without folds.
    """

    key: str
    pooled: Mapping[int, float]
    folds: Mapping[int, Sequence[float]]

    @property
    def mean(self) -> float:
        """The mean of the pooled values."""
        return _mean(self.pooled.values())

    @property
    def sd_between_seeds(self) -> float:
        """Standard deviation (n - 1) of the pooled values; NaN with fewer than two."""
        return _sd(self.pooled.values())

    @property
    def fold_mean(self) -> float:
        """The mean over seeds of the mean of the folds."""
        return _mean(map(_mean, self.folds.values()))

    @property
    def sd_between_seeds_of_fold_means(self) -> float:
        """Standard deviation (n - 1) over seeds of the mean of the folds."""
        return _sd(list(map(_mean, self.folds.values())))

    @property
    def sd_between_folds(self) -> float:
        """Standard deviation (n - 1) of the folds of one seed, as the root mean square of all."""
        deviations = _defined(map(_sd, self.folds.values()))
        return math.sqrt(fmean(sd * sd for sd in deviations)) if deviations else math.nan


@dataclass(frozen=True, slots=True)
class SeedSummary:
    """A training with several seeds.

    Attributes:
        folders: Folder of each seed's results, relative to the folder of the first; in order.
        metrics: Metrics of each seed.
        caution: "subjects overlap: optimistic", or "".
        has_model: Whether the folder of the first seed has a model to serve.
    """

    folders: Mapping[int, str]
    metrics: tuple[SeedMetric, ...]
    caution: str
    has_model: bool

    @property
    def about(self) -> list[str]:
        """What the numbers answer, and which seed's results are in the folder, in sentences."""
        first = next(iter(self.folders))
        what = "model and the results" if self.has_model else "results"
        sentences = [
            f"The {what} in the folder itself are those of the first seed, {first}, whatever the "
            "others give. The best of several seeds is not taken: chosen by the test part, it "
            "would look better than it is.",
            BETWEEN_SEEDS,
        ]
        if any(metric.folds for metric in self.metrics):
            sentences.append(BETWEEN_FOLDS)
            sentences.append("All seeds have the folds of the first.")
        return sentences

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain data; undefined numbers are None."""
        content: dict[str, Any] = without_nan(
            {
                "format": FORMAT,
                "seeds": list(self.folders),
                "folders": {str(seed): folder for seed, folder in self.folders.items()},
                "first": next(iter(self.folders)),
                "metrics": {metric.key: _metric_data(metric) for metric in self.metrics},
                "about": self.about,
                "protocol": self.caution,
            }
        )
        return content


def summarise(
    folders: Mapping[int, str],
    pooled: Mapping[int, Mapping[str, float]],
    folds: Mapping[int, Sequence[Mapping[str, float]]] | None = None,
    *,
    caution: str = "",
    has_model: bool = False,
) -> SeedSummary:
    """Return the summary of a training with several seeds.

    Args:
        folders: As in SeedSummary.
        pooled: Metrics over all tested frames, by seed.
        folds: Metrics of each fold, by seed; None for a training without folds.
        caution: As in SeedSummary.
        has_model: As in SeedSummary.
    """
    first = next(iter(pooled.values()))
    return SeedSummary(
        dict(folders),
        tuple(
            SeedMetric(
                key,
                {seed: float(values.get(key, math.nan)) for seed, values in pooled.items()},
                {
                    seed: [float(row.get(key, math.nan)) for row in rows]
                    for seed, rows in (folds or {}).items()
                },
            )
            for key in METRICS
            if key in first
        ),
        caution,
        has_model,
    )


def write(summary: SeedSummary, folder: Path, metrics: Mapping[str, Any]) -> None:
    """Write seeds.json, seeds.csv and the section of the first seed's report.

    Args:
        summary: The summary.
        folder: The folder of the first seed.
        metrics: The evaluation of the first seed.

    Raises:
        FileWriteError: A file cannot be written.
    """
    files.write_text(folder / CSV_FILE, _csv(summary))
    _add_to_report(summary, folder / file_names.EVALUATION, metrics)
    files.write_json(folder / JSON_FILE, summary.to_dict())


def _add_to_report(summary: SeedSummary, folder: Path, metrics: Mapping[str, Any]) -> None:
    """Write report.html and metrics.json again with the seeds, with the plots that are there."""
    path = folder / file_names.METRICS
    about = json.loads(path.read_text("utf-8"))["about"]
    with_seeds = {**metrics, "about": about, "seeds": summary.to_dict()}
    plots = {
        plot.stem: {"png": plot.read_bytes()} for plot in sorted((folder / "plots").glob("*.png"))
    }
    files.write_text(folder / file_names.REPORT, render_report(with_seeds, plots))
    files.write_json(path, without_nan(with_seeds))


def _metric_data(metric: SeedMetric) -> dict[str, Any]:
    data: dict[str, Any] = {
        "pooled": {str(seed): value for seed, value in metric.pooled.items()},
        "mean": metric.mean,
        "sd_between_seeds": metric.sd_between_seeds,
    }
    if metric.folds:
        data |= {
            "folds": {str(seed): list(values) for seed, values in metric.folds.items()},
            "fold_mean": metric.fold_mean,
            "sd_between_seeds_of_fold_means": metric.sd_between_seeds_of_fold_means,
            "sd_between_folds": metric.sd_between_folds,
        }
    return data


def _csv(summary: SeedSummary) -> str:
    """Return a row for each metric."""
    names = ["mean", "sd_between_seeds"]
    if any(metric.folds for metric in summary.metrics):
        names += ["fold_mean", "sd_between_seeds_of_fold_means", "sd_between_folds"]
    head = ["metric", *(f"seed_{seed}" for seed in summary.folders), *names]
    rows = [
        [metric.key, *metric.pooled.values(), *(getattr(metric, name) for name in names)]
        for metric in summary.metrics
    ]
    if summary.caution:
        head.append("protocol")
        rows = [[*row, summary.caution] for row in rows]
    text = io.StringIO()
    cells = [["" if value != value else value for value in row] for row in rows]
    spreadsheet_cells.Writer(text).write(head, *cells)
    return text.getvalue()


def _defined(values: Any) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def _mean(values: Any) -> float:
    defined = _defined(values)
    return fmean(defined) if defined else math.nan


def _sd(values: Any) -> float:
    defined = _defined(values)
    return stdev(defined) if len(defined) > 1 else math.nan
