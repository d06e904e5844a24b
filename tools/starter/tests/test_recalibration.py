"""The packaged model, calibrated again from the kept predictions of its folds."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tools.starter import recalibration
from tools.starter.recalibration import KeptPredictions
from wince.errors import DataError
from wince.runtime.calibration import Calibration
from wince.runtime.estimator import starter_folder

KEPT = Path(__file__).parents[3] / "benchmarks" / "results" / "starter-readings.csv"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the packaged model's manifest."""
    shutil.copy(starter_folder() / "model.json", tmp_path)
    return tmp_path


def test_the_packaged_calibration_is_what_the_code_makes_of_the_kept_predictions(
    model: Path,
) -> None:
    recalibration.recalibrate(model, KEPT)
    made, packaged = (
        json.loads((folder / "model.json").read_text()) for folder in (model, starter_folder())
    )
    assert made == packaged
    assert (model / "MODEL_CARD.md").read_text() == (starter_folder() / "MODEL_CARD.md").read_text()


def test_half_of_the_ratings_are_below_the_packaged_score_if_each_person_counts_once() -> None:
    manifest = json.loads((starter_folder() / "model.json").read_text())
    calibration = Calibration.from_dict(manifest["calibration"])
    kept = KeptPredictions.read(KEPT)
    below = kept.pspi < [calibration.median_rating(score) for score in kept.raw.tolist()]
    _, subject = np.unique(kept.subject, return_inverse=True)
    shares = np.bincount(subject, below) / np.bincount(subject)
    assert calibration.subjects == len(shares) == 2355
    assert shares.mean() == pytest.approx(0.5, abs=0.005)


def test_predictions_of_another_run_are_refused(model: Path, tmp_path: Path) -> None:
    lines = KEPT.read_text().splitlines(keepends=True)
    (tmp_path / "readings.csv").write_text("".join(lines[:-1]))
    with pytest.raises(DataError, match=r"has 4,022 faces, and .* states 4,023"):
        recalibration.recalibrate(model, tmp_path / "readings.csv")
