"""A run repeated with further seeds.

RUN/              the run of the first seed, with the model to serve
RUN/seed-K/       a run for each further seed K
RUN/seeds.json    see `seed_summary`
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from wince import file_names
from wince.evaluation import run_record, seed_summary
from wince.evaluation.seed_summary import SeedSummary
from wince.training.fitting.run_settings import Settings
from wince.training.run import Reporter, Run, train

Result = TypeVar("Result")


def folder_names(first_seed: int, count: int) -> dict[int, str]:
    """Return the folder of each seed, relative to that of the run."""
    seeds = range(first_seed, first_seed + count)
    return {seed: "." if seed == first_seed else f"seed-{seed}" for seed in seeds}


def repeat(
    out: Path,
    first_seed: int,
    count: int,
    reporter: Reporter,
    run: Callable[[int, Path, Reporter], Result],
) -> tuple[dict[int, Result], dict[int, str]]:
    """Run something with each seed, the first in the folder itself and each other one below it.

    Args:
        out: The folder.
        first_seed: The first seed; the others follow it.
        count: Number of seeds.
        reporter: Where progress is reported.
        run: Called with the seed, its folder and a reporter; what is finished it keeps.

    Returns:
        The results by seed, and the folders by seed, relative to `out`.
    """
    results, folders = {}, folder_names(first_seed, count)
    for number, seed in enumerate(folders, start=1):
        if count > 1:
            reporter.message(f"Seed {seed} ({number} of {count}), folder {out / folders[seed]}:")
        results[seed] = run(seed, out / folders[seed], reporter)
    return results, folders


def train_seeds(
    prepared_folder: Path, out: Path, settings: Settings, count: int, reporter: Reporter
) -> tuple[Run, SeedSummary | None]:
    """Train with several seeds on the split of a prepared folder.

    Stopped at any point, the same call keeps finished seeds and continues.

    Args:
        prepared_folder: A folder that `wince prepare` wrote.
        out: The run folder, of the first seed.
        settings: Settings of the run, with the first seed.
        count: Number of seeds.
        reporter: Where progress is reported.

    Returns:
        The run of the first seed, and the summary; None for one seed, without a test part, and in
        the helper processes of a training on several devices.

    Raises:
        DataError, ModelError, FileWriteError: As for `train`.
    """

    def run(seed: int, folder: Path, reporter: Reporter) -> Run:
        part = seed != settings.seed
        return train(prepared_folder, folder, replace(settings, seed=seed), reporter, part=part)

    runs, folders = repeat(out, settings.seed, count, reporter, run)
    first = runs[settings.seed]
    if count == 1 or not first.is_main:
        return first, None
    run_record.state_command(out / file_names.RECORD)
    metrics = {seed: each.metrics for seed, each in runs.items() if each.metrics is not None}
    if first.metrics is None:
        return first, None
    summary = seed_summary.summarise(
        folders,
        {seed: values["model"]["pooled"] for seed, values in metrics.items()},
        caution=first.metrics["overlap"]["label"] or "",
        has_model=True,
    )
    seed_summary.write(summary, out, first.metrics)
    return first, summary
