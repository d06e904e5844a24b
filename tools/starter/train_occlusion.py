"""Trains the packaged model that tells whether eyes or mouth are covered, and tests it.

    python -m tools.starter.train_occlusion RATED --write

RATED is a folder of rated photographs of faces with ratings.csv, which names the people. The two
regressions of `wince.runtime.occlusion` are trained on two thirds of the people, drawn at random,
each face once as it is and once under each cover of `benchmarks.degraded_images`. They are tested
on the other people. A face whose half is covered counts as covered for both. In a second round each
cover in turn is left out of the training and only tested, which shows how a cover fares that the
training did not know. `--every N` takes every Nth photograph only.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track
from sklearn.linear_model import LogisticRegression

from benchmarks import degraded_images
from tools.markdown_template import table
from tools.starter.rated_faces import BY_EXPRESSION
from wince import images
from wince.faces.align import align
from wince.faces.detect import detect
from wince.faces.face import Face
from wince.runtime import occlusion, quality

TARGET = Path(occlusion.__file__).parents[1] / "models" / "occlusion" / "occlusion.json"
SEED = 0
STRENGTH = 0.3  # C of scikit-learn: less is a stronger pull towards zero
UNCOVERED = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph, and how the rating's author picked it."""

    path: Path
    picked: str


@dataclass(frozen=True, slots=True)
class Example:
    """One face, as it is or covered.

    Attributes:
        where: Covered part, a name in `degraded_images.WHERE`, or UNCOVERED.
        cover: What covers it, or UNCOVERED.
        picked: How the photograph was picked.
        features: (384,), see `wince.runtime.occlusion`.
    """

    where: str
    cover: str
    picked: str
    features: NDArray[np.float32]


def photos(rated: Path) -> tuple[list[Photo], list[Photo]]:
    """Return the photographs to train on and those to test on, of different people."""
    with (rated / "ratings.csv").open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if "0" not in (r["quality_a"], r["quality_b"])]
    names = sorted({row["subject"] for row in rows})
    drawn = np.random.default_rng(SEED).permutation(names)
    train_names = set(drawn[: len(names) * 2 // 3].tolist())
    parts: tuple[list[Photo], list[Photo]] = [], []
    for row in rows:
        photo = Photo(rated / "images" / row["image"], row["picked"])
        parts[row["subject"] not in train_names].append(photo)
    return parts


def examples(photo: Photo, rng: np.random.Generator) -> Iterator[Example]:
    """Yield the face of one photograph as it is and under each cover."""
    rgb = images.read(photo.path).rgb
    faces = detect(rgb)
    if not faces:
        return
    yield Example(UNCOVERED, UNCOVERED, photo.picked, features(rgb, faces[0]))
    for where, covers in degraded_images.WHERE.items():
        for cover in covers:
            covered, _ = degraded_images.covered(rgb, faces[0], where, rng, cover)
            covered_faces = detect(covered)
            if covered_faces:  # a face that is not detected is never judged
                yield Example(where, cover, photo.picked, features(covered, covered_faces[0]))


def features(rgb: degraded_images.RGB, face: Face) -> NDArray[np.float32]:
    """Return the features of a face as `wince.runtime.quality` computes them."""
    crop = Image.fromarray(align(rgb, face, quality.SPEC))
    return occlusion.features(np.asarray(crop.convert("L"), np.float32))


def fit(data: Sequence[Example], part: str) -> LogisticRegression:
    """Return the regression of one part; covered and uncovered faces have equal weight."""
    model = LogisticRegression(C=STRENGTH, max_iter=3000, class_weight="balanced")
    covered = [example.where in (part, "half") for example in data]
    return model.fit(np.stack([example.features for example in data]), covered)


def report(part: str, train: list[Example], test: list[Example]) -> dict[str, object]:
    """Print how often one part's regression is right; return its numbers for the package."""
    model = fit(train, part)
    warn, refuse = quality.COVERED.warn, quality.COVERED.refuse

    def row(name: str, chosen: list[Example], unknown: str = "") -> list[str]:
        shares = covered_shares(model, chosen)
        return [name, str(len(chosen)), percent(shares > warn), percent(shares > refuse), unknown]

    uncovered = [example for example in test if not example.where]
    ordinary = [example for example in uncovered if example.picked == BY_EXPRESSION]
    rows = [row("uncovered", uncovered), row("uncovered, by expression", ordinary)]
    for where, covers in degraded_images.WHERE.items():
        for cover in covers:
            chosen = [e for e in test if (e.where, e.cover) == (where, cover)]
            without = fit([e for e in train if (e.where, e.cover) != (where, cover)], part)
            unknown = percent(covered_shares(without, chosen) > refuse)
            rows.append(row(f"{where}: {cover}", chosen, unknown))
    columns = (part, "faces", f"above {warn:g}, %", f"above {refuse:g}, %")
    print(f"\n{table((*columns, 'the same, not trained on'), rows)}")
    return {
        "bias": round(float(model.intercept_[0]), 4),
        "weights": [round(float(weight), 4) for weight in model.coef_[0]],
    }


def covered_shares(model: LogisticRegression, data: Sequence[Example]) -> NDArray[np.float64]:
    """Return the probability of being covered for each example, (N,)."""
    features_of_all = np.stack([example.features for example in data])
    return np.asarray(model.predict_proba(features_of_all)[:, 1])


def percent(mask: NDArray[np.bool_]) -> str:
    """Return the share of True in percent."""
    return f"{100 * mask.mean():.1f}"


def main() -> None:
    """Train, test, print, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rated", type=Path, help="folder of rated photographs")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth photograph")
    parser.add_argument("--write", action="store_true", help="replace the packaged numbers")
    options = parser.parse_args()
    train_photos, test_photos = (part[:: options.every] for part in photos(options.rated))
    rng = np.random.default_rng(SEED)
    console = Console(file=sys.stderr)

    def examples_of(part: list[Photo], title: str) -> list[Example]:
        return [e for photo in track(part, title, console=console) for e in examples(photo, rng)]

    train = examples_of(train_photos, "Training faces")
    test = examples_of(test_photos, "Test faces")
    print(f"Trained on {len(train_photos)} photographs, tested on {len(test_photos)} of others.")
    numbers = {part: report(part, train, test) for part in occlusion.PARTS}
    if options.write:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(json.dumps(numbers) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
