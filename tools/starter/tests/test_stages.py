"""What the stages draw and which targets they learn from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support.starter_sample import RECIPE, STAGE, FinishedRun, of_another_person, unrated
from tests.support.starter_sample import single_ratings as some_single_ratings
from tests.support.training_sample import network_with_statistics
from tools.starter import stages
from tools.starter.heads import first_outputs, with_new_head
from tools.starter.lightning_modules import mesh_loss
from tools.starter.network_training import train_network
from tools.starter.rated_faces import RATED_ONCE, Faces, joined
from wince.training.networks import losses, network


def test_a_new_head_leaves_all_other_layers_unchanged() -> None:
    net = network_with_statistics(5)
    before = {k: v.clone() for k, v in net.state_dict().items() if not k.startswith("fc.")}
    after = with_new_head(net, 6)
    assert after.fc.out_features == 6
    assert all(torch.equal(after.state_dict()[k], v) for k, v in before.items())


def test_a_network_reduced_to_its_first_outputs_gives_the_same_ones() -> None:
    net = network_with_statistics(5)
    crops = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        before = net(crops)
        after = first_outputs(net, 2)(crops)
    torch.testing.assert_close(after, before[:, :2])


def test_the_mesh_loss_falls_as_points_and_shapes_come_closer() -> None:
    points, shapes = torch.rand(2, 5, 2), torch.randn(2, 3)
    target = torch.cat([(points.flatten(1) - 0.5) * 8, shapes], 1)
    noise = torch.randn_like(target)
    costs = [mesh_loss(target + noise * far, points, shapes).item() for far in (0, 0.1, 1)]
    assert costs[0] == 0
    assert costs[0] < costs[1] < costs[2]


def test_rare_scores_and_closed_eyes_are_drawn_more_often(faces: Faces) -> None:
    ratings = np.zeros((105, 2, 6), np.float32)
    ratings[100:104, :, :2] = 3  # PSPI 6
    ratings[104, :, 5] = 1
    many = faces[np.zeros(105, np.intp)]
    weights = stages.sampling_weights(replace(many, ratings=ratings))
    assert weights[100] / weights[0] == pytest.approx(5)
    assert weights[:100].sum() > weights[100:104].sum()
    assert weights[104] / weights[0] == pytest.approx(10 * stages.CLOSED_EYES)


def test_a_face_rated_once_is_drawn_less_often_than_one_rated_twice(faces: Faces) -> None:
    equal = faces[np.zeros(3, np.intp)]
    picked = np.array(["", RATED_ONCE, "by expression"])
    weights = stages.sampling_weights(replace(equal, picked=picked))
    assert weights[1] / weights[0] == pytest.approx(stages.WEIGHT_OF_ONE)
    assert weights[2] == weights[0]


def test_in_self_training_an_unrated_face_and_its_mirror_image_have_the_same_target(
    faces: Faces, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    captured = {}
    monkeypatch.setattr(
        stages,
        "_fit",
        lambda module, stage, folder, batches, averaging: captured.update(batches=batches),
    )
    start = network.build(stages.UNITS + faces.blendshapes.shape[1])
    mirrored = replace(faces, crops=np.ascontiguousarray(faces.crops[:, :, ::-1]))
    both = unrated(joined([faces, mirrored]))
    stages.self_train(start, faces, both, STAGE, tmp_path)
    _, units, score, _ = captured["batches"].dataset.tensors
    rated, plain, turned = torch.split(units, len(faces))
    assert plain.std() > 0
    assert torch.allclose(plain, turned, atol=0.02)  # bfloat16
    label = torch.from_numpy(faces.units * [1, 1, 1, 1, 1, 5]).float()
    assert torch.allclose(rated, 0.7 * label + 0.3 * plain, atol=1e-5)
    assert torch.all(score >= 0)


def test_in_self_training_half_the_target_of_a_face_rated_once_is_the_prediction(
    faces: Faces,
) -> None:
    rated_once = replace(faces, picked=np.full(len(faces), RATED_ONCE))
    predictions = torch.rand(len(faces), stages.UNITS) * 3
    units, score = stages._targets(rated_once, predictions)
    label = torch.from_numpy(faces.units * [1, 1, 1, 1, 1, 5]).float()
    assert torch.allclose(units, (label + predictions) / 2)
    expected = (torch.from_numpy(faces.pspi) + losses.pspi(predictions)) / 2
    assert torch.allclose(score, expected)


def test_faces_rated_once_have_a_stage_of_their_own(finished_run: FinishedRun) -> None:
    assert (finished_run.run / "all" / "further" / "last.ckpt").exists()
    assert (finished_run.run / "all" / "answers" / "last.ckpt").exists()


def test_without_single_ratings_their_stage_is_left_out(finished_run: FinishedRun) -> None:
    assert not (finished_run.run / "fold1" / "further").exists()
    assert (finished_run.run / "fold1" / "answers" / "last.ckpt").exists()


def test_training_again_resumes_instead_of_starting_over(
    finished_run: FinishedRun, faces: Faces
) -> None:
    def train_again() -> torch.nn.Module:
        others = of_another_person(faces[np.arange(4)])
        return train_network(faces, others, some_single_ratings(faces), None, RECIPE, folder)

    folder = finished_run.run / "all"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("last.ckpt")}
    network = train_again()
    assert network.fc.out_features == stages.UNITS
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("last.ckpt")} == before
    checkpoint = torch.load(folder / "answers" / "last.ckpt", weights_only=False)
    assert checkpoint["epoch"] == 0
    weight = checkpoint["state_dict"]["network.conv1.weight"]
    assert torch.equal(network.state_dict()["conv1.weight"], weight)
    mesh = folder / f"mesh{STAGE.size}"
    mesh.rename(folder / "removed")  # as after a fold's scores are written
    network = train_again()
    assert torch.equal(network.state_dict()["conv1.weight"], weight)
    assert not mesh.exists()
