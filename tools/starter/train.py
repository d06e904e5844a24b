"""All steps from folders of photographs to the packaged model: model.onnx, model.json, model card.

A ResNet-18 first learns landmarks and blendshapes, from small crops and then from larger ones. Then
it learns the six action units of the faces rated twice, then of those and the faces rated once, and
last its own predictions for all of these and for people whom nobody rated.

The packaged model learns from every rated face. Its metrics come from five more models. Each is
trained in the same way without the subjects of one fold and predicts the faces of that fold through
its exported file, cropped as in use. The metrics, the score map and the calibration are made from
these predictions. The first stage, on people whom nobody rated twice, is shared by all; in the
other stages a fold's subjects are left out of the unrated photographs too.

Each stage resumes at its last complete epoch, and each fold at its scores.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tools.starter import face_folders, package, single_ratings
from tools.starter.folds import (
    PRECISIONS,
    TrainingData,
    fold_name,
    folds,
    in_order_of_faces,
    score_fold,
)
from tools.starter.network_training import train_base, train_network
from tools.starter.rated_faces import MARGIN, Faces, face_spec
from tools.starter.recipe import Recipe, claim
from wince.errors import WinceError
from wince.files import write_json

STORED = 280  # side of a stored crop in pixels, with the margin around the model's crop
HOURS = "hours.json"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the data of a run is.

    Attributes:
        rated: Folder with images/ and ratings.csv.
        unrated: Folder with images/ and faces.csv.
        face_models: Folder with MediaPipe's face models as ONNX.
        rated_once: Table of one rating of some photographs of both folders.
        other_archive: An archive of other faces on which the finished model is tested, or None.
    """

    rated: Path
    unrated: Path
    face_models: Path
    rated_once: Path = single_ratings.TABLE
    other_archive: Path | None = None


def train(sources: Sources, run: Path, recipe: Recipe, tested_folds: int) -> None:
    """Train the packaged model; the result goes into the folder `model` of the run.

    Args:
        sources: The data.
        run: Run folder for crops, checkpoints and the model. A stopped run resumes.
        recipe: Settings.
        tested_folds: How many of the folds to train for. Fewer take less time and make the metrics
            less certain. The others can follow later.

    Raises:
        WinceError: The data cannot be used, or the run folder belongs to another recipe.
    """
    run.mkdir(parents=True, exist_ok=True)
    data = read_data(sources, run, recipe)
    single = single_ratings.with_single_ratings(data.unrated, data.rated, data.ratings)
    if data.ratings and not single.rated_once.any():
        raise WinceError(
            f"{sources.rated_once}: expected ratings of some of the photographs in "
            f"{sources.unrated} and of some in {sources.rated}, found none of one of them. Give "
            "their own table as --rated-once, or a table with nothing but its first line."
        )
    fold = folds(data.rated.subject, recipe)
    with _timed(run, "strangers"):
        strangers = data.unrated[~data.unrated.shares_subject(data.rated)]
        base = train_base(strangers, recipe, run / "strangers")
    with _timed(run, "all"):
        network = train_network(data.rated, data.unrated, data.ratings, base, recipe, run / "all")
    scores_of_folds = []
    for number in range(min(tested_folds, recipe.folds)):
        with _timed(run, fold_name(number)):
            folder = run / fold_name(number)
            scores_of_folds.append(score_fold(data, fold == number, base, recipe, folder))
    tested = fold[fold < len(scores_of_folds)]
    result = package.TrainedRun(
        run=run,
        network=network,
        faces=data.as_in_use,
        fold=fold,
        scores={
            precision: in_order_of_faces([scores[precision] for scores in scores_of_folds], tested)
            for precision in PRECISIONS
        },
        ratings=data.ratings,
        rated_once=single.subject[single.rated_once],
        hours=sum(json.loads((run / HOURS).read_text("utf-8")).values()),
    )
    package.package(result, recipe.units.size, sources.other_archive)


def read_data(sources: Sources, run: Path, recipe: Recipe) -> TrainingData:
    """Return the faces of a run, cut out once and stored in the run folder.

    Raises:
        DataError: A table is missing or lacks a column, or no photograph shows a face.
        WinceError: The run folder belongs to another recipe or contains faces that do not match.
    """
    ratings = single_ratings.read_ratings(sources.rated_once)
    tables = (
        sources.rated / face_folders.TWO_RATINGS,
        sources.unrated / face_folders.UNRATED,
        sources.rated_once,
    )
    claim(run, recipe, tables)
    spec = face_spec(recipe.units.size)
    wide = spec.widened(MARGIN, STORED)
    read_rated, read_unrated = face_folders.read_rated, face_folders.read_unrated
    models, in_use = sources.face_models, f"seen{spec.size}.npz"
    data = TrainingData(
        rated=_stored_scores(run / "rated.npz", partial(read_rated, sources.rated, models, wide)),
        unrated=_stored_scores(
            run / "unrated.npz", partial(read_unrated, sources.unrated, models, wide)
        ),
        as_in_use=_stored_scores(run / in_use, partial(read_rated, sources.rated, models, spec)),
        ratings=ratings,
    )
    if not np.array_equal(data.as_in_use.image, data.rated.image):
        raise WinceError(
            f"{run}: rated.npz and {in_use} contain different faces. Delete both, then run the "
            "same command again."
        )
    return data


def _stored_scores(path: Path, read: Callable[[], Faces]) -> Faces:
    """Return the faces in a file; if there is none, read them and write it."""
    if not path.exists():
        read().save(path)
    return Faces.load(path)


@contextmanager
def _timed(run: Path, step: str) -> Iterator[None]:
    """Add the hours of a step to those in hours.json, where a resumed step has some already.

    The time before the process was killed is not counted.
    """
    start = time.monotonic()
    try:
        yield
    finally:
        path = run / HOURS
        hours = json.loads(path.read_text("utf-8")) if path.exists() else {}
        hours[step] = hours.get(step, 0.0) + (time.monotonic() - start) / 3600
        write_json(path, hours)
