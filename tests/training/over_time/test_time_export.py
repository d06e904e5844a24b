"""A model of time in a model folder: streamed by the runtime as the whole sequence in torch."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.frames import Frame
from wince.errors import ModelError
from wince.runtime.assessor import Assessor
from wince.runtime.estimator import Estimator
from wince.runtime.network_outputs import units_and_score
from wince.runtime.person_assessor import PersonAssessor
from wince.runtime.time_model import PersonStates
from wince.training.over_time import time_export
from wince.training.over_time.time_network import TimeNetwork
from wince.training.over_time.time_table import TimeTable


@pytest.fixture(scope="module")
def exported(
    trained_over_time: tuple[Path, TimeTable], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The packaged network with the best model of time; not to be changed."""
    out = tmp_path_factory.mktemp("exported") / "model"
    result = time_export.export(trained_over_time[0], out, keep=True)
    assert result.kind == trained_over_time[1].best.name
    return out


def test_the_runtime_streams_what_torch_gives_for_the_whole_sequence(
    exported: Path, trained_over_time: tuple[Path, TimeTable]
) -> None:
    estimator = Estimator(exported)
    assert estimator.time_model is not None
    kind = trained_over_time[1].best.name
    network = TimeNetwork(kind, 512, 6, 2)  # type: ignore[arg-type]  # the name of a kind
    path = trained_over_time[0] / kind / "network.pt"
    network.load_state_dict(torch.load(path, weights_only=True))
    size = estimator.spec.size
    crops = np.random.default_rng(0).integers(0, 256, (12, size, size, 3), np.uint8)
    features = estimator(crops).features
    assert features is not None
    with torch.no_grad():
        outputs = network.eval()(torch.from_numpy(features)[None])[0].numpy()
    units, raw = units_and_score(outputs, "action-units")
    assert units is not None
    persons = PersonStates(estimator.time_model, away=6.0)
    for number, frame in enumerate(features):
        streamed_units, streamed = persons.step(1, float(number), frame[None])
        np.testing.assert_allclose(streamed, raw[number : number + 1], atol=1e-5)
        np.testing.assert_allclose(streamed_units, units[number : number + 1], atol=1e-5)


def test_single_images_have_the_scores_of_the_network(exported: Path, frames: list[Frame]) -> None:
    image = frames[1].path
    assert Assessor(exported).assess(image).raw_score == Assessor().assess(image).raw_score


def test_a_followed_person_is_scored_over_time(exported: Path, frames: list[Frame]) -> None:
    assessor = Assessor(exported)
    persons = PersonAssessor(assessor, away=6.0)
    scores = []
    for seconds in (0.0, 0.1, 0.2):
        frame = persons.assess(frames[1].path, seconds)
        assert frame.followed is not None
        scores.append(frame.assessments[frame.followed])
    alone = PersonAssessor(assessor, away=6.0).assess(frames[1].path, 50.0)
    first = alone.assessments[alone.followed or 0]
    assert scores[0].raw_score == first.raw_score  # the state is that of the video
    assert len({assessment.raw_score for assessment in scores}) > 1  # the frames before count
    assert scores[0].raw_score != assessor.assess(frames[1].path).raw_score
    track_score = assessor.estimator.track_calibration(scores[2].raw_score or 0.0).rounded()
    assert scores[2].score == pytest.approx(track_score.score, abs=0.01)


def test_a_model_of_time_that_does_not_win_is_left_out(
    trained_over_time: tuple[Path, TimeTable], tmp_path: Path
) -> None:
    assert trained_over_time[1].winner is None
    result = time_export.export(trained_over_time[0], tmp_path / "model")
    assert (result.kind, result.difference) == (None, None)
    assert result.conclusion.startswith("No winner")
    estimator = Estimator(tmp_path / "model")
    assert estimator.time_model is None
    assert estimator.track_calibration == estimator.calibration
    assert not (tmp_path / "model" / "time_model.onnx").exists()


def test_the_manifest_and_card_state_the_subjects_and_that_it_does_not_win(
    exported: Path, prepared_folder: Path
) -> None:
    from tests.support.training_sample import subjects

    manifest = json.loads((exported / "model.json").read_text("utf-8"))
    assert subjects(prepared_folder, "train", "val", "test") <= set(manifest["subjects_seen"])
    assert manifest["over_time"]["wins"] is False
    assert "not better than single frames" in manifest["title"]
    assert "does not win" in (exported / "MODEL_CARD.md").read_text("utf-8")


def test_a_damaged_model_of_time_is_refused(exported: Path, tmp_path: Path) -> None:
    import shutil

    copy = shutil.copytree(exported, tmp_path / "model")
    content = (copy / "time_model.onnx").read_bytes()
    (copy / "time_model.onnx").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModelError, match="not the expected file"):
        Estimator(copy)
