"""Architectures or methods on the same folds: held-out accuracy against speed and size.

OUT/resnet18/ ...       a cross-validation for each of them
OUT/comparison.json ... see `architecture_results`
OUT/record.json         how all of it was made, see `run_record`
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from wince import file_names, onnx_session
from wince.errors import ModelError
from wince.evaluation import run_record
from wince.evaluation.all_metrics import Metric, error_metrics
from wince.evaluation.bootstrap import difference, subject_counts
from wince.evaluation.model_comparison import match_frames
from wince.evaluation.predictions import Predictions
from wince.evaluation.trivial_predictors import TRIVIAL_PREDICTORS, predict, summarise_labels
from wince.faces.spec import FaceSpec
from wince.scale import Scale
from wince.training import architecture_results, cluster_folds
from wince.training.architecture_results import (
    ARCHITECTURE,
    RESULTS,
    SHOWN,
    ArchitectureComparison,
    ArchitectureResult,
    best_trivial,
)
from wince.training.cross_validation import CrossValidation, cross_validate_data
from wince.training.data import shared_frames
from wince.training.data.folds import make_folds, sha256_of_folds
from wince.training.data.prepared import ModelData, manifest_sha256
from wince.training.export import model_manifest
from wince.training.fitting import history, launch
from wince.training.fitting.run_settings import Settings
from wince.training.fold_runs import NETWORK_FOLD, TrainFold, folder_name
from wince.training.lead import MEASURE, Lead
from wince.training.methods import fold_run
from wince.training.methods.catalogue import METHODS, VIDEO_METHODS
from wince.training.methods.fold_run import COSTS
from wince.training.methods.fold_scorer import FROM_NOTHING, FoldScorer
from wince.training.networks import architectures, initial_weights
from wince.training.run import Reporter

CHOICE = ("resnet18", "resnet50", "efficientnet_b4", "inception_v3", "vit_small", "mobilenet")
RESAMPLES = 1000
TIMED = 30  # images, one at a time on one thread


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is compared: an architecture, or a method.

    Attributes:
        name: Its name in tables and folders.
        settings: Settings of its runs.
        scorer: What learns and scores, if it is no network of ours.
    """

    name: str
    settings: Settings
    scorer: FoldScorer | None = None

    @property
    def train_fold(self) -> TrainFold:
        """The function that trains it on one fold."""
        if self.scorer is None:
            return NETWORK_FOLD
        return partial(fold_run.train_fold, self.name, self.scorer)


def architecture_candidates(settings: Settings, names: Sequence[str]) -> list[Candidate]:
    """Return architectures to compare; `settings.architecture` is replaced.

    Raises:
        ModelError: None is named, or one is unknown or cannot take the image size.
    """
    candidates = [
        Candidate(name, replace(settings, architecture=name)) for name in dict.fromkeys(names)
    ]
    if not candidates:
        raise ModelError(f"Name architectures to compare: {', '.join(CHOICE)}.")
    for candidate in candidates:
        architectures.face_spec(candidate.name, candidate.settings.recipe.spec)
    return candidates


def method_candidates(settings: Settings, names: Sequence[str]) -> list[Candidate]:
    """Return methods to compare, all with the size, epochs and seed of `settings`.

    Raises:
        ModelError: None is named, or one is unknown.
    """
    known = METHODS | VIDEO_METHODS
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise ModelError(
            f"There is no method {', '.join(unknown) or 'named'}; expected {', '.join(known)}."
        )
    methods = [known[name] for name in dict.fromkeys(names)]
    return [
        Candidate(method.name, method.adapt(settings), method.scorer and method.scorer())
        for method in methods
    ]


