"""The recipe of the packaged model, from folders of photographs to model.onnx and its card.

    python -m tools.starter.train --rated DIR --unrated DIR --face-models DIR --out DIR

A ResNet-18 first learns landmarks and blendshapes, small pictures first, then the six action units
of faces rated twice, then of those rated once beside them, and at last its own answers about all
these and about people whom nobody rated. The model that is shipped learns from every rated face.
What is said about it comes from five more, each trained in the same way without the subjects of one
fold: they read the faces of that fold through their exported files, cropped as in use, and the
figures, the score map and the calibration are of those readings. The first lesson, on people whom
nobody rated twice, is shared by all; in the rest a fold's subjects are left out of the unrated
photographs too. Each lesson resumes at its last finished epoch, each fold at its readings.
"""

import copy
import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import lightning
import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import Resampling
from torch import nn

from tools.starter import package
from tools.starter import rated_faces as rated
from tools.starter import stages as fit
from tools.starter.rated_faces import MARGIN, Faces, Ratings
from tools.starter.stages import Lesson
from wince import file_names, files
from wince.errors import WinceError
from wince.training import export, losses
from wince.training.network import build, first_outputs

HEAD = export.Head("action-units", (1.0, 1.0, 1.0, 1.0, 1.0, 1 / losses.AU43_SCALE))
STORED = 280  # pixels of a stored crop, the margin around the model's view included
HOURS = "hours.json"
RECIPE = "recipe.json"
PRECISIONS: tuple[export.Precision, ...] = ("fp32", "int8")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is learned at which size, on how many folds of subjects."""

    seed: int = 42
    folds: int = 5
    strangers: tuple[Lesson, ...] = (
        Lesson(size=56, epochs=40, batch=64, body_rate=2e-3, head_rate=2e-3),
        Lesson(size=112, epochs=8, batch=64, body_rate=1e-3, head_rate=1e-3),
    )
    mesh: tuple[Lesson, ...] = (
        Lesson(size=112, epochs=10, batch=64, body_rate=1.5e-3, head_rate=1.5e-3),
    )
    units: Lesson = Lesson(size=112, epochs=14, batch=32, body_rate=4e-4, head_rate=2e-3)
    further: Lesson = Lesson(size=112, epochs=8, batch=32, body_rate=4e-4, head_rate=2e-3)
    # As large as the units, whose pictures it goes on with.
    answers: Lesson = Lesson(size=112, epochs=8, batch=32, body_rate=3e-4, head_rate=9e-4)


def main(
    rated_folder: Annotated[
        Path, typer.Option("--rated", help="Folder with images/ and ratings.csv.")
    ],
    unrated_folder: Annotated[
        Path, typer.Option("--unrated", help="Folder with images/ and faces.csv.")
    ],
    face_models: Annotated[Path, typer.Option(help="Folder with MediaPipe's face models as ONNX.")],
    out: Annotated[Path, typer.Option(help="Run folder: crops, checkpoints, and the model.")],
    synthetic: Annotated[
        Path | None,
        typer.Option(help="An archive of other faces, to read with the finished model."),
    ] = None,
    rated_once: Annotated[
        Path,
        typer.Option(
            help="A table of one rating of some of the unrated photographs and of some of the "
            "rated ones, which give its scale.",
            show_default=f"{rated.ONE_RATING.name} beside this module",
        ),
    ] = rated.ONE_RATING,
    read_folds: Annotated[
        int,
        typer.Option(
            min=2,
            help="How many of the five folds to train for and read: fewer take less time and make "
            "the figures less sure. The rest can follow later.",
        ),
    ] = 5,
) -> None:
    """Train the packaged model again from its data folders."""
    out.mkdir(parents=True, exist_ok=True)
    recipe = Recipe()
    spec = rated.shown(recipe.units.size)
    wide = spec.widened(MARGIN, STORED)
    try:
        once = rated.read_ratings(rated_once)
        tables = rated_folder / rated.TWO_RATINGS, unrated_folder / rated.UNRATED, rated_once
        _of_one_recipe(out / RECIPE, recipe, tables)
        faces, unrated, seen = (
            _kept(out / f"{name}.npz", partial(read, folder, face_models, size))
            for name, read, folder, size in (
                ("rated", rated.read_rated, rated_folder, wide),
                ("unrated", rated.read_unrated, unrated_folder, wide),
                (f"seen{spec.size}", rated.read_rated, rated_folder, spec),
            )
        )
        if not np.array_equal(seen.image, faces.image):
            raise WinceError(
                f"{out}: rated.npz and seen{spec.size}.npz hold other faces. Delete both, then run "
                "the same command again."
            )
        taught = rated.with_one_rating(unrated, faces, once)
        if once and not taught.once.any():
            raise WinceError(
                f"{rated_once}: expected ratings of some of the photographs in {unrated_folder} "
                f"and of some in {rated_folder}, found none of one of them. Give their own table "
                "as --rated-once, or one that ends after its first line to do without."
            )
        fold = folds(faces.subject, recipe)
        with _clocked(out, "strangers"):
            base = learn_strangers(unrated[~_of(unrated, faces)], recipe, out / "strangers")
        with _clocked(out, "all"):
            network = train(faces, unrated, once, base, recipe, out / "all")
        readings = []
        for number in range(min(read_folds, recipe.folds)):
            name = f"fold{number + 1}"
            with _clocked(out, name):
                held = fold == number
                readings.append(
                    read_fold(faces, unrated, seen, held, once, base, recipe, out / name)
                )
        asked = fold[fold < len(readings)]
        scores = {p: gathered([one[p] for one in readings], asked) for p in PRECISIONS}
        hours = json.loads((out / HOURS).read_text("utf-8"))
        package.package(
            network,
            spec,
            seen,
            fold,
            scores,
            HEAD,
            out,
            sum(hours.values()),
            once,
            taught.subject[taught.once],
            synthetic,
        )
    except WinceError as error:
        raise SystemExit(f"wince: {error}") from error


def folds(subjects: NDArray[np.str_], recipe: Recipe) -> NDArray[np.intp]:
    """Return the fold (N,), from 0, of each face; a subject's faces are all in one."""
    names, of_face = np.unique(subjects, return_inverse=True)
    drawn = np.random.default_rng(recipe.seed).permutation(len(names)) % recipe.folds
    return np.asarray(drawn[of_face])


