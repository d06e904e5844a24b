"""The figures of docs/results.md under one fixed protocol, and the page itself.

    python -m benchmarks.reproduce_results --work DIR --archive synthetic=PATH --archive rated=PATH

Each archive is prepared twice (by subject, frames at random). On each, both recipes are
cross-validated by subject and trained once on frames at random. On the first archive the default
recipe also leaves one subject out, and three architectures are compared; on the last one it is
trained again with one part after the other taken away. Everything begins from random weights, at
the same size, epochs, folds and seed. Stopped, the same command goes on.

What each finished step found (predictions, tables, hours; no weights, no pictures) is copied to
benchmarks/results, from where another machine goes on with the next step, and anyone can work the
figures out again: `wince evaluate --predictions FILE --out DIR`.
"""

import argparse
import csv
import json
import math
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

import wince
from wince.archive import prepare
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_files import read_predictions
from wince.evaluation.predictions import Predictions
from wince.faces.spec import WHOLE_IMAGE
from wince.training import recipe
from wince.training.architecture_comparison import compare
from wince.training.cross_validation import cross_validate
from wince.training.run import Reporter, train
from wince.training.run_settings import Settings

RECIPES = ("report", "strong")
Split = Literal["by-subject", "random-frames"]
ARCHITECTURES = ("resnet18", "mobilenet", "vit_small")
WITHOUT: dict[str, dict[str, Any]] = {
    "the whole picture in place of the aligned crop": {"spec": WHOLE_IMAGE},
    "no augmentation": {"strength": None},
    "frames drawn as they come, not balanced by level": {"balance": 0.0},
    "absolute error in place of Huber's": {"loss": "l1"},
    "the last weights in place of averaged ones": {"averaging": 0.0},
    "a constant rate in place of the cosine": {"schedule": "constant"},
    "Adam in place of AdamW": {"optimizer": "adam"},
}
"""What is taken away from the default recipe, one at a time."""
SHOWN = ("pcc", "icc", "ccc", "mae", "wmae", "auc_1", "auc_3", "four_levels_balanced_accuracy")
REPORTER = Reporter(message=lambda words: print(words, flush=True))
TITLES = ("PCC", "ICC(3,1)", "CCC", "MAE", "wMAE", "AUC ≥ 1", "AUC ≥ 3", "Balanced accuracy")


@dataclass(frozen=True)
class Protocol:
    """What is the same for everything: side in pixels, epochs, folds, seed; loso's own epochs."""

    size: int
    epochs: int
    folds: int
    seed: int
    loso_epochs: int
    loso_folds: int | None
    without_folds: int


def settings(name: str, protocol: Protocol, epochs: int | None = None) -> Settings:
    """Return a recipe under the protocol; its loss, sampling and the rest stay its own."""
    changed = recipe.named(name, size=protocol.size, epochs=epochs or protocol.epochs)
    return Settings(recipe=changed, init="none", seed=protocol.seed)


class Kept:
    """The folder with what each finished step found, and the hours that each took."""

    def __init__(self, folder: Path, protocol: Protocol) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._claim(folder / "protocol.json", asdict(protocol))
        path = folder / "hours.json"
        self.hours: dict[str, float] = json.loads(path.read_text()) if path.is_file() else {}

    def _claim(self, path: Path, wanted: dict[str, Any]) -> None:
        found = json.loads(path.read_text()) if path.is_file() else wanted
        if found != wanted:
            sys.exit(f"{path} is of another protocol: {found}. Give another --kept, or remove it.")
        path.write_text(json.dumps(wanted, indent=1) + "\n")

    def step(self, name: str, source: Path, work: Callable[[], Any]) -> Path:
        """Return the kept copy of the file that a step writes; do the step if there is none."""
        path = self.path(name, source.suffix)
        if not path.is_file():
            self._clocked(name, work)
            aside = path.with_suffix(".part")
            shutil.copyfile(source, aside)
            aside.rename(path)
        return path

    def path(self, name: str, suffix: str) -> Path:
        """Return where a step's file is kept."""
        return self.folder / f"{name.replace(', ', '-').replace(' ', '-')}{suffix}"

    def _clocked(self, name: str, work: Callable[[], Any]) -> None:
        """Do the work and add up its hours over however many sittings; a broken-off one counts."""
        print(f"== {name}", flush=True)
        begun = time.monotonic()
        try:
            work()
        finally:
            self.hours[name] = self.hours.get(name, 0.0) + (time.monotonic() - begun) / 3600
            (self.folder / "hours.json").write_text(json.dumps(self.hours, indent=1) + "\n")


