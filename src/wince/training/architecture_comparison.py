"""Architectures compared on the same folds: held-out accuracy against speed and size.

OUT/resnet18/ ...      a cross-validation for each architecture
OUT/comparison.json    the table, the winner, and whether its lead is more than chance
OUT/comparison.csv, .png
"""

import csv
import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from wince import file_names, onnx_session
from wince.errors import ModelError
from wince.evaluation.all_metrics import Metric, error_metrics
from wince.evaluation.bootstrap import difference, subject_counts
from wince.evaluation.model_comparison import match_frames
from wince.evaluation.predictions import Predictions
from wince.evaluation.report.plot_style import BLUE, ORANGE, png, tidy
from wince.evaluation.report.result_files import without_nan
from wince.files import write_bytes, write_json, write_text
from wince.training.cross_validation import CrossValidation, cross_validate_data, folder_name
from wince.training.data.folds import make_folds
from wince.training.data.prepared import open_data
from wince.training.export import model_manifest
from wince.training.fitting import history
from wince.training.fitting.run_settings import Settings
from wince.training.networks import architectures
from wince.training.run import Reporter

CHOICE = ("resnet18", "resnet50", "efficientnet_b4", "inception_v3", "vit_small", "mobilenet")
MEASURE = "ccc"
"""The deciding metric: agreement of held-out scores with the labels in rank, scale and offset."""
SHOWN = ("ccc", "pcc", "icc", "mae", "auc_1")
RESAMPLES = 1000
TIMED = 30  # images, one at a time on one thread
COSTS = (("milliseconds", "Milliseconds an image, one thread"), ("megabytes", "Megabytes, fp32"))


