"""Episodes of pain: what matches, how late it is, and what ends an episode."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.evaluation_sample import columns as sample_columns
from wince.evaluation import episodes
from wince.evaluation.evaluate import evaluate
from wince.evaluation.prediction_columns import from_columns
from wince.evaluation.predictions import Predictions
from wince.evaluation.report.result_files import write_results
from wince.named_scales import KNOWN

Run = tuple[float, float]
"""Onset and offset in seconds."""


def table(
    sequences: Sequence[tuple[str, Sequence[Run], Sequence[Run]]],
    *,
    rate: float = 10.0,
    length: float = 10.0,
    times: bool = True,
    missing: Run = (0.0, 0.0),
) -> Predictions:
    """Return sequences of a subject, with labelled and predicted runs of PSPI 4."""
    cells: dict[str, list[str]] = {
        name: [] for name in ("subject", "sequence", "frame", "seconds", "pspi", "predicted")
    }
    for number, (subject, labelled, predicted) in enumerate(sequences):
        for frame in range(round(rate * length)):
            middle = (frame + 0.5) / rate
            if missing[0] <= middle < missing[1]:
                continue
            scores = (
                "4" if any(start <= middle < end for start, end in runs) else "0"
                for runs in (labelled, predicted)
            )
            row = (subject, f"q{number}", f"f{frame:04d}", f"{frame / rate:.3f}", *scores)
            for name, cell in zip(cells, row, strict=True):
                cells[name].append(cell)
    if not times:
        del cells["seconds"]
    return from_columns(cells, "table")


def counts(predictions: Predictions) -> list[float]:
    """Return the labelled, predicted, matched and touched episodes at PSPI 1."""
    totals: list[float] = episodes.match(predictions, 0.5).counts.sum(0).tolist()
    return totals


def test_a_late_episode_matches_with_its_delays() -> None:
    matches = episodes.match(table([("a", [(2.0, 4.0)], [(2.5, 4.2)])]), 0.5)
    assert matches.counts.tolist() == [[1, 1, 1, 1]]
    assert matches.onset == pytest.approx([0.5])
    assert matches.offset == pytest.approx([0.2])


def test_half_of_the_joint_time_is_too_little() -> None:
    assert counts(table([("a", [(2.0, 4.0)], [(3.0, 4.0)])])) == [1, 1, 0, 1]
    assert counts(table([("a", [(2.0, 4.0)], [(2.9, 4.0)])])) == [1, 1, 1, 1]


def test_always_pain_matches_no_short_episode_and_touches_every_one() -> None:
    assert counts(table([("a", [(1.0, 2.0), (5.0, 6.0)], [(0.0, 10.0)])])) == [2, 1, 0, 2]


def test_a_flicker_makes_two_episodes_of_which_at_most_one_matches() -> None:
    assert counts(table([("a", [(1.0, 4.0)], [(1.0, 3.0), (3.1, 4.0)])])) == [1, 2, 1, 1]


def test_an_episode_ends_with_its_sequence_and_at_a_long_gap() -> None:
    both = [("a", [(0.0, 10.0)], [(0.0, 10.0)])] * 2
    assert counts(table(both)) == [2, 2, 2, 2]
    assert counts(table(both[:1], missing=(4.0, 4.8))) == [1, 1, 1, 1]
    assert counts(table(both[:1], missing=(4.0, 6.0))) == [2, 2, 2, 2]


def test_frames_without_times_have_delays_in_frames_or_by_a_frame_rate() -> None:
    late = table([("a", [(2.0, 4.0)], [(2.5, 4.2)])], times=False)
    assert episodes.match(late, 0.5).onset == pytest.approx([5])
    assert episodes.match(late, 0.5, frame_rate=10.0).onset == pytest.approx([0.5])
    measured = episodes.measure(late, 0, 0)
    assert measured is not None
    assert measured["unit"] == "frames"


def test_the_order_of_the_rows_does_not_matter() -> None:
    ordered = table([("a", [(2.0, 4.0)], [(2.5, 4.2)]), ("b", [(1.0, 9.0)], [(1.0, 9.0)])])
    shuffled = ordered.take(np.random.default_rng(0).permutation(len(ordered)))
    for first, second in ((ordered, shuffled), (shuffled, ordered)):
        assert episodes.match(first, 0.5).counts.tolist() == [[1, 1, 1, 1]] * 2
        assert sorted(episodes.match(second, 0.5).onset) == pytest.approx([0.0, 0.5])


def test_pooled_values_means_and_quantiles() -> None:
    subjects = [
        (f"s{number}", [(1.0, 5.0)], [(1.0 + delay, 5.0)] if delay < 2 else [(7.0, 8.0)])
        for number, delay in enumerate((0.0, 0.2, 0.4, 0.6, 0.8, 9.0, 9.0, 9.0))
    ]
    measured = episodes.measure(table(subjects), 200, 0)
    assert measured is not None
    entry = measured["cuts"]["1"]
    pooled = entry["model"]["pooled"]
    assert (entry["labelled"], entry["predicted"], entry["matched"]) == (8, 8, 5)
    assert pooled["precision"] == pooled["recall"] == pooled["f1"] == pytest.approx(5 / 8)
    assert pooled["onset_delay_median"] == pytest.approx(0.4)
    assert pooled["onset_delay_p95"] == pytest.approx(0.8)
    assert pooled["offset_delay_median"] == pytest.approx(0.0)
    low, high = entry["model"]["pooled_interval"]["recall"]
    assert 0 < low < 5 / 8 < high <= 1
    assert np.isnan(entry["model"]["pooled_interval"]["onset_delay_median"]).all()  # 5 subjects
    assert entry["always"]["pooled"]["recall"] == 0
    first = entry["by_subject"][0]
    assert (first["subject"], first["matched"], first["recall"]) == ("s0", 1, 1.0)
    assert np.isnan(entry["by_subject"][7]["onset_delay_median"])
    assert measured["cuts"]["6"]["labelled"] == 0
    assert np.isnan(measured["cuts"]["6"]["model"]["pooled"]["recall"])


def test_any_scale_with_cuts_has_episodes_at_them() -> None:
    cells = {
        **{name: ["a"] * 4 for name in ("subject", "sequence")},
        **{"frame": list("1234"), "score": ["0", "5", "5", "0"], "predicted": ["0", "6", "6", "0"]},
    }
    assert episodes.measure(from_columns(cells, "t", scale=KNOWN["nrs"]), 0, 0) is None
    scale = replace(KNOWN["nrs"], cuts=(4.0, 7.0), levels=("low", "medium", "high"))
    measured = episodes.measure(from_columns(cells, "t", scale=scale), 0, 0)
    assert measured is not None
    assert {cut: entry["matched"] for cut, entry in measured["cuts"].items()} == {"4": 1, "7": 0}


def test_images_without_sequences_have_no_episodes() -> None:
    cells = {
        "subject": list("abc"),
        "sequence": list("qqq"),
        "frame": list("123"),
        "pspi": ["0", "4", "0"],
        "predicted": ["0", "4", "0"],
    }
    assert episodes.measure(from_columns(cells, "t"), 0, 0) is None


@pytest.mark.usefixtures("undrawn_plots")
def test_the_results_have_the_episodes(tmp_path: Path) -> None:
    predictions = from_columns(sample_columns(), "sample")
    metrics = evaluate(predictions, resamples=20)
    write_results(metrics, predictions, tmp_path)
    written = json.loads((tmp_path / "metrics.json").read_text("utf-8"))["episodes"]
    assert written["cuts"]["1"]["labelled"] == metrics["episodes"]["cuts"]["1"]["labelled"] > 0
    report = (tmp_path / "report.html").read_text("utf-8")
    assert "<h2>Episodes</h2>" in report
    assert "in frames" in report
