"""The packaged model from a trained network and the scores of the folds' models."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tools.starter import card_metrics, model_card, rater_metrics, score_metrics, stretch
from tools.starter.folds import HEAD, fold_name
from tools.starter.level_metrics import RatedFaces
from tools.starter.rated_faces import Faces, face_spec
from tools.starter.single_ratings import Ratings
from tools.starter.stretch import Stretch
from wince import file_names
from wince.archive.prepare import prepare
from wince.evaluation.metrics import agreement
from wince.runtime.calibration import Calibration
from wince.runtime.estimator import Estimate, interpret
from wince.training import evaluate_model
from wince.training.data.calibration_images import calibration_rows
from wince.training.export import model_manifest, onnx_export
from wince.training.export.output_head import Head
from wince.training.predictions import prediction_table, subject_calibration

NAME, VERSION = "wince-starter", "0.6.1"
TITLE = (
    "Trained on 10,000 photographs of faces whose action units were rated by an automated rater, "
    "not on FACS-coded video of people in pain."
)
INT8_COST = 0.005  # the largest loss of PCC for which int8 is chosen
# Share of the faces labelled neutral that gets the level "none". More than the intended 80 %,
# because the errors of the scores lift some neutral faces over the cut.
NEUTRAL_SHARE = 0.85


Floats = NDArray[np.float32]
Folds = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class TrainedRun:
    """What training gives.

    Attributes:
        run: Run folder with the folds' models; the packaged model goes into `model` below it.
        network: The network trained on all rated faces.
        faces: The rated faces, cut out exactly as the model sees them in use.
        fold: Fold of each face, (N,).
        scores: Action units (M, 6) by precision, predicted by the models of the first folds for
            the faces of those folds, in the faces' order.
        ratings: One more rating by image.
        rated_once: Subject of each face that had one rating only and was learned from.
        hours: Hours that training took.
    """

    run: Path
    network: nn.Module
    faces: Faces
    fold: Folds
    scores: Mapping[onnx_export.Precision, Floats]
    ratings: Ratings
    rated_once: NDArray[np.str_]
    hours: float


@dataclass(frozen=True, slots=True)
class FoldModels:
    """The models of the folds, their faces, and what they predict for them.

    Attributes:
        run: Run folder with the folds' models.
        precision: Precision of these models.
        faces: Their faces.
        fold: Fold of each face, (M,).
        scores: Action units, (M, 6), as the models give them.
        fits: Stretch and calibration for each fold, made on the other folds.
    """

    run: Path
    precision: onnx_export.Precision
    faces: Faces
    fold: Folds
    scores: Floats
    fits: list[tuple[Stretch, Calibration]]

    def estimate(self) -> Estimate:
        """Return the stretched predictions for all faces."""
        return _predict_folds(stretch.cross_fitted(self.scores, self.faces.units, self.fold))

    def predict(self, faces: Faces, fold: Folds) -> Estimate:
        """Return what the model of each face's fold predicts for altered faces, stretched."""
        scores = np.empty((len(faces), self.scores.shape[1]), np.float32)
        for number in np.unique(fold):
            line, _ = self.fits[number]
            crops = faces.crops[fold == number]
            scores[fold == number] = line(onnx_export.scores(self.model_folder(number), crops)[0])
        return _predict_folds(scores)

    def model_folder(self, number: int) -> Path:
        """Return the folder of a fold's model; number: from 0."""
        return self.run / fold_name(number) / self.precision


