"""The error classes are those drawn at the top of the module."""

import inspect
import re

import pytest

import wince
from wince import errors

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, Exception)
}


def drawn_tree() -> dict[str, str]:
    """Return the base class of each class in the drawing."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│├└─\s]*)(\w+Error)\b", line)
        if match:
            depth = len(match[1]) // 4
            path[depth:] = [match[2]]
            parents[match[2]] = path[depth - 1] if depth else "Exception"
    return parents


def test_every_error_is_drawn_below_its_base() -> None:
    assert drawn_tree() == {name: cls.__bases__[0].__name__ for name, cls in CLASSES.items()}
    assert len(CLASSES) > 5


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_is_a_wince_error_with_a_docstring(name: str) -> None:
    assert issubclass(CLASSES[name], wince.WinceError)
    assert CLASSES[name].__doc__


def test_the_text_of_an_error_is_its_message() -> None:
    assert str(errors.NoFaceError("No face was found.")) == "No face was found."
