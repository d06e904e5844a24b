"""The course of a training: history.csv and history.png, rewritten after every epoch."""

import csv
import io
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from wince.errors import ModelError
from wince.evaluation.plot_style import BLUE, GREY, ORANGE, png, tidy
from wince.training.checkpoints import write_text

CSV, PNG = "history.csv", "history.png"
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
PANELS = (("loss", "Loss"), ("mae", "MAE, points of PSPI"), ("accuracy", "Accuracy, four levels"))


class History(Callback):
    """Keeps a row for each epoch. The rows travel in the checkpoint, so a resumed run has all."""

    def __init__(
        self, folder: Path, monitor: str, caution: str, tell: Callable[[str], None] | None
    ) -> None:
        """Write into a folder.

        monitor: which column decides. caution: stands in the plot. tell: is given each row in
        words, where no progress bar is shown.
        """
        self.folder, self.monitor, self.caution, self.tell = folder, monitor, caution, tell
        self.rows: list[dict[str, float]] = []
        self.finished = False
        self._begun = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Return what goes into the checkpoint."""
        return {"rows": self.rows, "finished": self.finished}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the rows of the epochs before."""
        self.rows, self.finished = list(state["rows"]), bool(state["finished"])

    def on_train_epoch_start(self, trainer: lightning.Trainer, _: Any) -> None:
        """Look at the clock."""
        self._begun = time.perf_counter()

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: Any) -> None:
        """Add the epoch's row; runs before the checkpoint is written."""
        found = {name: float(value) for name, value in trainer.callback_metrics.items()}
        row = {name: found.get(name, float("nan")) for name in COLUMNS}
        row["epoch"] = trainer.current_epoch + 1
        row["learning_rate"] = float(trainer.optimizers[0].param_groups[0]["lr"])
        row["seconds"] = round(time.perf_counter() - self._begun, 3)
        self.rows = [*self.rows, row]
        self.finished = trainer.should_stop or row["epoch"] == trainer.max_epochs
        if trainer.is_global_zero:
            write(self.folder, self.rows, self.monitor, self.caution)
            if self.tell:
                self.tell(in_words(row, int(trainer.max_epochs or 0)))


def write(
    folder: Path, rows: Sequence[Mapping[str, float]], monitor: str, caution: str = ""
) -> None:
    """Write history.csv and history.png; raise ModelError when the disk is full."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in rows:
        table.writerow([f"{row[name]:.6g}" if row[name] == row[name] else "" for name in COLUMNS])
    write_text(folder / CSV, text.getvalue())
    picture = png(plot(rows, monitor), caution or None)
    aside = folder / f".{PNG}.part"
    try:
        aside.write_bytes(picture)
        aside.replace(folder / PNG)
    except OSError as error:
        raise ModelError(
            f"{folder / PNG} cannot be written ({error.strerror or error}). Free some room, then "
            "run the same command again: it goes on at the last epoch."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def best_row(rows: Sequence[Mapping[str, float]], monitor: str) -> Mapping[str, float]:
    """Return the row of the best epoch, the first of equals; undefined ones are worst."""
    sign = 1.0 if monitor == "val_mae" else -1.0
    known = [row for row in rows if row[monitor] == row[monitor]]
    return min(known or rows, key=lambda row: sign * row[monitor])


def plot(rows: Sequence[Mapping[str, float]], monitor: str) -> Figure:
    """Draw loss, MAE and accuracy of training and validation by epoch; dashed: the best epoch."""
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    epochs = [row["epoch"] for row in rows]
    best = best_row(rows, monitor)["epoch"]
    for axes, (name, title) in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
        label = f"best epoch, by validation {monitor.removeprefix('val_').upper()}"
        axes.axvline(best, color=GREY, lw=1, ls="--", label=label)
        for part, colour, words in (("train", ORANGE, "training"), ("val", BLUE, "validation")):
            values = [row[f"{part}_{name}"] for row in rows]
            axes.plot(epochs, values, "o-", ms=3, color=colour, label=words)
        axes.set(title=title, xlabel="Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        tidy(axes)
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False
    )
    return figure


def in_words(row: Mapping[str, float], epochs: int) -> str:
    """Return a row as a line of a log."""
    pcc = f"{row['val_pcc']:.3f}" if row["val_pcc"] == row["val_pcc"] else "undefined"
    return (
        f"Epoch {row['epoch']:.0f} of {epochs}: loss {row['train_loss']:.3f}, validation MAE "
        f"{row['val_mae']:.3f}, PCC {pcc}, accuracy {row['val_accuracy']:.3f}, "
        f"{row['seconds']:.0f} s"
    )
