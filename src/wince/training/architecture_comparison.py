"""Architectures on the same folds: what each reads on people it has not seen, and what it costs.

OUT/resnet18/ ...        each a cross-validation
OUT/comparison.json      the table, the winner, and whether its lead is more than chance
OUT/comparison.csv, .png
"""

import csv
import io
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from wince import onnx_session
from wince.errors import DataError, ModelError
from wince.evaluation.bootstrap import difference, subject_counts
from wince.evaluation.metrics import Metric, error_metrics
from wince.evaluation.model_comparison import match_frames
from wince.evaluation.plot_style import BLUE, ORANGE, png, tidy
from wince.evaluation.prediction_files import read_predictions
from wince.evaluation.result_files import without_nan
from wince.training import architectures, checkpoints
from wince.training.cross_validation import Validated, cross_validate, place
from wince.training.folder import open_folder
from wince.training.folds import folds as make_folds
from wince.training.history import CSV
from wince.training.package import PREDICTIONS
from wince.training.run import Watch
from wince.training.run_settings import Settings

CHOICE = ("resnet18", "resnet50", "efficientnet_b4", "inception_v3", "vit_small", "mobilenet")
MEASURE = "ccc"
"""What decides: agreement of held-out scores with the labels in rank, scale and offset."""
SHOWN = ("ccc", "pcc", "icc", "mae", "auc_1")
RESAMPLES = 1000
TIMED = 30  # pictures, one at a time on one thread


@dataclass(frozen=True, slots=True)
class Row:
    """One architecture: its held-out figures over all folds, and what using it costs.

    milliseconds: of one picture on one thread of this processor, the median of several. hours: of
    the epochs of all folds. began_from: in words, such as "ImageNet weights".
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
class Compared:
    """A finished comparison, best first.

    lead: the winner's CCC minus the second's, and its 95 % interval over the same resamples of
    subjects; None for a single architecture. main: as in `cross_validation.Validated`.
    """

    folder: Path
    rows: tuple[Row, ...]
    lead: tuple[float, float, float] | None
    caution: str
    main: bool = True

    @property
    def verdict(self) -> str:
        """Who wins by held-out score, and whether that is more than chance."""
        first = self.rows[0].architecture
        if self.lead is None:
            return f"Only {first} was tried."
        value, low, high = self.lead
        second = self.rows[1].architecture
        words = f"{first} has the highest held-out CCC, {value:.3f} above {second}"
        if len({row.began_from for row in self.rows}) > 1:
            begun = ", ".join(f"{row.architecture} {row.began_from}" for row in self.rows)
            words = f"Not like with like: they began from different weights ({begun}). {words}"
        if not np.isfinite([low, high]).all():
            return f"{words}; from one subject it cannot be told whether that is chance."
        interval = f"(95 % interval {low:.3f} to {high:.3f})"
        if low > 0:
            return f"{words} {interval}: more than the choice of subjects explains."
        return (
            f"{words} {interval}: not more than the choice of subjects explains. Take the faster "
            "or smaller of the two."
        )


def compare(
    folder: Path,
    out: Path,
    settings: Settings,
    *,
    names: Sequence[str] = CHOICE,
    folds: str = "5",
    first: int | None = None,
    watch: Watch | None = None,
) -> Compared:
    """Cross-validate each architecture on the same folds and seed; return the comparison.

    Raises ModelError for an unknown name or a size that one cannot take, before anything is
    trained, and what `cross_validate` raises.
    """
    watch = watch or Watch()
    wanted = [replace(settings, architecture=name) for name in dict.fromkeys(names)]
    if not wanted:
        raise ModelError(f"Name architectures to compare: {', '.join(CHOICE)}.")
    for one in wanted:
        _ = one.spec
    loaded = open_folder(folder, settings.recipe.spec)
    chosen = make_folds(loaded.frames, folds, settings.seed)
    rows, tables = [], {}
    for one in wanted:
        watch.tell(f"{one.architecture}, {len(chosen[:first])} of {len(chosen)} folds:")
        done = cross_validate(
            folder, out / one.architecture, one, folds=folds, first=first, watch=watch
        )
        if not done.main:
            return Compared(out, (), None, "", main=False)
        rows.append(_row(one, done, out / one.architecture / place(chosen[0])))
        tables[one.architecture] = read_predictions(out / one.architecture / PREDICTIONS)
    rows.sort(key=lambda row: -row.ccc if row.ccc == row.ccc else float("inf"))
    lead = None
    if len(rows) > 1:
        best, second = (tables[row.architecture] for row in rows[:2])
        lead = _lead(
            error_metrics(best), error_metrics(match_frames(best, second)), len(best.subjects)
        )
    caution = done.metrics["overlap"]["label"] or ""
    compared = Compared(out, tuple(rows), lead, caution)
    _write(compared)
    return compared


def plot(rows: Sequence[Row]) -> Figure:
    """Draw held-out CCC against milliseconds a picture and megabytes."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    best = rows[0].architecture
    for axes, (key, words) in zip(
        figure.subplots(1, 2, sharey=True),
        (("milliseconds", "Milliseconds a picture, one thread"), ("megabytes", "Megabytes, fp32")),
        strict=True,
    ):
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
        axes.set(xlabel=words)
        axes.set_xlim(left=0)
        axes.margins(x=0.25, y=0.15)
        tidy(axes)
    figure.axes[0].set_ylabel("CCC on held-out subjects")
    figure.suptitle("Agreement on held-out subjects against cost; orange: the highest", fontsize=10)
    return figure


