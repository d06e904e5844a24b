"""Plots of the right size whose pixels are not drawn, for tests that do not look at plots."""

from typing import BinaryIO

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from wince.evaluation.predictions import Predictions
from wince.evaluation.report import plot_style, plots, result_files


class UndrawnCanvas(FigureCanvasAgg):
    """A canvas that stays empty: layout and drawing are nine tenths of a plot's time."""

    def print_png(self, file: BinaryIO) -> None:
        """Write an empty image."""
        Image.new("L", self.get_width_height()).save(file, "PNG")


def use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose every figure as usual, and write it as an empty image."""
    monkeypatch.setattr(plot_style, "FigureCanvasAgg", UndrawnCanvas)
    monkeypatch.setattr(plot_style, "FORMATS", ("png",))


def use_in_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the same with the plots of evaluations alone; all others are drawn, as PNG."""

    def draw_nothing(metrics: plots.Metrics, table: Predictions) -> dict[str, dict[str, bytes]]:
        with pytest.MonkeyPatch.context() as context:
            use(context)
            return plots.draw(metrics, table)

    monkeypatch.setattr(plot_style, "FORMATS", ("png",))
    monkeypatch.setattr(result_files, "draw", draw_nothing)
