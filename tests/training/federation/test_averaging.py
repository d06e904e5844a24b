"""The mean of the sites' updates: its value, and what is refused."""

import math
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support import training_sample as sample
from tests.support.federation import write_update
from wince.errors import FileWriteError, ModelError
from wince.training.federation import averaging, exchange_files, study


def test_weights_are_averaged_by_number_of_subjects(study_folder: Path, tmp_path: Path) -> None:
    first = averaging.latest(study_folder)
    updates = [
        write_update(first, tmp_path / "sent", "b", subjects=3, step=0.4),
        write_update(first, tmp_path / "sent", "a", subjects=1, step=0.0),
    ]
    following, sites = averaging.average(study_folder, updates)
    name = "fc.weight"
    torch.testing.assert_close(following.weights[name], first.weights[name] + 0.3)
    assert [(share.site, share.subjects, share.frames) for share in sites] == [
        ("a", 1, 10),
        ("b", 3, 30),
    ]
    assert sites[0].change == 0
    learned = [
        tensor
        for key, tensor in first.weights.items()
        if tensor.is_floating_point() and "running" not in key
    ]
    count = sum(tensor.numel() for tensor in learned)
    assert sites[1].change == pytest.approx(0.4 * math.sqrt(count), rel=1e-4)
    reread = study.read(study_folder / "round-001.pt")
    assert reread.number == 1
    assert list(reread.history) == [{"sites": 2, "subjects": 4, "frames": 40}]


def test_the_round_is_the_same_bytes_in_whatever_order_the_updates_are_given(
    study_folder: Path, tmp_path: Path
) -> None:
    first = averaging.latest(study_folder)
    updates = [
        write_update(first, tmp_path / "sent", site, subjects=count, step=0.1 * count)
        for site, count in (("a", 1), ("b", 2), ("c", 7))
    ]
    path = study_folder / "round-001.pt"
    averaging.average(study_folder, updates)
    content = path.read_bytes()
    path.unlink()
    averaging.average(study_folder, updates[::-1])
    assert path.read_bytes() == content


def test_running_statistics_become_those_of_the_sites_together() -> None:
    generator = torch.Generator().manual_seed(0)
    sites = [
        torch.randn(count * 100, 5, generator=generator, dtype=torch.float64) * (1 + count) + count
        for count in (1, 2, 5)
    ]
    updates = [
        (
            {
                "bn.running_mean": data.mean(0),
                "bn.running_var": data.var(0, correction=0),
                "bn.num_batches_tracked": torch.tensor(count),
            },
            count,
        )
        for data, count in zip(sites, (1, 2, 5), strict=True)
    ]
    pooled = averaging.mean(updates, updates[0][0])
    together = torch.cat(sites)
    torch.testing.assert_close(pooled["bn.running_mean"], together.mean(0))
    torch.testing.assert_close(pooled["bn.running_var"], together.var(0, correction=0))
    plain = sum(tensors["bn.running_var"] * count for tensors, count in updates) / 8
    assert (together.var(0, correction=0) > plain + 0.5).all()  # the plain mean is too small
    assert pooled["bn.num_batches_tracked"] == 5


def test_a_study_ends_after_its_rounds(study_folder: Path, tmp_path: Path) -> None:
    for number in range(2):
        latest = averaging.latest(study_folder)
        assert latest.number == number
        updates = [
            write_update(latest, tmp_path / str(number), site, step=step)
            for site, step in (("a", 0.1), ("b", 0.2))
        ]
        following, _ = averaging.average(study_folder, updates)
    assert following.is_last
    with pytest.raises(ModelError, match="the study is finished"):
        averaging.average(study_folder, updates)
    (study_folder / "round-002.pt").unlink()
    (study_folder / "round-001.pt").unlink()
    averaging.average(
        study_folder,
        [tmp_path / "0" / "update-000-a.pt", tmp_path / "0" / "update-000-b.pt"],
    )