def _row(settings: Settings, done: Validated, run: Path) -> Row:
    pooled = done.metrics["model"]["pooled"]
    network = architectures.build(settings.architecture, settings.outputs, settings.spec.size)
    path = run / "model.onnx"
    return Row(
        architecture=settings.architecture,
        **{key: float(pooled[key]) for key in SHOWN},
        parameters=sum(one.numel() for one in network.parameters()),
        megabytes=round(path.stat().st_size / 1e6, 2),
        milliseconds=round(latency(path, settings.spec.size), 2),
        hours=_hours(run.parent),
        began_from=_began_from(run),
    )


def latency(path: Path, size: int) -> float:
    """Return the milliseconds of one picture on one thread, the median of TIMED."""
    session = onnx_session.open_session(path)
    picture = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), dtype=np.uint8)
    taken = []
    for _ in range(TIMED):
        begun = time.perf_counter()
        session.run(None, {"pixels": picture})
        taken.append((time.perf_counter() - begun) * 1000)
    return float(np.median(taken))


def _lead(
    best: Sequence[Metric], second: Sequence[Metric], subjects: int
) -> tuple[float, float, float]:
    one, other = (next(f for f in side if f.key == MEASURE) for side in (best, second))
    found = difference(one, other, subject_counts(subjects, RESAMPLES, 0))
    return found.pooled, *found.pooled_interval


def _hours(folder: Path) -> float:
    """Return the hours that the epochs of a cross-validation's histories took."""
    seconds = 0.0
    for path in folder.glob(f"fold-*/{CSV}"):
        with path.open(encoding="utf-8", newline="") as file:
            seconds += sum(float(row["seconds"]) for row in csv.DictReader(file))
    return round(seconds / 3600, 4)


def _began_from(run: Path) -> str:
    found = json.loads((run / "model.json").read_text("utf-8"))
    return str(found["trained_on"]["settings"]["began from"])


def _write(compared: Compared) -> None:
    """Write comparison.csv, .png and .json; raise DataError when the disk is full."""
    rows = [asdict(row) for row in compared.rows]
    if compared.caution:
        rows = [{**row, "protocol": compared.caution} for row in rows]
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(
        {key: "" if value != value else value for key, value in row.items()} for row in rows
    )
    checkpoints.write_text(compared.folder / "comparison.csv", text.getvalue())
    picture = png(plot(compared.rows), compared.caution or None)
    path = compared.folder / "comparison.png"
    aside = path.with_suffix(".part")
    try:
        aside.write_bytes(picture)
        aside.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error}). Free some room.") from error
    data: Mapping[str, Any] = {
        "rows": rows,
        "winner": compared.rows[0].architecture,
        "measure": MEASURE,
        "lead": compared.lead,
        "verdict": compared.verdict,
        "caution": compared.caution,
    }
    checkpoints.write_json(compared.folder / "comparison.json", without_nan(data))
