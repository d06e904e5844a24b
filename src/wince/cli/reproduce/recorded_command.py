"""The command of a record: read as the command line is, and written again for another folder.

What is run is never the text of the record. Its values are read into the options of one of four
commands, and a new command line is made from these, so a record cannot name another program, an
option that does not exist, or another folder for the results.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import typer

from wince.cli.compare import compare
from wince.cli.cross_validate import cross_validate
from wince.cli.evaluate import evaluate
from wince.cli.train import train
from wince.errors import DataError

NAMED_WEIGHTS = ("imagenet", "starter", "none")
"""Values of --init, and "starter" of MODEL, that are no paths."""


@dataclass(frozen=True, slots=True)
class RecordedCommand:
    """A command of wince with the values that it was given.

    Attributes:
        name: Its name, such as "train".
        values: Values by the name of the parameter; those that were left to their defaults are
            not there. Paths are absolute.
        parameters: The parameters of the command, in order.
    """

    name: str
    values: Mapping[str, Any]
    parameters: tuple[Any, ...]

    @property
    def data(self) -> list[Path]:
        """The data that the command names: prepared folders, or a file of predictions."""
        if "predictions" in self.values:
            return [self.values["predictions"]]
        data = self.values.get("data", [])
        return [data] if isinstance(data, Path) else list(data)

    def moved(
        self, out: Path, data: Sequence[Path] = (), model: Path | None = None
    ) -> "RecordedCommand":
        """Return the command with other places.

        Args:
            out: The new folder of the results.
            data: Where the data are now, in the order of the command; none for unchanged.
            model: Where the model or the initial weights are now, None for unchanged.

        Raises:
            DataError: The command has another number of data, or no model.
        """
        values = {**self.values, "out": out}
        if data:
            expected = max(1, len(self.data))
            if len(data) != expected:
                raise DataError(
                    f"The recorded command has {expected} --data; found {len(data)}. Name each, "
                    "in the order of the command."
                )
            if "predictions" in values:
                values["predictions"] = data[0]
            else:
                values["data"] = list(data) if self.name == "evaluate" else data[0]
        if model is not None:
            key = "model" if self.name == "evaluate" else "init"
            if key not in values:
                raise DataError("The recorded command names no model. Leave out --model.")
            values[key] = model
        return RecordedCommand(self.name, values, self.parameters)

    def arguments(self) -> list[str]:
        """Return the command line after the name of the program."""
        options: list[str] = []
        places: list[str] = []
        for parameter in self.parameters:
            if parameter.name not in self.values:
                continue
            value = self.values[parameter.name]
            if parameter.param_type_name == "argument":
                places.append(_text(value))
            else:
                options += _option(parameter, value)
        return [self.name, *options, "--", *places]


def read(arguments: Sequence[str], directory: Path, seed: int | None = None) -> RecordedCommand:
    """Return the command that a record has.

    Args:
        arguments: The command line after the name of the program.
        directory: The folder that its paths are relative to.
        seed: The seed of the run, stated also if the command left it to its default.

    Raises:
        DataError: It is no command that can be reproduced, or this version does not know it.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = [text for text in arguments[:end] if text != "--debug"] + list(arguments[end:])
    commands = _commands()
    if not given or given[0] not in commands:
        raise DataError(
            f"The record has the command {' '.join(given[:1])!r:.80}; expected one of "
            f"{', '.join(commands)}. Nothing was run."
        )
    command = commands[given[0]]
    if "--help" in given[:end]:
        raise DataError("The record has a command that only shows its help. Nothing was run.")
    try:
        context = command.make_context(given[0], given[1:])
    except Exception as error:
        if not hasattr(error, "format_message"):  # an error of typer: the command is wrong
            raise
        raise DataError(
            f"This version of wince does not take the recorded command "
            f"({error.format_message().rstrip('.')}). Use the version of the record."
        ) from error
    values = {
        parameter.name: _absolute(parameter.name, context.params[parameter.name], directory)
        for parameter in command.params
        if context.get_parameter_source(parameter.name).name == "COMMANDLINE"
    }
    if seed is not None:
        values.setdefault("seed", seed)
    return RecordedCommand(given[0], values, tuple(command.params))


@cache
def _commands() -> dict[str, Any]:
    """Return the commands that can be reproduced, by name."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    for function in (train, cross_validate, compare, evaluate):
        app.command()(function)
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group
    return commands


def _absolute(name: str, value: Any, directory: Path) -> Any:
    """Return a value with paths made absolute."""
    if isinstance(value, list):
        return [_absolute(name, item, directory) for item in value]
    if name == "model" and value == Path("starter") and not (directory / value).exists():
        return value
    if name == "init" and value not in NAMED_WEIGHTS:
        return directory / value
    return directory / value if isinstance(value, Path) else value


def _option(parameter: Any, value: Any) -> Iterator[str]:
    """Yield the words of an option."""
    name = parameter.opts[0]
    if parameter.is_flag:
        yield name if value else parameter.secondary_opts[0]
    elif parameter.nargs > 1:
        yield from (name, *map(_text, value))
    else:
        for item in value if isinstance(value, list) else [value]:
            yield f"{name}={_text(item)}"


def _text(value: Any) -> str:
    return str(value.value if isinstance(value, Enum) else value)
