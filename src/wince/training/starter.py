"""The recipe of the packaged model, from folders of photographs to model.onnx and its card.

    python -m wince.training.starter --rated DIR --unrated DIR --face-models DIR --out DIR

Subjects are split once into train, validation, calibration and test. A ResNet-18 first learns
landmarks and blendshapes (photographs of training subjects and of people in no other part), then
the six action units. The score map comes from training subjects, the calibration from calibration
subjects, and every figure in the card from test subjects, through the exported file and the same
cropping as in use. Each lesson resumes at its last finished epoch.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import lightning
import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from wince.errors import WinceError
from wince.faces.spec import FaceSpec
from wince.runtime import calibration
from wince.training import export, fit, losses, rated, starter_card
from wince.training.fit import Lesson
from wince.training.rated import MARGIN, Faces

NAME, VERSION = "wince-starter", "0.1.0"
TITLE = (
    "Trained on 2,700 photographs of faces whose action units were rated by an automated rater, "
    "not on FACS-coded video of people in pain."
)
HEAD = export.Head("action-units", (1.0, 1.0, 1.0, 1.0, 1.0, 1 / losses.EYES))
STORED = 280  # pixels of a stored crop: the model's 224 with the margin around
INT8_COST = 0.005  # of PCC: the most that int8 may cost
PARTS = ("train", "validation", "calibration", "test")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is learned at which size. Subjects are split by `shares`, in the order of PARTS."""

    seed: int = 42
    shares: tuple[float, float, float, float] = (0.66, 0.07, 0.12, 0.15)
    mesh: tuple[Lesson, ...] = (
        Lesson(size=112, epochs=12, batch=64, body_rate=2e-3, head_rate=2e-3),
        Lesson(size=224, epochs=2, batch=64, body_rate=5e-4, head_rate=1e-3),
    )
    units: Lesson = Lesson(size=224, epochs=10, batch=32, body_rate=4e-4, head_rate=2e-3)  # noqa: RUF009  # Lesson is frozen


SMALL = Recipe(
    mesh=Recipe().mesh[:1],
    units=Lesson(size=112, epochs=18, batch=32, body_rate=4e-4, head_rate=2e-3),
)
"""A quarter of the work: everything at 112 pixels."""


def main(
    rated_folder: Annotated[
        Path, typer.Option("--rated", help="Folder with images/ and ratings.csv.")
    ],
    unrated_folder: Annotated[
        Path, typer.Option("--unrated", help="Folder with images/ and faces.csv.")
    ],
    face_models: Annotated[Path, typer.Option(help="Folder with MediaPipe's face models as ONNX.")],
    out: Annotated[Path, typer.Option(help="Run folder: crops, checkpoints, and the model.")],
    small: Annotated[
        bool, typer.Option(help="Train at 112 pixels: a quarter of the hours.")
    ] = False,
) -> None:
    """Train the packaged model again from its data folders."""
    out.mkdir(parents=True, exist_ok=True)
    recipe = SMALL if small else Recipe()
    try:
        faces = _kept(out / "rated.npz", rated.read_rated, rated_folder, face_models)
        unrated = _kept(out / "unrated.npz", rated.read_unrated, unrated_folder, face_models)
        parts = split(faces.subject, recipe)
        network = train(faces, unrated, parts, recipe, out)
        spec = FaceSpec(size=recipe.units.size)
        seen = rated.read_rated(rated_folder, face_models, spec)
        package(network, spec, seen, parts, out / f"model{spec.size}")
    except WinceError as error:
        raise SystemExit(f"wince: {error}") from error


def split(subjects: NDArray[np.str_], recipe: Recipe) -> dict[str, set[str]]:
    """Return the subjects of each part, drawn at random and without overlap."""
    names = np.unique(subjects)
    names = names[np.random.default_rng(recipe.seed).permutation(len(names))]
    ends = np.cumsum(np.round(np.array(recipe.shares[:-1]) * len(names)).astype(int))
    return {part: set(one.tolist()) for part, one in zip(PARTS, np.split(names, ends), strict=True)}


