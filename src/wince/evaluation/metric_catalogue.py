"""What each figure is: its title, which way is better, its formula and convention, its source.

The only place that says so: the report's last section and the table in docs/evaluation.md are
made from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from wince.evaluation.classification import SCHEMES
from wince.scale import BINARY_CUTS, LEVELS

SUMMARY_TITLES = {"maximum": "maximum", "top_tenth": "top tenth"}
TARGET_TITLES = {"pspi": "PSPI", "vas": "VAS", "opr": "OPR"}


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """One figure or family of figures.

    key: as in metrics.json, with {scheme}, {class}, {cut}, {target}, {summary} or {level} standing
    for each of them. better: "lower", "higher", or a value to be near to.
    """

    key: str
    title: str
    better: str
    formula: str
    source: str


SHROUT = "Shrout & Fleiss 1979, Psychol Bull 86:420-428"
WANG = "Wang et al. 2017, arXiv:1702.06925, and its published script"

FAMILIES: tuple[MetricFamily, ...] = (
    MetricFamily("mae", "MAE", "lower", "mean of |p − t|, points of PSPI", "standard"),
    MetricFamily("mse", "MSE", "lower", "mean of (p − t)²", "standard"),
    MetricFamily("rmse", "RMSE", "lower", "√MSE", "standard"),
    MetricFamily(
        "bias", "Mean error", "0", "mean of p − t; positive: scores are too high", "standard"
    ),
    MetricFamily(
        "wmae",
        "wMAE",
        "lower",
        "Σw|p − t| / Σw, w = 1 / frames of the same subject with the same PSPI",
        WANG,
    ),
    MetricFamily("wmse", "wMSE", "lower", "Σw(p − t)² / Σw, the same w", WANG),
    MetricFamily(
        "pcc",
        "PCC",
        "higher",
        "Σ(t − t̄)(p − p̄) / √(Σ(t − t̄)² Σ(p − p̄)²); undefined if either side does not vary",
        "Pearson 1895",
    ),
    MetricFamily(
        "icc",
        "ICC(3,1)",
        "higher",
        "consistency: (BMS − EMS) / (BMS + EMS), two raters, label and model; "
        "undefined if the labels do not vary",
        SHROUT,
    ),
    MetricFamily(
        "ccc",
        "CCC",
        "higher",
        "2 s_tp / (s_t² + s_p² + (t̄ − p̄)²), moments divided by n; "
        "undefined if the labels do not vary",
        "Lin 1989, Biometrics 45:255-268",
    ),
    MetricFamily(
        "auc_{cut}",
        "AUC ≥ {cut}",
        "higher",
        "probability that a frame with PSPI ≥ {cut} scores above one below it, ties half; "
        "undefined without both kinds",
        "Hanley & McNeil 1982, Radiology 143:29-36",
    ),
    MetricFamily(
        "{scheme}_accuracy",
        "{scheme}: accuracy",
        "higher",
        "share of frames in the right class",
        "standard",
    ),
    MetricFamily(
        "{scheme}_balanced_accuracy",
        "{scheme}: balanced accuracy",
        "higher",
        "averaged recall: its mean over the classes that occur",
        "Brodersen et al. 2010, ICPR",
    ),
    MetricFamily(
        "{scheme}_macro_precision",
        "{scheme}: averaged precision",
        "higher",
        "its mean over the classes that are predicted (fewer than occur flatters: see F1)",
        "standard",
    ),
    MetricFamily(
        "{scheme}_macro_f1",
        "{scheme}: averaged F1",
        "higher",
        "its mean over the classes that occur or are predicted",
        "standard",
    ),
    MetricFamily(
        "{scheme}_kappa",
        "{scheme}: quadratic kappa",
        "higher",
        "1 − ΣwO / ΣwE, w = (i − j)², E from the margins; Cohen's plain kappa for two classes; "
        "undefined if only one class is true",
        "Cohen 1968, Psychol Bull 70:213-220",
    ),
    MetricFamily(
        "{scheme}_distance",
        "{scheme}: mean distance",
        "lower",
        "mean of |predicted − true class number| (not for two classes); for six classes this is "
        "the MAE on the 0-5 scale of the literature, of rounded scores",
        "standard",
    ),
    MetricFamily(
        "{scheme}_{class}_precision",
        "{scheme}, {class}: precision",
        "higher",
        "TP / (TP + FP); undefined if never predicted",
        "standard",
    ),
    MetricFamily(
        "{scheme}_{class}_recall",
        "{scheme}, {class}: recall",
        "higher",
        "TP / (TP + FN); undefined if it does not occur",
        "standard",
    ),
    MetricFamily(
        "{scheme}_{class}_f1",
        "{scheme}, {class}: F1",
        "higher",
        "2 TP / (2 TP + FP + FN); undefined if it neither occurs nor is predicted",
        "standard",
    ),
    MetricFamily(
        "sequence_pspi_{summary}_{agreement}",
        "Sequence PSPI, {summary}: {agreement}",
        "higher",
        "agreement of the sequence's score with the same summary of its labels",
        "as for frames",
    ),
    MetricFamily(
        "sequence_{target}_{summary}_pcc",
        "{target}, {summary}: PCC",
        "higher",
        "correlation of the sequence's score with its {target}, over rated sequences",
        "Pearson 1895",
    ),
    MetricFamily(
        "sequence_{target}_{summary}_line_mae",
        "{target}, {summary}: MAE of a line",
        "lower",
        "MAE, in points of {target}, of a least-squares line from score to {target} fitted on the "
        "other subjects",
        "leave one subject out",
    ),
    MetricFamily(
        "label_sequence_{target}_{summary}_pcc",
        "{target} from the labels, {summary}: PCC",
        "",
        "the same for the labelled PSPI: what a perfect model would reach",
        "Pearson 1895",
    ),
    MetricFamily(
        "label_sequence_{target}_{summary}_line_mae",
        "{target} from the labels, {summary}: MAE of a line",
        "",
        "the same for the labelled PSPI: what a perfect model would reach",
        "leave one subject out",
    ),
    MetricFamily(
        "brier",
        "Brier score",
        "lower",
        "mean of Σ_k (p_k − o_k)² over the four levels, 0 to 2",
        "Brier 1950, Mon Weather Rev 78:1-3",
    ),
    MetricFamily(
        "brier_prior",
        "Brier score of the constant prior",
        "",
        "the same for the reference's level frequencies",
        "as above",
    ),
    MetricFamily(
        "brier_skill",
        "Brier skill",
        "higher",
        "1 − Brier / Brier of the prior; 0 or less: no better than the prior",
        "standard",
    ),
    MetricFamily(
        "rps",
        "Ranked probability score",
        "lower",
        "mean of ⅓ Σ_{k<4} (P_k − O_k)², P and O cumulative, 0 to 1",
        "Epstein 1969, J Appl Meteorol 8:985-987, divided by K − 1",
    ),
    MetricFamily(
        "rps_prior",
        "RPS of the constant prior",
        "",
        "the same for the reference's level frequencies",
        "as above",
    ),
    MetricFamily("rps_skill", "RPS skill", "higher", "1 − RPS / RPS of the prior", "standard"),
    MetricFamily(
        "calibration_error",
        "Expected calibration error",
        "lower",
        "Σ_bins (n_bin / n) |accuracy − mean confidence|, ten equal bins of the probability given "
        "to the stated level",
        "Guo et al. 2017, ICML",
    ),
    MetricFamily(
        "coverage",
        "Coverage of the 90 % interval",
        "0.9",
        "share of frames with low ≤ t ≤ high",
        "standard",
    ),
    MetricFamily(
        "interval_width",
        "Width of the 90 % interval",
        "lower",
        "mean of high − low, points of PSPI",
        "standard",
    ),
    MetricFamily(
        "coverage_{level}",
        "Coverage at {level}",
        "0.9",
        "the same for frames whose true level is {level}",
        "standard",
    ),
)


def members(entry: MetricFamily) -> Iterator[tuple[str, str]]:
    """Yield the key and title of each figure that an entry stands for."""
    if "{scheme}" in entry.key:
        for scheme in SCHEMES:
            if entry.key.endswith("distance") and len(scheme.classes) == 2:
                continue
            for name in scheme.classes if "{class}" in entry.key else ("",):
                yield (
                    entry.key.replace("{scheme}", scheme.key).replace("{class}", name),
                    entry.title.replace("{scheme}", scheme.title).replace("{class}", name),
                )
        return
    parts: dict[str, dict[str, str]] = {
        "{cut}": {str(cut): str(cut) for cut in BINARY_CUTS},
        "{level}": {str(level): str(level) for level in LEVELS},
        "{target}": {name: TARGET_TITLES[name] for name in ("vas", "opr")},
        "{summary}": SUMMARY_TITLES,
        "{agreement}": {"pcc": "PCC", "icc": "ICC(3,1)", "ccc": "CCC"},
    }
    found = [(entry.key, entry.title)]
    for mark, values in parts.items():
        if mark in entry.key:
            found = [
                (key.replace(mark, short), title.replace(mark, long))
                for key, title in found
                for short, long in values.items()
            ]
    yield from found


TITLES: dict[str, str] = {key: title for entry in FAMILIES for key, title in members(entry)}
"""Key of a figure -> its title."""

BETTER: dict[str, str] = {key: entry.better for entry in FAMILIES for key, _ in members(entry)}
"""Key of a figure -> which way is better, as in its entry."""


def is_worse(key: str, value: float, than: float) -> bool:
    """Return whether a value of a figure is worse than another; False where no way is better."""
    way = BETTER[key]
    if way in ("lower", "higher"):
        return value > than if way == "lower" else value < than
    return bool(way) and abs(value - float(way)) > abs(than - float(way))


def markdown() -> str:
    """Return the table of docs/evaluation.md, one line per entry."""
    head = ["| key | figure | better | formula and convention | source |", "|---|---|---|---|---|"]
    rows = [
        f"| `{entry.key}` | {entry.title} | {entry.better or '–'} "
        f"| {entry.formula.replace('|', chr(92) + '|')} | {entry.source} |"
        for entry in FAMILIES
    ]
    return "\n".join([*head, *rows])
