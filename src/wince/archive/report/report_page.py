"""report.html: what was kept, what was left out and why, on one page that needs nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from wince import scale
from wince.archive.report import charts
from wince.level_colours import ON_WHITE

MOST_SUBJECTS = 120  # rows shown; report.json has all
MOST_VALUES = 40  # of a group
HOLDS = {
    "manifest.csv": "every kept frame with all that is known of it",
    "train.csv": "the frames to learn from",
    "val.csv": "the frames to tune on",
    "test.csv": "the frames to be judged on",
    "excluded.csv": "every file left out, with its reason",
    "duplicates.csv": "kept frames that are the same in several sequences",
}

STYLE = """
:root { color-scheme: light dark; --ink: #1c2730; --soft: #5f6b76; --line: #dfe4e8; --card: #f5f7f8;
  --page: #ffffff; --warn: #fff6e0; --warn-line: #e3b341; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebef; --soft: #9aa7b2; --line: #313b44;
  --card: #1e262d; --page: #14191e; --warn: #2e2716; --warn-line: #a67c1f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; color: var(--ink);
  background: var(--page); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; } h2 { font-size: 1.2rem; margin: 2.6rem 0 .6rem; }
p, li { max-width: 46rem; } .soft { color: var(--soft); } code { font-size: .9em; }
.path { overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem;
  margin: 1.4rem 0; }
.card { background: var(--card); border-radius: .5rem; padding: .8rem 1rem; }
.card b { display: block; font-size: 1.5rem; line-height: 1.25; }
.card span { color: var(--soft); font-size: .86rem; }
.warnings { background: var(--warn); border-left: 4px solid var(--warn-line); margin: 1.4rem 0;
  border-radius: .3rem; padding: .7rem 1rem; }