def learn_strangers(strangers: Faces, recipe: Recipe, folder: Path) -> nn.Module | None:
    """Return a network that knows the landmarks of people in no fold, None without any."""
    if not len(strangers):
        return None
    lightning.seed_everything(recipe.seed)
    return _learn_mesh((strangers,), recipe.strangers, folder)


def train(
    own: Faces, unrated: Faces, once: Ratings, base: nn.Module | None, recipe: Recipe, folder: Path
) -> nn.Module:
    """Return a network trained on rated faces; checkpoints and histories go below `folder`.

    unrated: faces of the same people or of people in no fold. once: the one rating that some of
    both were given. base: where the landmarks start; it is left as it is.
    """
    lightning.seed_everything(recipe.seed)
    units, answers = recipe.units, recipe.answers
    lesson = folder / f"units{units.size}"
    if (lesson / fit.LAST).exists():
        network = build(1)  # what it knew before stands in that checkpoint, with all it learned
    else:
        network = _learn_mesh((own, unrated), recipe.mesh, folder, copy.deepcopy(base))
    shown = _at(own, units.size)
    others = rated.with_one_rating(_at(unrated, answers.size), own, once)
    network = fit.learn_action_units(network, shown, units, lesson)
    if others.once.any():
        rated_faces = _joined([shown, others[others.once]])
        network = fit.learn_action_units(network, rated_faces, recipe.further, folder / "further")
    if len(others):
        network = fit.learn_answers(network, shown, others, answers, folder / "answers")
    return first_outputs(network, fit.UNITS)


