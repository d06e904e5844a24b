"""How often 95 % intervals contain the true value, by number of subjects and kind of interval.

    python -m benchmarks.interval_coverage [--tables N]

Tables are simulated: each subject has an own level of pain, bias and noise, and 40 frames. The true
value is that of 60,000 subjects. BCa is as in Efron 1987, J Am Stat Assoc 82:171-185.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from functools import partial
from statistics import NormalDist

import numpy as np

from wince.evaluation import bootstrap
from wince.evaluation.arrays import Floats
from wince.evaluation.metrics import agreement, regression

SUBJECTS = (6, 8, 10, 15, 19)
FRAMES = 40
MANY_SUBJECTS = 60_000
RESAMPLES = 1000
Resampler = Callable[[Floats], Floats]


def simulated_metrics(subjects: int, rng: np.random.Generator) -> dict[str, Resampler]:
    """Return MAE, PCC and ICC of a simulated table, as functions of resample counts (B, S)."""
    subject = np.repeat(np.arange(subjects), FRAMES)
    rows = subject.size
    level, bias = rng.exponential(1.0, subjects), rng.normal(0, 0.4, subjects)
    noise = 0.3 * np.exp(rng.normal(0, 0.4, subjects))
    truth = np.maximum(0, level[subject] + rng.normal(0, 1.2, rows))
    predicted = 0.5 * truth + bias[subject] + rng.normal(0, 1, rows) * noise[subject]
    errors = regression.error_sums(truth, predicted, subject)
    parts = agreement.moments(truth, predicted, subject)
    return {
        "MAE": partial(_of_errors, errors),
        "PCC": partial(_of_moments, parts, agreement.pcc_of),
        "ICC(3,1)": partial(_of_moments, parts, agreement.icc_of),
    }


def _of_errors(errors: Floats, counts: Floats) -> Floats:
    return regression.mae_of(counts @ errors)


def _of_moments(parts: Floats, formula: Callable[[Floats], Floats], counts: Floats) -> Floats:
    return formula(agreement.pool(parts, counts))


def bca(value: float, resampled: Floats, without_each: Floats) -> tuple[float, float]:
    """Return the BCa interval, bias-corrected and accelerated."""
    normal = NormalDist()
    below = ((resampled < value).mean() + (resampled <= value).mean()) / 2
    shift = normal.inv_cdf(float(np.clip(below, 0.001, 0.999)))
    gap = without_each.mean() - without_each
    acceleration = (gap**3).sum() / (6 * (gap**2).sum() ** 1.5)
    levels = [
        normal.cdf(shift + (shift + z) / (1 - acceleration * (shift + z)))
        for z in (normal.inv_cdf(0.025), normal.inv_cdf(0.975))
    ]
    low, high = np.quantile(resampled, levels)
    return float(low), float(high)


def intervals(resampler: Resampler, counts: Floats) -> dict[str, tuple[float, float]]:
    """Return the interval of each kind for one table."""
    subjects = counts.shape[1]
    value = float(resampler(np.ones((1, subjects)))[0])
    resampled, without_each = resampler(counts), resampler(1 - np.eye(subjects))
    return {
        "percentile": bootstrap.interval(resampled),
        "BCa": bca(value, resampled, without_each),
        "t": bootstrap.t_interval(value, without_each, subjects),
    }


def main() -> None:
    """Print the share of tables whose interval contains the true value."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1000)
    tables = parser.parse_args().tables
    rng = np.random.default_rng(1)
    many = simulated_metrics(MANY_SUBJECTS, rng)
    truth = {name: float(of(np.ones((1, MANY_SUBJECTS)))[0]) for name, of in many.items()}
    for subjects in SUBJECTS:
        contained: Counter[tuple[str, str]] = Counter()
        for seed in range(tables):
            counts = bootstrap.subject_counts(subjects, RESAMPLES, seed)
            for name, resampler in simulated_metrics(subjects, rng).items():
                for kind, (low, high) in intervals(resampler, counts).items():
                    contained[name, kind] += low <= truth[name] <= high
        shares = (f"{name} {kind} {n / tables:.3f}" for (name, kind), n in contained.items())
        print(f"{subjects} subjects: {', '.join(shares)}")


if __name__ == "__main__":
    main()
