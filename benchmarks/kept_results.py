"""What each finished step of `reproduce_results` wrote, kept in benchmarks/results."""

import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wince.files import replacing, write_json

PROTOCOL_FILE, HOURS = "protocol.json", "hours.json"


@dataclass(frozen=True)
class Protocol:
    """The settings that all steps share.

    Attributes:
        size: Side of the network's input, pixels.
        epochs: Most epochs of a training.
        folds: Number of folds by subject.
        seed: Random seed.
        loso_epochs: Most epochs when one subject is left out.
        loso_folds: How many subjects are left out in turn; None for all.
        without_folds: How many folds are trained with one part of the recipe changed.
    """

    size: int
    epochs: int
    folds: int
    seed: int
    loso_epochs: int
    loso_folds: int | None
    without_folds: int


class KeptResults:
    """The folder with a copy of each step's result.

    Attributes:
        hours: Hours that each step took.
    """

    def __init__(self, folder: Path, protocol: Any, *, processor_time: bool = False) -> None:
        """Open the folder; end the program when it belongs to another protocol.

        Args:
            folder: The folder.
            protocol: Settings that all steps share, a dataclass.
            processor_time: Whether hours are those of the processor, not those of the clock.
        """
        self._folder = folder
        self._clock = time.process_time if processor_time else time.monotonic
        folder.mkdir(parents=True, exist_ok=True)
        self._claim(folder / PROTOCOL_FILE, protocol)
        path = folder / HOURS
        self.hours: dict[str, float] = json.loads(path.read_text()) if path.is_file() else {}

    def _claim(self, path: Path, protocol: Any) -> None:
        settings = asdict(protocol)
        existing = json.loads(path.read_text()) if path.is_file() else settings
        if existing != settings:
            sys.exit(f"{path} is of another protocol: {existing}. Give another --kept.")
        write_json(path, settings)

    def step(self, name: str, source: Path, work: Callable[[], object]) -> Path:
        """Return the kept copy of a step's result; do the step if there is none.

        Args:
            name: Name of the step.
            source: The file that the step writes.
            work: Does the step.
        """
        path = self.path(name, source.suffix)
        if not path.is_file():
            self._timed(name, work)
            with replacing(path) as temporary:
                shutil.copyfile(source, temporary)
        return path

    def path(self, name: str, suffix: str) -> Path:
        """Return where the result of a step is kept."""
        return self._folder / f"{name.replace(', ', '-').replace(' ', '-')}{suffix}"

    def _timed(self, name: str, work: Callable[[], object]) -> None:
        """Do the work and add its hours to those of earlier runs, also when it is stopped."""
        print(f"== {name}", flush=True)
        start = self._clock()
        try:
            work()
        finally:
            spent = (self._clock() - start) / 3600
            self.hours[name] = self.hours.get(name, 0.0) + spent
            write_json(self._folder / HOURS, self.hours)
