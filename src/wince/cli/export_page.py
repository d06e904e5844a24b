"""`wince export-page`: the page that assesses on the device itself, as a folder of static files."""

from pathlib import Path
from typing import Annotated

import typer


def export_page(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="A new or empty folder, or one that this command wrote, whose page is replaced.",
            show_default=False,
        ),
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="A folder that `wince export` wrote: the page uses its model. Everybody who opens "
            "the page can copy the model. Default: starter, the packaged one.",
        ),
    ] = None,
    subpath: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Path below which the host serves the folder, such as /wince/. Default: the page "
            "works below any path.",
        ),
    ] = None,
) -> None:
    """Write the page that assesses on the device itself, as static files.

    Any host with HTTPS can serve the folder. The page works without a network after the first
    visit, can be installed on a phone's home screen, and no image leaves the device. Nothing is
    downloaded for it.
    """
    from wince.runtime.estimator import Estimator
    from wince.server.device_page import export, page

    try:
        path = None if subpath is None else export.normalise_subpath(subpath)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--subpath") from error
    export.check_folder(folder)
    estimator = Estimator(model)
    device_page = page.build(estimator, subpath=path)
    export.write(device_page, folder)
    megabytes = sum(map(len, device_page.files.values())) / 1e6
    typer.echo(
        f"{folder} has the page with the model {estimator.model['name']} "
        f"{estimator.model['version']}: {len(device_page.files)} files, {megabytes:.0f} MB, "
        f"version {device_page.version}."
    )
    typer.echo(
        f"Try it: python -m http.server --directory {folder}, then open http://localhost:8000"
    )
    typer.echo("Then let a host with HTTPS serve the folder; docs/on-device.md has its settings.")
