"""`wince assess`: pictures in, a table, JSON or CSV out, on demand aloud as well."""

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wince.cli.outcome import Outcome
    from wince.images import ImageSource
    from wince.runtime.assessment import Assessment
    from wince.scale import Level

    _Assess = Callable[[ImageSource], Assessment]

MARK = "-annotated"  # at the end of the name of every annotated copy
MOST_AT_ONCE = 4  # pictures; each may be a large one that is held in memory in full
SHOW_AFTER = 1.0  # seconds until a progress bar appears


def assess(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Pictures (JPEG, PNG, WebP), folders of them, or - for a picture on stdin.",
            show_default=False,
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Write a JSON array of {file, assessment or error}.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, a row for each file.")] = False,
    annotate: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write a copy of each photo into DIR with the reading drawn in."
        ),
    ] = None,
    heatmap: Annotated[
        bool,
        typer.Option(
            "--heatmap",
            help="Also say where in the face the score comes from: a column of maps in annotated "
            "copies, the field `heatmap` in JSON.",
        ),
    ] = False,
    speak: Annotated[
        bool, typer.Option("--speak", help="Say the results too, with a voice of this machine.")
    ] = False,
    language: Annotated[
        str | None,
        typer.Option(
            metavar="CODE", help="With --speak: en (the default), ar, es, de or fr is spoken."
        ),
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option(metavar="WORDS", help="With --speak: words per minute, 80 to 450; 150."),
    ] = None,
    voice: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --speak: a voice of this machine in that language; a name that it does not "
            "have is answered with those that it has.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="A model.onnx, or its folder, in place of the packaged one."
        ),
    ] = None,
) -> None:
    """Assess the face in each picture.

    Folders are searched with everything below them, for names that end in .jpg, .jpeg, .png or
    .webp; hidden files and earlier annotated copies are left out. Each file that could not be
    assessed is named with its reason on stderr; the others are done all the same.

    Exit status: 0 when every file was assessed (and spoken, with --speak), 1 when some could not
    be, 2 for a wrong command.
    """
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    if heatmap and not (as_json or annotate):
        raise typer.BadParameter("--heatmap needs --annotate DIR or --json to show the map in")
    say = _speaker(speak, language, rate, voice)
    from wince.cli import outcome
    from wince.cli.messages import complain
    from wince.runtime.assessor import Assessor

    assessor = Assessor(model)
    sources = [source for file in files for source in _sources(file)]
    write = outcome.write_json if as_json else outcome.write_csv if as_csv else outcome.write_table
    bar = sys.stderr.isatty() and not ((as_json or as_csv) and sys.stdout.isatty())
    shown = _tracked(sources) if bar else sources
    taken = {_place(source.path) for source in sources}
    outcomes = _outcomes(shown, partial(assessor.assess, heatmap=heatmap), annotate, taken)
    levels: list[Level] = []
    failures = write(_noted(outcomes, levels) if speak else outcomes)
    if failures and len(sources) > 1:
        complain(f"{failures} of {len(sources)} files could not be assessed.")
    say(levels)
    if failures:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Source:
    """A picture to assess, and where its annotated copy belongs below the annotation folder."""

    path: Path
    relative: Path
    problem: str = ""  # a folder that holds nothing, or cannot be opened


def _sources(given: Path) -> list[_Source]:
    if given.is_dir():
        return _sources_below(given)
    return [_Source(given, Path("stdin" if str(given) == "-" else given.name))]


def _sources_below(folder: Path) -> list[_Source]:
    """Return the pictures below a folder, sorted, and each folder that could not be looked into."""
    from wince.images import SUFFIXES

    closed: list[_Source] = []

    def keep(error: OSError) -> None:
        reason = f"{error.filename} cannot be opened: {error.strerror}."
        closed.append(_Source(Path(error.filename), Path(), reason))

    found = []
    for root, folders, names in os.walk(folder, onerror=keep):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = [Path(root, name) for name in sorted(names) if not name.startswith(".")]
        found += [path for path in paths if path.suffix.lower() in SUFFIXES]
    pictures = [path for path in found if not path.stem.endswith(MARK)]
    if not pictures and not closed:
        reason = f"{folder} holds no picture: expected files that end in {', '.join(SUFFIXES)}."
        return [_Source(folder, Path(), reason)]
    return [_Source(path, path.relative_to(folder)) for path in pictures] + closed


