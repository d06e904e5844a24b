"""Where weights come from and go to: recipes, beginnings, checkpoints, architectures."""

import math
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.support.frames import ROOT

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from wince.errors import FileWriteError, ModelError
from wince.faces.spec import WHOLE_IMAGE, FaceSpec
from wince.runtime.estimator import Estimator
from wince.training import architectures, checkpoints, initial_weights, network, recipe, regressor
from wince.training.network import ExportedNetwork
from wince.training.run_settings import Settings

SPEC = FaceSpec(size=64)


def meta(**changes: object) -> dict[str, object]:
    return {
        "format": checkpoints.FORMAT,
        "architecture": "resnet18",
        "head": "pspi",
        "face_spec": SPEC.to_dict(),
        "subjects_seen": ["a", "b"],
        "recipe": recipe.STRONG.to_dict(),
        "init": "random weights",
        **changes,
    }


def saved(path: Path, net: object, **changes: object) -> Path:
    """Write a checkpoint as a run does."""
    assert isinstance(net, torch.nn.Module)
    state = {f"network.{name}": value for name, value in net.state_dict().items()}
    torch.save({"state_dict": state, checkpoints.KEY: meta(**changes)}, path)
    return path


# Recipes


def test_the_report_recipe_is_the_report_s() -> None:
    report = recipe.named("report")
    assert report.spec == WHOLE_IMAGE
    assert (report.spec.size, report.spec.mean[0], report.spec.std[2]) == (224, 0.485, 0.225)
    assert (report.loss, report.optimizer, report.rate, report.batch) == ("l1", "adam", 1e-4, 32)
    assert (report.epochs, report.patience, report.monitor) == (50, 5, "val_mae")
    assert (report.strength, report.averaging, report.balance) == (None, 0, 0)


def test_the_table_of_recipes_in_the_docs_is_that_of_the_program() -> None:
    text = (ROOT / "docs" / "training.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (\S+) \|", text, re.MULTILINE)
    shown = {name: (report, strong) for name, report, strong in rows}
    both = [
        {**one.to_dict(), "kind": one.spec.kind, "size": one.spec.size}
        for one in (recipe.REPORT, recipe.STRONG)
    ]
    assert set(shown) == set(both[0]) - {"name", "spec", "strength"}
    assert shown == {name: tuple(str(one[name]) for one in both) for name in shown}


def test_the_last_layer_s_rate_moves_with_the_body_s() -> None:
    changed = recipe.named("strong", rate=1e-3)
    assert changed.head_rate / changed.rate == recipe.STRONG.head_rate / recipe.STRONG.rate


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": 8}, "size from 32 to 512, found 8"),
        ({"rate": 50.0}, "rate from"),
        ({"batch": 1}, "batch from 2"),
        ({"precision": "8-bit"}, "precision of auto"),
    ],
)
def test_a_number_that_cannot_be_used_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        recipe.named("strong", **changes)


# Beginnings


def test_the_packaged_model_can_be_begun_from_and_brings_its_subjects() -> None:
    packaged = Estimator()
    spec = packaged.spec
    faces = np.random.default_rng(0).integers(0, 256, (8, spec.size, spec.size, 3), np.uint8)
    start = initial_weights.load("starter", "resnet18", 1, spec, faces)
    assert set(start.subjects) == set(packaged.manifest.get("subjects_seen", ()))
    assert packaged.manifest["name"] in start.origin
    with torch.no_grad():
        assert torch.isfinite(start.network(initial_weights.normalised(faces, spec))).all()


def test_a_run_from_the_packaged_model_shows_faces_as_that_saw_them() -> None:
    wider = recipe.named("strong", size=96)
    wider = replace(wider, spec=replace(wider.spec, side=3.3))
    assert Settings(recipe=wider, init="none").spec == wider.spec
    seen = Settings(recipe=wider, init="starter").spec
    assert seen == replace(Estimator().spec, size=96)
    whole = Settings(recipe=recipe.REPORT, init="starter")
    assert whole.spec == WHOLE_IMAGE  # refused where training begins


