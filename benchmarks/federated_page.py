"""Writes the table of `federated_training` into docs/hospitals.md.

    python -m benchmarks.federated_page

It needs the predictions that are kept in benchmarks/results/federated.
"""

import json
import sys
from pathlib import Path

import numpy as np

from benchmarks.federated_training import FEDERATED, POOLED, FederatedProtocol
from benchmarks.kept_results import HOURS, PROTOCOL_FILE, KeptResults
from tools.markdown_template import table
from wince.evaluation import bootstrap
from wince.evaluation.all_metrics import Metric, error_metrics
from wince.evaluation.bootstrap import Ends
from wince.evaluation.prediction_files import read_predictions
from wince.evaluation.predictions import Predictions
from wince.evaluation.trivial_predictors import predict, summarise_labels
from wince.files import write_text
from wince.number_format import decimal, whole
from wince.training.predictions import prediction_table

KEPT = Path("benchmarks/results/federated")
PAGE = Path("docs/hospitals.md")
BEGIN, END = "<!-- measured -->\n", "<!-- end of what was measured -->"
TITLES = {FEDERATED: "federated", POOLED: "all faces in one place"}


def main() -> int:
    """Write the table."""
    protocol = FederatedProtocol(**json.loads((KEPT / PROTOCOL_FILE).read_text("utf-8")))
    text = PAGE.read_text("utf-8")
    before, rest = text.split(BEGIN)
    write_text(PAGE, before + BEGIN + section(KEPT, protocol) + END + rest.split(END)[1])
    return 0


def section(folder: Path, protocol: FederatedProtocol) -> str:
    """Return the text and the table of what was kept."""
    hours = json.loads((folder / HOURS).read_text("utf-8"))
    sites = [f"site-{number}" for number in range(1, protocol.sites + 1)]
    names = [FEDERATED, POOLED, *sites]
    kept = KeptResults(folder, protocol)
    paths = [
        [kept.path(f"{name}, fold {fold}", ".csv") for name in names]
        for fold in range(1, protocol.folds + 1)
    ]
    complete = [fold for fold in paths if all(path.is_file() for path in fold)]
    tables = {
        name: _joined([fold[place] for fold in complete], folder)
        for place, name in enumerate(names)
    }
    reference = tables[FEDERATED]
    statistics = summarise_labels(reference)
    for name in ("zero", "mean"):
        tables[name] = predict(name, reference, statistics)
    # The intervals are t intervals of the jackknife; without any resample there are none at all.
    counts = bootstrap.subject_counts(len(reference.subjects), 1, 0)
    rows = [_row(name, each, reference, counts) for name, each in tables.items()]
    spent = sum(value for step, value in hours.items() if step.split(", fold ")[0] in names)
    epochs = protocol.rounds * protocol.local_epochs
    subjects = len(reference.subjects) // protocol.sites
    return "\n".join(
        [
            f"Rendered faces: {whole(len(reference))} held-out frames of "
            f"{len(reference.subjects)} invented people, {len(complete)} of {protocol.folds} "
            f"folds. {protocol.sites} sites of {subjects} subjects; in each fold one subject of "
            f"each is held out, so a site trains on {subjects - 1}. The budget is small: "
            f"shallow_cnn at {protocol.size} pixels from random weights, one frame of "
            f"{protocol.every}, steps of {protocol.batch} faces, rate {protocol.rate:g}, one seed; "
            f"federated {protocol.rounds} rounds of {protocol.local_epochs} epochs, the others "
            f"{epochs} epochs over their own faces. So pooled training takes {protocol.sites} "
            "times as many steps one after the other as a site. All together took "
            f"{decimal(60 * spent, 0)} minutes of one core. Numbers on rendered faces say nothing "
            "about people.",
            "",
            table(
                (
                    "",
                    "CCC (95 % t interval)",
                    "PCC",
                    "MAE",
                    "CCC of federated less this",
                    "MAE of federated less this",
                ),
                rows,
            ),
            "",
            "The intervals are t intervals of the jackknife over subjects, the differences paired "
            "by subject. A difference whose interval contains 0 decides nothing.",
            "",
        ]
    )


def _joined(paths: list[Path], folder: Path) -> Predictions:
    """Return the predictions of several folds as one table."""
    columns = prediction_table.concatenate([prediction_table.read(path) for path in paths])
    joined = folder / "joined.csv"
    try:
        prediction_table.write(joined, columns)
        return read_predictions(joined)
    finally:
        joined.unlink(missing_ok=True)


def _metrics(predictions: Predictions) -> dict[str, Metric]:
    return {metric.key: metric for metric in error_metrics(predictions)}


def _row(
    name: str, predictions: Predictions, reference: Predictions, counts: np.ndarray
) -> list[str]:
    metrics, others = _metrics(predictions), _metrics(reference)
    cells = [TITLES.get(name, f"{name} alone" if name.startswith("site") else f"always {name}")]
    ccc = bootstrap.estimate_metric(metrics["ccc"], counts)
    is_constant = name in ("zero", "mean")
    cells.append("-" if is_constant else _with_ends(ccc.pooled, ccc.pooled_t_interval))
    for key in ("pcc", "mae"):
        value = bootstrap.estimate_metric(metrics[key], counts[:0]).pooled
        cells.append("-" if is_constant and key == "pcc" else decimal(value, 3))
    for key in ("ccc", "mae"):
        if name == FEDERATED or (is_constant and key == "ccc"):
            cells.append("")
            continue
        difference = bootstrap.difference(others[key], metrics[key], counts)
        cells.append(_with_ends(difference.pooled, difference.pooled_t_interval, sign=True))
    return cells


def _with_ends(value: float, ends: Ends | None, *, sign: bool = False) -> str:
    text = decimal(value, 3, sign=sign)
    if ends is None or np.isnan(ends).any():
        return text
    return f"{text} ({', '.join(decimal(end, 3, sign=sign) for end in ends)})"


if __name__ == "__main__":
    sys.exit(main())
