"""The table of models of time: who wins, and when nobody does."""

import numpy as np
import pytest

from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.predictions import Predictions
from wince.protocol_names import OPTIMISTIC
from wince.training.over_time.time_table import TimeTable, compare

SUBJECTS, FRAMES = 10, 30


def predictions(noise: float, seed: int) -> Predictions:
    """Return predictions whose errors have a standard deviation of `noise` points."""
    labels = np.random.default_rng(0).uniform(0, 10, (SUBJECTS, FRAMES))
    errors = np.random.default_rng(seed).normal(0, noise, labels.shape)
    return from_columns(
        {
            "subject": [f"s{subject}" for subject in range(SUBJECTS) for _ in range(FRAMES)],
            "sequence": ["a"] * labels.size,
            "frame": [str(frame) for _ in range(SUBJECTS) for frame in range(FRAMES)],
            "pspi": [f"{label:.4f}" for label in labels.ravel()],
            "predicted": [f"{score:.4f}" for score in (labels + errors).ravel()],
        },
        "table",
    )


def table(gru: float, mean: float = 1.0, look_ahead: int = 0, caution: str = "") -> TimeTable:
    tables = {
        "network": predictions(3, 1),
        "per frame": predictions(2, 2),
        "network, mean of 11": predictions(mean, 3),
        "gru": predictions(gru, 4),
        "tcn": predictions(2.5, 5),
    }
    after = {"network": 0, "per frame": 0, "network, mean of 11": 5}
    after |= {"gru": look_ahead, "tcn": look_ahead}
    return compare(tables, after, ("gru", "tcn"), ("network", "per frame"), caution, ())


def test_a_clear_lead_over_every_model_of_single_frames_wins() -> None:
    result = table(gru=0.5)
    assert (result.winner, result.reference) == ("gru", "per frame")
    assert [row.name for row in result.rows][-2:] == ["gru", "tcn"]
    assert result.best.leads.keys() == {"network", "per frame"}
    assert "97.5 % intervals" in result.conclusion


@pytest.mark.parametrize("caution", ["", OPTIMISTIC])
def test_no_lead_or_a_caution_gives_no_winner(caution: str) -> None:
    result = table(gru=0.5 if caution else 2.0, caution=caution)
    assert result.winner is None
    assert result.conclusion.startswith("No winner")


def test_with_look_ahead_the_centred_mean_has_to_be_beaten_too() -> None:
    assert table(gru=1.0, mean=0.5).winner == "gru"
    assert table(gru=1.0, mean=0.5, look_ahead=2).winner is None
