"""What `wince evaluate` does with each data set: score or read it, measure, write the results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wince import file_names
from wince.archive.prepared_folder import open_prepared
from wince.evaluation import run_record, sequence_ratings
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_files import (
    TrainingLabels,
    read_predictions,
    read_training_labels,
)
from wince.evaluation.predictions import Predictions
from wince.evaluation.report.result_files import write_results
from wince.named_scales import refuse_other
from wince.runtime.estimator import Estimator
from wince.scale import Scale
from wince.training.evaluate_model import ModelPredictions, predict, refuse_other_scale

ShowStep = Callable[[str], None]
"""Called with the name of each step."""


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """The results of one data set.

    Attributes:
        table: The predictions.
        metrics: The contents of metrics.json.
        report: Path of the report.
        notes: Sentences on what was left out.
    """

    table: Predictions
    metrics: Mapping[str, Any]
    report: Path
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """What is evaluated, and how; the same for every data set.

    Attributes:
        model: What scores a prepared folder, None if predictions are read.
        predictions: CSV file of predictions, None if a model scores.
        part: The part of a prepared folder.
        against: Predictions of another model for the same frames, None for no comparison.
        training: CSV file of the training frames, None for those that the model knows.
        renames: Names of the columns of the files, by ours.
        scale: The stated scale, None for that of the data.
        ratings: Columns of further ratings of sequences to predict, None to predict no ratings.
        distinct_subjects: Whether names that are spelled differently are different subjects.
        allow_overlap: Whether the model may have seen subjects of the data.
        resamples: Bootstrap resamples of the subjects; 0 for no intervals.
        seed: Random seed of the bootstrap.
        several: Whether there are several data sets.
        settings: What else is passed to `wince.evaluation.evaluate.evaluate`.
    """

    model: Path | None
    predictions: Path | None
    part: str
    against: Path | None
    training: Path | None
    renames: Mapping[str, str]
    scale: Scale | None
    ratings: Sequence[str] | None
    distinct_subjects: bool
    allow_overlap: bool
    resamples: int
    seed: int
    several: bool
    settings: Mapping[str, Any]

    def refuse_other_scale(self, folders: Sequence[Path]) -> None:
        """Raise, before anything is scored, if model, stated scale and data sets do not agree.

        Raises:
            ScaleError: The model is not of the stated scale.
            DataError: There are several prepared folders, and one is not of the model's scale.
        """
        if self.model is None or (self.scale is None and len(folders) < 2):
            return
        model_scale = Estimator(self.model).scale
        if self.scale is not None:
            refuse_other(self.scale, model_scale, self.model)
        for folder in folders if len(folders) > 1 else ():
            refuse_other_scale(open_prepared(folder), model_scale)

    def evaluate(self, data: Path | None, place: Path, show_step: ShowStep) -> EvaluationResult:
        """Evaluate one data set and write its results.

        Args:
            data: A prepared folder; None for the model's own, or with predictions.
            place: The folder of the results.
            show_step: Called with the name of each step.
        """
        start = run_record.begin(place / file_names.EVALUATION_RECORD)
        scored = self._score(data, place, show_step)
        ratings = None
        if self.ratings is not None:
            show_step("Ratings of sequences")
            ratings = sequence_ratings.predict(scored.table, self.ratings)
        metrics = evaluate(
            scored.table,
            against=self._read(self.against) if self.against else None,
            training=self._training_labels(scored),
            allow_overlap=self.allow_overlap,
            distinct_subjects=self.distinct_subjects,
            resamples=self.resamples,
            seed=self.seed,
            sequences=ratings or (),
            about=scored.about,
            flow=scored.flow,
            progress=show_step,
            **self.settings,
        )
        show_step("Plots and report")
        report = write_results(metrics, scored.table, place)
        if ratings is not None:
            label = metrics["overlap"]["label"] or ""
            sequence_ratings.write(scored.table, ratings, place / "sequences.csv", label)
        hashes = {
            **scored.hashes,
            "predictions": metrics["data"]["sha256"],
            **run_record.file_hashes(against=self.against, training=self.training),
        }
        run_record.finish(
            start, {"bootstrap": self.seed}, hashes, data=scored.data, part=self.several
        )
        return EvaluationResult(scored.table, metrics, report, scored.notes)

    def _score(self, data: Path | None, place: Path, show_step: ShowStep) -> ModelPredictions:
        """Return the model's predictions of a prepared folder, or those that are read."""
        if self.model is None:
            assert self.predictions is not None
            return ModelPredictions(self._read(self.predictions), None, (), ())
        return predict(
            self.model,
            data,
            place,
            part=self.part,
            allow_overlap=self.allow_overlap,
            distinct_subjects=self.distinct_subjects,
            progress=lambda done, total: show_step(f"Scoring {done:,} of {total:,}"),
        )

    def _training_labels(self, scored: ModelPredictions) -> TrainingLabels | None:
        """Return the labels for the trivial predictors: those of a file before the model's."""
        if self.training is None:
            return scored.training
        return read_training_labels(self.training, renames=self.renames, scale=scored.table.scale)

    def _read(self, path: Path) -> Predictions:
        return read_predictions(
            path,
            renames=self.renames,
            distinct_subjects=self.distinct_subjects,
            scale=self.scale,
        )