def common(table: Predictions, other: Predictions) -> tuple[Predictions, Predictions]:
    """Return two tables down to the frames that both have: some frames show no face."""

    def keys(one: Predictions) -> list[tuple[str, str]]:
        names = np.array(one.sequences)[one.sequence]
        return list(zip(names.tolist(), one.frame.tolist(), strict=True))

    mine, theirs = keys(table), keys(other)
    shared = set(mine) & set(theirs)

    def down_to_shared(one: Predictions, side: list[tuple[str, str]]) -> Predictions:
        return one.take(np.flatnonzero([key in shared for key in side]))

    return down_to_shared(table, mine), down_to_shared(other, theirs)


def of_archive(name: str, root: Path, work: Path, protocol: Protocol, kept: Kept) -> str:
    """Prepare an archive, train and cross-validate both recipes; return its section of the page."""
    tables: dict[tuple[str, str], Predictions] = {}
    for one in RECIPES:
        wanted = settings(one, protocol)
        out = work / name / f"{one}-folds"
        path = kept.step(
            folds_by_subject(name, one, protocol),
            out / "predictions.csv",
            lambda out=out, wanted=wanted: cross_validate(
                prepared(name, root, work, "by-subject", protocol),
                out,
                wanted,
                folds=str(protocol.folds),
                reporter=REPORTER,
            ),
        )
        tables[one, "by-subject"] = read_predictions(path)
        out = work / name / f"{one}-random"
        path = kept.step(
            f"{name}, {one}, frames at random",
            out / "predictions.csv",
            lambda out=out, wanted=wanted: train(
                prepared(name, root, work, "random-frames", protocol), out, wanted, REPORTER
            ),
        )
        tables[one, "random-frames"] = read_predictions(path)
    return section(name, tables)


def folds_by_subject(name: str, one: str, protocol: Protocol) -> str:
    """Return the name of the step that cross-validates a recipe on an archive."""
    return f"{name}, {one}, {protocol.folds} folds by subject"


def prepared(name: str, root: Path, work: Path, split: Split, protocol: Protocol) -> Path:
    """Return the folder of an archive prepared with a split; prepare it if that was not done."""
    folder = work / name / split
    if not (folder / "report.json").is_file():
        prepare.prepare(root, folder, prepare.PrepareOptions(split=split, seed=protocol.seed))
    return folder


def section(name: str, tables: dict[tuple[str, str], Predictions]) -> str:
    """Return the table of an archive, the paired difference of recipes, and how chance flatters."""
    strong, report = common(tables["strong", "by-subject"], tables["report", "by-subject"])
    paired = evaluate(strong, against=report)
    found = {
        ("strong", "by-subject"): paired["model"],
        ("report", "by-subject"): paired["against"]["model"],
    }
    for one in RECIPES:
        found[one, "random-frames"] = evaluate(tables[one, "random-frames"])["model"]
    lines = [
        f"## {name}",
        "",
        f"{len(strong):,} frames of {len(strong.subjects)} subjects, each scored once by a model "
        "that has not seen the subject; frames at random: their test part.",
        "",
        "| recipe, frames | " + " | ".join(TITLES) + " |",
        "|---" * (len(TITLES) + 1) + "|",
    ]
    for split, words in (("by-subject", "subject-exclusive"), ("random-frames", "at random*")):
        for one in RECIPES:
            lines.append(f"| {one}, {words} | " + cells(found[one, split]["pooled"]) + " |")
    for trivial in ("zero", "mean"):
        row = cells(paired["baselines"][trivial]["pooled"])
        lines.append(f"| always {trivial} | {row} |")
    lines += [
        "",
        "\\* subjects overlap: optimistic. These are other test frames than above, and fewer: 15 % "
        "of all.",
        "",
    ]
    difference = paired["against"]["difference"]
    for key, title in (("pcc", "PCC"), ("mae", "MAE")):
        low, high = difference["pooled_interval"][key]
        lines.append(
            f"Strong minus report on held-out subjects, {title}: "
            f"{difference['pooled'][key]:+.3f} (95 % interval {low:+.3f} to {high:+.3f})."
        )
    for one in RECIPES:
        flattered = found[one, "random-frames"]["pooled"]
        honest = found[one, "by-subject"]["pooled"]
        lines.append(
            f"Frames at random against held-out subjects, {one}: "
            f"PCC {flattered['pcc'] - honest['pcc']:+.3f}, "
            f"MAE {flattered['mae'] - honest['mae']:+.3f}."
        )
    return "\n".join(lines)


