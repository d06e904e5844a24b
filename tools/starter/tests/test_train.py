"""The recipe of the packaged model, end to end on a few rendered faces."""

import csv
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

import onnx
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

import wince
from tests.support.frames import Frame
from tests.support.training_sample import write_archive
from tools.starter import card_metrics, package, rated_faces, stages, stretch
from tools.starter import train as starter
from tools.starter.face_mesh import OTHER_SIDE
from tools.starter.stages import CLOSED_EYES, Lesson, draws
from tools.starter.train import Recipe
from wince import scale
from wince.errors import DataError, WinceError
from wince.evaluation.prediction_files import read_predictions
from wince.faces.spec import FaceSpec
from wince.runtime.estimator import interpret, starter_folder
from wince.training import export, losses, network

LESSON = Lesson(size=112, epochs=1, batch=4, body_rate=1e-3, head_rate=1e-3)
TINY = Recipe(
    folds=2, strangers=(LESSON,), mesh=(LESSON,), units=LESSON, further=LESSON, answers=LESSON
)


NEIGHBOUR = "somebody rated once"


def unrated(faces: rated_faces.Faces) -> rated_faces.Faces:
    """The same faces as a folder of unrated ones gives them."""
    nothing = np.full_like(faces.ratings, np.nan)
    return replace(faces, ratings=nothing, picked=np.full(len(faces), ""))


def write_constant_model(path: Path, shape: list[int | str], output: np.ndarray) -> None:
    """Write a model that answers every input of a shape with the same output, plus its mean * 0."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["constant", "nothing"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list(output.shape))],
        [
            numpy_helper.from_array(output.astype(np.float32), "constant"),
            numpy_helper.from_array(np.float32(0), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins for MediaPipe's two models, of their input and output shapes: a grid of points."""
    folder = tmp_path_factory.mktemp("face-models")
    points = np.random.default_rng(0).uniform(64, 192, (1, 1, 1, 1434))
    write_constant_model(folder / "face_landmarks.onnx", [1, 256, 256, 3], points)
    shapes = np.linspace(0, 1, 52)
    write_constant_model(folder / "face_blendshapes.onnx", [1, 146, 2], shapes)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> Path:
    """A folder of rated faces, two ratings each, from the rendered frames."""
    root = tmp_path_factory.mktemp("rated")
    (root / "images").mkdir()
    names = [name.lower() for name in scale.UNIT_NAMES]
    with (root / "ratings.csv").open("w", newline="") as file:
        columns = ["image", "subject", "expression", "box", "picked"]
        columns += [f"{name}_{r}" for r in "ab" for name in (*names, "quality")]
        table = csv.DictWriter(file, columns)
        table.writeheader()
        for number, frame in enumerate(frames):
            (root / "images" / frame.path.name).write_bytes(frame.path.read_bytes())
            row: dict[str, object] = {
                "image": frame.path.name,
                "subject": frame.subject,
                "expression": "neutral" if frame.pspi == 0 else "anger",
                "box": "0 0 224 224",
                "picked": "by expression",
            }
            for rating in "ab":
                for name, value in frame.action_units.items():
                    top = scale.ACTION_UNITS[name].maximum
                    value = min(top, value + (rating == "b") * (name != "AU43"))
                    row[f"{name.lower()}_{rating}"] = value
                row[f"quality_{rating}"] = 0 if number == 0 and rating == "b" else 2
            table.writerow(row)
    return root


@pytest.fixture(scope="module")
def faces(folder: Path, mesh: Path) -> rated_faces.Faces:
    spec = rated_faces.shown(112).widened(rated_faces.MARGIN, starter.STORED)
    return rated_faces.read_rated(folder, mesh, spec, workers=1)


