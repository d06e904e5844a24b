"""The model card, and the one in the package."""

import json

import pytest

pytest.importorskip("sklearn", reason="needs scikit-learn")

from tests.support.starter_sample import FinishedRun
from tools.starter import model_card
from wince import file_names
from wince.runtime.estimator import starter_folder


def test_the_card_has_the_numbers_of_model_json(finished_run: FinishedRun) -> None:
    text = (finished_run.model / "MODEL_CARD.md").read_text()
    figures = finished_run.manifest["figures"]
    assert f"{figures['all']['mae']:.2f}" in text
    assert f"{figures['grey']['mean_absolute_difference']:.2f} points on average" in text
    assert "not a medical device" in text
    assert "2 further photographs" in text
    fresh = figures["beside_a_fresh_rating"]["fresh"]
    assert fresh["faces"] == len(finished_run.faces.image[::2])
    assert f"| the third rating | {fresh['pcc']:.3f}".replace("0.", ".") in text


def test_the_packaged_card_is_what_the_code_writes_from_the_packaged_model_json() -> None:
    folder = starter_folder()
    manifest = json.loads((folder / file_names.MODEL_MANIFEST).read_text("utf-8"))
    packaged = (folder / file_names.MODEL_CARD).read_text("utf-8")
    assert packaged == model_card.text(manifest), (
        "write it again: python -m tools.starter card src/wince/models/starter"
    )


@pytest.mark.parametrize(
    ("value", "text"), [(0.8714, ".871"), (-0.25, "-0.250"), (1.0, "1.000"), (None, "undefined")]
)
def test_a_fraction_has_no_zero_before_the_point(value: float | None, text: str) -> None:
    assert model_card.fraction(value) == text


def test_a_card_without_optional_metrics_leaves_out_their_sections() -> None:
    manifest = json.loads((starter_folder() / file_names.MODEL_MANIFEST).read_text("utf-8"))
    figures = manifest["figures"]
    for name in ("beside_a_fresh_rating", "another_archive"):
        figures.pop(name)
    figures["levels"].pop("severe")
    manifest["trained_on"].pop("faces_rated_once")
    manifest["trained_on"]["folds_read"] = 3
    text = model_card.text(manifest)
    assert "third rating" not in text
    assert "Rendered faces" not in text
    assert '"Severe" has no rated face.' in text
    assert "further photographs of the collection have one rating" not in text
    assert "The other 2 folds were not tested" in text
