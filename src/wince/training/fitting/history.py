"""The history of a training by epoch: history.csv, rewritten after every epoch, and history.png."""

import csv
import io
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from wince.evaluation.report.plot_style import BLUE, GREY, ORANGE, png, tidy
from wince.files import write_bytes, write_text
from wince.number_format import decimal
from wince.scale import PSPI, Scale

CSV_FILE, PLOT_FILE = "history.csv", "history.png"
DRAWN_EVERY = 30.0
"""Seconds between two drawings. A drawing takes a second, which may be as long as an epoch."""
COLUMNS = (
    "epoch",
    "train_loss",
    "val_loss",
    "train_mae",
    "val_mae",
    "train_accuracy",
    "val_accuracy",
    "val_pcc",
    "val_ccc",
    "learning_rate",
    "seconds",
)


class History(Callback):
    """Lightning callback that records a row for each epoch.

    The rows are stored in the checkpoint, so that a resumed run has all of them.
    """

    def __init__(
        self,
        folder: Path,
        monitor: str,
        caution: str,
        message: Callable[[str], None] | None = None,
        scale: Scale = PSPI,
    ) -> None:
        """Write into a folder.

        Args:
            folder: The run folder.
            monitor: The column that decides which epoch is best.
            caution: A mark drawn into the plot, "" for none.
            message: Called with each row as a line of text, or None.
            scale: The scale of the labels.
        """
        self.folder, self.monitor, self.caution, self.message = folder, monitor, caution, message
        self.scale = scale
        self.rows: list[dict[str, float]] = []
        self.finished = False
        self._epoch_start, self._drawn = 0.0, -math.inf

    def state_dict(self) -> dict[str, Any]:
        """Return the state that is stored in the checkpoint."""
        return {"rows": self.rows, "finished": self.finished}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the rows of earlier epochs."""
        self.rows, self.finished = list(state["rows"]), bool(state["finished"])

    def on_train_epoch_start(self, trainer: lightning.Trainer, _: Any) -> None:
        """Start timing the epoch."""
        self._epoch_start = time.perf_counter()

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: Any) -> None:
        """Add the epoch's row; called before the checkpoint is written."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        row = {name: metrics.get(name, float("nan")) for name in COLUMNS}
        row["epoch"] = trainer.current_epoch + 1
        row["learning_rate"] = float(trainer.optimizers[0].param_groups[0]["lr"])
        row["seconds"] = time.perf_counter() - self._epoch_start
        self.rows = [*self.rows, row]
        self.finished = trainer.should_stop or row["epoch"] == trainer.max_epochs
        if trainer.is_global_zero:
            self._write()
            if self.message:
                self.message(row_text(row, int(trainer.max_epochs or 0)))

    def _write(self) -> None:
        """Write the table, and the plot if the training is finished or the last one is old."""
        write_table(self.folder, self.rows)
        now = time.monotonic()
        if self.finished or now - self._drawn > DRAWN_EVERY:
            figure = plot(self.rows, self.monitor, self.scale)
            write_bytes(self.folder / PLOT_FILE, png(figure, self.caution or None))
            self._drawn = now


def write_table(folder: Path, rows: Sequence[Mapping[str, float]]) -> None:
    """Write history.csv.

    Args:
        folder: The run folder.
        rows: A row for each epoch, values by column.

    Raises:
        FileWriteError: The file cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in rows:
        table.writerow([row[name] if row[name] == row[name] else "" for name in COLUMNS])
    write_text(folder / CSV_FILE, text.getvalue())


def read_seconds(path: Path) -> float:
    """Return the seconds that the epochs in a history.csv took."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(float(row["seconds"]) for row in csv.DictReader(file))


def best_row(rows: Sequence[Mapping[str, float]], monitor: str) -> Mapping[str, float]:
    """Return the row of the best epoch, the first of equals; undefined values are worst."""
    sign = 1.0 if monitor == "val_mae" else -1.0
    defined = [row for row in rows if row[monitor] == row[monitor]]
    return min(defined or rows, key=lambda row: sign * row[monitor])


def plot(rows: Sequence[Mapping[str, float]], monitor: str, scale: Scale = PSPI) -> Figure:
    """Draw loss, MAE and accuracy of training and validation by epoch; dashed: the best epoch."""
    panels = [("loss", "Loss"), ("mae", f"MAE, {scale.unit} of {scale.name}")]
    if scale.levels:
        panels.append(("accuracy", f"Accuracy, {len(scale.levels)} levels"))
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    epochs = [row["epoch"] for row in rows]
    best = best_row(rows, monitor)["epoch"]
    parts = (("train", ORANGE, "training"), ("val", BLUE, "validation"))
    for axes, (name, title) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        label = f"best epoch, by validation {monitor.removeprefix('val_').upper()}"
        axes.axvline(best, color=GREY, lw=1, ls="--", label=label)
        for part, colour, part_label in parts:
            values = [row[f"{part}_{name}"] for row in rows]
            axes.plot(epochs, values, "o-", ms=3, color=colour, label=part_label)
        axes.set(title=title, xlabel="Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        tidy(axes)
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False
    )
    return figure


def row_text(row: Mapping[str, float], epochs: int) -> str:
    """Return an epoch's row as a line of text."""
    return (
        f"Epoch {row['epoch']:.0f} of {epochs}: loss {row['train_loss']:.3f}, validation MAE "
        f"{row['val_mae']:.3f}, PCC {decimal(row['val_pcc'])}, accuracy "
        f"{row['val_accuracy']:.3f}, {row['seconds']:.0f} s"
    )