.warnings ul { margin: .3rem 0; padding-left: 1.2rem; } .warnings li { margin: .3rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .34rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: middle; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.name { white-space: nowrap; }
td.bar { width: 22%; min-width: 7rem; } td.bar svg { width: 100%; height: .8rem; }
tr.total td { font-weight: 600; } tr.ours-first td { border-top: 2px solid var(--soft); }
svg { display: block; width: 100%; } .scroll > svg { min-width: 40rem; }
.legend { margin: .3rem 0 .6rem; font-size: .88rem; }
.key { margin-right: 1.1rem; } .key i { display: inline-block; width: .8rem; height: .8rem;
  border-radius: 2px; margin-right: .35rem; vertical-align: -1px; }
footer { margin-top: 3rem; color: var(--soft); font-size: .88rem; }
"""


def page(report: Mapping[str, Any]) -> str:
    """Return the whole page for a report as `report.as_dict` makes it."""
    sections = (
        _head(report),
        _warnings(report["warnings"]),
        _checks(report),
        _histogram(report),
        _parts(report),
        _subjects(report),
        _groups(report["groups"]),
        _faces(report),
        _files(report),
    )
    title = f"Preparation report: {escape(report['archive']['title'])}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, sections))
        + "\n</body>\n</html>\n"
    )


def _head(report: Mapping[str, Any]) -> str:
    archive, split = report["archive"], report["split"]
    kept, subjects = report["kept"], report["subjects"]
    pain = sum(subject["pain_frames"] for subject in subjects)
    cards = (
        (f"{archive['files_found']:,}", "files found"),
        (f"{kept:,}", f"frames kept ({_share(kept, archive['files_found'])})"),
        (f"{len(subjects):,}", "subjects"),
        (f"{pain:,}", f"frames with pain ({_share(pain, kept)})"),
        (
            f"{report['faces']['found']:,}",
            f"faces found ({_share(report['faces']['found'], kept)})",
        ),
    )
    by = escape(split["protocol"])
    how = f"Split <b>{by}</b> (seed {split['seed']}): {escape(split['words'])}."
    meaning = (
        "PSPI, the Prkachin and Solomon pain intensity, adds up the facial actions of pain to a "
        "score from 0 to 16. It says what a face shows, not what was felt. A frame with pain has "
        "1 or more, after rounding. A model learns from the <b>train</b> part, is tuned on "
        "<b>val</b>, and is judged once, on <b>test</b>."
    )
    return (
        f"<h1>Preparation report</h1>\n<p class='soft path'>{escape(archive['title'])}, read from "
        f"<code>{escape(archive['folder'])}</code>. {how}</p>\n<div class='cards'>"
        + "".join(
            f"<div class='card'><b>{value}</b><span>{name}</span></div>" for value, name in cards
        )
        + f"</div>\n<p>{meaning}</p>"
    )


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return "<p>There is nothing to warn of.</p>"
    items = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    return f"<div class='warnings'><b>Know before you use these data</b><ul>{items}</ul></div>"


def _checks(report: Mapping[str, Any]) -> str:
    found = report["archive"]["files_found"]
    rows = [("", "Files found", "", "", found, found, "total")]
    ours = False
    for place, check in enumerate(report["checks"], start=1):
        style = "" if check["of_report"] or ours else "ours-first"
        ours = not check["of_report"]
        numbers = (check["left_out"], check["kept"], found)
        rows.append((str(place), check["passes"], check["reason"], *numbers, style))
    body = "".join(
        f"<tr class='{style}'><td class='n'>{place}</td><td>{escape(passes)}</td>"
        f"<td>{escape(reason)}</td><td class='n'>{_number(left_out)}</td>"
        f"<td class='n'>{kept:,}</td>"
        f"<td class='bar'>{charts.meter(kept, whole, f'{kept:,} of {whole:,}')}</td></tr>"
        for place, passes, reason, left_out, kept, whole, style in rows
    )
    return (
        "<h2>What was kept, and what was left out</h2>\n<p>Every file passes these checks in order "
        "and is counted at the first that it fails. The first four are those of the project's "
        "report, so that its counts can be compared; below the line are ours. "
        "<code>excluded.csv</code> names each file with its reason.</p>\n<div class='scroll'>"
        "<table><tr><th class='n'>Check</th><th>What passes</th><th>Reason if it does not</th>"
        "<th class='n'>Left out</th><th class='n'>Kept so far</th><th></th></tr>"
        f"{body}</table></div>\n{_examples(report['examples'])}"
    )


def _examples(examples: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    if not examples:
        return ""
    rows = [
        (reason, example["path"], _told(example))
        for reason, some in examples.items()
        for example in some
    ]
    body = "".join(
        f"<tr><td>{escape(reason)}</td><td class='path'><code>{escape(path)}</code></td>"
        f"<td>{escape(told)}</td></tr>"
        for reason, path, told in rows
    )
    return (
        "<details><summary>The first files left out for each reason</summary>"
        "<div class='scroll'><table><tr><th>Reason</th><th>File</th><th>What was wrong</th></tr>"
        f"{body}</table></div></details>"
    )


def _told(example: Mapping[str, Any]) -> str:
    """Return an example's detail, after the label's file and line when it is about them."""
    if not example["line"]:
        return str(example["detail"])
    return f"{example['label_path']}, line {example['line']}: {example['detail']}"


def _histogram(report: Mapping[str, Any]) -> str:
    counts = report["pspi_histogram"]
    colours = {score: ON_WHITE[scale.level(float(score))] for score in counts}
    return (
        "<h2>Frames by PSPI</h2>\n<p class='soft'>Kept frames by score, rounded half up. The "
        f"height is logarithmic.</p>\n{charts.legend(ON_WHITE)}<div class='scroll'>"
        + charts.histogram(counts, colours, "Frames by PSPI score from 0 to 16")
        + "</div>"
    )


def _parts(report: Mapping[str, Any]) -> str:
    split = report["split"]
    note = f" <b>{escape(split['caution'].capitalize())}.</b>" if split["caution"] else ""
    left = f" {split['unassigned']:,} kept frames are in no part." if split["unassigned"] else ""
    return (
        f"<h2>Levels by part and fold</h2>\n<p>Levels: none 0, mild 1-5, moderate 6-10, severe "
        f"11-16.{note}{left}</p>\n{charts.legend(ON_WHITE)}"
        + _level_table("Part", split["parts"].items())
        + "<h2>Test folds</h2>\n<p>Each subject is tested on in exactly one fold. The column "
        f"<code>loso</code> leaves out one of {len(report['subjects']):,} subjects at a time.</p>"
        + _level_table("Fold", report["folds"].items())
    )


def _level_table(title: str, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    head = "".join(f"<th class='n'>{level}</th>" for level in scale.LEVELS)
    return (
        f"<div class='scroll'><table><tr><th>{title}</th><th class='n'>subjects</th>"
        f"<th class='n'>frames</th>{head}<th></th></tr>"
        + "".join(_level_row(name, part) for name, part in rows)
        + "</table></div>"
    )


def _level_row(name: str, part: Mapping[str, Any]) -> str:
    levels = part["levels"]
    cells = "".join(f"<td class='n'>{_number(count)}</td>" for count in levels.values())
    bar = charts.shares(levels, ON_WHITE, f"levels of {name}")
    return (
        f"<tr><td>{escape(name)}</td><td class='n'>{part['subjects']:,}</td>"
        f"<td class='n'>{part['frames']:,}</td>{cells}<td class='bar'>{bar}</td></tr>"
    )


def _subjects(report: Mapping[str, Any]) -> str:
    subjects = report["subjects"]
    more = len(subjects) - MOST_SUBJECTS
    note = f"<p class='soft'>{more:,} more are in report.json.</p>" if more > 0 else ""
    body = "".join(_subject_row(subject) for subject in subjects[:MOST_SUBJECTS])
    return (
        "<h2>Frames and pain by subject</h2>\n<div class='scroll'><table><tr><th>Subject</th>"
        "<th>Part</th><th class='n'>Fold</th><th class='n'>Sequences</th><th class='n'>Frames</th>"
        "<th class='n'>With pain</th><th class='n'>Highest</th><th class='n'>Faces found</th>"
        f"<th>Levels</th></tr>{body}</table></div>{note}"
    )


def _subject_row(subject: Mapping[str, Any]) -> str:
    frames = subject["frames"]
    bar = charts.shares(subject["levels"], ON_WHITE, f"levels of {subject['subject']}")
    numbers = (
        str(subject["fold"]),
        f"{subject['sequences']:,}",
        f"{frames:,}",
        f"{subject['pain_frames']:,} ({_share(subject['pain_frames'], frames)})",
        f"{subject['highest_pspi']:g}",
        _share(subject["faces_found"], frames),
    )
    return (
        f"<tr><td class='name'>{escape(subject['subject'])}</td><td>{subject['split']}</td>"
        + "".join(f"<td class='n'>{escape(number)}</td>" for number in numbers)
        + f"<td class='bar'>{bar}</td></tr>"
    )


def _groups(groups: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    return "".join(_group(name, values) for name, values in groups.items())


def _group(name: str, values: Mapping[str, Mapping[str, int]]) -> str:
    def rows() -> Iterator[str]:
        for value, count in list(values.items())[:MOST_VALUES]:
            share = _share(count["pain_frames"], count["frames"])
            yield (
                f"<tr><td>{escape(value) or '<span class=soft>not given</span>'}</td>"
                f"<td class='n'>{count['subjects']:,}</td><td class='n'>{count['frames']:,}</td>"
                f"<td class='n'>{count['pain_frames']:,} ({share})</td></tr>"
            )

    more = len(values) - MOST_VALUES
    note = f"<p class='soft'>{more:,} more values are in report.json.</p>" if more > 0 else ""
    return (
        f"<h2>By {escape(name)}</h2>\n<div class='scroll'><table><tr><th>{escape(name)}</th>"
        "<th class='n'>Subjects</th><th class='n'>Frames</th><th class='n'>With pain</th></tr>"
        f"{''.join(rows())}</table></div>{note}"
    )


def _faces(report: Mapping[str, Any]) -> str:
    faces, crops = report["faces"], report["crops"]
    sides = ", ".join(f"{count:,} of {side} pixels" for side, count in crops["sides"].items())
    missing = (
        f"The {faces['missing']:,} without one stay in the manifest, marked, and have no crop: "
        "dropping them would change every published count."
        if faces["missing"]
        else ""
    )
    size = (
        f" They take {crops['bytes'] / 1e6:,.1f} MB, {crops['megabytes_per_10000']:,.0f} MB for "
        "10,000 frames."
        if crops["count"]
        else ""
    )
    return (
        f"<h2>Faces and crops</h2>\n<p>A face was found in {faces['found']:,} of "
        f"{report['kept']:,} kept frames. {missing}</p>\n<p>Each face is stored once as an upright "
        "crop, from which a model is trained without opening the frame again. The crops are "
        f"{crops['margin']:g} times as wide as a model sees, which leaves room to turn and move "
        f"them: {sides or 'there are none'}.{size}</p>"
    )


def _files(report: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{HOLDS[name]}</td>"
        f"<td class='n'>{file['rows']:,}</td>"
        f"<td class='path'><code>{file['sha256'][:16]}</code></td></tr>"
        for name, file in report["files"].items()
    )
    return (
        "<h2>Files</h2>\n<div class='scroll'><table><tr><th>File</th><th>What it holds</th>"
        "<th class='n'>Rows</th>"
        f"<th>SHA-256 begins</th></tr>{rows}</table></div>\n<footer>Made by wince "
        f"{escape(report['wince'])}. PSPI measures expression, not experience: a frame with score "
        "0 shows no pain expression, whatever was felt. Research software, not a medical device."
        "</footer>"
    )


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
