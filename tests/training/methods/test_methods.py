"""Published methods: what they learn from, their folds, and their place in a comparison."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince import cli
from wince.errors import DataError, ModelError
from wince.evaluation.prediction_files import read_predictions
from wince.training.architecture_comparison import (
    Candidate,
    architecture_candidates,
    compare,
    method_candidates,
)
from wince.training.architecture_results import METHOD
from wince.training.data.folds import Split
from wince.training.data.frames import TEXT_COLUMNS, Frames
from wince.training.fitting.recipe import STRONG
from wince.training.methods import flow_network, landmark_regression
from wince.training.methods.catalogue import METHODS
from wince.training.methods.fold_scorer import FoldResult, FoldTask
from wince.training.methods.optical_flow import optical_flow


def sequences(*lengths: int) -> Frames:
    """Return frames of sequences, one subject each, in an order of no meaning."""
    cells = [
        (f"p{number}", "s", f"f{frame:03}")
        for number, length in enumerate(lengths)
        for frame in range(length)
    ]
    cells = [cells[row] for row in np.random.default_rng(0).permutation(len(cells))]
    columns = dict.fromkeys(TEXT_COLUMNS, np.full(len(cells), ""))
    texts = np.array(cells).T
    names = dict(zip(("subject", "sequence", "frame"), texts, strict=True))
    pspi = np.array([int(frame[1:]) for _, _, frame in cells], np.float32)
    units = np.full((len(cells), 6), np.nan, np.float32)
    return Frames(**{**columns, **names}, score=pspi, units=units, groups={})


@given(st.lists(st.integers(8, 30), min_size=1, max_size=4))
def test_a_clip_is_the_frames_before_its_frame_in_the_same_sequence(lengths: list[int]) -> None:
    frames = sequences(*lengths)
    clips = flow_network.clip_rows(frames)
    assert (clips[:, -1] == np.arange(len(frames))).all()
    assert (frames.subject[clips] == frames.subject[:, None]).all()
    last = frames.score[:, None]  # the label is the number of the frame
    expected = np.maximum(last - np.arange(flow_network.LENGTH - 1, -1, -1), 0)
    assert (frames.score[clips] == expected).all()


def test_optical_flow_refuses_single_images() -> None:
    with pytest.raises(DataError, match="needs sequences: 30 frames are in 30"):
        flow_network.clip_rows(sequences(*[1] * 30))


@pytest.mark.parametrize(("right", "down"), [(1, 0), (0, -1), (1, 1), (0, 0)])
def test_optical_flow_is_the_movement_of_the_picture(right: int, down: int) -> None:
    y, x = np.mgrid[0:40, 0:40]
    picture = torch.from_numpy(0.5 + 0.25 * np.sin(x / 3) + 0.25 * np.cos(y / 4))[None, None]
    moved = torch.roll(picture, (down, right), (2, 3))
    flow = optical_flow(picture.float(), moved.float())[0, :, 8:-8, 8:-8]
    assert flow.mean((1, 2)).tolist() == pytest.approx([right, down], abs=0.15)


def task(frames: Frames, epochs: int = 6) -> FoldTask:
    """Return a fold whose faces are the lighter on one side the higher the label."""
    pixels = np.random.default_rng(0).integers(0, 8, (len(frames), 40, 40, 3), np.uint8)
    pixels[:, :, :20] += (20 + 6 * frames.score).astype(np.uint8)[:, None, None, None]
    parts = [np.flatnonzero(np.isin(frames.subject, names)) for names in (["p0"], ["p1"], ["p2"])]
    split = Split("1", *parts, "by subject", "")
    settings = sample.settings(epochs=epochs)
    data = SimpleNamespace(frames=frames)
    return FoldTask(data, pixels, split, settings, lambda *_: None)  # type: ignore[arg-type]


@pytest.mark.parametrize("scorer", [flow_network.score_fold, landmark_regression.LandmarkScorer()])
def test_a_method_learns_what_can_be_seen(scorer) -> None:  # type: ignore[no-untyped-def]
    fold = task(sequences(16, 16, 16))
    result = scorer(fold)
    test = fold.split.test
    assert result.validation.shape == fold.split.validation.shape
    assert np.corrcoef(result.test, fold.data.frames.score[test])[0, 1] > 0.5
    assert result.parameters > 100
    assert result.milliseconds > 0


def test_key_points_are_searched_for_once_in_all_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    monkeypatch.setattr(landmark_regression, "detect", lambda face: searched.append(face) or [])
    fold, scorer = task(sequences(16, 16, 16)), landmark_regression.LandmarkScorer()
    first = scorer(fold)
    of_first = len(searched)
    np.testing.assert_array_equal(scorer(fold).test, first.test)
    assert of_first == 48 + 16, "each face, and those that are timed"
    assert len(searched) == of_first + 16
    other = task(sequences(16, 16, 16))
    other.pixels[:] = other.pixels[::-1]
    scorer(other)
    assert len(searched) == 2 * of_first + 16, "other faces have other features"


def test_features_of_a_face_are_its_key_points_and_frequencies(astronaut) -> None:  # type: ignore[no-untyped-def]
    face = astronaut[0:256, 96:352]
    features = landmark_regression.face_features(face, face[64:192, 64:192])
    points = features[:12].reshape(6, 2)
    right_eye, left_eye, nose, mouth = points[:4]
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_eye[1] < nose[1] < mouth[1]
    nobody = np.full((64, 64, 3), 128, np.uint8)
    features = landmark_regression.face_features(nobody, nobody)
    assert np.isnan(features[:12]).all()
    assert np.abs(features[12:]).max() < 1e-9, "without its mean, plain grey is nothing"


class CountedScorer:
    """Scores that are the labels with noise; counts its folds."""

    def __init__(self) -> None:
        self.folds = 0

    def __call__(self, fold: FoldTask) -> FoldResult:
        self.folds += 1
        noise = np.random.default_rng(self.folds)
        validation, test = (
            fold.data.frames.score[rows] + noise.normal(0, 0.5, len(rows))
            for rows in (fold.split.validation, fold.split.test)
        )
        return FoldResult(validation, test, 1000, 2.5)


@pytest.mark.usefixtures("undrawn_plots")
def test_methods_are_compared_on_the_same_folds_and_finished_ones_are_kept(
    prepared_folder: Path, tmp_path: Path
) -> None:
    scorer = CountedScorer()
    settings = sample.settings(epochs=1)
    candidates = [Candidate(name, settings, scorer) for name in ("first", "second")]
    comparison = compare(prepared_folder, tmp_path, candidates, kind=METHOD, folds="3", first=1)
    assert scorer.folds == 2
    written = json.loads((tmp_path / "comparison.json").read_text())
    assert {row["method"] for row in written["rows"]} == {"first", "second"}
    assert "like with like" not in written["verdict"]
    (row, _) = comparison.rows
    assert (row.parameters, row.milliseconds) == (1000, 2.5)
    assert row.pcc > 0.8
    table = read_predictions(tmp_path / "first" / "predictions.csv")
    assert (len(table.subjects), set(table.fold.tolist())) == (4, {"1"})  # type: ignore[union-attr]
    compare(prepared_folder, tmp_path, candidates[:1], kind=METHOD, folds="3", first=1)
    assert scorer.folds == 2, "finished folds are kept"
    other = [Candidate("first", sample.settings(epochs=2), scorer)]
    with pytest.raises(ModelError, match=r"fold-1 has another run \(recipe"):
        compare(prepared_folder, tmp_path, other, kind=METHOD, folds="3", first=1)


def test_every_method_has_the_epochs_size_and_seed_that_are_asked_for() -> None:
    settings = sample.settings(epochs=3, size=64, seed=7)
    candidates = method_candidates(settings, list(METHODS))
    assert [candidate.name for candidate in candidates] == list(METHODS)
    for candidate in candidates:
        recipe = candidate.settings.recipe
        assert (recipe.epochs, candidate.settings.seed) == (3, 7)
        size = 112 if candidate.name == "landmarks-svr" else 64  # small faces have no key points
        assert recipe.spec.size == size
    by_name = {candidate.name: candidate.settings for candidate in candidates}
    assert by_name["report"].spec.kind == "whole"
    assert by_name["resnet18-focal"].recipe.loss == "focal"
    assert by_name["shallow-cnn"].architecture == "shallow_cnn"
    assert by_name["wince"].recipe.loss == STRONG.loss


def test_an_unknown_method_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no method svm; expected landmarks-svr, shallow-cnn"):
        method_candidates(sample.settings(), ["svm", "report"])
    command = ["compare", str(tmp_path), "--out", str(tmp_path / "out")]
    assert cli.main([*command, "--methods", "all", "--architectures", "resnet18"]) == 2
    assert "not both" in capsys.readouterr().err


def test_the_shallow_network_is_exported_like_the_others() -> None:
    (candidate,) = architecture_candidates(sample.settings(), ["shallow_cnn"])
    assert candidate.settings.outputs == 1


def test_every_method_is_in_the_docs_with_its_source() -> None:
    from tests.support.frames import ROOT

    text = (ROOT / "docs" / "training.md").read_text("utf-8")
    for method in METHODS.values():
        assert f"| {method.name} | {method.description} | {method.source} |" in text