def cells(values: dict[str, float]) -> str:
    """Return the shown figures as cells."""
    return " | ".join(number(values[key]) for key in SHOWN)


def number(value: float | str | None) -> str:
    """Return a figure with three places; undefined are NaN, null in JSON and empty cells in CSV."""
    found = float("nan") if value is None or value == "" else float(value)
    return "undefined" if math.isnan(found) else f"{found:.3f}"


def leave_one_out(name: str, root: Path, work: Path, protocol: Protocol, kept: Kept) -> str:
    """Leave one subject out with the default recipe; return the section."""
    out = work / name / "strong-loso"
    path = kept.step(
        f"{name}, strong, leave one subject out",
        out / "folds.csv",
        lambda: cross_validate(
            prepared(name, root, work, "by-subject", protocol),
            out,
            settings("strong", protocol, protocol.loso_epochs),
            folds="loso",
            first=protocol.loso_folds,
            reporter=REPORTER,
        ),
    )
    keys = ("pcc", "icc", "ccc", "mae", "rmse", "auc_1", "auc_2", "auc_3")
    lines = [
        f"## {name}, leave one subject out",
        "",
        f"The default recipe, {protocol.loso_epochs} epochs.",
        "",
        "| fold | frames | " + " | ".join(keys) + " |",
        "|---" * (len(keys) + 2) + "|",
    ]
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            shown = " | ".join(number(row[key]) for key in keys)
            lines.append(f"| {row['fold']} | {row['frames']} | {shown} |")
    lines += ["", "The trivial predictors on the same frames stand in the archive's first table."]
    return "\n".join(lines)


def architectures(name: str, root: Path, work: Path, protocol: Protocol, kept: Kept) -> str:
    """Compare three architectures with the default recipe; return the section."""
    out = work / name / "architectures"
    path = kept.step(
        f"{name}, three architectures",
        out / "comparison.json",
        lambda: compare(
            prepared(name, root, work, "by-subject", protocol),
            out,
            settings("strong", protocol),
            names=ARCHITECTURES,
            folds=str(protocol.folds),
            reporter=REPORTER,
        ),
    )
    found = json.loads(path.read_text("utf-8"))
    lines = [
        f"## {name}, architectures",
        "",
        "| | CCC | PCC | MAE | parameters | MB | ms a picture, one thread |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {row['architecture']} | {number(row['ccc'])} | {number(row['pcc'])} | "
            f"{number(row['mae'])} | "
            f"{row['parameters']:,} | {row['megabytes']:.1f} | {row['milliseconds']:.1f} |"
            for row in found["rows"]
        ),
        "",
        found["verdict"],
    ]
    return "\n".join(lines)


