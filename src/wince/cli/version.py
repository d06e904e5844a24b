"""`wince version`: the versions that a bug report needs."""

import typer


def version() -> None:
    """Show the versions of wince, its model, Python and onnxruntime."""
    print_versions()


def print_versions() -> None:
    """Print a line per component: name and version."""
    import platform
    from importlib.metadata import version as installed

    import wince

    typer.echo(f"wince        {wince.__version__}")
    typer.echo(f"Python       {platform.python_version()}")
    typer.echo(f"onnxruntime  {installed('onnxruntime')}")
    from wince.runtime.assessor import Assessor

    model = Assessor().model  # loaded, to find a damaged installation
    typer.echo(f"model        {model['name']} {model['version']}")
