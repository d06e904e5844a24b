"""Key points and appearance with support vector regression, after Kaltwang et al. 2012.

Kaltwang, Rudovic & Pantic 2012, Continuous pain intensity estimation from facial expressions,
ISVC, LNCS 7432:368-377: positions of facial points and the discrete cosine transform of the face,
each with kernel regression. Here the points are the six of wince's face detector (there 66 that
were tracked), and both kinds of features enter one support vector regression.
"""

import time
from itertools import product

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from wince.evaluation.metrics import agreement
from wince.faces.detect import detect
from wince.faces.face import KEYPOINTS
from wince.training.data.folds import Rows
from wince.training.data.pixel_cache import Pixels, model_view
from wince.training.fitting.batches import level_weights
from wince.training.methods.fold_scorer import FoldResult, FoldTask

MOST_FACES = 3000
"""Most faces to learn from, because the time grows with their square."""
FREQUENCIES = 16
"""Lowest frequencies of the transform in each direction."""
COSTS = (1.0, 10.0)
WIDTHS = (0.25, 1.0)
"""Of the kernel, in units of 1 / (number of features)."""
TIMED = 30

Features = NDArray[np.float64]


class LandmarkScorer:
    """Learns from folds of the same data; the features of a face are computed once."""

    def __init__(self) -> None:
        """Start without features."""
        self._pixels: Pixels | None = None
        self._features: dict[int, Features] = {}

    def __call__(self, task: FoldTask) -> FoldResult:
        """Learn from a fold; cost and kernel width are chosen on its validation part."""
        parts = (_drawn(task), task.split.validation, task.split.test)
        return _score(task, parts[0], [self._of_rows(task, rows) for rows in parts])

    def _of_rows(self, task: FoldTask, rows: Rows) -> Features:
        """Return the features of some rows, (N, number of features)."""
        if self._pixels is not task.pixels and not _same(self._pixels, task.pixels):
            self._features = {}
        self._pixels = task.pixels
        features = np.empty((len(rows), len(KEYPOINTS) * 2 + FREQUENCIES**2 - 1))
        for number, row in enumerate(rows.tolist()):
            if row not in self._features:
                view = model_view(task.pixels[[row]], task.settings.spec)[0]
                self._features[row] = face_features(task.pixels[row], view)
            features[number] = self._features[row]
            task.progress("Features", number + 1, len(rows))
        return features


def _same(before: Pixels | None, pixels: Pixels) -> bool:
    """Return whether two arrays are maps of one file."""
    file = getattr(pixels, "filename", None)
    return file is not None and file == getattr(before, "filename", None)


def _score(task: FoldTask, learned: Rows, features: list[Features]) -> FoldResult:
    """Learn from the features of three parts, the first of which are of the rows `learned`."""
    split, spec = task.split, task.settings.spec
    train, validation, test = features
    known = ~np.isnan(train)
    usual = np.where(known, train, 0).sum(0) / known.sum(0).clip(1)
    for part in (train, validation, test):  # faces without key points get the usual ones
        part[:] = np.where(np.isnan(part), usual, part)
    pspi = task.data.frames.score.astype(np.float64)
    model = _best(train, pspi[learned], validation, pspi[split.validation])
    machine = model[-1]
    start = time.perf_counter()
    timed = split.test[:TIMED].tolist()
    for row in timed:
        view = model_view(task.pixels[[row]], spec)[0]
        model.predict(np.nan_to_num(face_features(task.pixels[row], view))[None])
    return FoldResult(
        model.predict(validation),
        model.predict(test),
        int(machine.support_vectors_.size + machine.dual_coef_.size),
        1000 * (time.perf_counter() - start) / max(1, len(timed)),
    )


def face_features(wider: Pixels, view: Pixels) -> Features:
    """Return the features of a face: key points, then frequencies without the mean grey.

    Args:
        wider: The face with its surroundings, uint8 (S, S, 3), in which the key points are found.
        view: What a network would see, uint8 (s, s, 3).

    Returns:
        Shape (12 + FREQUENCIES^2 - 1,); the key points are in sides of `wider`, NaN if no face is
        found there.
    """
    faces = detect(wider)
    points = faces[0].keypoints / len(wider) if faces else np.full((len(KEYPOINTS), 2), np.nan)
    grey = view.mean(axis=2) / 255
    cosines = _cosines(len(grey))
    frequencies = cosines @ grey @ cosines.T
    return np.concatenate([points.ravel(), frequencies.ravel()[1:]])


def _cosines(size: int) -> Features:
    """Return the lowest rows of the orthonormal cosine transform, (FREQUENCIES, size)."""
    number, place = np.arange(FREQUENCIES)[:, None], np.arange(size) + 0.5
    waves = np.sqrt(2 / size) * np.cos(np.pi * number * place / size)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves)


def _drawn(task: FoldTask) -> Rows:
    """Return at most MOST_FACES rows to learn from, rare levels preferred as the recipe says."""
    rows = task.split.train
    if len(rows) <= MOST_FACES:
        return rows
    weights = level_weights(task.data.frames.score[rows], task.settings.recipe.balance)
    draw = np.random.default_rng(task.settings.seed)
    return np.sort(draw.choice(rows, MOST_FACES, replace=False, p=weights / weights.sum()))


def _best(
    train: Features, train_labels: Features, validation: Features, labels: Features
) -> Pipeline:
    """Return the regression with the highest CCC on the validation part."""
    models = []
    for cost, width in product(COSTS, WIDTHS):
        machine = SVR(C=cost, gamma=width / train.shape[1], epsilon=0.1)
        models.append(make_pipeline(StandardScaler(), machine).fit(train, train_labels))
    values = [agreement.ccc(labels, model.predict(validation)) for model in models]
    return models[int(np.nanargmax([-1.0 if value != value else value for value in values]))]