def what_each_part_bought(name: str, root: Path, work: Path, protocol: Protocol, kept: Kept) -> str:
    """Train without one part of the default recipe after the other; return the section."""
    whole = read_predictions(kept.path(folds_by_subject(name, "strong", protocol), ".csv"))
    lines = [
        f"## {name}, what each part of the default recipe bought",
        "",
        f"The recipe with one part changed, on the first {protocol.without_folds} of the same "
        f"{protocol.folds} folds; the differences are to the recipe as it is, on the same frames, "
        "with 95 % intervals from resampling subjects.",
        "",
        "| changed to | PCC | MAE | PCC, difference | MAE, difference |",
        "|---|---|---|---|---|",
    ]
    for words, changes in WITHOUT.items():
        out = work / name / "without" / "-".join(changes)
        path = kept.step(
            f"{name}, without {'-'.join(changes)}",
            out / "predictions.csv",
            lambda out=out, changes=changes: cross_validate(
                prepared(name, root, work, "by-subject", protocol),
                out,
                without(changes, protocol),
                folds=str(protocol.folds),
                first=protocol.without_folds,
                reporter=REPORTER,
            ),
        )
        changed, same = common(read_predictions(path), whole)
        found = evaluate(changed, against=same)
        pooled, difference = found["model"]["pooled"], found["against"]["difference"]
        cells_of = []
        for key in ("pcc", "mae"):
            low, high = difference["pooled_interval"][key]
            cells_of.append(f"{difference['pooled'][key]:+.3f} ({low:+.3f} to {high:+.3f})")
        lines.append(
            f"| {words} | {number(pooled['pcc'])} | {number(pooled['mae'])} | "
            + " | ".join(cells_of)
            + " |"
        )
    return "\n".join(lines)


def without(changes: dict[str, Any], protocol: Protocol) -> Settings:
    """Return the default recipe under the protocol with some of its fields changed."""
    wanted = settings("strong", protocol)
    if "spec" in changes:
        changes = {"spec": replace(changes["spec"], size=protocol.size)}
    return replace(wanted, recipe=recipe.checked(replace(wanted.recipe, **changes)))


def page(
    parts: Sequence[str], protocol: Protocol, kept: Kept, command: str, missing: Sequence[str]
) -> str:
    """Return the page: protocol, sections, hours."""
    hours = "\n".join(f"| {step} | {spent:.2f} |" for step, spent in kept.hours.items())
    body = "\n\n".join(parts)
    if missing:
        body += f"\n\nNot run yet: {'; '.join(missing)}. The same command goes on with them."
    return f"""# Results

Written by

    {command}

with wince {wince.__version__}. One protocol for everything: {protocol.size} x {protocol.size}
pixels, {protocol.epochs} epochs at most, {protocol.folds} folds by subject, seed {protocol.seed},
random weights to begin with. No figure here is of an archive of people in pain. How each is
computed stands in [evaluation.md](evaluation.md).

{body}

## Hours

By the clock, whatever else ran on the machine.

| step | hours |
|---|---|
{hours}
| all | {sum(kept.hours.values()):.2f} |
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archive", action="append", required=True, metavar="NAME=PATH")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kept", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--size", type=int, default=112)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loso-epochs", type=int, default=4)
    parser.add_argument("--loso-folds", type=int, help="only the first so many subjects")
    parser.add_argument("--without-folds", type=int, default=2)
    chosen = parser.parse_args()
    protocol = Protocol(
        chosen.size,
        chosen.epochs,
        chosen.folds,
        chosen.seed,
        chosen.loso_epochs,
        chosen.loso_folds,
        chosen.without_folds,
    )
    chosen.work.mkdir(parents=True, exist_ok=True)
    kept = Kept(chosen.kept, protocol)
    archives = [(name, Path(path)) for name, _, path in (a.partition("=") for a in chosen.archive)]
    names = " ".join(f"--archive {name}=PATH" for name, _ in archives)
    command = (
        f"python -m benchmarks.reproduce_results --work DIR {names} --size {protocol.size} "
        f"--epochs {protocol.epochs} --folds {protocol.folds} --seed {protocol.seed} "
        f"--loso-epochs {protocol.loso_epochs} --without-folds {protocol.without_folds}"
        + (f" --loso-folds {protocol.loso_folds}" if protocol.loso_folds else "")
    )
    sections = [
        *((f"both recipes on {archive[0]}", of_archive, archive) for archive in archives),
        ("leave one subject out", leave_one_out, archives[0]),
        ("three architectures", architectures, archives[0]),
        ("what each part of the default recipe bought", what_each_part_bought, archives[-1]),
    ]
    parts: list[str] = []
    for _, make, (name, root) in sections:
        parts.append(make(name, root, chosen.work, protocol, kept))
        missing = [words for words, *_ in sections[len(parts) :]]
        chosen.out.write_text(page(parts, protocol, kept, command, missing), "utf-8")
    print(f"Written: {chosen.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
