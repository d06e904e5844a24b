"""Markdown from Jinja2 templates."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from wince import number_format


def render(path: Path, filters: Mapping[str, Callable[..., str]], **values: Any) -> str:
    """Return a Markdown template filled with values.

    Args:
        path: The template.
        filters: Further filters by name; `decimal` and `whole` are there already.
        **values: What the template names; a name that is missing raises jinja2.UndefinedError.
    """
    environment = Environment(
        loader=FileSystemLoader(path.parent),
        autoescape=False,  # noqa: S701 - Markdown; the values are our own numbers and names
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"decimal": number_format.decimal, "whole": number_format.whole}
    environment.filters |= filters
    return environment.get_template(path.name).render(values)


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    names = list(columns)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
