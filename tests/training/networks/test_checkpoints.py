"""Files of weights: written completely or not at all, and read without running code."""

import collections
import math
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support.full_disk import full_disk
from wince.errors import FileWriteError, ModelError
from wince.training.networks import checkpoints
from wince.training.networks.checkpoints import AtomicCheckpointIO


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


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    torch.save({"fc.weight": torch.tensor([1.0, math.nan])}, tmp_path / "x.pt")
    with pytest.raises(ModelError, match=r"not finite numbers in fc\.weight"):
        checkpoints.read_weights(tmp_path / "x.pt")


class Call:
    """Pickles as a call of a function that torch allows, with unsuitable arguments."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> object:
        return self.call


@pytest.mark.parametrize(
    "content",
    [
        Call(torch._utils._rebuild_tensor_v2, 1, 2, 3, 4),
        Call(torch._utils._rebuild_tensor_v2),
        Call(torch._utils._rebuild_parameter, None, None, None),
        Call(collections.OrderedDict, 7),
        Call(torch.Size, "a"),
        {"fc.weight": Call(torch._utils._rebuild_sparse_tensor, torch.strided, ())},
        {"fc.weight": torch.ones(3).to_sparse()},
        {"fc.weight": torch.ones(1).expand(10**12)},
        {"fc.weight": torch.empty(3, device="meta")},
        {"fc.weight": torch.ones(3, dtype=torch.complex64)},
        {"wince": 7, "fc.weight": torch.ones(1)},
        {"wince": {"format": [1]}, "fc.weight": torch.ones(1)},
        {"wince": torch.ones(2), "fc.weight": torch.ones(1)},
    ],
)
def test_crafted_weights_are_refused_with_a_message(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "x.pt")
    with pytest.raises(ModelError, match=r"x\.pt"):
        checkpoints.read_weights(tmp_path / "x.pt")


@pytest.mark.parametrize(
    "opcodes", [b".", b"0.", b"t.", b"}s.", b"h\x07.", b"R.", b"ccollections\n"]
)
def test_a_pickle_that_is_not_well_formed_is_refused(opcodes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    torch.save({"fc.weight": torch.ones(1)}, tmp_path / "plain.pt")
    with zipfile.ZipFile(tmp_path / "plain.pt") as plain, zipfile.ZipFile(path, "w") as crafted:
        for name in plain.namelist():
            is_pickle = name.endswith("data.pkl")
            crafted.writestr(name, b"\x80\x02" + opcodes if is_pickle else plain.read(name))
    with pytest.raises(ModelError, match=r"x\.pt is not a file of weights"):
        checkpoints.read_weights(path)


def test_a_file_that_grows_when_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    torch.save({"fc.weight": torch.zeros(1_000_000)}, tmp_path / "plain.pt")
    with zipfile.ZipFile(tmp_path / "plain.pt") as plain, zipfile.ZipFile(path, "w") as crafted:
        for name in plain.namelist():
            crafted.writestr(name, plain.read(name), zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    with pytest.raises(ModelError, match="would take more memory than its"):
        checkpoints.read_weights(path)


@pytest.mark.parametrize(
    "prefix",
    ["network.", "module.", "model.", "model.network.", "network.model.", "module.module.model."],
)
def test_prefixes_of_wrappers_are_removed_in_any_order(tmp_path: Path, prefix: str) -> None:
    names = ["conv1.weight", "layer1.0.model.bias"]  # the last one is a layer called model
    torch.save({f"{prefix}{name}": torch.ones(1) for name in names}, tmp_path / "x.pt")
    assert list(checkpoints.read_weights(tmp_path / "x.pt").weights) == names


def test_a_full_disk_leaves_the_old_checkpoint_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"epoch": 1}, path)
    message = r"last\.ckpt cannot be written.*Free some room, then run the same"
    with pytest.raises(FileWriteError, match=message), full_disk(largest_file=100_000):
        AtomicCheckpointIO().save_checkpoint({"x": torch.zeros(100_000)}, path)
    assert torch.load(path) == {"epoch": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


def test_a_disk_without_room_is_called_full_instead_of_torch_s_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(FileWriteError, match="enforce fail"):
        AtomicCheckpointIO().save_checkpoint({}, tmp_path / "last.ckpt")
    monkeypatch.setattr(
        checkpoints.shutil, "disk_usage", lambda _: SimpleNamespace(total=1, used=1, free=0)
    )
    with pytest.raises(FileWriteError, match=r"last\.ckpt cannot be written: No space left"):
        AtomicCheckpointIO().save_checkpoint({}, tmp_path / "last.ckpt")
