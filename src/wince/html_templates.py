"""HTML from Jinja2 templates, with every value escaped."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from wince import number_format


@cache
def _make_environment(package: str) -> Environment:
    environment = Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "decimal": number_format.decimal,
        "whole": number_format.whole,
    }
    return environment


def render(package: str, template: str, **values: Any) -> str:
    """Return a template filled with values.

    Args:
        package: The package with a folder `templates`, such as "wince.evaluation".
        template: The template's file name in that folder.
        **values: What the template names. A value is escaped unless it is `markupsafe.Markup`; a
            name that is missing raises jinja2.UndefinedError.
    """
    return _make_environment(package).get_template(template).render(values)
