"""The table of federated training is that of the kept predictions."""

import json

import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from benchmarks import federated_page
from benchmarks.federated_training import FederatedProtocol
from benchmarks.kept_results import PROTOCOL_FILE
from tests.support.frames import ROOT


def test_the_page_shows_what_the_kept_predictions_give() -> None:
    folder = ROOT / federated_page.KEPT
    protocol = FederatedProtocol(**json.loads((folder / PROTOCOL_FILE).read_text("utf-8")))
    assert federated_page.section(folder, protocol) in (ROOT / federated_page.PAGE).read_text()
