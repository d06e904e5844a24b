"""Measures everything in docs/results.md under one fixed protocol, and writes the page.

    python -m benchmarks.reproduce_results --work DIR --archive synthetic=PATH --archive rated=PATH

Each archive is prepared twice, by subject and with frames at random. On each, both recipes are
cross-validated by subject and trained once on frames at random. On the first archive the default
recipe also leaves one subject out at a time. On the last one it is trained again with one of its
parts changed at a time. All trainings start from random weights and have the same size, epochs,
folds and seed; only leaving one subject out has fewer epochs. A stopped run resumes with the same
command. The methods and losses are measured by `benchmarks.method_results`.

The results of each finished step (predictions, tables, hours; no weights, no images) are copied to
benchmarks/results. Another machine resumes from there, and everybody can compute the metrics again:
`wince evaluate --predictions FILE --out DIR`.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from benchmarks import methods_page, results_page
from benchmarks.kept_results import KeptResults, Protocol
from wince.archive import prepare
from wince.evaluation.prediction_files import read_predictions
from wince.evaluation.predictions import Predictions
from wince.faces.spec import WHOLE_IMAGE
from wince.training.cross_validation import cross_validate
from wince.training.fitting import recipe
from wince.training.fitting.run_settings import Settings
from wince.training.run import Reporter, train

RECIPES = ("report", "strong")
Split = Literal["by-subject", "random-frames"]
CHANGES: dict[str, dict[str, Any]] = {
    "the whole image in place of the aligned crop": {"spec": WHOLE_IMAGE},
    "no augmentation": {"strength": None},
    "frames drawn as they come, not balanced by level": {"balance": 0.0},
    "absolute error in place of Huber's": {"loss": "l1"},
    "the last weights in place of averaged ones": {"averaging": 0.0},
    "a constant rate in place of the cosine": {"schedule": "constant"},
    "Adam in place of AdamW": {"optimizer": "adam"},
}
"""What is changed in the default recipe, one at a time."""
REPORTER = Reporter(message=lambda text: print(text, flush=True))


@dataclass(frozen=True)
class Study:
    """One archive under the protocol.

    Attributes:
        name: Its name on the page.
        root: The archive.
        work: Where it is prepared and where trainings write.
        protocol: Settings.
        kept: Results of finished steps.
    """

    name: str
    root: Path
    work: Path
    protocol: Protocol
    kept: KeptResults

    def settings(self, name: str, epochs: int | None = None) -> Settings:
        """Return the settings of a recipe; what the protocol does not set stays the recipe's."""
        size, epochs = self.protocol.size, epochs or self.protocol.epochs
        chosen = recipe.named(name, size=size, epochs=epochs)
        return Settings(recipe=chosen, init="none", seed=self.protocol.seed)

    def prepared(self, split: Split) -> Path:
        """Return the folder of the archive prepared with a split; prepare it if needed."""
        folder = self.work / self.name / split
        if not (folder / "report.json").is_file():
            options = prepare.PrepareOptions(split=split, seed=self.protocol.seed)
            prepare.prepare(self.root, folder, options)
        return folder

    def step(self, name: str, out: str, result: str, work: Callable[[Path], object]) -> Path:
        """Return the kept result of a step; do it if needed.

        Args:
            name: Name of the step, without the archive's.
            out: Name of the folder that the step writes into.
            result: The file in it to keep.
            work: Does the step, given the folder.
        """
        folder = self.work / self.name / out
        return self.kept.step(f"{self.name}, {name}", folder / result, partial(work, folder))

    def cross_validate(self, settings: Settings, out: Path, **options: Any) -> None:
        """Cross-validate by subject; `options` are those of `cross_validate`."""
        options = {"folds": str(self.protocol.folds), **options}
        cross_validate(self.prepared("by-subject"), out, settings, reporter=REPORTER, **options)

    def train(self, settings: Settings, out: Path) -> None:
        """Train once on frames at random."""
        train(self.prepared("random-frames"), out, settings, REPORTER)


def both_recipes(study: Study) -> str:
    """Cross-validate and train both recipes; return the archive's section of the page."""
    tables: dict[tuple[str, str], Predictions] = {}
    for name in RECIPES:
        settings = study.settings(name)
        path = study.step(
            folds_step(name, study.protocol),
            f"{name}-folds",
            "predictions.csv",
            partial(study.cross_validate, settings),
        )
        tables[name, "by-subject"] = read_predictions(path)
        path = study.step(
            f"{name}, frames at random",
            f"{name}-random",
            "predictions.csv",
            partial(study.train, settings),
        )
        tables[name, "random-frames"] = read_predictions(path)
    return results_page.archive_section(study.name, study.protocol, RECIPES, tables)


