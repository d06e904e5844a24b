"""`wince assess`: assess the faces in images and videos."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli.assess.options import OutputOptions, ScoringOptions
from wince.cli.cluster_option import refuse_local
from wince.cli.messages import complain, one_line
from wince.cli.option_groups import with_option_groups
from wince.cli.scale_options import LevelOptions
from wince.cli.speech_options import Speaker, SpeechOptions
from wince.remote_path import parse_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wince.cli.assess.outcome import Outcome


@with_option_groups
def assess(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            parser=parse_path,
            help="Images (JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP, GIF), videos (MP4, MOV, AVI, "
            "WebM and others), folders of them, or - for an image on stdin. URLs such as "
            "s3://bucket/folder need pip install 'wince[urls]'.",
            show_default=False,
        ),
    ],
    *,
    output: OutputOptions,
    scoring: ScoringOptions,
    levels: LevelOptions,
    speech: SpeechOptions,
) -> None:
    """Assess the face in each image, and in the frames of each video.

    Folders are searched with all their subfolders, also linked ones, for files that end in the
    suffix of an image or a video. Hidden files, annotated copies and other files are left out, and
    counted by kind at the end. HEIC needs pip install 'wince[heif]'. Of a file with several frames
    or pages, such as an animated GIF, the first is assessed, with a warning. Results are in the
    order of the files; the files of a folder are sorted by name. Each file that could not be
    assessed is reported with its reason on stderr, in JSON and in CSV, and does not stop the
    others. A face that cannot be judged, because it is too small, turned, dark, blurred or covered,
    is not an error: its result gives the reason instead of a score.

    Of several faces in an image the largest is assessed, with --face another one, and with
    --all-faces every one: then each has a result of its own, and an annotated copy shows them all.

    With --neutral every result also has the change from the person's neutral face, which is
    computed from those images.

    With --out a run that was stopped can be continued: give the same command with --resume. A file
    that could not be assessed counts as done; remove its line to try it again.

    Exit status: 0 if every file was assessed (and spoken, with --speak), 1 if some could not be, 2
    for a wrong command.
    """
    output.check(heatmap=scoring.heatmap, all_faces=scoring.all_faces)
    scoring.check()
    if scoring.cluster is not None:
        refuse_local(output.annotate, files)
    speaker = speech.speaker()
    _run(files, output, scoring, levels, speaker)


def _run(
    files: list[Path],
    output: OutputOptions,
    scoring: ScoringOptions,
    levels: LevelOptions,
    speaker: Speaker | None,
) -> None:
    """Assess the files, write and speak the results; exit with status 1 after failures."""
    from wince.cli.assess.batch import Batch
    from wince.cli.assess.face_scoring import FaceScoring, load_assessor
    from wince.cli.assess.inputs import left_out_text
    from wince.cli.assess.outcome import Tally
    from wince.cli.assess.previous_results import PreviousResults, ScoringSetup
    from wince.cli.assess.results_file import ResultsFile
    from wince.cli.assess.video_summary import VideoSummaries

    assessor = load_assessor(scoring.model, levels.scale())
    scale = assessor.estimator.scale
    min_score, neutral = scoring.min_score, None
    if scoring.neutral:
        neutral = assessor.neutral_face(
            scoring.neutral, any_expression=scoring.any_expression, min_score=min_score
        )
    index = None if scoring.face is None else scoring.face - 1
    model = None if scoring.model is None else scoring.model.absolute()
    face_scoring = FaceScoring(
        scoring.model if scoring.cluster is None else model,
        levels.scale(),
        scoring.all_faces,
        index,
        scoring.heatmap,
        neutral,
        min_score,
    )
    batch = Batch(
        files,
        face_scoring,
        scoring.every,
        output.annotate,
        scoring.workers,
        scoring.cluster,
        model,
    )
    tally = Tally()
    summaries = VideoSummaries(output.video_summary, scale) if output.video_summary else None

    def outcomes(previous: PreviousResults) -> "Iterator[Outcome]":
        batch_outcomes = batch.outcomes(previous, progress_bar=output.shows_progress)
        if summaries is not None:
            batch_outcomes = summaries.follow(batch_outcomes)
        return tally.follow(replace(outcome, min_score=min_score) for outcome in batch_outcomes)

    if output.out is None:
        output.stdout_writer(scale)(outcomes(PreviousResults()))
    else:
        face = None if scoring.all_faces else index or 0
        setup = ScoringSetup(assessor.model, face, neutral, min_score, scale)
        with ResultsFile(output.out, setup, resume=output.resume) as results:
            results.write(outcomes(results.previous))
    if batch.left_out:
        complain(f"Left out in folders: {left_out_text(batch.left_out)}.")
    if output.out is not None:
        typer.echo(f"{one_line(str(output.out))}: {tally.summary()}")
    elif tally.images > 1 and not tally.is_complete:
        complain(tally.summary())
    if speaker is not None:
        sys.stdout.flush()
        for stated in tally.statements:
            speaker.say(stated, stated.between)
    if tally.failures:
        raise typer.Exit(1)
