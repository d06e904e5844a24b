"""A run of the recipe: its folder, its folds, and what it refuses."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from typer.testing import CliRunner

from tests.support.starter_sample import RECIPE, no_faces, unrated
from tools.starter import folds, single_ratings, train
from tools.starter.__main__ import app
from tools.starter.rated_faces import Faces, joined
from tools.starter.recipe import RECIPE as RECIPE_FILE
from tools.starter.recipe import Recipe, claim
from wince.errors import WinceError


def test_a_subject_is_in_one_fold_only_and_the_folds_have_similar_sizes(faces: Faces) -> None:
    fold = folds.folds(faces.subject, RECIPE)
    of_subject = {name: set(fold[faces.subject == name].tolist()) for name in faces.subject}
    assert all(len(numbers) == 1 for numbers in of_subject.values())
    counts = np.bincount([numbers.pop() for numbers in of_subject.values()], minlength=RECIPE.folds)
    assert np.ptp(counts) <= 1


def test_the_folds_of_a_seed_are_always_the_same(faces: Faces) -> None:
    of_reversed = folds.folds(faces.subject[::-1], RECIPE)[::-1]
    np.testing.assert_array_equal(folds.folds(faces.subject, RECIPE), of_reversed)


def test_the_model_of_a_fold_is_trained_on_none_of_its_people(
    faces: Faces, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def train_network(rated: Faces, others: Faces, *_: object) -> None:
        assert set(rated.subject) == set(others.subject) == set(faces.subject[~held_out])
        raise WinceError("stopped here")

    held_out = folds.folds(faces.subject, RECIPE) == 0
    monkeypatch.setattr(folds, "train_network", train_network)
    data = folds.TrainingData(faces, unrated(faces), faces, {})
    with pytest.raises(WinceError, match="stopped here"):
        folds.score_fold(data, held_out, None, RECIPE, tmp_path)


@dataclass(frozen=True)
class StartedRun:
    """A run whose photographs are cut out already: rated faces, and the same faces unrated."""

    rated: Path
    unrated: Path
    out: Path

    def resume(self, rated_once: Path) -> Any:
        folders = {"--rated": self.rated, "--unrated": self.unrated, "--face-models": self.out}
        options = folders | {"--out": self.out, "--rated-once": rated_once}
        arguments = [str(part) for pair in options.items() for part in pair]
        return CliRunner().invoke(app, ["train", *arguments])


@pytest.fixture
def started_run(tmp_path: Path, rated_folder: Path, faces: Faces) -> StartedRun:
    run = StartedRun(rated_folder, tmp_path / "unrated", tmp_path / "out")
    run.unrated.mkdir()
    (run.unrated / "faces.csv").write_text("image,subject\n")
    run.out.mkdir()
    strangers = unrated(faces[np.arange(3)])
    strangers = replace(strangers, subject=np.array(["a stranger"] * 3))
    faces.save(run.out / "rated.npz")
    faces.save(run.out / f"seen{Recipe().units.size}.npz")
    joined([unrated(faces), strangers]).save(run.out / "unrated.npz")
    return run


@pytest.fixture
def no_single_ratings(tmp_path: Path) -> Path:
    path = tmp_path / "nothing.csv"
    path.write_text(single_ratings.TABLE.read_text().splitlines()[0] + "\n")
    return path


def test_the_first_stage_is_trained_on_people_in_no_fold(
    started_run: StartedRun, no_single_ratings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train_base(strangers: Faces, *_: object) -> None:
        assert set(strangers.subject) == {"a stranger"}
        raise WinceError("stopped here")

    monkeypatch.setattr(train, "train_base", train_base)
    assert "stopped here" in str(started_run.resume(no_single_ratings).exception)
    hours = json.loads((started_run.out / train.HOURS).read_text())
    assert hours["strangers"] > 0  # also written when a step is stopped


def test_single_ratings_of_other_photographs_are_refused(started_run: StartedRun) -> None:
    result = started_run.resume(single_ratings.TABLE)
    assert "found none of one of them" in str(result.exception)


def test_cut_out_faces_that_do_not_match_are_refused(
    started_run: StartedRun, no_single_ratings: Path, faces: Faces
) -> None:
    no_faces(faces).save(started_run.out / "rated.npz")
    assert "contain different faces" in str(started_run.resume(no_single_ratings).exception)


def test_a_run_folder_started_with_another_recipe_is_refused(started_run: StartedRun) -> None:
    (started_run.out / RECIPE_FILE).write_text("{}\n")
    result = started_run.resume(single_ratings.TABLE)
    assert "started with another recipe" in str(result.exception)


def test_a_run_is_not_resumed_with_a_changed_table(tmp_path: Path) -> None:
    table = tmp_path / "ratings.csv"
    table.write_text("image,au4\nface.jpg,1\n")
    claim(tmp_path, RECIPE, [table])
    claim(tmp_path, RECIPE, [table])
    table.write_text("image,au4\nface.jpg,2\n")
    with pytest.raises(WinceError, match="started with another recipe or other tables"):
        claim(tmp_path, RECIPE, [table])