def folds_step(name: str, protocol: Protocol) -> str:
    """Return the name of the step that cross-validates a recipe."""
    return f"{name}, {protocol.folds} folds by subject"


def leave_one_out(study: Study) -> str:
    """Leave one subject out at a time with the default recipe; return the section."""
    settings = study.settings("strong", study.protocol.loso_epochs)
    path = study.step(
        "strong, leave one subject out",
        "strong-loso",
        "folds.csv",
        partial(study.cross_validate, settings, folds="loso", first=study.protocol.loso_folds),
    )
    return results_page.leave_one_out_section(
        study.name, study.protocol, path, read_predictions(_by_subject(study))
    )


def _by_subject(study: Study) -> Path:
    """Return the kept predictions of the default recipe on all folds by subject."""
    return study.kept.path(f"{study.name}, {folds_step('strong', study.protocol)}", ".csv")


def _time_baselines(study: Study) -> dict[str, Any]:
    """Return the metrics of trivial predictors on the frames of the models of time."""
    return dict(results_page.leave_one_out_baselines(read_predictions(_by_subject(study))))


def changed_parts(study: Study) -> str:
    """Train with one part of the default recipe changed at a time; return the section."""
    tables = {}
    for title, changes in CHANGES.items():
        parts = "-".join(changes)
        settings = changed_settings(study, changes)
        path = study.step(
            f"without {parts}",
            f"without/{parts}",
            "predictions.csv",
            partial(study.cross_validate, settings, first=study.protocol.without_folds),
        )
        tables[title] = read_predictions(path)
    return results_page.changes_section(
        study.name, study.protocol, read_predictions(_by_subject(study)), tables
    )


def changed_settings(study: Study, changes: dict[str, Any]) -> Settings:
    """Return the settings of the default recipe with some of its fields changed."""
    settings = study.settings("strong")
    if "spec" in changes:
        changes = {"spec": replace(changes["spec"], size=study.protocol.size)}
    return replace(settings, recipe=replace(settings.recipe, **changes))


def options() -> argparse.Namespace:
    """Return the command's options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
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
    return parser.parse_args()


def command(names: Sequence[str], protocol: Protocol) -> str:
    """Return the command that writes the page."""
    return (
        "python -m benchmarks.reproduce_results --work DIR "
        + " ".join(f"--archive {name}=PATH" for name in names)
        + f" --size {protocol.size} --epochs {protocol.epochs} --folds {protocol.folds} "
        f"--seed {protocol.seed} --loso-epochs {protocol.loso_epochs} "
        f"--without-folds {protocol.without_folds}"
        + (f" --loso-folds {protocol.loso_folds}" if protocol.loso_folds else "")
    )


def main() -> int:
    """Do all steps that are not done yet; write the page after each section."""
    chosen = options()
    protocol = Protocol(
        *(chosen.size, chosen.epochs, chosen.folds, chosen.seed),
        *(chosen.loso_epochs, chosen.loso_folds, chosen.without_folds),
    )
    chosen.work.mkdir(parents=True, exist_ok=True)
    kept = KeptResults(chosen.kept, protocol)
    pairs = [archive.partition("=") for archive in chosen.archive]
    studies = [Study(name, Path(path), chosen.work, protocol, kept) for name, _, path in pairs]
    steps: list[tuple[str, Callable[[Study], str], Study]] = [
        *((f"both recipes on {study.name}", both_recipes, study) for study in studies),
        ("leave one subject out", leave_one_out, studies[0]),
        ("what each part of the default recipe adds", changed_parts, studies[-1]),
    ]
    text = command([study.name for study in studies], protocol)
    sections: list[str] = []
    methods = methods_page.sections(chosen.kept / "methods")
    for _, section_of, study in steps:
        sections.append(section_of(study))
        missing = [title for title, *_ in steps[len(sections) :]]
        page = results_page.page(
            [*sections, *methods], protocol, kept.hours, text, missing, _time_baselines(studies[0])
        )
        chosen.out.write_text(page, "utf-8")
    print(f"Written: {chosen.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
