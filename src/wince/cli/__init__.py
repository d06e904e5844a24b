"""The command line: one module per command.

Commands import numpy, onnxruntime, torch and other large packages inside their functions, so that
`wince --help` is fast.
"""

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from wince.cli import federate
from wince.cli.assess.command import assess
from wince.cli.checklist import checklist
from wince.cli.compare import compare
from wince.cli.config import config
from wince.cli.cross_validate import cross_validate
from wince.cli.demo_archive import demo_archive
from wince.cli.evaluate import evaluate
from wince.cli.export import export
from wince.cli.export_page import export_page
from wince.cli.local_paths import with_local_paths
from wince.cli.messages import complain
from wince.cli.plot import plot
from wince.cli.prepare import prepare
from wince.cli.reproduce.command import reproduce
from wince.cli.score import score
from wince.cli.serve import serve
from wince.cli.train import train
from wince.cli.version import print_versions, version
from wince.cli.watch import watch
from wince.pillow_warnings import ignore_pillow_warnings

INTERRUPTED = 130
"""Exit status after Ctrl+C: 128 + SIGINT, as shells expect."""

app = typer.Typer(
    name="wince",
    add_completion=False,
    rich_markup_mode=None,  # plain help does not import rich, which is slow
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version_requested: Annotated[
        bool, typer.Option("--version", help="Show the versions and exit.", is_eager=True)
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug", help="Show the traceback of an error. Can also be given after a command."
        ),
    ] = False,
) -> None:
    """Read the expression of pain from a face.

    Research software, not a medical device: it scores expression, not experience.
    """
    if version_requested:
        print_versions()
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Args:
        arguments: The command line after the name of the program; None for `sys.argv`.

    Returns:
        0 for success, 1 for a failure, 2 for a wrong command, 130 after Ctrl+C.
    """
    ignore_pillow_warnings()
    arguments, debug = _without_debug(list(sys.argv[1:] if arguments is None else arguments))
    if "" in arguments:  # as a path it would mean the current folder
        complain(
            f"argument {arguments.index('') + 1} is empty: expected a file, a folder or a value. "
            "Check the variable it comes from."
        )
        return 2
    if hasattr(sys.stdout, "reconfigure"):  # file names may not be valid Unicode
        sys.stdout.reconfigure(errors="backslashreplace")
    command = typer.main.get_command(app)
    try:
        status = command.main(arguments, prog_name="wince", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        status = _close_stdout()
    except Exception as error:
        if debug:
            traceback.print_exc()
        return _report(error)
    if status == INTERRUPTED:
        complain("stopped.")
    return status if isinstance(status, int) else 0


def _without_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """Return the arguments without --debug, and whether it was among them.

    The option can be at any place before "--".
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = [argument for argument in arguments[:end] if argument != "--debug"]
    return options + arguments[end:], len(options) < end


def _report(error: Exception) -> int:
    """Write one line about an error to stderr and return the exit status."""
    import tempfile

    from wince.errors import WinceError

    if hasattr(error, "format_message"):  # an error of typer: the command is wrong
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "wince"
        complain(f"{error.format_message().rstrip('.')}. Try '{path} --help'.")
        return int(getattr(error, "exit_code", 2))
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        place = error.filename or f"that of an output, or of {tempfile.gettempdir()}"
        complain(f"a disk is full: {place}. Free some room and run the same command again.")
    elif isinstance(error, WinceError | OSError):
        complain(error)
    elif isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("wince"):
        complain(
            f"this needs {error.name}, which the small install leaves out. "
            "Install it with: pip install 'wince[train]'"
        )
    else:
        complain(
            f"this is a bug in wince ({type(error).__name__}: {error}). "
            "Run the same command with --debug and report what it prints."
        )
    return 1


def _close_stdout() -> int:
    """Silence stdout after its reader has gone, such as `head`, and return the exit status."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it at exit
    return 1


COMMANDS = (
    assess,
    serve,
    watch,
    config,
    prepare,
    train,
    evaluate,
    checklist,
    reproduce,
    score,
    plot,
    cross_validate,
    compare,
    export,
    export_page,
    demo_archive,
    version,
)
"""The functions of the commands, in the order of the help."""

for command in COMMANDS:
    app.command()(with_local_paths(command))
app.add_typer(federate.app, name="federate")
