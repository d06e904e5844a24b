"""An archive at a URL is prepared into the same bytes as the same archive on this machine."""

from pathlib import Path

import pytest

pytest.importorskip("s3fs", reason="needs wince[urls]")
pytest.importorskip("moto.server", reason="needs moto, an S3 server for tests")

from tests.support import archive_builder, recording_archive
from tests.support.prepared_files import digests, rows
from tests.support.s3_store import SECRET, Store
from wince.archive import frame_check
from wince.archive.prepare import PrepareOptions, prepare
from wince.cli import main
from wince.errors import FileWriteError, UrlError
from wince.remote_path import RemotePath, parse_path

SUBJECTS = ("ann", "ben", "cem")
WITH_FOLDER = ("train.csv", "val.csv", "test.csv", "report.json", "report.html")
"""Files that state where the archive is."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> archive_builder.Unbc:
    archive = archive_builder.Unbc(tmp_path_factory.mktemp("archive"))
    for subject in SUBJECTS:
        for number in range(2):
            archive.frame(subject, f"{subject}-one", number, pspi=number)
        archive.rating("VAS", subject, f"{subject}-one", "3")
    return archive


@pytest.fixture(scope="module")
def local_out(archive: archive_builder.Unbc, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("local")
    prepare(archive.root, out, PrepareOptions(workers=1))
    return out


def same_but_for_the_folder(local_out: Path, out: Path) -> bool:
    """Return whether two prepared folders have the same tables and crops."""
    expected, actual = digests(local_out), digests(out)
    return {name: digest for name, digest in expected.items() if name not in WITH_FOLDER} == {
        name: digest for name, digest in actual.items() if name not in WITH_FOLDER
    }


def test_an_archive_on_s3_gives_the_bytes_of_the_local_one(
    store: Store, archive: archive_builder.Unbc, local_out: Path, tmp_path: Path
) -> None:
    url = store.put_folder(archive.root, "studies/unbc")
    out = tmp_path / "out"
    assert main(["prepare", url, "--out", str(out), "--workers", "2"]) == 0
    assert same_but_for_the_folder(local_out, out)
    for name in ("train.csv", "report.json"):
        local, remote = (
            {line for line in (folder / name).read_text().splitlines() if "sha256" not in line}
            for folder in (local_out, out)
        )
        assert {line.replace(str(archive.root), url) for line in local} == remote
    content = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert url.encode() in content
    assert SECRET.encode() not in content
    assert b"key-of-the-tests" not in content


def test_a_second_run_reads_only_what_has_changed(
    store: Store,
    archive: archive_builder.Unbc,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = parse_path(store.put_folder(archive.root, "unbc"))
    monkeypatch.setattr("wince.archive.detection.SETTLED_NS", 0)
    prepare(base, tmp_path / "out", PrepareOptions(workers=1))
    name = "Images/ann/ann-one/ann-one000.png"
    first = store.get(f"unbc/{name}")
    # The same size, in the same second: only the ETag tells.
    store.put(f"unbc/{name}", first[:-1] + bytes([first[-1] ^ 1]))
    store.forget_lists()
    result = prepare(base, tmp_path / "out", PrepareOptions(workers=1))
    assert result.reused == 5


def test_a_table_on_s3_with_folders_and_a_name_that_leads_out_of_its_bucket(
    store: Store, tmp_path: Path
) -> None:
    for number in range(3):
        store.put(f"set/Bilder ä/{number}+#%.png", archive_builder.frame_image(number))
    store.put("set/Bilder ä/unlisted.png", archive_builder.frame_image(4))
    store.put("other/up.png", archive_builder.frame_image(5))
    lines = [f"Bilder ä/{number}+#%.png,s{number},{number}" for number in range(3)]
    lines += ["../other/up.png,s0,1", "../../elsewhere/x.png,s0,1", "/etc/hostname.png,s0,1"]
    url = store.put("set/faces.csv", "\n".join(("image,subject,pspi", *lines)).encode())
    assert main(["prepare", url, "--out", str(tmp_path), "--workers", "1"]) == 0
    assert sorted(row["path"] for row in rows(tmp_path / "manifest.csv")) == [
        "../other/up.png",
        *(f"Bilder ä/{number}+#%.png" for number in range(3)),
    ]
    excluded = {row["path"]: row["detail"] for row in rows(tmp_path / "excluded.csv")}
    assert "it is outside of the bucket" in excluded["../../elsewhere/x.png"]
    assert "it is a local path" in excluded["/etc/hostname.png"]
    assert "no row of faces.csv lists it" in excluded["Bilder ä/unlisted.png"]


def test_videos_on_s3_give_the_frames_of_local_ones(store: Store, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs wince[video]")
    root = recording_archive.build(tmp_path / "videos")
    base = parse_path(store.put_folder(root, "videos"))
    options = PrepareOptions(workers=1)
    prepare(root, tmp_path / "local", options)
    prepare(base, tmp_path / "remote", options)
    assert same_but_for_the_folder(tmp_path / "local", tmp_path / "remote")


def test_a_frame_that_vanishes_after_it_was_listed_is_left_out_with_its_reason(
    store: Store,
    archive: archive_builder.Unbc,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = parse_path(store.put_folder(archive.root, "unbc"))
    name = "Images/ben/ben-one/ben-one001.png"
    check_frame = frame_check.check_frame

    def remove_first(settings, file, cached) -> frame_check.FrameResult:
        if file.name == name:
            store.files.rm(f"{store.bucket}/unbc/{name}")
        return check_frame(settings, file, cached)

    monkeypatch.setattr(frame_check, "check_frame", remove_first)
    prepare(base, tmp_path, PrepareOptions(workers=1))
    (row,) = rows(tmp_path / "excluded.csv")
    assert row["path"] == name
    assert "there is no such file" in row["detail"]


def test_a_lost_connection_ends_the_run_and_the_next_one_completes_it(
    store: Store,
    archive: archive_builder.Unbc,
    local_out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = parse_path(store.put_folder(archive.root, "unbc"))
    open_file = RemotePath.open

    def lose(path: RemotePath, *args, **options):
        if path.name == "cem-one000.png":
            with monkeypatch.context() as patch:
                patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
                store.forget_lists()
                try:
                    return open_file(path, *args, **options)
                finally:
                    store.forget_lists()
        return open_file(path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(RemotePath, "open", lose)
        with pytest.raises(UrlError, match=r"cem-one000.png cannot be reached.*again"):
            prepare(base, tmp_path, PrepareOptions(workers=1))
    assert not (tmp_path / "manifest.csv").exists()
    prepare(base, tmp_path, PrepareOptions(workers=1))
    assert same_but_for_the_folder(local_out, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["s3://no-such-bucket/unbc"], "There is nothing at s3://no-such-bucket/unbc"),
        (["teleport://x/unbc"], "teleport:// is not a kind of address that fsspec knows"),
        (["gs://x/unbc"], "Please install gcsfs"),
        ([f"s3://key:{SECRET}@bucket/unbc"], "expected an address without a password"),
        ([f"s3://key:a/{SECRET}@bucket/unbc"], "expected an address without a password"),
        ([f"https://key:{SECRET}@host:80/x@2.csv"], "expected an address without a password"),
        ([f"https://{SECRET}@host/x@2.csv"], "expected an address without a password"),
        ([f"s3://bucket/unbc?token={SECRET}"], "without parameters"),
        (["s3://"], "expected an address such as s3://bucket/folder"),
    ],
)
def test_an_address_that_cannot_be_read_ends_with_a_sentence(
    store: Store,
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    assert main(["prepare", *arguments, "--out", str(out)]) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert SECRET not in error
    assert not out.exists()


def test_the_prepared_folder_stays_on_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", "s3://a/b", "--out", "s3://a/out"]) == 2
    assert "expected a folder on this machine" in capsys.readouterr().err


def test_a_file_url_is_the_local_path(archive: archive_builder.Unbc, tmp_path: Path) -> None:
    assert parse_path(archive.root.as_uri()) == archive.root
    assert parse_path(archive.root.as_uri().replace("///", "//localhost/")) == archive.root
    with pytest.raises(UrlError, match="a file of this machine"):
        parse_path("file://other-machine/archive")
    with pytest.raises(FileWriteError, match="inside the archive"):
        prepare(parse_path(archive.root.as_uri()), archive.root / "out")
