"""From readings of folds and a network trained on everybody to the packaged model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tools.starter import card_metrics, model_card, stretch
from tools.starter.rated_faces import Faces, Ratings
from tools.starter.stretch import Stretch
from wince import file_names
from wince.archive.prepare import prepare
from wince.evaluation import agreement
from wince.faces.spec import FaceSpec
from wince.runtime import calibration
from wince.runtime.calibration import Calibration
from wince.runtime.estimator import Estimate, interpret
from wince.training import evaluate_model, export, model_manifest, prediction_table

NAME, VERSION = "wince-starter", "0.6.0"
TITLE = (
    "Trained on 10,000 photographs of faces whose action units were rated by an automated rater, "
    "not on FACS-coded video of people in pain."
)
INT8_COST = 0.005  # of PCC: the most that int8 may cost
# Of the faces labelled neutral, the share that reads "none". More than the 80 % aimed for, since a
# score that errs carries some neutral faces across the knee.
NEUTRAL_SHARE = 0.85

Floats = NDArray[np.float32]
Folds = NDArray[np.intp]


def package(
    network: nn.Module,
    spec: FaceSpec,
    faces: Faces,
    fold: Folds,
    scores: Mapping[export.Precision, Floats],
    head: export.Head,
    run: Path,
    hours: float,
    once: Ratings,
    taught_once: NDArray[np.str_],
    another: Path | None = None,
) -> None:
    """Export a trained network, calibrated and measured, with model.json and MODEL_CARD.md.

    faces: rated faces cut out exactly as the model is shown them in use. fold: number of each face
    (N,). scores: by precision what the models of the first folds said of those folds' faces, in
    the faces' order (M, 6). run: holds the folds' models; the result goes into its folder "model".
    once: one more rating by image. taught_once: who is on each face that had one rating alone and
    was learned from. another: an archive that nothing here was trained on.
    """
    everybody, of_everybody = faces, fold
    fold, faces = _first(fold, faces, len(next(iter(scores.values()))))
    pcc = {name: _pcc(one, faces, fold) for name, one in scores.items()}
    small = pcc["fp32"] - pcc["int8"] < INT8_COST
    like: export.Precision = "int8" if small else "fp32"
    own = scores[like]
    found = _interpreted(stretch.cross_fitted(own, faces.units, fold))
    fitted = each_without(own, faces, fold)

    def read(some: Faces, of_fold: Folds) -> Estimate:
        """Ask each fold's model, stretched by what the other folds say of it."""
        said = np.empty((len(some), own.shape[1]), np.float32)
        for number in np.unique(of_fold):
            folder, (line, _) = run / f"fold{number + 1}" / like, fitted[number]
            said[of_fold == number] = line(export.scores(folder, some.crops[of_fold == number])[0])
        return _interpreted(said)

    figures = {
        **card_metrics.measure(found, faces, fold, [given for _, given in fitted]),
        "worse_conditions": card_metrics.under_worse_conditions(read, faces, fold, found.raw),
        "grey": card_metrics.grey_against_colour(read, faces, fold, found.raw),
        "without_stretch": card_metrics.brief(_interpreted(own), faces),
        "export": {"precision": "int8" if small else "fp16", "pcc": pcc},
        "beside_a_fresh_rating": card_metrics.beside_a_fresh_rating(found, faces, fold, once),
        "calm_share": NEUTRAL_SHARE,
        "hours": round(hours, 1),
    }
    line, calibrated = stretched_and_calibrated(own, faces)
    final = export.Head(
        head.kind,
        tuple(a * b for a, b in zip(head.scales, line.factor, strict=True)),
        line.offset,
    )
    folder = run / "model"
    folder.mkdir(exist_ok=True)
    export.to_onnx(
        network,
        spec,
        final,
        folder / file_names.MODEL,
        precision="int8" if small else "fp16",
        calibration_images=everybody.crops[export.calibration_rows(np.arange(len(everybody)))],
    )
    for number in range(len(fitted)):
        rows, held = fold != number, everybody.subject[of_everybody == number]
        write_fold(
            run / f"fold{number + 1}" / like,
            spec,
            head,
            _calibrated(_interpreted(own[rows]).raw, faces[rows]),
            np.setdiff1d([*everybody.subject, *taught_once], held),
        )
    write_readings(run / "readings.csv", found, faces, fold)

    def write(figures: Mapping[str, Any]) -> None:
        model_manifest.write(
            folder,
            name=NAME,
            version=VERSION,
            title=TITLE,
            spec=spec,
            head=final,
            calibration=calibrated,
            trained_on={
                "data": "rated faces (see MODEL_CARD.md)",
                "faces": len(everybody),
                "subjects": len(np.unique(everybody.subject)),
                "faces_rated_once": len(taught_once),
                "folds": int(of_everybody.max()) + 1,
                "folds_read": len(fitted),
            },
            subjects_seen=sorted({*everybody.subject.tolist(), *taught_once.tolist()}),
            figures=figures,
        )

    write(figures)
    if another:  # the model has to be whole before it can be asked about other faces
        write({**figures, "another_archive": on_another_archive(folder, another, run / "another")})
    model_card.write(folder)


