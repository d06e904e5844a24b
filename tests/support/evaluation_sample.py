"""A small table of predictions that resembles UNBC: most frames and one subject show no pain."""

import csv
import io

import numpy as np

SUBJECTS = 12


def columns(seed=0, noise=0.6):
    """Return columns of text, 12 subjects of 2 sequences; labels do not depend on `noise`."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(SUBJECTS):
        for clip in range(2):
            n = int(rng.integers(25, 60))
            wave = np.sin(np.linspace(0, np.pi, n)) ** 4 * rng.choice([2, 5, 9, 13])
            truth = np.round(wave) * (person != 3)
            vas = int(np.clip(truth.max() * 0.6 + rng.normal(1, 1), 0, 10))
            noises = np.random.default_rng([seed, person, clip]).normal(0, 1, n)
            for i in range(n):
                score = np.clip(0.7 * truth[i] + 0.4 + noise * noises[i], 0, 16)
                rows.append(
                    (f"p{person:02d}", f"c{clip}", f"{i:03d}", truth[i], score, vas, person)
                )
    return _as_columns(rows)


def _as_columns(rows):
    """Return the rows as columns of text, with probabilities and intervals around each score."""
    cells = {name: [] for name in HEAD}
    for subject, clip, frame, truth, score, vas, person in rows:
        spread = 0.5 + 0.2 * score
        cuts = 1 / (1 + np.exp((score - np.array([0.5, 5.5, 10.5])) / spread))
        stated = np.diff(np.concatenate([[0], cuts, [1]]))
        values = (subject, clip, frame, f"{truth:g}", f"{score:.4f}", *(f"{p:.5f}" for p in stated),
                  f"{score - 1.7 * spread:.3f}", f"{score + 1.7 * spread:.3f}",
                  "" if person == 5 else f"{vas}", f"{vas // 2}", "7.5",
                  f"{person % 4}", "FM"[person % 2])  # fmt: skip
        for name, value in zip(HEAD, values, strict=True):
            cells[name].append(value)
    return cells


HEAD = (
    "subject", "sequence", "frame", "pspi", "predicted",
    "p_none", "p_mild", "p_moderate", "p_severe", "low", "high",
    "vas", "opr", "milliseconds", "fold", "sex",
)  # fmt: skip
PLAIN = HEAD[:5]


def as_csv(cells):
    """Return columns as the text of a CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows([list(cells), *zip(*cells.values(), strict=True)])
    return text.getvalue()
