"""Writes docs/cli.md from the help of the commands: `python -m tools.docs.write_cli`."""

import contextlib
import io
import os
from pathlib import Path

from wince import cli

HEAD = """\
# The command line

Written from `--help` by `python -m tools.docs.write_cli`; change the help, not this page.

What every command has in common:

- Errors are one line on stderr, `wince: ` and a sentence. `--debug`, before or after the command,
  shows the traceback as well.
- The exit status is 0 when all went well, 1 when something failed, 2 when the command was wrong and
  130 when it was stopped with Ctrl+C.
- Colour and progress bars are for terminals. `NO_COLOR=1` turns colour off; in a pipe there is
  neither, and each file keeps its one line.
"""

EXAMPLES = {
    "assess": """\
`--json` writes one array, an object for each file in the order given: `file`, then `assessment`
(the form of `POST /v1/assessments`) or `error` with its `type` and `message`, and `annotated`, the
path of the copy, when `--annotate` was asked for. Of a video each frame is an entry, with its
number as `frame` and its time as `seconds`. The array is written as the files are done, and closed
even when the run is stopped half-way.

`--csv` writes a row for each file or frame, with these columns; what does not apply is empty:

- `file`, and of a video `frame`, from 0, and `seconds` since the first;
- `face`, which of the `faces` found was assessed, the largest being 1;
- `level`, `pspi`, `pspi_low` and `pspi_high`, the ends of the 90 % interval, `confidence`, and the
  action units `AU4`, `AU6`, `AU7`, `AU9`, `AU10` and `AU43`; none of them where the picture cannot
  be judged;
- `usable`, whether it can be, and if not the `reasons`, by their names in [quality.md](quality.md),
  and the `warnings`; several with ` | ` between them;
- `change`, points above the neutral face of `--neutral`, and `neutral_pspi`, the score of it;
- `model` and `model_version`, `annotated`, the path of the copy, and `error`, why there is no
  result.

`--out` is for many files: one line for each in the file, written at once, as CSV or as JSON objects
(`.jsonl`). However the run ends, the same command with `--resume` goes on: it cuts off a half line
at the end, if there is one, leaves out every file that has a line, and takes up a video behind its
last frame. It refuses to mix the results of two models, of different faces or with different
neutral faces. Memory stays the same however many files there are, but for some 70 bytes for each
file that is left out, and as many for each annotated copy. Every core is used; a bad file never
stops the rest. Measured: 100,000 photos at most 350 pixels wide, every hundredth cut off, took 13
minutes on two cores; each had its line, and memory stayed at 123 to 126 MB
(`python -m benchmarks.many_files PHOTOS` does the like).

Annotated copies are for looking at: at most 1600 pixels on the photo's longer side, without its
EXIF data. They are named `NAME-annotated.jpg`, or `.png` for a PNG, and keep the folders they were
found in. Two of one name get `-2`, `-3`; an input is never overwritten, an earlier copy is.

`--heatmap` puts a column beside the reading: the face as the model saw it under its map, for PSPI
and for each action unit, and the formula with its terms. [explain.md](explain.md) says what the
maps are and are not.

`--speak` says one sentence for each result, in order, when everything is written. It takes
espeak-ng where it is installed, else the voice of macOS, else the one of Windows through
`pip install 'wince[speech]'`. The files are assessed and written all the same when there is no
voice; the exit status is 1 then.

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
    """Return the text of cli.md."""
    names = sorted(command.__name__.replace("_", "-") for command in cli.COMMANDS)
    parts = [HEAD, "## wince\n", _help()]
    for name in names:
        parts += [f"## wince {name}\n", _help(name)]
        if name in EXAMPLES:
            parts.append(EXAMPLES[name])
    return "\n".join(parts)


def _help(*command: str) -> str:
    os.environ["COLUMNS"] = "100"
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        cli.main([*command, "--help"])
    lines = (line.rstrip() for line in text.getvalue().strip().splitlines())
    return "```text\n" + "\n".join(lines) + "\n```\n"


if __name__ == "__main__":
    (Path(__file__).parents[2] / "docs" / "cli.md").write_text(reference(), "utf-8")
