"""The option `--cluster`, which several commands have."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Work on the machines of a Dask cluster with this scheduler, such as "
        "tcp://10.0.0.5:8786. They need the same folders and versions. Needs pip install "
        "'wince[cluster]'.",
        show_default=False,
    ),
]


def refuse_both(workers: int | None, cluster: str | None) -> None:
    """Raise BadParameter if --workers and --cluster are both given."""
    if workers and cluster is not None:
        raise typer.BadParameter(
            "--workers and --cluster exclude each other: a cluster has the workers that were "
            "started for it"
        )


def refuse_local(annotate: Path | None, files: Sequence[Path]) -> None:
    """Raise BadParameter for what `wince assess` does on this machine only.

    Args:
        annotate: The folder of the annotated copies, if there is one.
        files: The files to assess.
    """
    if annotate is not None or Path("-") in files:
        what = "--annotate" if annotate is not None else "- for stdin"
        raise typer.BadParameter(f"{what} and --cluster exclude each other: leave out one of them")
