"""`wince assess`: pictures and videos in, a table, JSON or CSV out, on demand aloud as well."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli.speech_options import LanguageOption, RateOption, VoiceOption, chosen

if TYPE_CHECKING:
    from wince.cli.assess.batch import Assess, Copies
    from wince.cli.assess.outcome import Outcome
    from wince.cli.assess.results_file import Done
    from wince.cli.assess.sources import Source
    from wince.scale import Level

SHOW_AFTER = 1.0  # seconds until a progress bar appears


def assess(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Pictures (JPEG, PNG, WebP), videos (MP4, MOV, AVI, WebM and others), folders of "
            "them, or - for a picture on stdin.",
            show_default=False,
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Write a JSON array of {file, assessment or error}.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, a row for each file.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the results into a new FILE, a line each as they come: .csv, or .jsonl for "
            "a JSON object on each line.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with the FILE of --out: what has a line in it is left out."
        ),
    ] = False,
    every: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0.0,
            help="Time between the frames of a video that are assessed; 0 takes every frame.",
        ),
    ] = 1.0,
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
    face: Annotated[
        int | None,
        typer.Option(
            "--face",
            metavar="N",
            min=1,
            help="Assess the Nth largest face of each picture; otherwise the largest.",
            show_default=False,
        ),
    ] = None,
    neutral: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A picture of the same person at rest, to compare with; give it several times "
            "for several pictures.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=256,
            help="Pictures to work on at the same time; otherwise one for each core.",
            show_default=False,
        ),
    ] = None,
    speak: Annotated[
        bool, typer.Option("--speak", help="Say the results too, with a voice of this machine.")
    ] = False,
    language: LanguageOption = None,
    rate: RateOption = None,
    voice: VoiceOption = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="A model.onnx, or its folder, in place of the packaged one."
        ),
    ] = None,
) -> None:
    """Assess the face in each picture, and in the frames of each video.

    Folders are searched with everything below them, for names that end in .jpg, .jpeg, .png or
    .webp, or like a video's; hidden files and earlier annotated copies are left out. Results come
    in the order of the files, each folder's sorted by name, as they are known. Each file that could
    not be assessed is named with its reason on stderr, and in JSON and CSV; the others are done all
    the same. A face that cannot be judged, because it is too small, turned, dark, blurred or
    covered, is no such error: it gets no level, and the reason in its place.

    With --neutral every result also says how far the expression is from the person's neutral
    face, which is taken from those images.

    With --out a run that was stopped, in whatever way, goes on where it was: give the same command
    with --resume. A file that could not be assessed counts as done; remove its line to have it
    tried again.

    Exit status: 0 when every file was assessed (and spoken, with --speak), 1 when some could not
    be, 2 for a wrong command.
    """
    if as_json + as_csv + (out is not None) > 1:
        raise typer.BadParameter("--json, --csv and --out exclude each other")
    if resume and out is None:
        raise typer.BadParameter("--resume needs --out FILE to go on with")
    to_json = as_json or (out is not None and out.suffix.lower() == ".jsonl")
    if heatmap and not (to_json or annotate):
        raise typer.BadParameter(
            "--heatmap needs --annotate DIR or --json, or --out FILE.jsonl, to show the map in"
        )
    speaker = chosen(speak, language, rate, voice)
    from wince.cli.assess import outcome, results_file
    from wince.cli.messages import complain, one_line
    from wince.runtime.assessor import Assessor

    if out is not None:
        results_file.check_name(out)
    assessor = Assessor(model)
    neutral_face = assessor.neutral_face(neutral) if neutral else None
    index = None if face is None else face - 1
    assess_one = partial(assessor.assess, face_index=index, heatmap=heatmap, neutral=neutral_face)
    work = _Work(files, assess_one, every, annotate, workers)
    bar = sys.stderr.isatty() and not ((as_json or as_csv) and sys.stdout.isatty())
    levels: list[Level | None] = []
    count = 0

    def counted(outcomes: Iterator["Outcome"]) -> Iterator["Outcome"]:
        nonlocal count
        for one in outcomes:
            count += 1
            yield one

    def over(done: "Done") -> Iterator["Outcome"]:
        outcomes = counted(work.outcomes(done, bar=bar))
        return _noted(outcomes, levels) if speak else outcomes

    if out is None:
        write = (
            outcome.write_json if as_json else outcome.write_csv if as_csv else outcome.write_table
        )
        failures = write(over(results_file.Done()))
    else:
        with results_file.ResultsFile(
            out, resume=resume, model=assessor.model, face=index or 0, neutral=neutral_face
        ) as results:
            failures = results.write(over(results.done))
    if failures and count > 1:
        complain(f"{failures} of {count} files could not be assessed.")
    if out is not None:
        typer.echo(f"{count - failures} assessed: {one_line(str(out))}")
    if speaker:
        sys.stdout.flush()
        for level in levels:
            speaker.say(level)
    if failures:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be done: the files given, how each is assessed, and where copies go."""

    given: list[Path]
    assess: "Assess"
    every: float
    folder: Path | None
    workers: int | None

    def outcomes(self, done: "Done", *, bar: bool) -> Iterator["Outcome"]:
        """Yield what became of each picture and frame that is not done already, in order."""
        from wince.cli.assess import batch, sources
        from wince.workers import core_count

        after = dict([done.video]) if done.video else {}
        found = sources.frames(self._files(done), every=self.every, after=after)
        if bar:
            total = sum(1 for _ in self._files(done))
            found = batch.tracked(found, total, SHOW_AFTER)
        return batch.outcomes(found, self.assess, self._copies(done), self.workers or core_count())

    def _files(self, done: "Done") -> Iterator["Source"]:
        from wince.cli.assess import sources

        return (
            source
            for source in sources.files(self.given)
            if str(source.path) == sources.STDIN or not done.has(str(source.path))
        )

    def _copies(self, done: "Done") -> "Copies | None":
        from wince.cli.assess import batch, results_file, sources

        if self.folder is None:
            return None
        copies = batch.Copies(self.folder, results_file.Names())
        for source in sources.files(self.given):
            copies.keep(source.path)
        for path in done.copies:
            copies.keep(Path(path))
        return copies


def _noted(outcomes: Iterable["Outcome"], levels: list["Level | None"]) -> Iterator["Outcome"]:
    """Yield the outcomes, and add the level of each assessment to `levels`, None for a refusal."""
    for outcome in outcomes:
        if outcome.assessment is not None:
            levels.append(outcome.assessment.level)
        yield outcome
