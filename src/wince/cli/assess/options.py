"""Options of `wince assess`: how images are scored, and where the results go."""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wince.cli.cluster_option import ClusterAddress, refuse_both
from wince.cli.face_options import MinScore, ModelPath
from wince.faces import MIN_SCORE
from wince.remote_path import parse_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wince.cli.assess.outcome import Outcome
    from wince.score_scale import Scale


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """Form and place of the results."""

    as_json: Annotated[
        bool, typer.Option("--json", help="Write a JSON array of {file, assessment or error}.")
    ] = False
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, one row per face.")] = False
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            parser=parse_path,
            help="Write each result into a new FILE as soon as it is known: .csv, or .jsonl for "
            "one JSON object per line. A file at a URL is written at the end.",
        ),
    ] = None
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Continue the FILE of --out: skip files that have a result in it."
        ),
    ] = False
    annotate: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            parser=parse_path,
            help="Write a copy of each photo into DIR with the result drawn on it.",
        ),
    ] = None

    video_summary: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            parser=parse_path,
            help="Write a row for each video into a new CSV FILE: mean and highest score, share of "
            "each level, judged frames, episodes.",
        ),
    ] = None

    def check(self, *, heatmap: bool, all_faces: bool) -> None:
        """Raise an error for options that do not fit together.

        Args:
            heatmap: Whether activation maps are requested.
            all_faces: Whether every face of a frame is assessed.

        Raises:
            BadParameter: The options do not fit together.
            DataError: The suffix of --out is not supported.
        """
        if self.as_json + self.as_csv + (self.out is not None) > 1:
            raise typer.BadParameter("--json, --csv and --out exclude each other")
        if self.resume and self.out is None:
            raise typer.BadParameter("--resume needs --out FILE, the file to continue")
        if self.video_summary and (self.resume or all_faces):
            raise typer.BadParameter(
                "--video-summary needs every frame of one face: it excludes --resume and "
                "--all-faces. `wince watch --all-persons` follows several persons"
            )
        is_jsonl = self.out is not None and self.out.suffix.lower() == ".jsonl"
        if heatmap and not (self.as_json or is_jsonl or self.annotate):
            raise typer.BadParameter(
                "--heatmap needs --annotate DIR or --json, or --out FILE.jsonl, to show the map in"
            )
        if self.out is not None:
            from wince.cli.assess.results_file import check_suffix

            check_suffix(self.out)

    @property
    def shows_progress(self) -> bool:
        """Whether a progress bar fits: on a terminal to which no JSON or CSV is written."""
        data_on_terminal = (self.as_json or self.as_csv) and sys.stdout.isatty()
        return sys.stderr.isatty() and not data_on_terminal

    def stdout_writer(self, scale: "Scale") -> "Callable[[Iterable[Outcome]], None]":
        """Return the function that writes results on a scale to stdout."""
        from wince.cli.assess import stdout_results

        if self.as_json:
            return stdout_results.write_json
        write = stdout_results.write_csv if self.as_csv else stdout_results.write_table
        return partial(write, scale=scale)


@dataclass(frozen=True, slots=True)
class ScoringOptions:
    """Which images and faces are scored, and how."""

    every: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0.0,
            help="Time between the assessed frames of a video; 0 for every frame.",
        ),
    ] = 1.0
    heatmap: Annotated[
        bool,
        typer.Option(
            "--heatmap",
            help="Also show where in the face the score comes from: a column of maps in annotated "
            "copies, the field `heatmap` in JSON.",
        ),
    ] = False
    face: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Assess the Nth largest face of each image. Default: the largest.",
            show_default=False,
        ),
    ] = None
    all_faces: Annotated[
        bool,
        typer.Option(
            "--all-faces", help="Assess every face of each image, with a result for each face."
        ),
    ] = False
    neutral: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            parser=parse_path,
            help="An image of the same person at rest, to compare with. Can be given several "
            "times.",
            show_default=False,
        ),
    ] = None
    any_expression: Annotated[
        bool,
        typer.Option(
            "--any-expression",
            help="Accept --neutral images that are rated above the lowest level, for a person "
            "whose face looks like that at rest.",
        ),
    ] = False
    min_score: MinScore = MIN_SCORE
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=256,
            help="Images assessed at the same time. Default: one per core.",
            show_default=False,
        ),
    ] = None
    cluster: ClusterAddress = None
    model: ModelPath = None

    def check(self) -> None:
        """Raise BadParameter for options that do not fit together."""
        refuse_both(self.workers, self.cluster)
        if self.all_faces and self.face is not None:
            raise typer.BadParameter("--face and --all-faces exclude each other")
        if self.all_faces and self.neutral:
            raise typer.BadParameter(
                "--neutral and --all-faces exclude each other: a neutral face is that of one person"
            )
