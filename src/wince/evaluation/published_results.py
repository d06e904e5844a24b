"""Published results on the UNBC-McMaster archive, to list beside a result on it."""

from dataclasses import asdict, dataclass

UNBC_FRAMES = 48_398
UNBC_SUBJECTS = 25


@dataclass(frozen=True, slots=True)
class PublishedResult:
    """The result of one published work.

    Attributes:
        work: Authors, year, method.
        protocol: How training and test were split.
        scale: The scale of labels and errors.
        figures: The result in words.
        status: "checked": read in a public source or recomputed from published predictions.
            "recalled": from memory of the paper and not verified, which reports must say.
    """

    work: str
    protocol: str
    scale: str
    figures: str
    status: str


UNBC: tuple[PublishedResult, ...] = (
    PublishedResult(
        "Wang et al. 2017, regularised regression (released predictions, recomputed)",
        "leave one subject out",
        "six levels, 0-5",
        "mean over subjects: MAE .389-.572, PCC .603-.652, wMAE 1.04-1.39; "
        "pooled: PCC .61-.63, ICC(3,1) .57-.61, AUC ≥ 1/2/3 .855/.892/.915",
        "checked",
    ),
    PublishedResult(
        "Fiorentini et al. 2022, ViT", "5 folds by subject", "PSPI ≥ 1 or not", "F1 .55", "checked"
    ),
    PublishedResult(
        "Kaltwang et al. 2012",
        "leave one subject out",
        "PSPI 0-15",
        "MSE 1.39, PCC .59",
        "recalled",
    ),
    PublishedResult(
        "Zhou et al. 2016, RCNN",
        "leave one subject out, windows of frames",
        "not noted",
        "MSE 1.54, PCC .65",
        "recalled",
    ),
    PublishedResult(
        "Rodriguez et al. 2017, LSTM",
        "leave one subject out, windows of frames",
        "not noted",
        "AUC .933, MSE .74, PCC .78",
        "recalled",
    ),
    PublishedResult(
        "Hammal & Cohn 2012, the same system twice",
        "subjects mixed, against leave one subject out",
        "not noted",
        "ICC .85 with mixed subjects, .55 leave one subject out",
        "checked",
    ),
    PublishedResult(
        "Xu et al. 2020, sequences",
        "5 folds by subject",
        "VAS 0-10",
        "VAS MAE 1.95; human observers 1.76",
        "checked",
    ),
)
"""Results on six levels (0-5) compare with `six_classes_*`, not with errors in PSPI points."""


def as_data() -> list[dict[str, str]]:
    """Return the published results as plain data, for metrics.json."""
    return [asdict(result) for result in UNBC]