def _outcomes(
    sources: Iterable[_Source], assess: "_Assess", folder: Path | None, taken: set[str]
) -> Iterator["Outcome"]:
    """Assess the pictures, several at a time, and yield what became of them in their order.

    folder: where annotated copies go. taken: the places they must not go, the inputs to begin with.
    """
    workers = min(MOST_AT_ONCE, os.cpu_count() or 1)
    waiting: deque[Future[Outcome]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for source in sources:
            copy = None if folder is None else _free_name(folder, source, taken)
            waiting.append(pool.submit(_assessed, source, assess, copy))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _noted(outcomes: Iterable["Outcome"], levels: list["Level"]) -> Iterator["Outcome"]:
    """Yield the outcomes, and add the level of each that has one to `levels`."""
    for outcome in outcomes:
        if outcome.assessment is not None:
            levels.append(outcome.assessment.level)
        yield outcome


def _speaker(
    speak: bool, language: str | None, rate: int | None, voice: str | None
) -> "Callable[[list[Level]], None]":
    """Return what says the sentences of levels one after another, once everything is written.

    Without --speak it says nothing. Raises BadParameter, before anything is assessed, for options
    that make no sense.
    """
    if not speak:
        for name, value in (("--language", language), ("--rate", rate), ("--voice", voice)):
            if value is not None:
                raise typer.BadParameter(f"{name} says how to speak; it needs --speak")
        return lambda levels: None
    from wince import speech
    from wince import voice as engine
    from wince.errors import SpeechError

    code, pace = language or "en", engine.RATE if rate is None else rate
    try:
        engine.check(pace, code, voice)
    except SpeechError as error:
        raise typer.BadParameter(str(error)) from None

    def say(levels: list["Level"]) -> None:
        sys.stdout.flush()
        for level in levels:
            words = speech.spoken(level, 0.0, language=code)
            engine.speak(words, rate=pace, language=code, voice=voice)

    return say


def _assessed(source: _Source, assess: "_Assess", copy: Path | None) -> "Outcome":
    from wince.cli.outcome import Outcome
    from wince.errors import ImageError, WinceError

    name = str(source.path)
    try:
        if source.problem:
            raise ImageError(source.problem)
        image = source.path if name != "-" else _stdin()
        assessment = assess(image)
        if copy is None:
            return Outcome(name, assessment)
        from wince import annotate, images

        annotate.save(annotate.annotate(images.read(image), assessment), copy)
        return Outcome(name, assessment, annotated=str(copy))
    except WinceError as error:
        return Outcome(name, error=error)


def _stdin() -> bytes:
    from wince.images import MAX_BYTES

    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _free_name(folder: Path, source: _Source, taken: set[str]) -> Path:
    """Return a name for the annotated copy that no other copy of this run has, nor any input.

    The name ends in -annotated, then .png for a PNG and .jpg for all else; subfolders are kept.
    A second picture of the same name gets -2 before that ending.
    """
    suffix = ".png" if source.path.suffix.lower() == ".png" else ".jpg"
    stem = source.relative.stem.removesuffix(MARK)
    number = 1
    while True:
        again = f"-{number}" if number > 1 else ""
        path = folder / source.relative.parent / f"{stem}{again}{MARK}{suffix}"
        if _place(path) not in taken:
            taken.add(_place(path))
            return path
        number += 1


def _place(path: Path) -> str:
    return os.path.normcase(path.resolve())


def _tracked(sources: Sequence[_Source]) -> Iterator[_Source]:
    """Yield the sources; once a second has passed, a progress bar on stderr follows."""
    import time

    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False
    )
    begin, task = time.monotonic(), progress.add_task("Assessing", total=len(sources))
    try:
        for source in sources:
            if time.monotonic() - begin > SHOW_AFTER and len(sources) > 1:
                progress.start()
            yield source
            progress.advance(task)
    finally:
        progress.stop()
