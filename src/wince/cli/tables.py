"""Tables in the terminal, all in one style."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def plain_table(**options: Any) -> "Table":
    """Return an empty rich table with a line under its head and no frame.

    Args:
        **options: Passed to `rich.table.Table`.
    """
    from rich import box
    from rich.table import Table

    style = {"box": box.SIMPLE_HEAD, "padding": (0, 1, 0, 0), "show_edge": False}
    return Table(**{**style, "pad_edge": False, **options})


def table_console(pipe_width: int = 200) -> "Console":
    """Return a console on stdout that prints tables.

    Args:
        pipe_width: Characters per line when stdout is not a terminal. Wide enough for a row, so
            that scripts find each row on one line.
    """
    from rich.console import Console

    console = Console(highlight=False, markup=False)  # names may have square brackets
    if not console.is_terminal:
        console.width = pipe_width
    return console
