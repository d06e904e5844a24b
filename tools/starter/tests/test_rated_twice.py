"""The published table of ratings: what the model card says of it can be computed from it."""

import json
from pathlib import Path

import numpy as np
import pytest

from tools.starter.face_folders import UNITS, read_table
from wince import scale
from wince.evaluation.metrics import agreement
from wince.evaluation.prediction_files import read_predictions

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "tools" / "starter" / "rated_twice.csv"
KEPT = ROOT / "benchmarks" / "results" / "starter-readings.csv"
MANIFEST = ROOT / "src" / "wince" / "models" / "starter" / "model.json"


def pspi_of_passes() -> dict[str, tuple[float, float]]:
    """Return the PSPI of both passes by image."""
    columns = [f"{unit}_{rating}" for rating in "ab" for unit in (*UNITS, "quality")]
    rows = read_table(TABLE, ("image", *columns))
    return {
        row["image"]: tuple(  # type: ignore[misc]  # two passes
            scale.pspi_formula(*(float(row[f"{unit}_{rating}"]) for unit in UNITS))
            for rating in "ab"
        )
        for row in rows
    }


def test_the_published_ratings_are_those_that_the_packaged_model_was_measured_on() -> None:
    passes, measured = pspi_of_passes(), read_predictions(KEPT)
    pspi = np.array([passes[image] for image in measured.frame.tolist()])
    assert measured.pspi == pytest.approx(pspi.mean(1), abs=1e-3)
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    expected = manifest["figures"]["beside_the_rater"]["icc"]
    assert agreement.icc(*pspi.T) == pytest.approx(expected, abs=5e-4)