def package(result: TrainedRun, size: int, other_archive: Path | None = None) -> None:
    """Export, calibrate, measure and describe a trained network.

    Args:
        result: The finished training.
        size: Side of the network's input, pixels.
        other_archive: An archive of faces that nothing was trained on, to test the model with.
    """
    fold, faces = _tested_part(result)
    pcc = {name: _pcc(scores, faces, fold) for name, scores in result.scores.items()}
    int8 = pcc["fp32"] - pcc["int8"] < INT8_COST
    precision: onnx_export.Precision = "int8" if int8 else "fp16"
    fold_precision: onnx_export.Precision = "int8" if int8 else "fp32"
    scores = result.scores[fold_precision]
    fits = fit_without_each_fold(scores, faces, fold)
    models = FoldModels(result.run, fold_precision, faces, fold, scores, fits)
    figures = {
        **_figures(models),
        "export": {"precision": precision, "pcc": pcc},
        "beside_a_fresh_rating": rater_metrics.beside_a_fresh_rating(
            models.estimate(), faces, fold, result.ratings
        ),
        "calm_share": NEUTRAL_SHARE,
        "hours": round(result.hours, 1),
    }
    line, final_calibration = stretch_and_calibration(scores, faces)
    head = _stretched_head(line)
    folder, rows = result.run / "model", np.arange(len(result.faces))
    folder.mkdir(exist_ok=True)
    onnx_export.to_onnx(
        result.network,
        face_spec(size),
        head,
        folder / file_names.MODEL,
        precision=precision,
        calibration_images=result.faces.crops[calibration_rows(rows)],
    )
    for number in range(len(fits)):
        _write_fold(result, models, number, size)
    write_predictions(result.run / "readings.csv", models)
    _write_model(result, folder, size, head, final_calibration, figures, len(fits))
    if other_archive:  # the model must be complete before it can be tested
        metrics = on_other_archive(folder, other_archive, result.run / "another")
        figures = {**figures, "another_archive": metrics}
        _write_model(result, folder, size, head, final_calibration, figures, len(fits))
    model_card.write(folder)


def fit_without_each_fold(
    scores: Floats, faces: Faces, fold: Folds
) -> list[tuple[Stretch, Calibration]]:
    """Return the stretch and the calibration for each fold, made on the faces of the others.

    Args:
        scores: What each fold's model predicts for that fold's faces, (N, 6).
        faces: The faces.
        fold: Fold of each face, (N,).
    """
    others = (fold != number for number in range(fold.max() + 1))
    return [stretch_and_calibration(scores[rows], faces[rows]) for rows in others]


def stretch_and_calibration(scores: Floats, faces: Faces) -> tuple[Stretch, Calibration]:
    """Return the stretch of predictions (N, 6) for unseen faces, and the calibration after it."""
    line = stretch.fit(scores, faces.units)
    return line, calibrate(_predict_folds(line(scores)).raw, faces)


def on_other_archive(model: Path, archive: Path, work: Path) -> dict[str, Any]:
    """Return the metrics of a model on an archive it was not trained on, pooled and by subject.

    Args:
        model: Folder with the model.
        archive: The archive.
        work: Folder in which the archive is prepared and the predictions are written.
    """
    prepare(archive, work / "prepared")
    table = evaluate_model.predict(
        model, work / "prepared", work / "readings", part=evaluate_model.ALL
    ).table
    by_subject = {
        name: score_metrics.pcc(table.predicted[rows], table.pspi[rows])
        for number, name in enumerate(table.subjects)
        if np.ptp(table.pspi[rows := table.subject == number]) > 0
    }
    defined = [pcc for pcc in by_subject.values() if pcc is not None]
    return {
        "frames": len(table),
        "pcc_pooled": score_metrics.pcc(table.predicted, table.pspi),
        "pcc_mean_of_subjects": score_metrics.mean(np.array(defined)),
        "pcc_by_subject": by_subject,
    }


def write_predictions(path: Path, models: FoldModels) -> None:
    """Write the folds' predictions as a table that `wince evaluate --predictions` reads."""
    faces = models.faces
    prediction_table.write(
        path,
        {
            "subject": faces.subject.tolist(),
            "sequence": faces.picked.tolist(),
            "frame": faces.image.tolist(),
            "pspi": [f"{value:.3f}" for value in faces.pspi],
            "predicted": [f"{value:.3f}" for value in models.estimate().raw],
            "fold": [str(number + 1) for number in models.fold],
            "expression": faces.expression.tolist(),
        },
    )


def _tested_part(result: TrainedRun) -> tuple[Folds, Faces]:
    """Return the folds and faces of the first folds, as many as there are scores."""
    count = len(next(iter(result.scores.values())))
    last = np.searchsorted(np.cumsum(np.bincount(result.fold)), count)
    rows = result.fold <= last
    return result.fold[rows], result.faces[rows]


