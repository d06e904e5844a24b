"""Dataclasses of options as parameters of commands."""

import inspect
from dataclasses import dataclass
from typing import Annotated

import typer

from wince.cli.option_groups import with_option_groups


@dataclass(frozen=True, slots=True)
class Size:
    width: Annotated[int, typer.Option(help="Width.")] = 3
    height: Annotated[int | None, typer.Option("--tall", help="Height.")] = None


def test_the_fields_of_a_group_are_options_and_arrive_as_the_group() -> None:
    received = []

    @with_option_groups
    def draw(name: str, *, size: Size, bold: bool = False) -> None:
        """Draw something."""
        received.append((name, size, bold))

    app = typer.Typer()
    app.command()(draw)
    command = typer.main.get_command(app)
    command.main(["circle", "--tall", "5", "--bold"], standalone_mode=False)
    command.main(["square", "--width", "1"], standalone_mode=False)
    assert received == [("circle", Size(3, 5), True), ("square", Size(1, None), False)]
    assert command.help == "Draw something."
    assert [parameter.help for parameter in command.params[1:3]] == ["Width.", "Height."]


def test_a_command_keeps_its_name_and_has_one_parameter_per_option() -> None:
    @with_option_groups
    def draw(name: str, *, size: Size) -> None:
        pass

    assert draw.__name__ == "draw"
    assert list(inspect.signature(draw).parameters) == ["name", "width", "height"]