@dataclass(frozen=True)
class Trained:
    """A finished run: its folder, the faces as the model is shown them, and their folds."""

    run: Path
    seen: rated_faces.Faces
    fold: np.ndarray

    @property
    def model(self) -> Path:
        return self.run / "model"

    @property
    def card(self) -> dict[str, Any]:
        return json.loads((self.model / "model.json").read_text())

    @property
    def like(self) -> str:
        """The precision in which the folds were read."""
        return "int8" if self.card["figures"]["export"]["precision"] == "int8" else "fp32"


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, mesh: Path, faces: rated_faces.Faces
) -> Trained:
    run = tmp_path_factory.mktemp("run")
    seen = rated_faces.read_rated(folder, mesh, rated_faces.shown(112), workers=1)
    fold = starter.folds(faces.subject, TINY)
    nobody = faces[np.array([], np.intp)]
    readings = [
        starter.read_fold(faces, nobody, seen, fold == n, {}, None, TINY, run / f"fold{n + 1}")
        for n in range(TINY.folds)
    ]
    learned = starter.train(faces, nobody, {}, None, TINY, run / "all")
    scores = {p: starter.gathered([one[p] for one in readings], fold) for p in starter.PRECISIONS}
    package.package(
        learned,
        rated_faces.shown(112),
        seen,
        fold,
        scores,
        starter.HEAD,
        run,
        hours=0.1,
        once=dict(zip(seen.image[::2], seen.ratings[::2, 0], strict=True)),
        taught_once=np.array([NEIGHBOUR, NEIGHBOUR]),
    )
    return Trained(run, seen, fold)


def test_a_face_that_a_rating_calls_not_usable_is_left_out(
    faces: rated_faces.Faces, frames: list[Frame]
) -> None:
    assert frames[0].path.name not in faces.image
    assert 0 < len(faces) < len(frames)


def test_the_label_is_the_mean_of_both_ratings(
    faces: rated_faces.Faces, frames: list[Frame]
) -> None:
    by_name = {frame.path.name: frame for frame in frames}
    units = np.array([[*by_name[name].action_units.values()] for name in faces.image])
    higher = np.minimum(units + np.array([1, 1, 1, 1, 1, 0]), [5, 5, 5, 5, 5, 1])
    np.testing.assert_allclose(faces.units, (units + higher) / 2)
    np.testing.assert_allclose(faces.ratings[:, 0], units)
    pspi = [
        (scale.pspi_formula(*one) + scale.pspi_formula(*two)) / 2
        for one, two in zip(units, higher, strict=True)
    ]
    np.testing.assert_allclose(faces.pspi, pspi, rtol=1e-6)


def test_faces_survive_being_saved(faces: rated_faces.Faces, tmp_path: Path) -> None:
    faces.save(tmp_path / "faces.npz")
    again = rated_faces.Faces.load(tmp_path / "faces.npz")
    assert all(
        np.array_equal(getattr(faces, n), getattr(again, n)) for n in rated_faces.Faces.__slots__
    )
    assert [path.name for path in tmp_path.iterdir()] == ["faces.npz"]


def test_a_folder_without_its_table_is_named(tmp_path: Path, mesh: Path) -> None:
    with pytest.raises(DataError, match=r"ratings\.csv, found none"):
        rated_faces.read_rated(tmp_path, mesh, FaceSpec())


def test_a_table_without_a_column_names_it(tmp_path: Path, mesh: Path) -> None:
    (tmp_path / "faces.csv").write_text("image\nx.jpg\n")
    with pytest.raises(DataError, match="line 1: expected the columns subject"):
        rated_faces.read_unrated(tmp_path, mesh, FaceSpec())


def test_a_subject_is_in_one_fold_only_and_the_folds_are_of_like_size(
    faces: rated_faces.Faces,
) -> None:
    fold = starter.folds(faces.subject, TINY)
    of_subject = {name: set(fold[faces.subject == name].tolist()) for name in faces.subject}
    assert all(len(one) == 1 for one in of_subject.values())
    counts = np.bincount([one.pop() for one in of_subject.values()], minlength=TINY.folds)
    assert np.ptp(counts) <= 1


def test_the_folds_of_a_seed_are_always_the_same(faces: rated_faces.Faces) -> None:
    again = starter.folds(faces.subject[::-1], TINY)[::-1]
    np.testing.assert_array_equal(starter.folds(faces.subject, TINY), again)


