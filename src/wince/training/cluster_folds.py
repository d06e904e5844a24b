"""Folds trained by the workers of a cluster, each in its own run folder.

The workers see the prepared folder and the results under the same paths as this machine. Afterwards
the cross-validation in this process has the folds finished, and merges them.
"""

import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from wince import cluster as clusters
from wince import file_names, output_lock
from wince.cluster import Cluster
from wince.errors import ClusterError, DataError, InUseError, ModelError
from wince.evaluation import run_record
from wince.faces.spec import FaceSpec
from wince.training import fold_runs, seed_runs
from wince.training.data import folds as splits
from wince.training.data import pixel_cache, shared_frames
from wince.training.data.folds import Split
from wince.training.data.prepared import ModelData
from wince.training.fitting.run_settings import Devices, Settings
from wince.training.fold_runs import FoldProtocol, TrainFold
from wince.training.networks import initial_weights
from wince.training.run import Reporter
from wince.worker_needs import PACKAGES

LOCK_SECONDS = 5
"""How often a worker tries again to lock the folder of a fold that another one still trains."""
_training = threading.Lock()  # the random state belongs to the whole process


@dataclass(frozen=True, slots=True)
class FoldSet:
    """A cross-validation whose folds are trained.

    Attributes:
        name: What is cross-validated, "" if there is nothing else.
        data: The prepared data.
        out: Its folder.
        settings: Settings of each run.
        train_fold: Trains a model on one fold.
    """

    name: str
    data: ModelData
    out: Path
    settings: Settings
    train_fold: TrainFold


@dataclass(frozen=True, slots=True)
class FoldJob:
    """A fold for a worker. Only names travel: the worker reads the prepared folder itself.

    Attributes:
        title: The fold in messages.
        prepared: The prepared folder.
        specs: What all models of the command see; a fold has the frames that all of them can see.
        folds, seed, number: What the folds are made from, and which one it is, from 0.
        sha256: SHA-256 of the fold.
        settings: Settings of the run.
        weights: The initial weights, see `_weights`.
        out: The run folder.
        train_fold: Trains a model on it.
        threads: Number of threads that torch computes with.
        call: The call of the command, for records.
        ticket: Whether the command still waits, and where it is told of the progress.
    """

    title: str
    prepared: Path
    specs: tuple[FaceSpec, ...]
    folds: str
    seed: int
    number: int
    sha256: str
    settings: Settings
    weights: str
    out: Path
    train_fold: TrainFold
    threads: int
    call: Mapping[str, Any]
    ticket: clusters.Ticket = field(repr=False)


def check_devices(devices: Devices) -> None:
    """Raise ModelError for devices that a worker of a cluster cannot train on.

    Args:
        devices: The options of the command.
    """
    if devices.nodes == 1 and devices.devices in ("auto", "1") and not devices.workers:
        return
    raise ModelError(
        "On a cluster each fold is trained by one worker on one device; found "
        f"--num-nodes {devices.nodes}, --devices {devices.devices} and --workers "
        f"{devices.workers}. Leave these options out, or leave out --cluster."
    )


def train(
    address: str,
    out: Path,
    fold_sets: Sequence[FoldSet],
    folds: str,
    first: int | None,
    *,
    seeds: int,
    reporter: Reporter,
) -> dict[Path, run_record.Start]:
    """Train the folds of one or several cross-validations on a cluster; keep finished ones.

    Args:
        address: The scheduler.
        out: The folder of all results.
        fold_sets: The cross-validations, all of the same prepared folder.
        folds: As for `cross_validate`.
        first: As for `cross_validate`.
        seeds: As for `cross_validate`.
        reporter: Where progress is reported.

    Returns:
        The beginning of each cross-validation and seed, by its folder.

    Raises:
        ClusterError: The cluster does not answer, or its workers cannot be used.
        DataError: A fold has nothing to learn.
        ModelError: A folder has another run, or a training fails.
        FileWriteError: A file cannot be written.
    """
    starts: dict[Path, run_record.Start] = {}
    for fold_set in fold_sets:
        check_devices(fold_set.settings.devices)
        protocol = _protocol(fold_set, folds, first)
        for folder in _folders(fold_set, seeds).values():
            starts[folder] = fold_runs.begin(fold_set.data.frames, folder, protocol)
    prepared = fold_sets[0].data.prepared.folder.absolute()
    reads = [prepared / name for name in (file_names.MANIFEST, file_names.REPORT_DATA)]
    packages = tuple(dict.fromkeys((*PACKAGES, *run_record.MODEL_LIBRARIES, "scikit-learn")))
    with clusters.connect(address, reads, out.absolute(), packages) as pool:
        for fold_set in fold_sets:
            decoding = partial(reporter.progress, "Decoding images, once")
            pixel_cache.load(fold_set.data, fold_set.settings.spec, decoding)
        jobs = [
            job
            for fold_set in fold_sets
            for job in _jobs(fold_set, fold_sets, _protocol(fold_set, folds, first), seeds, pool)
        ]
        _run_jobs(pool, jobs, reporter)
    return starts


def _protocol(fold_set: FoldSet, folds: str, first: int | None) -> FoldProtocol:
    return fold_runs.make_protocol(fold_set.data.frames, folds, first, fold_set.settings.seed)


def _folders(fold_set: FoldSet, seeds: int) -> dict[int, Path]:
    """Return the folder of each seed."""
    names = seed_runs.folder_names(fold_set.settings.seed, seeds)
    return {seed: fold_set.out / name for seed, name in names.items()}


