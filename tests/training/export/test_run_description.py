"""A run states where its data come from, and how many frames the network learned from."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.faces.spec import FaceSpec
from wince.scale import PSPI
from wince.training.data import folds
from wince.training.data.prepared import ModelData, open_data
from wince.training.export import run_description
from wince.training.fitting import run_config

NETWORK = SimpleNamespace(scale=PSPI, meta={"subjects_seen": [], "init": "none"})


@pytest.fixture
def data(prepared_folder: Path) -> ModelData:
    """Prepared data in which two training and one validation frame lack an action unit."""
    data = open_data(prepared_folder, FaceSpec(size=32))
    split = folds.from_prepared(data)
    units = data.frames.units.copy()
    units[[split.train[0], split.train[1], split.validation[0]], 3] = np.nan
    return replace(data, frames=replace(data.frames, units=units))


@pytest.mark.parametrize("head", ["action-units", "pspi"])
def test_frames_without_all_units_are_not_counted_as_learned(data: ModelData, head: str) -> None:
    split = folds.from_prepared(data)
    lacking = (2, 1) if head == "action-units" else (0, 0)
    config = run_config.describe(data, split, sample.settings(head=head), ["A note."])
    train, validation = len(split.train) - lacking[0], len(split.validation) - lacking[1]
    assert config["learned"] == {"train": train, "validation": validation}
    description = run_description.describe(config, NETWORK, is_fold=False)
    assert description.title.startswith(f"Trained on {train} frames of ")
    assert str(description.trained_on["words"]).startswith(f"{train} frames of ")
    assert f"chosen on {validation} frames" in description.trained_on["words"]
    notes = run_description.frames_without_units(config)
    assert len(notes) == (head == "action-units")
    assert all(f"Only {train} of the {len(split.train)} training frames" in note for note in notes)


def test_provenance_is_that_of_the_data(data: ModelData) -> None:
    config = run_config.describe(data, folds.from_prepared(data), sample.settings(), [])
    description = run_description.describe(config, NETWORK, is_fold=False)
    assert "(a table of images; provenance not stated)" in description.title
    config["provenance"] = "rendered faces, laid out like UNBC-McMaster"
    description = run_description.describe(config, NETWORK, is_fold=False)
    assert "(rendered faces, laid out like UNBC-McMaster)" in description.trained_on["words"]
    del config["provenance"], config["learned"]  # a run of an older version
    assert "provenance not stated" in run_description.describe(config, NETWORK, is_fold=False).title