def _learn_mesh(
    parts: Sequence[Faces],
    lessons: Iterable[Lesson],
    folder: Path,
    network: nn.Module | None = None,
) -> nn.Module:
    for lesson in lessons:
        data = _joined([_at(part, lesson.size) for part in parts])
        network = fit.learn_mesh(data, lesson, folder / f"mesh{lesson.size}", network)
    assert network is not None
    return network


def read_fold(
    faces: Faces,
    unrated: Faces,
    seen: Faces,
    held: NDArray[np.bool_],
    once: Ratings,
    base: nn.Module | None,
    recipe: Recipe,
    folder: Path,
) -> dict[str, NDArray[np.float32]]:
    """Train without the held faces' subjects; return the scores (H, 6) of those, by precision.

    seen: `faces` cut out exactly as the model is shown them in use.
    """
    kept = folder / "scores.npz"
    if not kept.exists():
        others = unrated[~_of(unrated, faces[held])]
        network = train(faces[~held], others, once, base, recipe, folder)
        spec = rated.shown(recipe.units.size)
        found: dict[str, Any] = {}
        for precision in PRECISIONS:
            path = folder / precision
            path.mkdir(exist_ok=True)
            export.to_onnx(
                network,
                spec,
                HEAD,
                path / file_names.MODEL,
                precision=precision,
                calibration_images=seen.crops[export.calibration_rows(np.flatnonzero(~held))],
            )
            found[precision] = export.scores(path, seen.crops[held])[0]
        aside = kept.with_suffix(".part.npz")
        np.savez(aside, **found)
        aside.rename(kept)
        for lesson in folder.glob("mesh*"):  # 130 MB each, and of no use any more
            shutil.rmtree(lesson)
    with np.load(kept) as arrays:
        return {precision: arrays[precision] for precision in PRECISIONS}


def _of_one_recipe(path: Path, recipe: Recipe, tables: Iterable[Path]) -> None:
    """Keep the recipe and what its tables hold beside what comes of them.

    Raises WinceError when that was begun with others, DataError when a table is missing.
    """
    held = {table.name: rated.fingerprint(table) for table in tables}
    ours = json.dumps(asdict(recipe) | {"tables": held}, indent=1) + "\n"
    if path.exists() and path.read_text("utf-8") != ours:
        raise WinceError(
            f"{path.parent} was begun with another recipe or other tables, see {path.name} there. "
            "Choose another folder for --out."
        )
    files.write_text(path, ours)


@contextmanager
def _clocked(out: Path, name: str) -> Iterator[None]:
    """Add the hours that a step took to those it took before it was stopped and resumed.

    What it took before a kill is lost.
    """
    begun = time.monotonic()
    try:
        yield
    finally:
        path = out / HOURS
        hours = json.loads(path.read_text("utf-8")) if path.exists() else {}
        hours[name] = hours.get(name, 0.0) + (time.monotonic() - begun) / 3600
        files.write_json(path, hours)


def gathered(parts: list[NDArray[np.float32]], fold: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the folds' rows in the faces' own order."""
    whole = np.empty((len(fold), *parts[0].shape[1:]), np.float32)
    for number, part in enumerate(parts):
        whole[fold == number] = part
    return whole


def _kept(path: Path, read: Callable[[], Faces]) -> Faces:
    """Read cut-out faces from a file, or cut them out and keep them there."""
    if not path.exists():
        read().save(path)
    return Faces.load(path)


def _of(faces: Faces, others: Faces) -> NDArray[np.bool_]:
    """Return which faces (N,) are of somebody among the others."""
    return np.isin(faces.subject, others.subject)


def _joined(parts: Sequence[Faces]) -> Faces:
    return Faces(*(np.concatenate([getattr(part, n) for part in parts]) for n in Faces.__slots__))


def _at(faces: Faces, size: int) -> Faces:
    """Return the faces with crops stored at the resolution that a model of this size needs."""
    side = round(size * MARGIN)
    small = np.empty((len(faces), side, side, 3), np.uint8)
    for row, crop in enumerate(faces.crops):
        small[row] = np.asarray(Image.fromarray(crop).resize((side, side), Resampling.BOX))
    return replace(faces, crops=small)


if __name__ == "__main__":
    typer.run(main)
