"""Video networks of torchvision on clips of faces."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.errors import DataError
from wince.training.architecture_comparison import method_candidates
from wince.training.data.folds import Split
from wince.training.data.frames import TEXT_COLUMNS, Frames
from wince.training.methods import video_network
from wince.training.methods.catalogue import METHODS, VIDEO_METHODS
from wince.training.methods.fold_scorer import FoldResult, FoldTask

SIDE = 32


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test fetch weights."""

    def refuse(*arguments: Any, **options: Any) -> None:
        raise OSError("no network here")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", refuse)
    monkeypatch.setattr(video_network, "TIMED", 1)


def frames(length: int, subjects: int = 3) -> Frames:
    """Return sequences of a length, one of each subject, whose label is their frame's number."""
    count = length * subjects
    columns = dict.fromkeys(TEXT_COLUMNS, np.full(count, ""))
    number = np.tile(np.arange(length), subjects)
    names = {
        "subject": np.repeat([f"p{n}" for n in range(subjects)], length),
        "sequence": np.full(count, "s"),
        "frame": np.array([f"f{n:03}" for n in number]),
    }
    units = np.full((count, 6), np.nan, np.float32)
    return Frames(**{**columns, **names}, score=number.astype(np.float64), units=units, groups={})


def learned(name: str, every: Frames, messages: list[str]) -> FoldResult:
    """Return what a network learns of faces that are the lighter the higher the label."""
    pixels = np.zeros((len(every), SIDE, SIDE, 3), np.uint8)
    pixels += (40 + 20 * every.score).astype(np.uint8)[:, None, None, None]
    parts = [np.flatnonzero(every.subject == f"p{number}") for number in range(3)]
    settings = sample.settings(epochs=1, size=SIDE)
    data: Any = SimpleNamespace(frames=every)
    split = Split("1", *parts, "by subject", "")
    task = FoldTask(data, pixels, split, settings, lambda *_: None, messages.append)
    return video_network.scorer(name)(task)


def test_a_network_learns_from_clips_and_says_that_it_has_no_weights() -> None:
    messages: list[str] = []
    result = learned("mc3_18", frames(8), messages)
    assert result.validation.shape == result.test.shape == (8,)
    assert np.isfinite(result.test).all()
    assert result.parameters > 10**7
    assert result.milliseconds > 0
    assert result.began_from.startswith("random weights, because Kinetics-400")
    assert len(messages) == 1
    assert "weights for mc3_18 are not available here (no network here)" in messages[0]


@pytest.mark.parametrize("name", video_network.NAMES)
def test_each_network_has_one_output_for_a_clip(name: str) -> None:
    network, _, _ = video_network.build(name)
    with torch.no_grad():
        assert network.eval()(torch.zeros(1, 3, 4, SIDE, SIDE)).shape == (1, 1)


def test_weights_are_used_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.models import video

    weights = video.mc3_18().state_dict()
    monkeypatch.setattr(
        "torchvision.models._api.load_state_dict_from_url", lambda *_, **__: weights
    )
    network, origin, warning = video_network.build("mc3_18")
    assert (origin, warning) == ("Kinetics-400 weights", "")
    assert torch.equal(network.state_dict()["stem.0.weight"], weights["stem.0.weight"])


def test_single_images_are_refused() -> None:
    with pytest.raises(DataError, match="needs sequences"):
        learned("mc3_18", frames(1), [])


def test_they_are_compared_by_name_and_not_with_all() -> None:
    assert tuple(VIDEO_METHODS) == video_network.NAMES
    assert not set(VIDEO_METHODS) & set(METHODS)
    (candidate,) = method_candidates(sample.settings(), ["r3d_18"])
    assert candidate.name == "r3d_18"
    assert candidate.scorer is not None
