"""Trains what tells whether eyes or mouth are covered, and says how often it is right.

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
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track
from sklearn.linear_model import LogisticRegression

from benchmarks import degraded_images
from wince import images
from wince.faces.align import align
from wince.faces.detect import Face, detect
from wince.runtime import occlusion, quality

TARGET = Path(occlusion.__file__).parents[1] / "models" / "occlusion" / "occlusion.json"
SEED = 0
STRENGTH = 0.3  # C of scikit-learn: less is a stronger pull towards zero

Row = tuple[str, str, NDArray[np.float32]]  # where, cover, features


def features(rgb: degraded_images.RGB, face: Face) -> NDArray[np.float32]:
    """Return the features of a face as `wince.runtime.quality` looks at it."""
    crop = Image.fromarray(align(rgb, face, quality.SPEC))
    return occlusion.features(np.asarray(crop.convert("L"), np.float32))


def rows(path: Path, rng: np.random.Generator) -> Iterator[Row]:
    """Yield the features of one photograph as it is and under each cover."""
    rgb = images.read(path).rgb
    found = detect(rgb)
    if not found:
        return
    yield "", "", features(rgb, found[0])
    for where, covers in degraded_images.WHERE.items():
        for cover in covers:
            spoilt, _ = degraded_images.covered(rgb, found[0], where, rng, cover)
            again = detect(spoilt)
            if again:  # a face that is not found needs no refusal
                yield where, cover, features(spoilt, again[0])


def people(rated: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return the photographs to train on, and those to measure on with how they were picked."""
    with (rated / "ratings.csv").open(newline="", encoding="utf-8") as file:
        usable = [r for r in csv.DictReader(file) if "0" not in (r["quality_a"], r["quality_b"])]
    names = sorted({row["subject"] for row in usable})
    drawn = np.random.default_rng(SEED).permutation(names)
    own = set(drawn[: len(names) * 2 // 3].tolist())
    train = [rated / "images" / row["image"] for row in usable if row["subject"] in own]
    others = (row for row in usable if row["subject"] not in own)
    return train, [(rated / "images" / row["image"], row["picked"]) for row in others]


def truth(part: str, where: str) -> bool:
    """Return whether a cover is one of this part."""
    return where in (part, "half")


def regression(data: list[Row], part: str) -> LogisticRegression:
    """Return the regression of one part; covered and uncovered faces weigh the same."""
    model = LogisticRegression(C=STRENGTH, max_iter=3000, class_weight="balanced")
    return model.fit(
        np.stack([found for _, _, found in data]), [truth(part, where) for where, _, _ in data]
    )


def percent(chosen: NDArray[np.bool_]) -> str:
    """Return the share of True as a cell."""
    return f"{100 * chosen.mean():.1f}"


def report(part: str, data: list[Row], held: list[tuple[Row, str]]) -> dict[str, object]:
    """Print how often one part's regression is right; return its numbers for the package."""
    model = regression(data, part)
    x = np.stack([row[2] for row, _ in held])
    shares = model.predict_proba(x)[:, 1]
    warn, refuse = quality.COVERED.warn, quality.COVERED.refuse
    print(
        f"\n| {part} | faces | above {warn:g}, % | above {refuse:g}, % | the same, not trained on |"
    )
    print("|---|---|---|---|---|")
    clean = np.array([not row[0] for row, _ in held])
    ordinary = clean & np.array([how == "by expression" for _, how in held])
    for name, here in (("uncovered", clean), ("uncovered, by expression", ordinary)):
        cells = [percent(shares[here] > cut) for cut in (warn, refuse)]
        print(f"| {name} | {here.sum()} | {cells[0]} | {cells[1]} | |")
    for where, covers in degraded_images.WHERE.items():
        for cover in covers:
            here = np.array([row[:2] == (where, cover) for row, _ in held])
            without = regression([row for row in data if row[:2] != (where, cover)], part)
            unseen = without.predict_proba(x[here])[:, 1]
            cells = [percent(shares[here] > cut) for cut in (warn, refuse)]
            cells.append(percent(unseen > refuse))
            print(f"| {where}: {cover} | {here.sum()} | {' | '.join(cells)} |")
    return {
        "bias": round(float(model.intercept_[0]), 4),
        "weights": [round(float(weight), 4) for weight in model.coef_[0]],
    }


def main() -> None:
    """Train, measure, print, and write the numbers when asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rated", type=Path)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth photograph")
    parser.add_argument("--write", action="store_true", help="replace the packaged numbers")
    asked = parser.parse_args()
    train, test = people(asked.rated)
    train, test = train[:: asked.every], test[:: asked.every]
    rng = np.random.default_rng(SEED)
    console = Console(file=sys.stderr)
    data = [
        row for path in track(train, "Training faces", console=console) for row in rows(path, rng)
    ]
    held = [
        (row, how)
        for path, how in track(test, "Other faces", console=console)
        for row in rows(path, rng)
    ]
    print(f"Trained on {len(train)} photographs, measured on {len(test)} of other people.")
    numbers = {part: report(part, data, held) for part in occlusion.PARTS}
    if asked.write:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(json.dumps(numbers) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