def test_updates_that_do_not_belong_together_are_refused(
    study_folder: Path, tmp_path: Path
) -> None:
    first = averaging.latest(study_folder)
    good = write_update(first, tmp_path / "good", "a")
    with pytest.raises(ModelError, match="at least 2 sites; found 1"):
        averaging.average(study_folder, [good])
    with pytest.raises(ModelError, match="of the same site"):
        averaging.average(study_folder, [good, write_update(first, tmp_path / "x", "a", step=0.2)])
    with pytest.raises(ModelError, match="have the same weights"):
        averaging.average(study_folder, [good, write_update(first, tmp_path / "x", "copy")])
    other = tmp_path / "other"
    settings = sample.settings(architecture="shallow_cnn", epochs=1, seed=1)
    study.start(other, settings, rounds=2)
    stranger = write_update(averaging.latest(other), tmp_path / "y", "b", step=0.3)
    with pytest.raises(ModelError, match="of another study: its settings differ"):
        averaging.average(study_folder, [good, stranger])
    averaging.average(study_folder, [good, write_update(first, tmp_path / "z", "b", step=0.3)])
    with pytest.raises(ModelError, match="of round 0, expected round 1"):
        averaging.average(study_folder, [good, good])
    assert not (study_folder / "round-002.pt").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subjects": 0}, "Expected subjects from 1"),
        ({"header": {"subjects": True}}, "Expected subjects from 1"),
        ({"header": {"frames": 10**12}}, "Expected frames from 1"),
        ({"header": {"frames": 0}}, "Expected frames"),
        ({"header": {"subjects": 11}}, "11 subjects have 10 frames"),
        ({"header": {"site": "../../b"}}, "The site's name is"),
        ({"header": {"site": 7}}, "TypeError"),
        ({"header": {"round": "0"}}, "Expected round"),
        ({"header": {"weights_sha256": "0" * 64}}, "began from other weights"),
        ({"header": {"name": "Ann"}}, "Its description is expected to have"),
        ({"weights": {"fc.bias": torch.tensor([math.nan])}}, "not finite numbers in fc.bias"),
        ({"weights": {"fc.bias": torch.zeros(2)}}, r"expected torch.float32 \(1,\), found .*2,"),
        ({"weights": {"fc.bias": torch.zeros(1, dtype=torch.float64)}}, "found torch.float64"),
        ({"weights": {"extra": torch.zeros(1)}}, "for extra expected none"),
        ({"weights": {"body.1.running_var": torch.full((32,), -1.0)}}, "has values below 0"),
        ({"weights": {"extra": torch.zeros(600_000)}}, "bytes; expected at most"),
        ({"step": 3e38}, "values of a site are too large"),
    ],
)
def test_crafted_updates_end_in_a_sentence(
    changes: dict[str, Any], message: str, study_folder: Path, tmp_path: Path
) -> None:
    first = averaging.latest(study_folder)
    bad = write_update(first, tmp_path / "bad", "b", **changes)
    good = write_update(first, tmp_path / "good", "a")
    with pytest.raises(ModelError, match=message):
        averaging.average(study_folder, [good, bad])
    assert [path.name for path in study_folder.iterdir()] == ["round-000.pt"]


def test_files_that_are_no_updates_end_in_a_sentence(study_folder: Path, tmp_path: Path) -> None:
    first = averaging.latest(study_folder)
    good = write_update(first, tmp_path, "a")
    text = tmp_path / "text.pt"
    text.write_text("weights")
    older = tmp_path / "older.pt"  # torch takes it for its older form, others for a zip archive
    older.write_bytes(b"\x80" + good.read_bytes())
    plain = tmp_path / "plain.pt"
    torch.save({"fc.weight": torch.zeros(1)}, plain)
    cut = tmp_path / "cut.pt"
    cut.write_bytes(good.read_bytes()[:-100])
    for path, message in (
        (text, "is not a file of a federated study"),
        (cut, "is not a file of weights that can be loaded safely"),
        (older, "is not a file of a federated study"),
        (plain, "expected to be the update .* 'other weights'"),
        (first.path, "expected to be the update of a federated study, and is: 'round'"),
        (tmp_path / "missing.pt", "cannot be read: No such file"),
    ):
        with pytest.raises(ModelError, match=message):
            averaging.average(study_folder, [good, path])
    with pytest.raises(ModelError, match="has no round of a study"):
        averaging.average(tmp_path, [good, good])


def test_a_round_that_was_averaged_is_not_replaced(
    study_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = averaging.latest(study_folder)
    updates = [
        write_update(first, tmp_path / "sent", site, step=step)
        for site, step in (("a", 0.1), ("b", 0.2))
    ]
    averaging.average(study_folder, updates)
    content = (study_folder / "round-001.pt").read_bytes()
    monkeypatch.setattr(averaging, "latest", lambda folder: first)
    with pytest.raises(FileWriteError, match="Delete it to average again"):
        averaging.average(study_folder, updates)
    assert (study_folder / "round-001.pt").read_bytes() == content


def test_damaged_rounds_end_in_a_sentence(study_folder: Path) -> None:
    path = study_folder / exchange_files.round_name(0)
    first = study.read(path)
    settings = first.study.to_dict()
    for change, message in (
        ({"rounds": 0}, "Expected rounds from 1"),
        ({"architecture": "lenet"}, "There is no architecture"),
        ({"head": ["pspi"]}, "There is no head"),
        ({"scale": {"name": "x"}}, "A scale has the keys"),
        ({"recipe": {**settings["recipe"], "loss": "luck"}}, "cannot have 'luck' as its loss"),
        ({"recipe": {**settings["recipe"], "rate": math.nan}}, "as its rate"),
        ({"recipe": {**settings["recipe"], "rate": 10**400}}, "OverflowError"),
        ({"recipe": {"name": "strong"}}, "A recipe has the keys"),
        ({"recipe": {**settings["recipe"], "strength": 3}}, "A strength has the keys"),
        ({"recipe": {**settings["recipe"], "name": "other"}}, "A recipe is one of"),
        ({"seed": "0"}, "Expected seed"),
        ({"more": 1}, "The settings are expected to be"),
    ):
        header = {
            "settings": {**settings, **change},
            "round": 0,
            "init": "random weights",
            "history": [],
        }
        exchange_files.write(path, "round", header, first.weights)
        with pytest.raises(ModelError, match=message):
            study.read(path)
