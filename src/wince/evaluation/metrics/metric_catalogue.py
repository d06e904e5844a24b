"""What each metric is: its title, which values are better, its formula and its source.

The last section of the report and the table in docs/evaluation.md are generated from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from wince.evaluation.metrics.classification import schemes
from wince.scale import BINARY_CUTS, LEVELS, PSPI, Scale

PLACEHOLDERS: dict[str, dict[str, str]] = {
    "cut": {str(cut): str(cut) for cut in BINARY_CUTS},
    "level": {str(level): str(level) for level in LEVELS},
    "target": {"vas": "VAS", "opr": "OPR"},
    "summary": {"maximum": "maximum", "top_tenth": "top tenth"},
    "agreement": {"pcc": "PCC", "icc": "ICC(3,1)", "ccc": "CCC"},
}
"""Placeholder of a family -> its text in a key -> its text in a title. See also SCHEMES."""


@dataclass(frozen=True, slots=True)
class MetricFamily:
    """One metric, or the metrics that differ only in a class, level, cut, rating or summary.

    Attributes:
        key: Key in metrics.json, with placeholders such as {scheme}, {class} or {cut}.
        title: Name for people, with the same placeholders.
        better: "lower", "higher", a value that is best, or "" if no value is better.
        formula: Formula and convention. t is the label, p the prediction.
        source: Where the formula comes from.
    """

    key: str
    title: str
    better: str
    formula: str
    source: str


PEARSON = "Pearson 1895, Proc R Soc Lond 58:240-242"
SHROUT = "Shrout & Fleiss 1979, Psychol Bull 86:420-428"
STEYERBERG = "Steyerberg et al. 2010, Epidemiology 21:128-138"
WANG = "Wang et al. 2017, arXiv:1702.06925, and its published script"

FAMILIES: tuple[MetricFamily, ...] = (
    MetricFamily("mae", "MAE", "lower", "mean of |p − t|, {unit} of {scale}", "standard"),
    MetricFamily("mse", "MSE", "lower", "mean of (p − t)²", "standard"),
    MetricFamily("rmse", "RMSE", "lower", "√MSE", "standard"),
    MetricFamily(
        "bias", "Mean error", "0", "mean of p − t; positive: scores are too high", "standard"
    ),
    MetricFamily(
        "wmae",
        "wMAE",
        "lower",
        "Σw|p − t| / Σw, w = 1 / frames of the same subject with the same label, rounded half up "
        "to {points}",
        WANG,
    ),
    MetricFamily("wmse", "wMSE", "lower", "Σw(p − t)² / Σw, the same w", WANG),
    MetricFamily(
        "pcc",
        "PCC",
        "higher",
        "Σ(t − t̄)(p − p̄) / √(Σ(t − t̄)² Σ(p − p̄)²); undefined if either side does not vary",
        PEARSON,
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
        "calibration_slope",
        "Calibration slope",
        "1",
        "b of the least-squares line t = a + b p; below 1: scores are too extreme; undefined if "
        "the scores do not vary",
        STEYERBERG,
    ),
    MetricFamily(
        "calibration_intercept", "Calibration intercept", "0", "a of the same line", STEYERBERG
    ),
    MetricFamily(
        "limits_low",
        "Limit of agreement, low",
        "",
        "d̄ − 1.96 √(variance within + between subjects) of d = p − t, from a one-way analysis of "
        "variance; undefined for one subject",
        "Bland & Altman 2007, J Biopharm Stat 17:571-582",
    ),
    MetricFamily("limits_high", "Limit of agreement, high", "", "d̄ + the same", "as above"),
    MetricFamily(
        "auc_{cut}",
        "AUC ≥ {cut}",
        "higher",
        "probability that a frame with PSPI ≥ {cut} scores above one below it, ties half; "
        "undefined without frames on both sides of the cut",
        "Hanley & McNeil 1982, Radiology 143:29-36",
    ),
    MetricFamily(
        "ap_{cut}",
        "Average precision ≥ {cut}",
        "higher",
        "Σ P_k (R_k − R_{k−1}) over the distinct scores, descending, without interpolation; a "
        "constant score has the share of frames with PSPI ≥ {cut}; undefined without such frames",
        "as average_precision_score of scikit-learn",
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
        "mean recall over the classes that occur",
        "Brodersen et al. 2010, ICPR",
    ),
    MetricFamily(
        "{scheme}_macro_precision",
        "{scheme}: averaged precision",
        "higher",
        "mean precision over the classes that occur or are predicted; a class that occurs and is "
        "never predicted counts 0, so that a constant cannot win",
        "standard",
    ),
    MetricFamily(
        "{scheme}_macro_f1",
        "{scheme}: averaged F1",
        "higher",
        "mean F1 over the classes that occur or are predicted",
        "standard",
    ),
    MetricFamily(
        "{scheme}_kappa",
        "{scheme}: quadratic kappa",
        "higher",
        "1 − ΣwO / ΣwE, w = (i − j)², E from the margins; Cohen's plain kappa for two classes; "
        "undefined if only one class occurs",
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
        "sequence_{score}_{summary}_{agreement}",
        "Sequence {scale}, {summary}: {agreement}",
        "higher",
        "agreement of the sequence score with the same summary of the labels",
        "as for frames",
    ),
    MetricFamily(
        "sequence_{target}_{summary}_pcc",
        "{target}, {summary}: PCC",
        "higher",
        "correlation of the sequence score with {target}, over the sequences that have a rating",
        PEARSON,
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
        "the same for the labelled {scale}: the value of a perfect model",
        PEARSON,
    ),
    MetricFamily(
        "label_sequence_{target}_{summary}_line_mae",
        "{target} from the labels, {summary}: MAE of a line",
        "",
        "the same for the labelled {scale}: the value of a perfect model",
        "leave one subject out",
    ),
    MetricFamily(
        "brier",
        "Brier score",
        "lower",
        "mean of Σ_k (p_k − o_k)² over the levels, 0 to 2",
        "Brier 1950, Mon Weather Rev 78:1-3",
    ),
    MetricFamily(
        "brier_prior",
        "Brier score of the constant prior",
        "",
        "the same for the level frequencies of the trivial predictors",
        "as above",
    ),
    MetricFamily(
        "brier_skill",
        "Brier skill",
        "higher",
        "1 − Brier / Brier of the prior; 0 or less is no better than the prior",
        "standard",
    ),
    MetricFamily(
        "rps",
        "Ranked probability score",
        "lower",
        "mean of Σ_{k<K} (P_k − O_k)² / (K − 1) over K levels, P and O cumulative, 0 to 1",
        "Epstein 1969, J Appl Meteorol 8:985-987, divided by K − 1",
    ),
    MetricFamily(
        "rps_prior",
        "RPS of the constant prior",
        "",
        "the same for the level frequencies of the trivial predictors",
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
        "mean of high − low, {unit} of {scale}",
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


PSPI_ONLY = ("auc_{cut}", "ap_{cut}")
"""Keys of the families that only PSPI has, beside schemes of classes."""


def worded(text: str, scale: Scale) -> str:
    """Return a text of a family with the words of a scale in place of their placeholders."""
    points = "whole points" if scale.bin_width == 1 else f"steps of {scale.bin_width:g}"
    words = {"scale": scale.name, "unit": scale.unit, "score": scale.column, "points": points}
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text


def members(family: MetricFamily, scale: Scale = PSPI) -> Iterator[tuple[str, str]]:
    """Yield the key and the title of each metric of a family, for scores on a scale."""
    if "{scheme}" in family.key:
        yield from _scheme_members(family, scale)
        return
    if family.key in PSPI_ONLY and not scale.is_pspi:
        return
    placeholders = PLACEHOLDERS | {"level": {str(level): str(level) for level in scale.levels}}
    names = [name for name in placeholders if f"{{{name}}}" in family.key]
    for choice in product(*(placeholders[name].items() for name in names)):
        key, title = worded(family.key, scale), worded(family.title, scale)
        for name, (in_key, in_title) in zip(names, choice, strict=True):
            key = key.replace(f"{{{name}}}", in_key)
            title = title.replace(f"{{{name}}}", in_title)
        yield key, title


def _scheme_members(family: MetricFamily, scale: Scale) -> Iterator[tuple[str, str]]:
    for scheme in schemes(scale):
        if family.key.endswith("distance") and len(scheme.classes) == 2:
            continue
        for name in scheme.classes if "{class}" in family.key else ("",):
            yield (
                family.key.replace("{scheme}", scheme.key).replace("{class}", name),
                family.title.replace("{scheme}", scheme.title).replace("{class}", name),
            )


def titles(scale: Scale) -> dict[str, str]:
    """Return the title of each metric of scores on a scale, by key."""
    return {key: title for family in FAMILIES for key, title in members(family, scale)}


def better(scale: Scale) -> dict[str, str]:
    """Return which values of each metric are better, as in its family, by key."""
    return {key: family.better for family in FAMILIES for key, _ in members(family, scale)}


TITLES = titles(PSPI)
BETTER = better(PSPI)


def is_worse(key: str, value: float, than: float, scale: Scale = PSPI) -> bool:
    """Return whether a value of a metric is worse than another one.

    False if either value is NaN, or if no value of the metric is better than another.
    """
    best = (BETTER if scale.is_pspi else better(scale))[key]
    if best in ("lower", "higher"):
        return value > than if best == "lower" else value < than
    return bool(best) and abs(value - float(best)) > abs(than - float(best))


def markdown() -> str:
    """Return the table of docs/evaluation.md, with a row for each family."""
    head = ["| key | metric | better | formula and convention | source |", "|---|---|---|---|---|"]
    rows = [
        f"| `{worded(family.key, PSPI)}` | {worded(family.title, PSPI)} | {family.better or '–'} "
        f"| {worded(family.formula, PSPI).replace('|', chr(92) + '|')} | {family.source} |"
        for family in FAMILIES
    ]
    return "\n".join([*head, *rows])
