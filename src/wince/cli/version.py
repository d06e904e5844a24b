"""`wince version`."""

import typer


def version() -> None:
    """Show the versions of wince, its model and what runs it."""
    show_version()


def show_version() -> None:
    """Write one line each: name and version."""
    import platform
    from importlib.metadata import version as installed

    import wince

    typer.echo(f"wince        {wince.__version__}")
    typer.echo(f"Python       {platform.python_version()}")
    typer.echo(f"onnxruntime  {installed('onnxruntime')}")
    from wince.runtime.assessor import Assessor

    model = Assessor().model  # loaded, so that a damaged installation shows here
    typer.echo(f"model        {model['name']} {model['version']}")