def _jobs(
    fold_set: FoldSet,
    fold_sets: Sequence[FoldSet],
    protocol: FoldProtocol,
    seeds: int,
    pool: Cluster,
) -> Iterator[FoldJob]:
    """Yield the folds of a cross-validation that are not finished, of all seeds."""
    is_network = fold_set.train_fold is fold_runs.NETWORK_FOLD
    last_file = file_names.MODEL_CARD if is_network else file_names.PREDICTIONS
    weights = _weights(fold_set.settings)
    for seed, folder in _folders(fold_set, seeds).items():
        for number, fold in enumerate(protocol.chosen):
            run = folder.absolute() / fold_runs.folder_name(fold)
            if (run / last_file).is_file():
                continue
            yield FoldJob(
                _title(fold_set.name, seed if seeds > 1 else None, fold),
                fold_set.data.prepared.folder.absolute(),
                tuple(each.settings.spec for each in fold_sets),
                protocol.folds,
                protocol.seed,
                number,
                fold.sha256(fold_set.data.frames),
                replace(fold_set.settings, seed=seed),
                weights,
                run,
                fold_set.train_fold,
                torch.get_num_threads(),
                run_record.call(),
                pool.ticket,
            )


def _title(name: str, seed: int | None, fold: Split) -> str:
    """Return a fold in words, such as "resnet18, seed 1, fold 3"."""
    parts = [name, "" if seed is None else f"seed {seed}", f"fold {fold.name}"]
    title = ", ".join(part for part in parts if part)
    return title if name else title[0].upper() + title[1:]


def _weights(settings: Settings) -> str:
    """Return what must be the same on all machines: the initial weights, as a hash or in words."""
    if settings.init != "imagenet":
        return initial_weights.sha256(settings.init) or settings.init
    spec = settings.spec
    images = np.empty((0, spec.size, spec.size, 3), np.uint8)  # ImageNet weights need none
    return initial_weights.load(
        settings.init, settings.architecture, settings.outputs, spec, images
    ).origin


def _run_jobs(pool: Cluster, jobs: Sequence[FoldJob], reporter: Reporter) -> None:
    """Wait until all folds are trained; the first error ends all."""
    if not jobs:
        return
    reporter.message(f"Folds to train on the cluster at {pool.address}: {len(jobs)}.")
    pool.listen(reporter.message)
    pending: set[Future[list[str]]] = set()
    try:
        for job in jobs:
            pending.add(pool.submit(_train_on_worker, [job]))
        while pending:
            done, pending = wait(pending, clusters.REFRESH_SECONDS, FIRST_COMPLETED)
            for number, future in enumerate(done, start=1):
                (title,) = pool.result(future)
                finished = len(jobs) - len(pending) - len(done) + number
                reporter.message(f"{title}: finished ({finished} of {len(jobs)}).")
            pool.size()  # raises if the scheduler or all workers are gone
    finally:
        pool.stop()


def _train_on_worker(batch: Sequence[FoldJob]) -> list[str]:
    """Train a fold on the worker that this process is; return its title.

    Raises:
        ClusterError: The worker has other data or initial weights, trains another fold, or the
            command that waited for it has ended.
    """
    (job,) = batch
    host = socket.gethostname()
    if not _training.acquire(blocking=False):
        raise ClusterError(
            f"A worker on {host} was given a second fold while it trains one: it has several "
            "threads. Start the workers with --nthreads 1, and run the same command again: what is "
            "finished is kept."
        )
    try:
        with _locked_when_free(job), run_record.called_as(job.call):
            torch.set_num_threads(job.threads)
            job.ticket.tell(f"{job.title}: begun on {host}.")
            data, split = _open(job, host)
            devices = replace(job.settings.devices, devices="1")
            settings = replace(job.settings, devices=devices)
            job.train_fold(data, split, settings, job.out, Reporter(partial(_report, job)))
    finally:
        _training.release()
    return [job.title]


def _report(job: FoldJob, text: str) -> None:
    """Send a message of a training to the command; raise ClusterError if that has ended.

    A run has such a message for each epoch.
    """
    _require_command(job)
    job.ticket.tell(f"{job.title}: {text}")


def _require_command(job: FoldJob) -> None:
    """Raise ClusterError if the command that waits for a fold has ended."""
    if not job.ticket.is_valid():
        raise ClusterError("The command that waits for this fold has ended.")


@contextmanager
def _locked_when_free(job: FoldJob) -> Iterator[None]:
    """Hold the lock of a fold's folder; wait while another worker has it.

    That worker is taken for lost and still trains, or trains for an earlier command and ends after
    its epoch.

    Raises:
        ClusterError: The command that waits for the fold has ended.
    """
    is_told = False
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(output_lock.locked_folder(job.out))
                break
            except InUseError:
                if not is_told:
                    _report(job, "waiting for another worker, which still trains it.")
                is_told = True
            _require_command(job)
            time.sleep(LOCK_SECONDS)
        yield


def _open(job: FoldJob, host: str) -> tuple[ModelData, Split]:
    """Return the data and the fold as this machine sees them."""
    try:
        data = shared_frames.open_all(job.prepared, job.specs)[job.settings.spec.kind]
        split = splits.make_folds(data.frames, job.folds, job.seed)[job.number]
        is_same = split.sha256(data.frames) == job.sha256
    except DataError as error:
        raise ClusterError(f"The worker on {host} cannot use {job.prepared}: {error}") from error
    if not is_same:
        raise ClusterError(
            f"The worker on {host} has other frames in {job.prepared} than the machine of the "
            "command. All machines need the same prepared folder."
        )
    weights = _weights(job.settings)
    if weights != job.weights:
        raise ClusterError(
            f"The worker on {host} has other initial weights for --init {job.settings.init} "
            f"({weights}; expected {job.weights}). Put the same file on all machines, or use "
            "--init starter or none."
        )
    return data, split