def test_the_packaged_model_fits_only_its_own_kind() -> None:
    none = np.empty((0, 64, 64, 3), np.uint8)
    with pytest.raises(ModelError, match=r"weights do not fit mobilenet"):
        initial_weights.load("starter", "mobilenet", 1, SPEC, none)
    with pytest.raises(ModelError, match=r"another view of faces.*whole images"):
        initial_weights.load("starter", "resnet18", 1, WHOLE_IMAGE, none)


def test_without_a_network_random_weights_are_used_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.hub.set_dir(str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    start = initial_weights.load("imagenet", "resnet18", 1, SPEC, np.empty(0, np.uint8))
    assert "begins from random weights instead" in start.warning
    assert initial_weights.HUB_FILE in start.warning
    assert start.origin.startswith("random weights")


def test_weights_of_a_run_are_taken_over_with_their_subjects(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net = network.build(6)
    path = saved(tmp_path / "best.ckpt", net, head="action-units")
    start = initial_weights.load(str(path), "resnet18", 1, SPEC, np.empty(0, np.uint8))
    assert start.subjects == ("a", "b")
    assert torch.equal(start.network.layer4[1].conv2.weight, net.layer4[1].conv2.weight)
    assert start.network.fc.weight.shape == (1, 512)
    larger = initial_weights.load(
        str(path), "resnet18", 6, FaceSpec(size=112), np.empty(0, np.uint8)
    )
    assert torch.equal(larger.network.fc.weight, net.fc.weight)


def test_a_checkpoint_of_another_view_of_faces_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.ckpt", network.build(1), face_spec=WHOLE_IMAGE.to_dict())
    with pytest.raises(ModelError, match=r"whole images.*Use the recipe it was trained with"):
        initial_weights.load(str(path), "resnet18", 1, SPEC, np.empty(0, np.uint8))


def test_a_plain_state_dict_begins_with_a_warning(tmp_path: Path) -> None:
    torch.save(network.build(1).state_dict(), tmp_path / "model.pt")
    start = initial_weights.load(
        str(tmp_path / "model.pt"), "resnet18", 1, WHOLE_IMAGE, np.empty(0, np.uint8)
    )
    assert "does not list the subjects it was trained on" in start.warning
    assert start.origin == "the weights in model.pt, which do not list their subjects"


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.ckpt", network.build(1), architecture="resnet50")
    with pytest.raises(ModelError, match=r"of a resnet50, not of a resnet18"):
        initial_weights.load(str(path), "resnet18", 1, SPEC, np.empty(0, np.uint8))
    torch.save({"conv.weight": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(ModelError, match=r"does not fit the network: .* missing"):
        initial_weights.load(str(tmp_path / "other.pt"), "resnet18", 1, SPEC, np.empty(0, np.uint8))


# Files


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> object:
            return (open, (str(tmp_path / "written"), "w"))

    torch.save({"state_dict": Evil()}, tmp_path / "evil.ckpt")
    with pytest.raises(ModelError, match="loaded safely"):
        checkpoints.read_weights(tmp_path / "evil.ckpt")
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 cut short"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.ckpt").write_bytes(content)
    with pytest.raises(ModelError, match=r"x\.ckpt is not a file of weights"):
        checkpoints.read_weights(tmp_path / "x.ckpt")
    with pytest.raises(ModelError, match="There are no weights at"):
        checkpoints.read_weights(tmp_path / "missing.ckpt")


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    torch.save({"fc.weight": torch.tensor([1.0, math.nan])}, tmp_path / "x.pt")
    with pytest.raises(ModelError, match=r"not finite numbers in fc\.weight"):
        checkpoints.read_weights(tmp_path / "x.pt")


def test_a_full_disk_leaves_the_checkpoint_before_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    checkpoints.AtomicCheckpointIO().save_checkpoint({"epoch": 1}, path)
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # a file cannot grow past it
    try:
        with pytest.raises(FileWriteError, match=r"Free some room, then run the same"):
            checkpoints.AtomicCheckpointIO().save_checkpoint({"x": torch.zeros(100_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert torch.load(path) == {"epoch": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["last.ckpt"]


def test_a_disk_without_room_is_called_full_and_not_by_what_torch_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(FileWriteError, match="enforce fail"):
        checkpoints.AtomicCheckpointIO().save_checkpoint({}, tmp_path / "last.ckpt")
    monkeypatch.setattr(
        checkpoints.shutil, "disk_usage", lambda _: SimpleNamespace(total=1, used=1, free=0)
    )
    with pytest.raises(FileWriteError, match=r"last.ckpt cannot be written: No space left"):
        checkpoints.AtomicCheckpointIO().save_checkpoint({}, tmp_path / "last.ckpt")


# Networks


@pytest.mark.parametrize("name", ["mobilenet", "vit_small"])
def test_every_form_of_network_is_an_exact_sum_over_its_grid(name: str) -> None:
    spec = architectures.face_spec(name, FaceSpec(size=32))
    net = architectures.build(name, 2, spec.size).eval()
    shipped = ExportedNetwork(net, spec.mean, spec.std, (1.0, 1.0)).eval()
    pixels = torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8)
    with torch.no_grad():
        scores, maps = shipped(pixels)
        expected = net(initial_weights.normalised(pixels.numpy(), spec))
    torch.testing.assert_close(scores, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(maps.sum((2, 3)) + net.fc.bias, scores)
    assert maps.shape[2] == maps.shape[3]


def test_a_name_or_size_that_is_not_offered_is_refused() -> None:
    with pytest.raises(ModelError, match=r"no architecture 'vgg'; expected one of resnet18"):
        architectures.build("vgg", 1, 224)
    with pytest.raises(ModelError, match=r"in steps of 16, found 100"):
        architectures.build("vit_small", 1, 100)
    with pytest.raises(ModelError, match=r"inception_v3 takes images of 75 pixels or more"):
        architectures.face_spec("inception_v3", FaceSpec(size=64))


# Learning


def module(head: str = "pspi", name: str = "report", **changes: object) -> regressor.Regressor:
    one = sample.tiny(name, **changes)
    return regressor.Regressor(
        network.build(6 if head == "action-units" else 1), one, SPEC, head, 1.0, 0, meta()
    )


def test_a_loss_that_is_no_number_stops_the_run_with_what_to_do() -> None:
    learner = module()
    torch.nn.init.constant_(learner.network.fc.bias, math.inf)
    crops = torch.zeros((2, 3, 64, 64), dtype=torch.uint8)
    batch = (crops, torch.zeros((2, 6)), torch.zeros(2), torch.ones(2))
    with pytest.raises(ModelError, match=r"became inf in epoch 1, step 1.*lower --learning-rate"):
        learner.training_step(batch, 0)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10, 11, 19, 20, 200])
def test_the_rate_rises_and_falls_however_few_the_steps(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = SimpleNamespace(estimated_stepping_batches=steps)
    monkeypatch.setattr(regressor.Regressor, "trainer", trainer)
    chosen = module(name="strong").configure_optimizers()
    optimizer, schedule = chosen["optimizer"], chosen["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert max(rates) <= recipe.STRONG.rate
    if steps > 2:
        assert max(rates) > 0.9 * recipe.STRONG.rate
        assert max(rates) > rates[0]
        assert rates[-1] < 0.01 * recipe.STRONG.rate


def test_losses_are_weighted_means_and_pspi_follows_the_formula() -> None:
    learner = module("action-units")
    units = torch.tensor([[2.0, 1, 3, 0, 4, 5], [0.0, 0, 0, 0, 0, 0]])  # AU43 stretched by five
    assert learner.score(units).tolist() == [2 + 3 + 4 + 1, 0]
    wrong = units + torch.tensor([[1.0], [0.0]])
    score = learner.score(units)
    weight = torch.tensor([3.0, 1.0])
    change = (wrong - units).abs()[0].mean() + regressor.PSPI_WEIGHT * (3 + 0.2)
    found = learner.loss(wrong, units, score, weight)
    assert found.item() == pytest.approx(3 * change.item() / 4, rel=1e-5)


def test_levels_are_those_of_the_scale() -> None:
    from wince import scale

    scores = torch.tensor([0.0, 0.49, 0.5, 5.49, 5.5, 10.49, 10.5, 16.0])
    expected = [scale.LEVELS.index(scale.level(value)) for value in scores.tolist()]
    assert regressor.level_number(scores).tolist() == expected