def _figures(models: FoldModels) -> dict[str, Any]:
    """Return the metrics of the model card; the keys are those of model.json."""
    faces, fold, estimate = models.faces, models.fold, models.estimate()
    calibrations = [fitted for _, fitted in models.fits]
    predict, raw = models.predict, estimate.raw
    return {
        **card_metrics.measure(estimate, faces, fold, calibrations),
        "worse_conditions": card_metrics.under_worse_conditions(predict, faces, fold, raw),
        "grey": card_metrics.grey_against_colour(predict, faces, fold, raw),
        "without_stretch": card_metrics.brief(_predict_folds(models.scores), faces),
    }


def _stretched_head(line: Stretch) -> Head:
    scales = tuple(a * b for a, b in zip(HEAD.scales, line.factor, strict=True))
    return Head(HEAD.kind, scales, line.offset)


def _write_model(
    result: TrainedRun,
    folder: Path,
    size: int,
    head: Head,
    final_calibration: Calibration,
    figures: Mapping[str, Any],
    tested_folds: int,
) -> None:
    """Write model.json of the packaged model."""
    subjects = result.faces.subject.tolist()
    model_manifest.write(
        folder,
        name=NAME,
        version=VERSION,
        title=TITLE,
        spec=face_spec(size),
        head=head,
        calibration=final_calibration,
        trained_on={
            "data": "rated faces (see MODEL_CARD.md)",
            "faces": len(subjects),
            "subjects": len(set(subjects)),
            "faces_rated_once": len(result.rated_once),
            "folds": int(result.fold.max()) + 1,
            "folds_read": tested_folds,
            "calibration": calibration_text(final_calibration),
        },
        subjects_seen=sorted({*subjects, *result.rated_once.tolist()}),
        metrics=figures,
    )


def calibration_text(fitted: Calibration) -> str:
    """Return what model.json says about how the interval was made."""
    return (
        f"PSPI, interval and confidence are from the errors on {fitted.faces:,} faces of "
        f"{fitted.subjects:,} people, each person with the same weight and each face predicted by "
        "the model of a fold that had not seen the person."
    )


def _write_fold(result: TrainedRun, models: FoldModels, number: int, size: int) -> None:
    """Write model.json of a fold's model, so that it can be used on people it has not seen.

    Its calibration is made from the predictions for the other folds, which are not stretched.
    """
    others = models.fold != number
    held_out = result.faces.subject[result.fold == number]
    subjects = np.setdiff1d([*result.faces.subject, *result.rated_once], held_out).tolist()
    raw = _predict_folds(models.scores[others]).raw
    model_manifest.write(
        models.model_folder(number),
        name=f"{NAME}-{fold_name(number)}",
        version=VERSION,
        title="The starter's recipe without one fold of the people, for measuring. Not stretched.",
        spec=face_spec(size),
        head=HEAD,
        calibration=calibrate(raw, models.faces[others]),
        trained_on={"data": "rated faces without one fold", "subjects": len(subjects)},
        subjects_seen=subjects,
        metrics={},
    )


def calibrate(raw: NDArray[np.floating[Any]], faces: RatedFaces) -> Calibration:
    """Return the calibration of raw scores (N,) for unseen faces."""
    neutral = (faces.expression == "neutral") & faces.by_expression
    knee = float(np.quantile(faces.pspi[neutral], NEUTRAL_SHARE))
    score_map = subject_calibration.neutral_map(knee)
    return subject_calibration.fit(raw, faces.pspi, faces.subject, score_map)


def _pcc(scores: Floats, faces: Faces, fold: Folds) -> float:
    estimate = _predict_folds(stretch.cross_fitted(scores, faces.units, fold))
    return round(agreement.pcc(faces.pspi, estimate.raw), 4)


def _predict_folds(scores: Floats) -> Estimate:
    return interpret(scores, np.zeros((*scores.shape, 0, 0), np.float32), "action-units")