def each_without(own: Floats, faces: Faces, fold: Folds) -> list[tuple[Stretch, Calibration]]:
    """Return the stretch and the calibration for each fold (N,), made on the faces of the others.

    own: what each fold's model says about that fold's faces, in the faces' order (N, 6).
    """
    others = (fold != number for number in range(fold.max() + 1))
    return [stretched_and_calibrated(own[rows], faces[rows]) for rows in others]


def stretched_and_calibrated(own: Floats, faces: Faces) -> tuple[Stretch, Calibration]:
    """Return the stretch that readings (N, 6) of unseen faces ask for, and the calibration then."""
    line = stretch.fit(own, faces.units)
    return line, _calibrated(_interpreted(line(own)).raw, faces)


def _first(fold: Folds, faces: Faces, count: int) -> tuple[Folds, Faces]:
    """Return the folds and faces of the first folds, which hold `count` faces together."""
    last = np.searchsorted(np.cumsum(np.bincount(fold)), count)
    asked = fold <= last
    return fold[asked], faces[asked]


def on_another_archive(model: Path, archive: Path, work: Path) -> dict[str, Any]:
    """Return how a model reads an archive of other faces, per subject, without training on it.

    work: where the archive is prepared and the readings go.
    """
    prepare(archive, work / "prepared")
    tested = evaluate_model.predict(
        model, work / "prepared", work / "readings", part=evaluate_model.ALL
    )
    table = tested.table
    each = {
        name: card_metrics.pcc(table.predicted[rows], table.pspi[rows])
        for number, name in enumerate(table.subjects)
        if np.ptp(table.pspi[rows := table.subject == number]) > 0
    }
    defined = [pcc for pcc in each.values() if pcc is not None]
    return {
        "frames": len(table),
        "pcc_pooled": card_metrics.pcc(table.predicted, table.pspi),
        "pcc_mean_of_subjects": card_metrics.mean(np.array(defined)),
        "pcc_by_subject": each,
    }


def write_fold(
    folder: Path, spec: FaceSpec, head: export.Head, fitted: Calibration, seen: NDArray[np.str_]
) -> None:
    """Write the model.json of one fold's model, so that it can be asked about people it never saw.

    fitted: its calibration, from the readings of the other folds. seen: subjects it was trained on.
    """
    subjects = np.unique(seen).tolist()
    model_manifest.write(
        folder,
        name=f"{NAME}-{folder.parent.name}",
        version=VERSION,
        title="The starter's recipe without one fold of the people, for measuring. Not stretched.",
        spec=spec,
        head=head,
        calibration=fitted,
        trained_on={"data": "rated faces without one fold", "subjects": len(subjects)},
        subjects_seen=subjects,
        figures={},
    )


def write_readings(path: Path, found: Estimate, faces: Faces, fold: Folds) -> None:
    """Write the folds' readings as a table that `wince evaluate --predictions` reads."""
    prediction_table.write(
        path,
        {
            "subject": faces.subject.tolist(),
            "sequence": faces.picked.tolist(),
            "frame": faces.image.tolist(),
            "pspi": [f"{value:.3f}" for value in faces.pspi],
            "predicted": [f"{value:.3f}" for value in found.raw],
            "fold": [str(number + 1) for number in fold],
            "expression": faces.expression.tolist(),
        },
    )


def _calibrated(raw: NDArray[np.floating[Any]], faces: Faces) -> Calibration:
    neutral = (faces.expression == "neutral") & (faces.picked == "by expression")
    knee = float(np.quantile(faces.pspi[neutral], NEUTRAL_SHARE))
    return calibration.fit(raw, faces.pspi, calibration.neutral_map(knee))


def _pcc(scores: Floats, faces: Faces, fold: Folds) -> float:
    found = _interpreted(stretch.cross_fitted(scores, faces.units, fold))
    return round(agreement.pcc(faces.pspi, found.raw), 4)


def _interpreted(scores: Floats) -> Estimate:
    return interpret(scores, np.zeros((len(scores), 0), np.float32), "action-units")
