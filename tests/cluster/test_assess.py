"""Files are assessed by a cluster with the same results as on this machine."""

import shutil
from pathlib import Path

import pytest

from tests.support.frames import Frame
from tests.support.video_sample import write_video
from wince import cluster, file_names, images, worker_needs
from wince.cli import main
from wince.cli.assess import cluster_batch
from wince.runtime.estimator import starter_folder


@pytest.fixture
def photos(frames: list[Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the current one, with good images and others, and a video."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos/ward").mkdir(parents=True)
    for frame in frames[:3]:
        shutil.copy(frame.path, tmp_path / "photos/ward")
    rgb = images.read(frames[0].path).rgb[:256, :256]
    write_video(tmp_path / "photos/clip.mp4", [rgb, rgb])
    (tmp_path / "photos/broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    (tmp_path / "photos/unreadable.png").symlink_to(tmp_path / "nowhere.png")
    return tmp_path / "photos"


def test_threads_and_a_cluster_write_the_same_results(
    address: str, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["assess", "photos", "given.jpg", "--out"]
    assert main([*command, "here.csv"]) == 1
    of_threads = capsys.readouterr().err
    assert main([*command, "cluster.csv", "--cluster", address]) == 1
    assert capsys.readouterr().err == of_threads
    text = Path("here.csv").read_text("utf-8")
    assert Path("cluster.csv").read_text("utf-8") == text
    rows = 3 + 1 + 3  # photos, a frame of the video, and files with an error
    assert text.count("\n") == 1 + rows


def test_an_image_that_only_this_machine_can_open_is_no_result(
    address: str, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster_batch, "_assess_batch", opening_nothing)
    assert main(["assess", "photos", "--out", "out.csv", "--cluster", address]) == 1
    assert "cannot open" in capsys.readouterr().err


def test_workers_that_have_another_model_under_the_same_path_are_refused(
    address: str, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fingerprint(path: Path) -> str:
        is_manifest = path.name == file_names.MODEL_MANIFEST
        return "of this machine" if is_manifest else worker_needs.fingerprint(path)

    monkeypatch.setattr(cluster, "fingerprint", fingerprint)
    model = str(starter_folder())
    assert main(["assess", "photos", "--model", model, "--cluster", address]) == 1
    assert f"does not see {model}/model.json as this machine" in capsys.readouterr().err


def opening_nothing(outcomes_of, every, batch):
    return [(item, None) for item in batch]


@pytest.mark.parametrize(
    "options", [["photos", "--annotate", "copies"], ["-"], ["photos", "--workers", "2"]]
)
def test_what_only_this_machine_does_is_refused(
    photos: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert main(["assess", *options, "--cluster", "tcp://127.0.0.1:9"]) == 2
    assert "--cluster exclude each other" in capsys.readouterr().err
