"""A small prepared folder for the tests of training: the rendered faces of tests/data."""

import csv
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from tests.support.frames import Frame
from wince.archive.prepare import PrepareOptions, prepare
from wince.scale import UNIT_NAMES
from wince.training.fitting import recipe
from wince.training.fitting.recipe import Recipe
from wince.training.fitting.run_settings import Devices, Settings
from wince.training.networks import network

CPU = Devices(accelerator="cpu", devices="1")


def write_archive(folder: Path, frames: list[Frame], *, units: bool = True) -> Path:
    """Write an archive of the table layout; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [name.lower() for name in UNIT_NAMES] if units else []
    with (folder / "frames.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "subject", "sequence", "frame", "pspi", "sex", *names])
        for number, frame in enumerate(frames):
            (folder / frame.path.name).write_bytes(frame.path.read_bytes())
            sex = "female" if number % 2 else "male"
            values = list(frame.action_units.values()) if units else []
            row = [frame.path.name, frame.subject, frame.sequence, number, frame.pspi, sex]
            table.writerow([*row, *values])
    return folder


def prepared(folder: Path, frames: list[Frame], **options: object) -> Path:
    """Prepare such an archive in `folder`; return the prepared folder."""
    root = write_archive(folder / "archive", frames)
    prepare(root, folder / "prepared", PrepareOptions(workers=1, **options))  # type: ignore[arg-type]  # mixed types
    return folder / "prepared"


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file by column name."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def part_rows(prepared_folder: Path, *parts: str) -> list[dict[str, str]]:
    """Return the rows of a prepared folder's manifest that are in one of the parts."""
    return [row for row in rows(prepared_folder / "manifest.csv") if row["split"] in parts]


def subjects(prepared_folder: Path, *parts: str) -> set[str]:
    """Return the subjects of some parts of a prepared folder."""
    return {row["subject"] for row in part_rows(prepared_folder, *parts)}


def tiny(name: str = "strong", **changes: object) -> Recipe:
    """Return a recipe at a size that trains in a second."""
    fields: dict[str, object] = {"size": 32, "epochs": 2, "batch": 4, "precision": "32-true"}
    return recipe.named(name, **{**fields, **changes})


def settings(name: str = "strong", **changes: object) -> Settings:
    """Return tiny settings that begin from random weights on the CPU."""
    of_recipe = {key: changes.pop(key) for key in list(changes) if key in ("epochs", "size")}
    return Settings(
        recipe=tiny(name, **of_recipe),
        **{"init": "none", "devices": CPU, **changes},  # type: ignore[arg-type]  # mixed types
    )


def network_with_statistics(outputs: int) -> nn.Module:
    """Return a network whose BatchNorm layers have statistics, so that nothing is zero."""
    torch.manual_seed(0)
    net = network.build(outputs)
    net.train()
    net(torch.randn(4, 3, 64, 64))
    return net.eval()


def trace_quickly(exported: nn.Module, sample: Tensor, path: Path) -> None:
    """Write a network as ONNX with torch's older exporter, in a quarter of the time.

    For tests that need some exported model. `export._trace` itself is tested where the exported
    model matters.
    """
    names = ("pixels", "scores", "maps")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch recommends the newer one
        torch.onnx.export(
            exported,
            (sample,),
            str(path),
            input_names=["pixels"],
            output_names=["scores", "maps"],
            dynamic_axes={name: {0: "n"} for name in names},
            opset_version=17,
            dynamo=False,
        )
