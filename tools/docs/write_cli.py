"""Write docs/cli.md from the help of the commands: `python -m tools.docs.write_cli`."""

import contextlib
import io
import os
from pathlib import Path

import typer

from wince import cli

HEAD = """\
# The command line

After this page you know every command, argument and option, and the columns of the CSV files.

Written from `--help` by `python -m tools.docs.write_cli`. Change the help, not this page.

All commands have in common:

- An error is one line on stderr: `wince: ` and a sentence. `--debug`, before or after the command,
  also shows the traceback.
- The exit status is 0 for success, 1 for a failure, 2 for a wrong command and 130 after Ctrl+C.
- Colours and progress bars are for terminals. `NO_COLOR=1` turns colours off. In a pipe there is
  neither, and each file is one line.
"""

EXAMPLES = {
    "assess": """\
`--json` writes one array with an object per face, in the order of the files: `file`, then `face`,
the number of the face by size, from 1, `faces`, how many were found, and `assessment` (as in
`POST /v1/assessments`), or `error` with its `type` and `message`. With `--annotate` there is also
`annotated`, the path of the copy. Each frame of a video is an entry, with its number as
`frame` and its time as `seconds`. Each object is written as soon as it is known, and the array is
closed even if the run is interrupted.

`--csv` writes a row per file or frame with these columns, and with `--all-faces` a row per face. A
column that does not apply is empty:

- `file`, and for a video `frame`, from 0, and `seconds` since the first frame;
- `face`, the number of the assessed face by size, from 1, and `faces`, how many were found;
- `level`, `between`, the two levels if neither is clear, separated by `;`, `pspi`, `pspi_low` and
  `pspi_high`, the ends of the 90 % interval, `confidence`, and the action units `AU4`, `AU6`,
  `AU7`, `AU9`, `AU10` and `AU43`; all are empty if the face cannot be judged;
- `usable`, whether the face can be judged, and if not, the `reasons` by their names in
  [quality.md](quality.md), separated by `;`, and the `warnings`, separated by ` | `;
- `change`, the points above the neutral face of `--neutral`, and `neutral_pspi`, the score of that
  face;
- `model` and `model_version`, the `min_score` of the face detector, `annotated`, the path of the
  copy, and `error`, why there is no result.

At the end the faces that could not be judged, the images without a face, and the images that could
not be read are counted apart.

`--out` is for many files. Each result is one line of the file and is written at once, as CSV or as
JSON objects (`.jsonl`). However the run ends, the same command with `--resume` continues it: it
cuts off an incomplete line at the end, skips every file that has a line, and continues a video
after its last frame. With `--all-faces` an image is done when each of its faces has a line. It does
not mix the results of two models, of different faces, with different neutral faces or with
different minimum scores of the face detector. Memory does
not grow with the number of files, except for the path of each skipped file and of each annotated
copy, about 150 bytes each. All cores are used, and a bad file does not stop the others. Measured:
100,000 photos of up to 350 pixels in width, one in a hundred cut off, took 13 minutes on two cores.
Each had its line, and memory stayed at 123 to 126 MB (`python -m benchmarks.many_files PHOTOS`
makes such a measurement).

Annotated copies are for viewing: the longer side of the photo has at most 1600 pixels, and there is
no EXIF data. They are named `NAME-annotated.jpg`, or `.png` for a PNG, and keep the subfolders of
the photos. With `--all-faces` one copy shows every face with its number. Further copies with the
same name get `-2`, `-3` and so on. An input is never overwritten; a copy of an earlier run is.

`--heatmap` adds a column to the copy: the face as the model sees it under its map, for PSPI and for
each action unit, and the formula with its terms. A copy with several assessed faces has no such
column. [explain.md](explain.md) explains what the maps are and are not.

`--speak` speaks one sentence per result, in order, after everything is written. It uses espeak-ng
if installed, otherwise the voice of macOS, or the one of Windows through
`pip install 'wince[speech]'`. Without a voice the files are still assessed and written, and the
exit status is 1.

    wince assess photo.jpg
    wince assess --speak photo.jpg
    wince assess --csv ward/ > ward.csv
    wince assess --out study.jsonl --resume study/
    wince assess --csv --every 0.5 interview.mp4 > interview.csv
    wince assess --annotate copies --heatmap photo.jpg
    curl -s http://camera.local/still.jpg | wince assess --json -
""",
}


def reference() -> str:
    """Return the content of docs/cli.md."""
    parts = [HEAD, "## wince\n", _help()]
    for path in command_paths():
        name = " ".join(path)
        parts += [f"## wince {name}\n", _help(*path)]
        if name in EXAMPLES:
            parts.append(EXAMPLES[name])
    return "\n".join(parts)


def command_paths() -> list[tuple[str, ...]]:
    """Return the words of every command, such as ("federate", "start"), in order."""
    paths: list[tuple[str, ...]] = []
    for name, command in sorted(typer.main.get_command(cli.app).commands.items()):  # type: ignore[attr-defined]  # typer types a group as a command
        paths += [(name,), *((name, each) for each in sorted(getattr(command, "commands", ())))]
    return paths


def _help(*command: str) -> str:
    os.environ["COLUMNS"] = "100"
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        cli.main([*command, "--help"])
    lines = (line.rstrip() for line in text.getvalue().strip().splitlines())
    return "```text\n" + "\n".join(lines) + "\n```\n"


if __name__ == "__main__":
    (Path(__file__).parents[2] / "docs" / "cli.md").write_text(reference(), "utf-8")