def compare(
    prepared_folder: Path,
    out: Path,
    candidates: Sequence[Candidate],
    *,
    kind: str = ARCHITECTURE,
    folds: str = "5",
    first: int | None = None,
    seeds: int = 1,
    cluster: str | None = None,
    reporter: Reporter | None = None,
) -> ArchitectureComparison:
    """Cross-validate architectures or methods on the same frames, folds and seed.

    Args:
        prepared_folder: A folder that `wince prepare` wrote.
        out: Where all is written.
        candidates: What is compared, at least one.
        kind: What the candidates are, the name of their column.
        folds: As for `cross_validate`.
        first: As for `cross_validate`.
        seeds: As for `cross_validate`. The order and the leads are those of the first seed.
        cluster: As for `cross_validate`.
        reporter: Where progress is reported.

    Raises:
        ModelError: A folder has another run.
        DataError: There are too few subjects, a fold has nothing to learn, or a method cannot be
            used with this data.
        FileWriteError: A file cannot be written.
        ClusterError: The cluster does not answer, or its workers cannot be used.
    """
    reporter = reporter or Reporter()
    for candidate in candidates:
        launch.check(candidate.settings.devices)
    specs = {candidate.settings.spec.kind: candidate.settings.spec for candidate in candidates}
    data_by_kind = shared_frames.open_all(prepared_folder, specs.values())
    start = run_record.begin(
        out / file_names.RECORD,
        [*(out / candidate.name / file_names.RECORD for candidate in candidates), out / RESULTS],
    )
    candidates = [
        _on_scale(candidate, data_by_kind[candidate.settings.spec.kind].prepared.scale)
        for candidate in candidates
    ]
    starts = None
    if cluster is not None:
        fold_sets = [_fold_set(candidate, data_by_kind, out) for candidate in candidates]
        starts = cluster_folds.train(
            cluster, out, fold_sets, folds, first, seeds=seeds, reporter=reporter
        )
    rows, validations = [], {}
    for candidate in candidates:
        data = data_by_kind[candidate.settings.spec.kind]
        name, settings = candidate.name, candidate.settings
        every_fold = make_folds(data.frames, folds, settings.seed)
        count = len(every_fold[:first])
        reporter.message(f"{name}, {count} of {len(every_fold)} folds:")
        validation = cross_validate_data(
            data,
            out / name,
            settings,
            folds,
            first,
            reporter,
            candidate.train_fold,
            seeds=seeds,
            part=True,
            starts=starts,
        )
        if validation.predictions is None:
            return ArchitectureComparison(out, (), {}, {}, {}, "", is_main=False)
        rows.append(_result(candidate, validation, out / name / folder_name(every_fold[0])))
        validations[name] = validation
    architecture_results.sort_best_first(rows)
    comparison = _compared(out, rows, validations, kind)
    architecture_results.write(comparison)
    _write_record(start, data_by_kind, specs.values(), candidates[0].settings, folds, first)
    if seeds > 1:
        run_record.state_command(start.path)
    return comparison


def _fold_set(
    candidate: Candidate, data_by_kind: Mapping[str, ModelData], out: Path
) -> cluster_folds.FoldSet:
    """Return the folds of a candidate, for a cluster to train."""
    data = data_by_kind[candidate.settings.spec.kind]
    folder = out / candidate.name
    return cluster_folds.FoldSet(
        candidate.name, data, folder, candidate.settings, candidate.train_fold
    )


def _write_record(
    start: run_record.Start,
    data_by_kind: Mapping[str, ModelData],
    specs: Iterable[FaceSpec],
    settings: Settings,
    folds: str,
    first: int | None,
) -> None:
    """Write record.json of a comparison; all candidates have the folds of the first."""
    data = data_by_kind[settings.spec.kind]
    chosen = make_folds(data.frames, folds, settings.seed)[:first]
    hashes = {
        "manifest": manifest_sha256(data.prepared),
        "split": sha256_of_folds(chosen, data.frames),
        "initial weights": initial_weights.sha256(settings.init),
    }
    frames = run_record.data_record(
        data.prepared.folder, specs, kind="folds", folds=folds, first=first, seed=settings.seed
    )
    run_record.finish(start, {"folds and training": settings.seed}, hashes, data=frames)


def _on_scale(candidate: Candidate, scale: Scale) -> Candidate:
    """Return a candidate with the settings for a scale; raise ModelError for a method of PSPI."""
    if candidate.scorer is not None and not scale.is_pspi:
        raise ModelError(
            f"The method {candidate.name} is for PSPI, and the labels are {scale.words}. Compare "
            "architectures, or prepare the archive for PSPI."
        )
    return replace(candidate, settings=candidate.settings.for_scale(scale))