def test_rare_scores_and_closed_eyes_are_drawn_more_often(faces: rated_faces.Faces) -> None:
    ratings = np.zeros((105, 2, 6), np.float32)
    ratings[100:104, :, :2] = 3  # PSPI 6
    ratings[104, :, 5] = 1
    many = faces[np.zeros(105, np.intp)]
    weights = draws(replace(many, ratings=ratings))
    assert weights[100] / weights[0] == pytest.approx(5)
    assert weights[:100].sum() > weights[100:104].sum()
    assert weights[104] / weights[0] == pytest.approx(10 * CLOSED_EYES)


def test_blendshapes_of_left_and_right_are_told_apart() -> None:
    assert np.array_equal(OTHER_SIDE[OTHER_SIDE], np.arange(52))
    assert (np.arange(52) != OTHER_SIDE).sum() == 40
    assert OTHER_SIDE[[9, 24, 25, 39]].tolist() == [10, 26, 25, 33]  # blink, jaw, open, mouth


def test_what_comes_out_is_used_at_once(trained: Trained, frames: list[Frame]) -> None:
    assessment = wince.Assessor(trained.model).assess(frames[0].path)
    assert assessment.model["name"] == package.NAME


def test_the_model_names_whom_it_has_seen_and_only_them(trained: Trained) -> None:
    assert trained.card["subjects_seen"] == sorted({*trained.seen.subject, NEIGHBOUR})
    assert trained.card["trained_on"]["faces_rated_once"] == 2


def test_the_card_states_what_model_json_measured(trained: Trained) -> None:
    text = (trained.model / "MODEL_CARD.md").read_text()
    figures = trained.card["figures"]
    assert f"{figures['all']['mae']:.2f}" in text
    assert f"{figures['grey']['mean_absolute_difference']:.2f} points on average" in text
    assert "not a medical device" in text
    assert "2 further photographs" in text
    fresh = figures["beside_a_fresh_rating"]["fresh"]
    assert fresh["faces"] == len(trained.seen.image[::2])
    assert f"| rated anew | {fresh['pcc']:.3f}".replace("0.", ".") in text
    assert sorted(path.name for path in trained.model.iterdir()) == [
        "MODEL_CARD.md",
        "model.json",
        "model.onnx",
    ]


