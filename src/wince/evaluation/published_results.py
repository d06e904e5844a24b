"""Published figures on the UNBC-McMaster archive, to print beside a result on it.

`checked` figures were read in a public source or recomputed from published predictions; `recalled`
ones are from memory of the paper, have not been verified, and must be shown as such.
"""

from dataclasses import asdict, dataclass

UNBC_FRAMES = 48_398
UNBC_SUBJECTS = 25


@dataclass(frozen=True, slots=True)
class Published:
    """One work: what was done, under which protocol, on which scale, with which result.

    status: "checked" or "recalled". figures: the result in words.
    """

    work: str
    protocol: str
    scale: str
    figures: str
    status: str


UNBC: tuple[Published, ...] = (
    Published(
        "Wang et al. 2017, regularised regression (released predictions, recomputed)",
        "leave one subject out",
        "six levels, 0-5",
        "mean over subjects: MAE .389-.572, PCC .603-.652, wMAE 1.04-1.39; "
        "pooled: PCC .61-.63, ICC(3,1) .57-.61, AUC ≥ 1/2/3 .855/.892/.915",
        "checked",
    ),
    Published(
        "Fiorentini et al. 2022, ViT", "5 folds by subject", "PSPI ≥ 1 or not", "F1 .55", "checked"
    ),
    Published(
        "Kaltwang et al. 2012",
        "leave one subject out",
        "PSPI 0-15",
        "MSE 1.39, PCC .59",
        "recalled",
    ),
    Published(
        "Zhou et al. 2016, RCNN",
        "leave one subject out, windows of frames",
        "not noted",
        "MSE 1.54, PCC .65",
        "recalled",
    ),
    Published(
        "Rodriguez et al. 2017, LSTM",
        "leave one subject out, windows of frames",
        "not noted",
        "AUC .933, MSE .74, PCC .78",
        "recalled",
    ),
    Published(
        "Hammal & Cohn 2012, the same system twice",
        "subjects mixed, against leave one subject out",
        "not noted",
        "ICC .85 with mixed subjects, .55 leave one subject out",
        "checked",
    ),
    Published(
        "Xu et al. 2020, sequences",
        "5 folds by subject",
        "VAS 0-10",
        "VAS MAE 1.95; human observers 1.76",
        "checked",
    ),
)
"""Results beside which a model on UNBC stands. Six-level figures compare with `six_classes_*`."""


def rows() -> list[dict[str, str]]:
    """Return the published figures as plain data, for metrics.json."""
    return [asdict(entry) for entry in UNBC]
