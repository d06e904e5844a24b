"""A model of time in a model folder: streamed by the runtime as the whole sequence in torch."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.frames import Frame
from wince import images
from wince.cli.watcher import Watcher, WatchSettings
from wince.errors import ModelError
from wince.runtime.assessor import Assessor
from wince.runtime.estimator import Estimator
from wince.runtime.network_outputs import units_and_score
from wince.runtime.person_assessor import PersonAssessor
from wince.runtime.person_states import PersonStates
from wince.runtime.track import TrackSettings
from wince.training.over_time import time_export
from wince.training.over_time.time_network import TimeNetwork
from wince.training.over_time.time_table import TimeTable
from wince.video import VideoFrame


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
    copy = shutil.copytree(exported, tmp_path / "model")
    content = (copy / "time_model.onnx").read_bytes()
    (copy / "time_model.onnx").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModelError, match="not the expected file"):
        Estimator(copy)


def with_changes(exported: Path, folder: Path, **changes: object) -> Path:
    """Return a copy of a model folder whose model of time is described otherwise."""
    shutil.copytree(exported, folder)
    manifest = json.loads((folder / "model.json").read_text("utf-8"))
    manifest["over_time"] |= changes
    (folder / "model.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def test_scores_with_look_ahead_are_those_of_the_whole_sequence(
    exported: Path, trained_over_time: tuple[Path, TimeTable], tmp_path: Path
) -> None:
    model = Estimator(with_changes(exported, tmp_path / "model", look_ahead=3)).time_model
    assert model is not None
    kind = trained_over_time[1].best.name
    network = TimeNetwork(kind, 512, 6, 2)  # type: ignore[arg-type]  # the name of a kind
    path = trained_over_time[0] / kind / "network.pt"
    network.load_state_dict(torch.load(path, weights_only=True))
    features = np.random.default_rng(1).normal(0, 1, (9, 512)).astype(np.float32)
    whole = torch.from_numpy(np.concatenate([features, np.repeat(features[-1:], 3, axis=0)]))
    with torch.no_grad():
        outputs = network.eval()(whole[None])[0, 3:].numpy()
    units, raw = units_and_score(outputs, "action-units")
    assert units is not None
    persons, scores = PersonStates(model, away=6.0), []
    for number, frame in enumerate(features):
        persons.step(1, float(number), frame[None])
        scores += persons.take_steps()[1].scores
    scores += persons.finish()[1].scores
    assert [score.step for score in scores] == [(0, number) for number in range(9)]
    np.testing.assert_allclose([score.raw[0] for score in scores], raw, atol=1e-5)
    np.testing.assert_allclose([score.units[0] for score in scores], units, atol=1e-5)


def test_a_model_that_looks_ahead_is_exported_for_recordings(
    exported: Path,
    trained_over_time: tuple[Path, TimeTable],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def copied(network: TimeNetwork, path: Path) -> float:
        shutil.copyfile(exported / "time_model.onnx", path)
        return 0.0

    run = shutil.copytree(trained_over_time[0], tmp_path / "run")
    config = json.loads((run / "config.json").read_text("utf-8"))
    config["over_time"]["look_ahead"], config["data"]["step"] = 2, 0.04
    (run / "config.json").write_text(json.dumps(config), "utf-8")
    monkeypatch.setattr(time_export, "write_onnx", copied)
    result = time_export.export(run, tmp_path / "model", keep=True)
    assert result.look_ahead == 2
    model = Estimator(tmp_path / "model").time_model
    assert model is not None
    assert (model.look_ahead, model.step_seconds) == (2, 0.04)
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text("utf-8")
    assert "the 2 after it. It cannot be used with a camera. A step is 0.04 s" in card
    with pytest.raises(ModelError, match="the 2 frames after it are known"):
        PersonAssessor(Assessor(tmp_path / "model"), away=6.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"look_ahead": -1}, "a look_ahead from 0 to 1000: -1"), ({"step": 0}, "a step in seconds")],
)
def test_an_impossible_clock_is_refused(
    exported: Path, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        Estimator(with_changes(exported, tmp_path / "model", **change))


@pytest.mark.parametrize("everybody", [False, True])
def test_a_video_is_watched_with_look_ahead(
    exported: Path, frames: list[Frame], tmp_path: Path, everybody: bool
) -> None:
    folder = with_changes(exported, tmp_path / "ahead", look_ahead=2)
    scores = [
        watched_scores(model, frames, everybody=everybody, recorded=recorded)
        for model, recorded in ((exported, False), (folder, True))
    ]
    now, ahead = scores
    assert len(now) == len(ahead) == 6
    assert len(set(now)) > 2
    assert ahead[:4] == now[2:]  # the score of a frame is that of two steps later


def watched_scores(
    model: Path, frames: list[Frame], *, everybody: bool, recorded: bool
) -> list[float]:
    """Return the raw score of each frame of a person, as `wince watch` follows it."""
    settings = WatchSettings(TrackSettings(), everybody=everybody, recorded=recorded)
    watcher = Watcher("video", Assessor(model), settings, None, None)
    scores: list[float] = []
    result = watcher._result

    def noted(person: Any, complete: Any) -> Any:
        if complete.assessment is not None:
            scores.append(complete.assessment.raw_score)
            assert complete.item.assessment.raw_score == complete.assessment.raw_score
        return result(person, complete)

    watcher._result = noted  # type: ignore[method-assign]  # to see every frame's score
    for number in range(6):
        rgb = images.read(frames[1 + (number > 2)].path).rgb
        for _ in watcher.process(VideoFrame(number, number / 10, rgb), number / 10, 0.0):
            pass
    for _ in watcher.finish():
        pass
    return scores
