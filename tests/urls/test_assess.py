"""Photos and videos at URLs are assessed like local ones, and results are written to URLs."""

import csv
import errno
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

s3fs = pytest.importorskip("s3fs", reason="needs wince[urls]")
pytest.importorskip("moto.server", reason="needs moto, an S3 server for tests")

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

from tests.support.frames import Frame
from tests.support.s3_store import SECRET, Store
from tests.support.video_sample import write_video
from wince import images
from wince.cli import main
from wince.remote_path import RemotePath, parse_path
from wince.video import Video


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def scores(table: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(row["pspi"], row["error"]) for row in table]


def test_a_folder_on_s3_is_assessed_like_a_local_one(
    store: Store, frames: list[Frame], tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    (photos / "sub").mkdir(parents=True)
    for number, frame in enumerate(frames[:2]):
        (photos / "sub" / f"{number}.png").write_bytes(frame.path.read_bytes())
    (photos / "a.txt").write_text("no photo")
    (photos / "damaged.jpg").write_bytes(b"no photo")
    url = store.put_folder(photos, "day 1")
    store.put("day 1/", b"")  # as some tools mark a folder
    local = tmp_path / "scores.csv"
    assert main(["assess", str(photos), "--out", str(local)]) == 1
    out, copies = store.url("results/scores.csv"), store.url("results/copies")
    assert main(["assess", url, "--out", out, "--annotate", copies]) == 1
    expected, actual = rows(local.read_bytes()), rows(store.get("results/scores.csv"))
    names = ["damaged.jpg", "sub/0.png", "sub/1.png"]
    assert [row["file"] for row in actual] == [f"{url}/{name}" for name in names]
    assert [row["pspi"] for row in actual] == [row["pspi"] for row in expected]
    assert actual[0]["error"] == expected[0]["error"].replace(str(photos), url)
    copy = images.read(store.get("results/copies/sub/0-annotated.png"))
    assert copy.width > images.read(frames[0].path).width


def test_a_video_on_s3_is_copied_only_while_it_is_read(
    store: Store,
    frames: list[Frame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("av", reason="needs wince[video]")
    rgb = images.read(frames[0].path).rgb
    video = write_video(tmp_path / "clip.mp4", [rgb] * 3)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    url, summary = store.put("clip.mp4", video.read_bytes()), store.url("videos.csv")
    results = []
    for source in (str(video), url):
        options = ["--video-summary", summary] if source == url else []
        assert main(["assess", source, "--every", "0", "--json", *options]) == 0
        results.append(json.loads(capsys.readouterr().out))
    assert [row["file"] for row in results[1]] == [url] * 3
    local, remote = ([row["assessment"]["raw_score"] for row in result] for result in results)
    assert local == remote
    assert [row["video"] for row in rows(store.get("videos.csv"))] == [url]
    assert list((tmp_path / "temporary").iterdir()) == []
    with Video(parse_path(url)) as opened:
        copies = [path for path in (tmp_path / "temporary").rglob("*") if path.is_file()]
        assert not copies or os.name != "posix", "it would stay if the process were killed"
        assert len(list(opened.frames())) == 3


def test_a_stopped_run_leaves_what_is_finished_and_is_continued(
    store: Store,
    frames: list[Frame],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    urls = [store.put(f"photos/{n}.png", frames[n].path.read_bytes()) for n in range(3)]
    out = store.url("scores.jsonl")
    open_file = RemotePath.open

    def lose(path: RemotePath, *args: Any, **options: Any) -> Any:
        if path.name != "2.png":
            return open_file(path, *args, **options)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            store.forget_lists()
            try:
                return open_file(path, *args, **options)
            finally:
                store.forget_lists()

    monkeypatch.setattr(RemotePath, "open", lose)
    assert main(["assess", *urls, "--out", out, "--workers", "1"]) == 1
    assert f"{urls[2]} cannot be reached: Could not connect" in capsys.readouterr().err
    monkeypatch.undo()
    assert len(store.get("scores.jsonl").splitlines()) == 2
    assert main(["assess", *urls, "--out", out]) == 1
    assert "Add --resume to continue it" in capsys.readouterr().err
    assert main(["assess", *urls, "--out", out, "--resume"]) == 0
    lines = [json.loads(line) for line in store.get("scores.jsonl").splitlines()]
    assert [line["file"] for line in lines] == urls
    assert all(line["assessment"]["pspi"] is not None for line in lines)


def test_results_that_cannot_be_written_are_kept_on_this_machine(
    store: Store,
    frames: list[Frame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    photo = str(frames[0].path)
    assert main(["assess", photo, "--out", "s3://no-such-bucket/scores.csv"]) == 1
    error = capsys.readouterr().err
    assert "s3://no-such-bucket/scores.csv cannot be written: there is no such" in error
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    upload = RemotePath.upload

    def remove_bucket(path: RemotePath, source: Path) -> None:
        upload(path, source)
        store.files.rm(store.bucket, recursive=True)

    monkeypatch.setattr(RemotePath, "upload", remove_bucket)
    assert main(["assess", photo, "--out", store.url("scores.csv")]) == 1
    error = capsys.readouterr().err
    (kept,) = tmp_path.glob("wince-*/scores.csv")
    assert f"The results are in {kept}" in error
    assert [row["file"] for row in rows(kept.read_bytes())] == [photo]


def test_an_http_address_is_read_and_its_parameters_are_recorded_nowhere(
    store: Store, frames: list[Frame], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.put("photo.png", frames[0].path.read_bytes())
    store.files.chmod(f"{store.bucket}/photo.png", "public-read")
    host, port = store.server.get_host_and_port()
    address = f"http://{host}:{port}/{store.bucket}"
    out = tmp_path / "scores.csv"
    sources = [f"{address}/{name}?token={SECRET}" for name in ("photo.png", "none.png")]
    assert main(["assess", *sources, "--out", str(out), "--debug"]) == 1
    first, second = rows(out.read_bytes())
    assert first["file"] == f"{address}/photo.png"
    assert first["pspi"]
    assert second["error"].startswith(f"{address}/none.png cannot be opened: the server answered")
    unreachable = f"http://127.0.0.1:1/x.png?token={SECRET}"
    assert main(["assess", unreachable, "--debug"]) == 1
    assert main(["assess", str(frames[0].path), "--out", f"{address}/x.csv?t={SECRET}"]) == 1
    output = capsys.readouterr()
    assert "http://127.0.0.1:1/x.png cannot be reached: Cannot connect to host" in output.err
    assert "only read" in output.err
    assert SECRET not in output.out + output.err + out.read_text()


@pytest.mark.parametrize(
    "command",
    [
        ["serve", "--model", "s3://bucket/model"],
        ["watch", "--model", "s3://bucket/model"],
        ["assess", "--model", "s3://bucket/model", "photo.jpg"],
        ["evaluate", "s3://bucket/model", "--out", "out"],
        ["federate", "start", "--out", "s3://bucket/study", "--rounds", "1"],
    ],
)
def test_other_paths_must_be_local(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "expected a local path, found the URL s3://bucket/" in error


def test_no_message_has_the_parameters_of_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", f"https://host/model?{SECRET}", "--out", "out"]) == 2
    error = capsys.readouterr().err
    assert "found the URL https://host/model?..." in error
    assert SECRET not in error


@pytest.mark.parametrize(
    "text", ["2024-01-02T03:04:05Z", "Tue, 02 Jan 2024 03:04:05 GMT"], ids=["ISO 8601", "HTTP"]
)
def test_a_time_in_words_is_the_time_of_the_file(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = {"name": "/a.jpg", "size": 1, "type": "file", "updated": text}
    monkeypatch.setattr(MemoryFileSystem, "info", lambda self, path: info)
    assert parse_path("memory://a.jpg").stat().st_mtime == 1704164645


class WithoutOptions(MemoryFileSystem):
    """A file system that takes no options of fsspec, as that of sftp."""

    def __init__(self) -> None:
        super().__init__()


def test_a_file_system_without_options_is_read() -> None:
    fsspec.register_implementation("without-options", WithoutOptions, clobber=True)
    assert not parse_path("without-options://a/nothing.jpg").exists()


def test_a_copy_that_does_not_fit_is_about_one_file(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    url = store.put("large.mp4", b"video")
    monkeypatch.setattr(s3fs.S3FileSystem, "get_file", fail)
    with pytest.raises(OSError, match="a copy of it does not fit"):
        RemotePath(url).fetch(tmp_path / "copy.mp4")
