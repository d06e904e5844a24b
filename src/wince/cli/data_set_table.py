"""Several data sets of `wince evaluate`: their folders of results, and the table of differences."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from wince.cli.tables import plain_table, table_console
from wince.number_format import decimal, whole


def result_folders(out: Path, data: Sequence[Path]) -> dict[Path, Path | None]:
    """Return the data set by its folder of results.

    Args:
        out: The folder of an evaluation.
        data: Prepared folders. With several, each has a folder in `out` with its name; a name that
            occurs again has a number after it.

    Raises:
        typer.BadParameter: A data set is named twice.
    """
    if len(data) < 2:
        return {out: next(iter(data), None)}
    folders: dict[Path, Path | None] = {}
    resolved = [path.resolve() for path in data]
    for number, (path, place) in enumerate(zip(data, resolved, strict=True)):
        if place in resolved[:number]:
            raise typer.BadParameter(f"--data {path} is named twice; name each data set once")
        name, same = place.name, 1
        while out / name in folders:
            same += 1
            name = f"{place.name}-{same}"
        folders[out / name] = path
    return folders


def show(comparison: Mapping[str, Any]) -> None:
    """Print the metrics of each data set, and what changes from the first one."""
    from rich.text import Text

    from wince.evaluation.report.data_sets_files import SIZES, shown_keys
    from wince.evaluation.report.interval_text import interval_text

    data, differences = comparison["data"], comparison["differences"]
    labels = [entry["label"] for entry in data.values() if entry["label"]]
    table = plain_table()
    table.add_column(f"Data sets ({labels[0]})" if labels else "Data sets")
    for name in data:
        table.add_column(Text(name), justify="right")
    for difference in differences:
        table.add_column(Text(" minus ".join(difference["data"])), justify="right")
        table.add_column("95 % interval", justify="right", no_wrap=True)
    for key, title in SIZES.items():
        sizes = [whole(entry[key]) for entry in data.values()]
        table.add_row(title, *sizes, *["–"] * 2 * len(differences))
    for key in shown_keys(comparison):
        values = [decimal(entry["model"]["pooled"].get(key)) for entry in data.values()]
        changes = [
            cell
            for difference in differences
            for cell in (
                (
                    decimal(difference["pooled"][key], sign=True),
                    interval_text(difference, "pooled", key),
                )
                if key in difference["pooled"]
                else ("–", "–")
            )
        ]
        table.add_row(comparison["titles"][key], *values, *changes)
    console = table_console()
    console.print(table)
    for note in comparison["notes"]:
        console.print(Text(note), soft_wrap=True)
