"""Weights of the project report's script made into a model."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from torchvision.models import resnet18
from torchvision.transforms import functional

from tests.support import training_sample as sample
from tests.support.frames import Frame
from wince import Assessor, csv_reader, images
from wince.errors import DataError, FileWriteError, ModelError
from wince.faces.spec import WHOLE_IMAGE
from wince.protocol_names import OPTIMISTIC
from wince.runtime.estimator import Estimator
from wince.training import evaluate_model
from wince.training.export import model_manifest, report_weights


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    """A network as the report's script builds it."""
    torch.manual_seed(3)
    made = resnet18()
    made.fc = torch.nn.Linear(512, 1)
    torch.nn.init.constant_(made.fc.bias, 4.0)
    return made.eval()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, network: torch.nn.Module) -> Path:
    path = tmp_path_factory.mktemp("report") / "model.pt"
    torch.save(network.state_dict(), path)
    return path


@pytest.mark.usefixtures("quick_export")
def test_a_model_is_written_with_its_manifest_or_not_at_all(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise FileWriteError("no room")

    out = tmp_path / "model"
    monkeypatch.setattr(model_manifest, "write", no_room)
    with pytest.raises(FileWriteError):
        report_weights.import_weights(file, out)
    assert list(out.iterdir()) == []


@pytest.mark.usefixtures("quick_export")
def test_without_data_it_scores_as_the_script_did_with_unknown_errors(
    file: Path, network: torch.nn.Module, frames: list[Frame], tmp_path: Path
) -> None:
    imported = report_weights.import_weights(file, tmp_path / "model")
    assert "Nothing is known of this model's errors" in imported.notes[0]
    estimator = Estimator(tmp_path / "model")
    assert estimator.spec == WHOLE_IMAGE
    assessment = Assessor(tmp_path / "model").assess(frames[0].path)
    image = images.read(frames[0].path).rgb  # 224 x 224 already
    tensor = torch.from_numpy(image.copy()).permute(2, 0, 1).float() / 255
    normal = functional.normalize(tensor, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    with torch.no_grad():
        expected = float(network(normal[None])[0, 0])
    assert assessment.raw_score == pytest.approx(expected, abs=1e-3)
    assert assessment.interval[1] - assessment.interval[0] > 14
    assert assessment.confidence < 0.6
    with pytest.raises(ModelError, match="--data"):
        report_weights.import_weights(file, tmp_path / "int8", precision="int8")


@pytest.mark.usefixtures("quick_export", "undrawn_plots")
def test_with_data_it_is_calibrated_and_all_subjects_count_as_seen(
    file: Path, prepared_folder: Path, tmp_path: Path
) -> None:
    rows = sample.rows(prepared_folder / "manifest.csv")
    imported = report_weights.import_weights(
        file, tmp_path / "model", prepared_folder=prepared_folder
    )
    assert "counts as seen" in imported.notes[0]
    assert imported.model.metrics is not None
    assert imported.model.metrics["overlap"]["label"] == OPTIMISTIC
    manifest = Estimator(tmp_path / "model").manifest
    assert set(manifest["subjects_seen"]) == {row["subject"] for row in rows}
    assert manifest["calibration"]["faces"] == sum(row["split"] == "val" for row in rows)
    with pytest.raises(DataError, match="has seen people"):
        evaluate_model.predict(tmp_path / "model", prepared_folder, tmp_path / "evaluation")


def test_the_subjects_it_has_seen_can_be_listed(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("image_path,subject\na.png,s1\nb.png,s2\nc.png,s1\n")
    assert report_weights._subjects(tmp_path / "train.csv") == ["s1", "s2"]
    (tmp_path / "other.csv").write_text("image_path\na.png\n")
    with pytest.raises(DataError, match="line 1: expected the column subject, found image_path"):
        report_weights._subjects(tmp_path / "other.csv")
    (tmp_path / "german.csv").write_text("Bild;Proband\na.png;s1\n")
    renames = csv_reader.parse_renames(["subject=Proband"])
    assert report_weights._subjects(tmp_path / "german.csv", renames) == ["s1"]
    with pytest.raises(DataError, match="no file has the column 'person'"):
        report_weights._subjects(
            tmp_path / "german.csv", csv_reader.parse_renames(["subject=Person"])
        )


@pytest.mark.parametrize("prefix", ["module.", "model.", "model.module."])
def test_wrapped_weights_load_too(network: torch.nn.Module, tmp_path: Path, prefix: str) -> None:
    weights = {f"{prefix}{name}": value for name, value in network.state_dict().items()}
    torch.save({"epoch": 3, "model_state_dict": weights}, tmp_path / "model.pt")
    assert torch.equal(report_weights.read(tmp_path / "model.pt").network.fc.bias, network.fc.bias)


def test_another_network_is_named_by_what_differs(tmp_path: Path) -> None:
    torch.save(resnet18(num_classes=4).state_dict(), tmp_path / "four.pt")
    with pytest.raises(ModelError, match=r"fc\.bias is expected to be \(1,\), found \(4,\)"):
        report_weights.read(tmp_path / "four.pt")
    more = resnet18(num_classes=1).state_dict() | {"extra.weight": torch.zeros(2)}
    torch.save(more, tmp_path / "more.pt")
    with pytest.raises(ModelError, match=r"extra\.weight is expected to be nothing"):
        report_weights.read(tmp_path / "more.pt")
