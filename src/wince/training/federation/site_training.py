"""A site's part of a round: train the round's weights on the faces there, and write the update.

round-000/               the training, which stays at the site: config.json, history.csv
update-000-SITE.pt       what the site sends: see `SiteUpdate`
"""

import platform
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import wince
from wince import files
from wince.errors import ModelError
from wince.training.data import folds, pixel_cache
from wince.training.data.prepared import manifest_sha256, open_data
from wince.training.evaluate_model import refuse_other_scale
from wince.training.export import run_description
from wince.training.federation import exchange_files, study
from wince.training.federation.study import Round
from wince.training.fitting import batches, launch, run_config
from wince.training.fitting.fit import fit
from wince.training.fitting.run_settings import Devices
from wince.training.networks import checkpoints
from wince.training.run import Reporter

SITE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
"""Names of sites."""


@dataclass(frozen=True, slots=True)
class SiteUpdate:
    """What a site sends to those who average.

    Attributes:
        path: The file.
        header: All that is in it beside the weights: `site`, its name; `round`; `subjects` and
            `frames`, how many the site trained on; `settings_sha256` and `weights_sha256` of the
            round that it began from; `versions` of wince, torch and Python.
        weights: The network's tensors by name.
    """

    path: Path
    header: Mapping[str, Any]
    weights: exchange_files.Tensors


def train_site(
    round_file: Path,
    prepared_folder: Path,
    site: str,
    out: Path,
    devices: Devices,
    reporter: Reporter | None = None,
) -> SiteUpdate:
    """Train the weights of a round on the training part of a prepared folder.

    The weights after the last epoch are sent: a site does not choose among its epochs. Interrupted
    at any point, the same call continues. When the update is there, the call returns at once.

    Args:
        round_file: The round.
        prepared_folder: The site's folder that `wince prepare` wrote.
        site: Name of the site, SITE.
        out: The site's folder for the study.
        devices: Where training runs.
        reporter: Where progress is reported.

    Raises:
        DataError: The prepared folder cannot be used for the study.
        ModelError: The round cannot be used or is the last one, or training fails.
        FileWriteError: There is another update, or a file cannot be written.
    """
    reporter = reporter or Reporter()
    if not SITE.fullmatch(site):
        raise ModelError(
            f"A site's name has up to 32 small letters, digits and hyphens; found {site!r:.80}."
        )
    launch.check(devices)
    current = study.read(round_file)
    if current.is_last:
        raise ModelError(
            f"{round_file} is the last of {current.study.rounds} rounds: there is nothing more to "
            "train. Use it with: wince federate evaluate."
        )
    settings = current.study.settings(current.number, str(round_file.resolve()), devices)
    data = open_data(prepared_folder, settings.spec)
    refuse_other_scale(data.prepared, current.study.scale)
    split = folds.from_prepared(data)
    notes = folds.check(split, data.frames)
    rows = split.train
    if settings.head == "action-units":
        rows = batches.with_units(data.frames, rows)
    header = describe(current, site, len(np.unique(data.frames.subject[rows])), len(rows))
    run = out / f"round-{current.number:03}"
    path = out / exchange_files.update_name(current.number, site)
    if _is_finished(path, header, run, manifest_sha256(data.prepared)):
        return read(path, current)
    files.refuse_existing(path, "It is of other data, or of another round: choose another --out.")

    config = run_config.describe(data, split, settings, notes)
    config["init"] = f"round {current.number} {header['weights_sha256']}"
    config["notes"] = [*notes, *run_description.frames_without_units(config)]
    run_config.claim(run, config)
    for note in config["notes"]:
        reporter.message(note)
    decoding = partial(reporter.progress, "Decoding images, once")
    pixels = pixel_cache.load(data, settings.spec, decoding)
    fit(pixels, data.frames, split, settings, run, message=reporter.message, bar=reporter.bar)
    trained = checkpoints.read_weights(run / checkpoints.FOLDER / checkpoints.LAST).weights
    weights = {name: trained[name] for name in current.weights}
    exchange_files.write(path, "update", header, weights)
    shutil.rmtree(run / checkpoints.FOLDER)
    return read(path, current)


def read(path: Path, current: Round) -> SiteUpdate:
    """Return an update of a round.

    Args:
        path: The file.
        current: The round that it must have begun from.

    Raises:
        ModelError: The file is not an update of this round of this study, or is damaged.
    """
    largest = exchange_files.largest_update(current.weights)
    header, weights = exchange_files.read(path, "update", largest)
    with exchange_files.as_damage(path):
        expected = describe(current, header["site"], 1, 1)
        if set(header) - {"format", "kind"} != set(expected):
            raise ModelError(f"Its description is expected to have {', '.join(expected)}.")
        if not SITE.fullmatch(header["site"]):
            raise ModelError(f"The site's name is {header['site']!r:.80}.")
        for name in ("subjects", "frames"):
            exchange_files.check_count(header[name], name)
        if header["frames"] < header["subjects"]:
            raise ModelError(f"{header['subjects']} subjects have {header['frames']} frames.")
        _check_origin(header, expected)
        exchange_files.check_weights(weights, current.weights)
    return SiteUpdate(path, header, weights)


def describe(current: Round, site: str, subjects: int, frames: int) -> dict[str, Any]:
    """Return the description of an update that began from a round, see `SiteUpdate`."""
    return {
        "site": site,
        "round": current.number,
        "subjects": subjects,
        "frames": frames,
        "settings_sha256": current.study.sha256,
        "weights_sha256": exchange_files.sha256(current.weights),
        "versions": {
            "wince": wince.__version__,
            "torch": str(torch.__version__),
            "python": platform.python_version(),
        },
    }


def _check_origin(header: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Raise ModelError unless an update began from the round that is expected."""
    if header["settings_sha256"] != expected["settings_sha256"]:
        raise ModelError("It is of another study: its settings differ.")
    exchange_files.check_count(header["round"], "round", least=0)
    if header["round"] != expected["round"]:
        raise ModelError(
            f"It is of round {header['round']}, expected round {expected['round']}: the site has "
            "to train that round's file."
        )
    if header["weights_sha256"] != expected["weights_sha256"]:
        raise ModelError(
            "It began from other weights than this round has: the site has to train the file that "
            "was sent to all."
        )


def _is_finished(path: Path, header: Mapping[str, Any], run: Path, manifest: str) -> bool:
    """Return whether a file is the update that a site's training would write."""
    if not path.is_file():
        return False
    written, _ = exchange_files.read(path, "update", exchange_files.LARGEST)
    same = all(written.get(name) == header[name] for name in header if name != "versions")
    return same and run_config.read(run)["data"]["manifest_sha256"] == manifest
