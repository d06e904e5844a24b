"""The command line. Each command is one thin file here; what is heavy is imported inside it."""

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from wince.cli.assess.command import assess
from wince.cli.compare import compare
from wince.cli.config import config
from wince.cli.cross_validate import cross_validate
from wince.cli.demo_archive import demo_archive
from wince.cli.evaluate import evaluate
from wince.cli.export import export
from wince.cli.messages import complain
from wince.cli.prepare import prepare
from wince.cli.serve import serve
from wince.cli.train import train
from wince.cli.version import show_version, version
from wince.cli.watch import watch
from wince.pillow_warnings import ignore_pillow_warnings

INTERRUPTED = 130  # 128 + SIGINT, what a shell expects

app = typer.Typer(
    name="wince",
    add_completion=False,
    rich_markup_mode=None,  # plain help needs no rich, which takes longer to import than all else
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    show: Annotated[
        bool, typer.Option("--version", help="Show the versions and exit.", is_eager=True)
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show the traceback of an error; works after a command too."),
    ] = False,
) -> None:
    """Read the expression of pain from a face.

    Research software, not a medical device: it scores expression, not experience.
    """
    if show:
        show_version()
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 for a failure, 2 for a usage error.

    words: the command line after the program's name, taken from `sys.argv` when None.
    """
    ignore_pillow_warnings()
    words = list(sys.argv[1:] if words is None else words)
    options = words[: words.index("--")] if "--" in words else words
    debug = "--debug" in options
    rest = [word for word in options if word != "--debug"] + words[len(options) :]
    if hasattr(sys.stdout, "reconfigure"):  # a file name need not be valid text
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = typer.main.get_command(app).main(rest, prog_name="wince", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        status = _hang_up()
    except Exception as error:
        if debug:
            traceback.print_exc()
        return _explain(error)
    if status == INTERRUPTED:
        complain("stopped.")
    return status if isinstance(status, int) else 0


def _explain(error: Exception) -> int:
    """Say in one line what went wrong; return the exit status."""
    from wince.errors import WinceError

    if hasattr(error, "format_message"):  # typer's own errors are about how the command was used
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "wince"
        complain(f"{error.format_message().rstrip('.')}. Try '{path} --help'.")
        return int(getattr(error, "exit_code", 2))
    if isinstance(error, WinceError | OSError):
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


def _hang_up() -> int:
    """Give up on a reader that went away, such as `head`, without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more
    return 1


COMMANDS = (
    assess,
    serve,
    watch,
    config,
    prepare,
    train,
    evaluate,
    cross_validate,
    compare,
    export,
    demo_archive,
    version,
)
"""The functions behind the commands, one in each module here."""

for command in COMMANDS:
    app.command()(command)