def latency(path: Path, size: int) -> float:
    """Return the milliseconds that a model.onnx takes for one image on one thread, the median."""
    session = onnx_session.open_session(path)
    image = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), dtype=np.uint8)
    milliseconds = []
    for _ in range(TIMED):
        start = time.perf_counter()
        session.run(None, {"pixels": image})
        milliseconds.append((time.perf_counter() - start) * 1000)
    return float(np.median(milliseconds))


def _result(candidate: Candidate, validation: CrossValidation, run: Path) -> ArchitectureResult:
    """Return a candidate's row; `run` is the folder of its first fold."""
    pooled = validation.metrics["model"]["pooled"]
    metrics = {key: float(pooled.get(key, "nan")) for key in SHOWN}
    if candidate.scorer is not None:
        every_cost = [fold_run.read_costs(path.parent) for path in _files(validation, COSTS)]
        costs = every_cost[0]
        return ArchitectureResult(
            candidate.name,
            **metrics,
            parameters=int(costs["parameters"]),
            megabytes=4 * int(costs["parameters"]) / 1e6,
            milliseconds=float(costs["milliseconds"]),
            hours=sum(float(each["seconds"]) for each in every_cost) / 3600,
            began_from=str(costs.get("began_from", FROM_NOTHING)),
        )
    settings, model = candidate.settings, run / file_names.MODEL
    network = architectures.build(settings.architecture, settings.outputs, settings.spec.size)
    manifest = model_manifest.read(run)
    return ArchitectureResult(
        candidate.name,
        **metrics,
        parameters=sum(weights.numel() for weights in network.parameters()),
        megabytes=model.stat().st_size / 1e6,
        milliseconds=latency(model, settings.spec.size),
        hours=sum(map(history.read_seconds, _files(validation, history.CSV_FILE))) / 3600,
        began_from=str(manifest["trained_on"]["settings"]["began from"]),
    )


def _files(validation: CrossValidation, name: str) -> list[Path]:
    """Return the files of a name in the folders of the folds."""
    return sorted(validation.folder.glob(f"fold-*/{name}"))


def _compared(
    out: Path,
    rows: Sequence[ArchitectureResult],
    validations: Mapping[str, CrossValidation],
    kind: str,
) -> ArchitectureComparison:
    """Return the comparison of architectures that are sorted best first."""
    tables = {
        name: validation.predictions
        for name, validation in validations.items()
        if validation.predictions is not None
    }
    best = validations[rows[0].name]
    baselines = best.metrics["baselines"]
    trivial = {
        name: {key: float(baselines[name]["pooled"].get(key, "nan")) for key in SHOWN}
        for name in TRIVIAL_PREDICTORS
    }
    table = tables[rows[0].name]
    statistics = summarise_labels(table, fold_labels=best.fold_labels)
    strongest = predict(best_trivial(trivial), table, statistics)
    gains = {name: _measure_lead(predictions, strongest) for name, predictions in tables.items()}
    first, *others = (tables[row.name] for row in rows)
    leads = {
        row.name: _measure_lead(first, other) for row, other in zip(rows[1:], others, strict=True)
    }
    caution = best.metrics["overlap"]["label"] or ""
    notes = tuple(best.metrics["caveats"])
    summaries = {
        row.name: summary for row in rows if (summary := validations[row.name].seeds) is not None
    }
    return ArchitectureComparison(
        out, tuple(rows), trivial, gains, leads, caution, notes, kind, seeds=summaries
    )


def _measure_lead(first: Predictions, second: Predictions) -> Lead:
    """Return the first's value of the deciding metric minus the second's, with its interval."""
    counts = subject_counts(len(first.subjects), RESAMPLES, 0)
    result = difference(
        _deciding_metric(first), _deciding_metric(match_frames(first, second)), counts
    )
    return Lead(result.pooled, *result.pooled_interval)


def _deciding_metric(predictions: Predictions) -> Metric:
    return next(metric for metric in error_metrics(predictions) if metric.key == MEASURE)