@dataclass(frozen=True, slots=True)
class ArchitectureResult:
    """One architecture: held-out metrics over all folds, and what using it costs.

    Attributes:
        architecture: Its name.
        ccc, pcc, icc, mae, auc_1: Metrics of all held-out frames together.
        parameters: Number of weights.
        megabytes: Size of model.onnx.
        milliseconds: Time of one image on one thread of this processor, the median of several.
        hours: Time of the epochs of all folds.
        began_from: The initial weights in words, such as "ImageNet weights".
    """

    architecture: str
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
        lead: The winner's CCC minus the second's, and its 95 % interval over the same resamples of
            subjects; None for a single architecture.
        caution: "subjects overlap: optimistic", or "".
        is_main: As in `cross_validation.CrossValidation`.
    """

    folder: Path
    rows: tuple[ArchitectureResult, ...]
    lead: tuple[float, float, float] | None
    caution: str
    is_main: bool = True

    @property
    def conclusion(self) -> str:
        """Which architecture has the highest held-out CCC, and whether that is more than chance."""
        first = self.rows[0].architecture
        if self.lead is None:
            return f"Only {first} was tried."
        value, low, high = self.lead
        second = self.rows[1].architecture
        text = f"{first} has the highest held-out CCC, {value:.3f} above {second}"
        if len({row.began_from for row in self.rows}) > 1:
            weights = ", ".join(f"{row.architecture} {row.began_from}" for row in self.rows)
            text = f"Not like with like: they began from different weights ({weights}). {text}"
        if not np.isfinite([low, high]).all():
            return f"{text}; with one subject it cannot be known whether that is chance."
        interval = f"(95 % interval {low:.3f} to {high:.3f})"
        if low > 0:
            return f"{text} {interval}: more than the choice of subjects explains."
        return (
            f"{text} {interval}: not more than the choice of subjects explains. Take the faster "
            "or smaller of the two."
        )


def compare(
    prepared_folder: Path,
    out: Path,
    settings: Settings,
    *,
    names: Sequence[str] = CHOICE,
    folds: str = "5",
    first: int | None = None,
    reporter: Reporter | None = None,
) -> ArchitectureComparison:
    """Cross-validate architectures on the same folds and seed.

    Args:
        prepared_folder: A folder that `wince prepare` wrote.
        out: Where all is written.
        settings: Settings of each run; `architecture` is replaced.
        names: The architectures.
        folds: As for `cross_validate`.
        first: As for `cross_validate`.
        reporter: Where progress is reported.

    Raises:
        ModelError: An architecture is unknown or cannot take the image size; nothing is trained.
        DataError: There are too few subjects, or a fold has nothing to learn.
        FileWriteError: A file cannot be written.
    """
    reporter = reporter or Reporter()
    every_settings = [replace(settings, architecture=name) for name in dict.fromkeys(names)]
    if not every_settings:
        raise ModelError(f"Name architectures to compare: {', '.join(CHOICE)}.")
    for variant in every_settings:
        architectures.face_spec(variant.architecture, variant.recipe.spec)
    data = open_data(prepared_folder, settings.spec)
    every_fold = make_folds(data.frames, folds, settings.seed)
    rows, tables = [], {}
    caution = ""
    for variant in every_settings:
        name = variant.architecture
        count = len(every_fold[:first])
        reporter.message(f"{name}, {count} of {len(every_fold)} folds:")
        validation = cross_validate_data(data, out / name, variant, folds, first, reporter)
        if validation.predictions is None:
            return ArchitectureComparison(out, (), None, "", is_main=False)
        rows.append(_result(variant, validation, out / name / folder_name(every_fold[0])))
        tables[name] = validation.predictions
        caution = validation.metrics["overlap"]["label"] or ""
    rows.sort(key=lambda row: -row.ccc if row.ccc == row.ccc else float("inf"))
    lead = None
    if len(rows) > 1:
        lead = _lead(*(tables[row.architecture] for row in rows[:2]))
    comparison = ArchitectureComparison(out, tuple(rows), lead, caution)
    _write(comparison)
    return comparison


def latency(path: Path, size: int) -> float:
    """Return the milliseconds that a model.onnx takes for one image on one thread, the median."""
    session = onnx_session.open_session(path)
    image = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), dtype=np.uint8)
    milliseconds = []
    for _ in range(TIMED):
        start = time.perf_counter()
        session.run(None, {"pixels": image})
        milliseconds.append((time.perf_counter() - start) * 1000)
    return float(np.median(milliseconds))


def plot(rows: Sequence[ArchitectureResult]) -> Figure:
    """Draw held-out CCC against milliseconds an image and megabytes."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    best = rows[0].architecture
    for axes, (key, label) in zip(figure.subplots(1, 2, sharey=True), COSTS, strict=True):
        for row in rows:
            colour = ORANGE if row.architecture == best else BLUE
            axes.plot(getattr(row, key), row.ccc, "o", color=colour)
            axes.annotate(
                row.architecture,
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
    figure.suptitle("Agreement on held-out subjects against cost; orange: the highest", fontsize=10)
    return figure


def _result(settings: Settings, validation: CrossValidation, run: Path) -> ArchitectureResult:
    """Return an architecture's row; `run` is the run folder of its first fold."""
    pooled = validation.metrics["model"]["pooled"]
    network = architectures.build(settings.architecture, settings.outputs, settings.spec.size)
    model = run / file_names.MODEL
    histories = validation.folder.glob(f"fold-*/{history.CSV}")
    seconds = sum(history.read_seconds(path) for path in histories)
    manifest = model_manifest.read(run)
    return ArchitectureResult(
        architecture=settings.architecture,
        **{key: float(pooled[key]) for key in SHOWN},
        parameters=sum(weights.numel() for weights in network.parameters()),
        megabytes=round(model.stat().st_size / 1e6, 2),
        milliseconds=round(latency(model, settings.spec.size), 2),
        hours=round(seconds / 3600, 4),
        began_from=str(manifest["trained_on"]["settings"]["began from"]),
    )


def _lead(best: Predictions, second: Predictions) -> tuple[float, float, float]:
    """Return the difference of the deciding metric, and its 95 % interval."""
    counts = subject_counts(len(best.subjects), RESAMPLES, 0)
    result = difference(_measure(best), _measure(match_frames(best, second)), counts)
    return result.pooled, *result.pooled_interval


def _measure(predictions: Predictions) -> Metric:
    return next(metric for metric in error_metrics(predictions) if metric.key == MEASURE)


def _write(comparison: ArchitectureComparison) -> None:
    """Write comparison.csv, .png and .json."""
    rows = [asdict(row) for row in comparison.rows]
    if comparison.caution:
        rows = [{**row, "protocol": comparison.caution} for row in rows]
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(
        {key: "" if value != value else value for key, value in row.items()} for row in rows
    )
    write_text(comparison.folder / "comparison.csv", text.getvalue())
    image = png(plot(comparison.rows), comparison.caution or None)
    write_bytes(comparison.folder / "comparison.png", image)
    content: Mapping[str, Any] = {
        "rows": rows,
        "winner": comparison.rows[0].architecture,
        "measure": MEASURE,
        "lead": comparison.lead,
        "verdict": comparison.conclusion,
        "caution": comparison.caution,
    }
    write_json(comparison.folder / "comparison.json", without_nan(content))
