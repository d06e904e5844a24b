"""The option `--cluster`, which several commands have."""

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