def train(
    faces: Faces, unrated: Faces, parts: dict[str, set[str]], recipe: Recipe, out: Path
) -> nn.Module:
    """Return the trained network; checkpoints and histories go below `out`."""
    lightning.seed_everything(recipe.seed)
    own = faces[_of(faces, parts["train"])]
    held_back = parts["validation"] | parts["calibration"] | parts["test"]
    together = _joined(own, unrated[~_of(unrated, held_back)])
    network: nn.Module | None = None
    for lesson in recipe.mesh:
        data = _at(together, lesson.size)
        network = fit.learn_mesh(data, lesson, out / f"mesh{lesson.size}", network)
    assert network is not None
    validation = _at(faces[_of(faces, parts["validation"])], recipe.units.size)
    folder = out / f"units{recipe.units.size}"
    return fit.learn_action_units(
        network, _at(own, recipe.units.size), validation, recipe.units, folder
    )


def package(
    network: nn.Module, spec: FaceSpec, faces: Faces, parts: dict[str, set[str]], folder: Path
) -> None:
    """Export a trained network, calibrated and measured, with model.json and MODEL_CARD.md.

    faces: rated faces cut out exactly as the model is shown them in use.
    """
    folder.mkdir(parents=True, exist_ok=True)
    by_part = {part: faces[_of(faces, parts[part])] for part in PARTS}
    precision, costs = _exported(network, spec, by_part, folder)
    calm = _calm(by_part["train"])
    scored = export.estimate(folder, by_part["calibration"].crops, HEAD).raw
    fitted = calibration.fit(scored, by_part["calibration"].pspi, calibration.calm_map(calm))
    tested = export.estimate(folder, by_part["test"].crops, HEAD)
    export.write_card(
        folder,
        name=NAME,
        version=VERSION,
        title=TITLE,
        spec=spec,
        head=HEAD,
        calibration=fitted,
        trained_on={
            "data": "rated faces (see MODEL_CARD.md)",
            "faces": {part: len(one) for part, one in by_part.items()},
            "subjects": {part: len(names) for part, names in parts.items()},
        },
        subjects_seen=sorted(parts["train"]),
        figures={
            **starter_card.measure(tested, fitted, by_part["train"], by_part["test"]),
            "export": {"precision": precision, "pcc": costs},
        },
    )
    starter_card.write(folder)


def _exported(
    network: nn.Module, spec: FaceSpec, by_part: dict[str, Faces], folder: Path
) -> tuple[export.Precision, dict[str, float]]:
    """Write model.onnx as int8 if that costs little on held-out faces, else with fp16 weights."""
    held_out = _joined(by_part["validation"], by_part["calibration"])
    own = by_part["train"].crops
    typical = own[np.random.default_rng(0).permutation(len(own))[:256]]
    path = folder / export.FILE
    costs: dict[str, float] = {}
    precisions: tuple[export.Precision, ...] = ("fp32", "fp16", "int8")
    for precision in precisions:
        export.to_onnx(network, spec, HEAD, path, precision=precision, typical=typical)
        raw = export.estimate(folder, held_out.crops, HEAD).raw
        costs[precision] = round(float(np.corrcoef(raw, held_out.pspi)[0, 1]), 4)
    if costs["fp32"] - costs["int8"] < INT8_COST:
        return "int8", costs
    export.to_onnx(network, spec, HEAD, path, precision="fp16", typical=typical)
    return "fp16", costs


def _calm(own: Faces) -> float:
    """Return the rated score below which the card's share of the faces labelled neutral lie."""
    neutral = (own.expression == "neutral") & (own.picked == "by expression")
    return float(np.quantile(own.pspi[neutral], starter_card.CALM_SHARE))


def _kept(path: Path, read: Any, folder: Path, face_models: Path) -> Faces:
    """Read cut-out faces from a file, or cut them out and keep them there."""
    if not path.exists():
        read(folder, face_models, FaceSpec(size=224).widened(MARGIN, STORED)).save(path)
    return Faces.load(path)


def _of(faces: Faces, subjects: set[str]) -> NDArray[np.bool_]:
    return np.isin(faces.subject, list(subjects))


def _joined(one: Faces, other: Faces) -> Faces:
    return Faces(*(np.concatenate([getattr(one, n), getattr(other, n)]) for n in Faces.__slots__))


def _at(faces: Faces, size: int) -> Faces:
    """Return the faces with crops stored at the resolution that a model of this size needs."""
    step = round(STORED / (size * MARGIN))
    if step == 1:
        return faces
    side = STORED // step
    small = np.empty((len(faces), side, side, 3), np.uint8)
    for row, crop in enumerate(faces.crops):
        small[row] = np.asarray(Image.fromarray(crop).reduce(step))
    return replace(faces, crops=small)


if __name__ == "__main__":
    typer.run(main)
