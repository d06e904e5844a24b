"""Tables in the terminal, all in one style."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