def test_the_figures_are_of_models_that_had_not_seen_the_faces(trained: Trained) -> None:
    with (trained.run / "readings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["frame"] for row in rows] == trained.seen.image.tolist()
    held = trained.fold == 0
    scores, _ = export.scores(trained.run / "fold1" / trained.like, trained.seen.crops[held])
    other = np.load(trained.run / "fold2" / "scores.npz")[trained.like]
    line = stretch.fit(other, trained.seen.units[~held])
    expected = interpret(line(scores), np.zeros((len(scores), 0)), "action-units").raw
    found = [float(row["predicted"]) for row in rows if row["fold"] == "1"]
    np.testing.assert_allclose(found, expected, atol=6e-4)


def test_a_model_that_repeats_one_rating_meets_it_fully_and_the_other_as_the_rater_does(
    faces: rated_faces.Faces,
) -> None:
    noisy = np.random.default_rng(0).integers(0, 4, faces.ratings.shape).astype(np.float32)
    noisy[..., -1] = noisy[..., -1] > 1
    faces = replace(faces, ratings=noisy)
    beside = card_metrics.beside_the_rater(faces.pspi_by_rating[:, 0], noisy[:, 0], faces)
    for name in ("pcc", "auc_at_4", *scale.UNIT_NAMES):
        assert beside["model"][name] == pytest.approx((1 + beside["rater"][name]) / 2, abs=2e-3)
    gap = np.abs(faces.pspi_by_rating[:, 0] - faces.pspi_by_rating[:, 1]).mean()
    assert beside["rater"]["mae"] == pytest.approx(gap, abs=1e-3)
    assert beside["model"]["mae"] == pytest.approx(gap / 2, abs=1e-3)


def test_whoever_rates_anew_is_brought_to_the_scale_of_the_two_before_being_judged(
    faces: rated_faces.Faces,
) -> None:
    random = np.random.default_rng(0)
    many = faces[random.integers(0, len(faces), 200)]
    levels = random.integers(0, 5, (200, 6)).astype(np.float32)
    levels[:, -1] = levels[:, -1] > 2
    many = replace(many, ratings=np.stack([levels] * 2, 1), image=np.arange(200).astype(str))
    found = interpret(levels[::-1], np.zeros((200, 0)), "action-units")
    higher = levels + np.float32([1, 1, 1, 1, 1, 0])
    once = dict(zip(many.image[:150], higher, strict=False))
    beside = card_metrics.beside_a_fresh_rating(found, many, random.permutation(200) % 4, once)
    assert beside["fresh"]["faces"] == beside["model"]["faces"] == 150
    assert beside["fresh"]["pcc"] == pytest.approx(1, abs=2e-3)
    assert beside["fresh"]["mae"] < 0.2  # 0 but for the ends of what the other folds hold
    assert abs(beside["model"]["pcc"]) < 0.2
    assert beside["pcc_of_fresh_with"]["each_rating"] == pytest.approx([1, 1], abs=2e-3)
    assert card_metrics.beside_a_fresh_rating(found, many, np.arange(200) % 4, {}) is None


def test_a_model_that_repeats_the_mean_of_two_ratings_is_a_third_of_the_way_to_a_third_one(
    faces: rated_faces.Faces,
) -> None:
    random = np.random.default_rng(0)
    levels = random.integers(0, 2, (200, 6)).astype(np.float32)
    many = faces[np.zeros(200, np.intp)]
    many = replace(many, ratings=np.stack([levels] * 2, 1), image=np.arange(200).astype(str))
    found = interpret(levels, np.zeros((200, 0)), "action-units")
    once = dict(zip(many.image, levels[::-1], strict=True))
    beside = card_metrics.beside_a_fresh_rating(found, many, np.arange(200) % 4, once)
    assert beside["model"]["mae"] == 0
    gap = beside["fresh"]["mae"]
    assert gap > 0.5
    assert beside["model_against_all_three"]["mae"] == pytest.approx(gap / 3, abs=1e-3)


def test_every_fold_is_reported(trained: Trained) -> None:
    folds = trained.card["figures"]["folds"]
    assert [fold["faces"] for fold in folds] == np.bincount(trained.fold).tolist()
    assert all(0 <= fold["interval_coverage"] <= 1 for fold in folds)


def test_what_is_fitted_for_a_fold_does_not_know_its_ratings(faces: rated_faces.Faces) -> None:
    fold = starter.folds(faces.subject, TINY)
    own = faces.units[::-1].copy()
    ratings = faces.ratings.copy()
    ratings[fold == 0] = ratings[fold == 0, :, ::-1]
    told = replace(faces, ratings=ratings)
    before, after = (package.each_without(own, some, fold) for some in (faces, told))
    assert before[0] == after[0]
    assert before[1][0] != after[1][0]
    assert before[1][1] != after[1][1]


def test_a_fold_is_read_by_a_model_that_learned_from_none_of_its_people(
    faces: rated_faces.Faces, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def train(own: rated_faces.Faces, others: rated_faces.Faces, *_: object) -> None:
        assert set(own.subject) == set(others.subject) == set(faces.subject[~held])
        raise WinceError("enough was seen")

    held = starter.folds(faces.subject, TINY) == 0
    monkeypatch.setattr(starter, "train", train)
    with pytest.raises(WinceError, match="enough was seen"):
        starter.read_fold(faces, unrated(faces), faces, held, {}, None, TINY, tmp_path)


def test_a_model_of_a_fold_names_whom_it_learned_from(trained: Trained) -> None:
    card = json.loads((trained.run / "fold1" / trained.like / "model.json").read_text())
    kept = trained.seen.subject[trained.fold != 0]
    assert card["subjects_seen"] == sorted({*kept, NEIGHBOUR})


def test_another_archive_is_read_subject_by_subject(frames: list[Frame], tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "archive", frames)
    found = package.on_another_archive(starter_folder(), archive, tmp_path / "work")
    read = read_predictions(tmp_path / "work" / "readings" / "predictions.csv")
    assert found["frames"] == len(read)
    assert found["pcc_pooled"] == pytest.approx(
        np.corrcoef(read.predicted, read.pspi)[0, 1], abs=6e-4
    )
    each = found["pcc_by_subject"]
    varied = {
        f.subject for f in frames if len({o.pspi for o in frames if o.subject == f.subject}) > 1
    }
    assert set(each) == varied
    assert found["pcc_mean_of_subjects"] == pytest.approx(np.mean(list(each.values())), abs=6e-4)


def test_what_is_taught_about_an_unrated_face_is_the_same_of_its_mirror_image(
    faces: rated_faces.Faces, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    taught = {}
    monkeypatch.setattr(
        stages,
        "_fit",
        lambda module, lesson, folder, batches, averaging: taught.update(batches=batches),
    )
    start = network.build(stages.UNITS + faces.blendshapes.shape[1])
    mirrored = replace(faces, crops=np.ascontiguousarray(faces.crops[:, :, ::-1]))
    both = unrated(starter._joined([faces, mirrored]))
    stages.learn_answers(start, faces, both, LESSON, tmp_path)
    _, units, score, _ = taught["batches"].dataset.tensors
    rated_, plain, turned = torch.split(units, len(faces))
    assert plain.std() > 0
    assert torch.allclose(plain, turned, atol=0.02)  # bfloat16
    label = torch.from_numpy(faces.units * [1, 1, 1, 1, 1, 5]).float()
    assert torch.allclose(rated_, 0.7 * label + 0.3 * plain, atol=1e-5)
    assert torch.all(score >= 0)


def test_what_is_taught_about_a_face_rated_once_is_half_its_own_answer(
    faces: rated_faces.Faces,
) -> None:
    once = replace(faces, picked=np.full(len(faces), rated_faces.RATED_ONCE))
    said = torch.rand(len(faces), stages.UNITS) * 3
    units, score = stages._taught(once, said)
    label = torch.from_numpy(faces.units * [1, 1, 1, 1, 1, 5]).float()
    assert torch.allclose(units, (label + said) / 2)
    assert torch.allclose(score, (torch.from_numpy(faces.pspi) + losses.pspi(said)) / 2)


def test_a_face_rated_once_is_drawn_less_often_than_one_rated_twice(
    faces: rated_faces.Faces,
) -> None:
    alike = faces[np.zeros(3, np.intp)]
    weights = draws(replace(alike, picked=np.array(["", rated_faces.RATED_ONCE, "by expression"])))
    assert weights[1] / weights[0] == pytest.approx(stages.WEIGHT_OF_ONE)
    assert weights[2] == weights[0]


LEVELS = st.lists(st.integers(0, 5), min_size=1, max_size=30)


@given(LEVELS, st.randoms(use_true_random=False))
def test_levels_keep_their_order_on_another_scale_and_their_mean_becomes_its_mean(
    seen: list[int], random: Random
) -> None:
    known = np.array([[random.randint(0, 5) for _ in "ab"] for _ in seen], np.float32)
    equal = rated_faces._equated(np.float32(seen), np.float32(seen), known)
    order = np.argsort(seen)
    assert np.all(np.diff(equal[order]) >= -1e-5)
    assert equal.mean() == pytest.approx(known.mean(), abs=1e-4)


@given(LEVELS)
def test_levels_of_the_same_scale_stay_what_they_are(seen: list[int]) -> None:
    levels = np.float32(seen)
    known = np.stack([levels, levels], 1)
    np.testing.assert_allclose(rated_faces._equated(levels, levels, known), levels, atol=1e-5)


def test_a_level_that_no_known_face_was_given_lies_between_its_neighbours() -> None:
    seen, known = np.float32([0, 1, 3, 4]), np.float32([[0, 0], [1, 1], [2, 2], [3, 3]])
    equal = rated_faces._equated(np.float32([0, 1, 2, 3, 4, 5]), seen, known)
    np.testing.assert_allclose(equal, [0, 1, 2, 2, 3, 3])


def test_one_rating_is_brought_to_the_scale_of_the_two(faces: rated_faces.Faces) -> None:
    first = faces.ratings[:, 0]
    higher = np.minimum(first + np.float32([1, 1, 1, 1, 1, 0]), 5)
    ratings = dict(zip(faces.image, higher, strict=True))
    others = unrated(faces[np.arange(4)])
    others = replace(others, image=np.array([f"other_{n}" for n in range(4)]))
    ratings |= {"other_1": ratings[faces.image[1]], "other_3": ratings[faces.image[3]]}
    known = replace(faces, ratings=np.stack([first, first], 1))
    found = rated_faces.with_one_rating(others, known, ratings)
    assert found.rated.tolist() == found.once.tolist() == [False, True, False, True]
    assert others.rated.tolist() == [False] * 4
    below = first[[1, 3]] < 5  # what was 4 and 5 is 5 now: it becomes their mean
    np.testing.assert_allclose(found.units[[1, 3]][below], first[[1, 3]][below], atol=0.51)


def test_without_a_face_that_was_rated_both_ways_one_rating_has_no_scale(
    faces: rated_faces.Faces,
) -> None:
    others = unrated(faces)
    ratings = {"nobody": np.zeros(6, np.float32), "no one": np.ones(6, np.float32)}
    assert rated_faces.with_one_rating(others, faces, ratings) is others


def test_the_table_of_single_ratings_holds_levels_of_usable_faces() -> None:
    ratings = rated_faces.read_ratings(rated_faces.ONE_RATING)
    units = np.array([*ratings.values()])
    assert len(ratings) > 6000
    assert set(np.unique(units[:, :5])) == {0, 1, 2, 3, 4, 5}
    assert set(np.unique(units[:, 5])) == {0, 1}
    assert sum(image.startswith("face_") for image in ratings) > 800


def test_faces_rated_once_are_a_lesson_of_their_own(
    faces: rated_faces.Faces, tmp_path: Path
) -> None:
    others = replace(
        unrated(faces[np.arange(4)]),
        subject=np.array(["another"] * 4),
        image=np.array([f"other_{n}" for n in range(4)]),
    )
    once = {image: rating[0] for image, rating in zip(faces.image, faces.ratings, strict=True)}
    once |= {"other_0": once[faces.image[0]], "other_2": once[faces.image[2]]}
    learned = starter.train(faces, others, once, None, TINY, tmp_path)
    assert learned.fc.out_features == stages.UNITS
    assert (tmp_path / "further" / "last.ckpt").exists()


def test_a_network_that_learned_its_answers_gives_action_units_alone(
    faces: rated_faces.Faces, tmp_path: Path
) -> None:
    others = replace(unrated(faces[np.arange(4)]), subject=np.array(["another"] * 4))
    learned = starter.train(faces, others, {}, None, TINY, tmp_path)
    assert learned.fc.out_features == stages.UNITS
    assert (tmp_path / "answers" / "last.ckpt").exists()


def test_training_again_resumes_instead_of_starting_over(
    trained: Trained, faces: rated_faces.Faces
) -> None:
    kept = trained.run / "all"
    before = {path: path.stat().st_mtime_ns for path in kept.rglob("last.ckpt")}
    again = starter.train(faces, faces[np.array([], np.intp)], {}, None, TINY, kept)
    checkpoint = torch.load(kept / "units112" / "last.ckpt", weights_only=False)
    assert checkpoint["epoch"] == 0
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("last.ckpt")} == before
    own = checkpoint["state_dict"]["network.conv1.weight"]
    assert torch.equal(again.state_dict()["conv1.weight"], own)
    shutil.rmtree(kept / "mesh112")  # as after a fold has been read
    again = starter.train(faces, faces[np.array([], np.intp)], {}, None, TINY, kept)
    assert torch.equal(again.state_dict()["conv1.weight"], own)
    assert not (kept / "mesh112").exists()


@dataclass(frozen=True)
class Begun:
    """A run whose photographs are cut out already: those rated, and the same faces unrated."""

    rated: Path
    unrated: Path
    out: Path

    def go_on(self, rated_once: Path) -> None:
        starter.main(self.rated, self.unrated, self.out, self.out, rated_once=rated_once)


@pytest.fixture
def begun(tmp_path: Path, folder: Path, faces: rated_faces.Faces) -> Begun:
    run = Begun(folder, tmp_path / "unrated", tmp_path / "out")
    run.unrated.mkdir()
    (run.unrated / "faces.csv").write_text("image,subject\n")
    run.out.mkdir()
    strangers = unrated(faces[np.arange(3)])
    strangers = replace(strangers, subject=np.array(["a stranger"] * 3))
    for name, some in {
        "rated": faces,
        "seen112": faces,
        "unrated": starter._joined([unrated(faces), strangers]),
    }.items():
        some.save(run.out / f"{name}.npz")
    return run


@pytest.fixture
def nothing_once(tmp_path: Path) -> Path:
    path = tmp_path / "nothing.csv"
    path.write_text(rated_faces.ONE_RATING.read_text().splitlines()[0] + "\n")
    return path


def test_the_first_lesson_is_about_people_in_no_fold(
    begun: Begun, nothing_once: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def learn_strangers(strangers: rated_faces.Faces, *_: object) -> None:
        assert set(strangers.subject) == {"a stranger"}
        raise WinceError("enough was seen")

    monkeypatch.setattr(starter, "learn_strangers", learn_strangers)
    with pytest.raises(SystemExit, match="enough was seen"):
        begun.go_on(nothing_once)
    hours = json.loads((begun.out / starter.HOURS).read_text())
    assert hours["strangers"] > 0  # what a step took is kept when it is stopped


def test_single_ratings_of_other_photographs_are_refused(begun: Begun) -> None:
    with pytest.raises(SystemExit, match="found none of one of them"):
        begun.go_on(rated_faces.ONE_RATING)


def test_a_run_folder_begun_with_another_recipe_is_refused(begun: Begun) -> None:
    (begun.out / starter.RECIPE).write_text("{}\n")
    with pytest.raises(SystemExit, match="begun with another recipe"):
        begun.go_on(rated_faces.ONE_RATING)


def test_a_run_does_not_go_on_with_a_table_that_was_changed(tmp_path: Path) -> None:
    path, table = tmp_path / starter.RECIPE, tmp_path / "ratings.csv"
    table.write_text("image,au4\nface.jpg,1\n")
    starter._of_one_recipe(path, TINY, [table])
    starter._of_one_recipe(path, TINY, [table])
    table.write_text("image,au4\nface.jpg,2\n")
    with pytest.raises(WinceError, match="begun with another recipe or other tables"):
        starter._of_one_recipe(path, TINY, [table])


def test_photographs_without_any_face_are_an_error(tmp_path: Path, mesh: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "images" / "wall.png")
    (tmp_path / "faces.csv").write_text("image,subject\nwall.png,nobody\n")
    with pytest.raises(DataError, match="expected faces, found none in 1 photographs"):
        rated_faces.read_unrated(tmp_path, mesh, FaceSpec(), workers=1)


def test_photographs_without_a_face_are_left_out_and_counted(
    tmp_path: Path, mesh: Path, frames: list[Frame], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "images" / "wall.png")
    shutil.copy(frames[0].path, tmp_path / "images" / "face.jpg")
    (tmp_path / "faces.csv").write_text("image,subject\nwall.png,nobody\nface.jpg,somebody\n")
    found = rated_faces.read_unrated(tmp_path, mesh, FaceSpec(), workers=1)
    assert found.subject.tolist() == ["somebody"]
    assert "1 of 2 photographs left out" in capsys.readouterr().out
