"""`wince export-page`: a folder is the old page or the new one, and nothing else is replaced."""

import contextlib
import json
import re
import shutil
from pathlib import Path

import pytest

from wince.cli import main
from wince.errors import FileWriteError
from wince.server.device_page import export
from wince.server.device_page.page import DevicePage


def page_of(version: str) -> DevicePage:
    """A small page, whose document and service worker name the folder with its files."""
    folder = f"files-{version}"
    contents = {
        f"{folder}/app.js": f"run({version})",
        f"{folder}/models/model.onnx": version * 100,
        f"{folder}/wince-page.json": json.dumps({"version": version}),
        "index.html": f"see {folder}",
        "service-worker.js": f"keep {folder}",
    }
    return DevicePage(version, {path: text.encode() for path, text in contents.items()})


OLD, NEW = page_of("1"), page_of("2")


def versions(out: Path) -> set[str]:
    """The versions that the document and the service worker name, whose files are all there."""
    named = set()
    for name in ("index.html", "service-worker.js"):
        (version,) = re.findall(r"files-(\d)", (out / name).read_text())
        page = OLD if version == "1" else NEW
        for path, content in page.files.items():
            if path.startswith(page.folder):
                assert (out / path).read_bytes() == content
        named.add(version)
    return named


def paths(out: Path) -> set[str]:
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


class Killed(BaseException):
    """The process ends here."""


class Killer:
    """Ends the process at its n-th change of the disk; what comes after does not happen."""

    def __init__(self, patch: pytest.MonkeyPatch, last: int) -> None:
        self.changes, self.last = 0, last
        for owner, name in (
            *((Path, name) for name in ("write_bytes", "rename", "replace", "unlink", "mkdir")),
            *((Path, "rmdir"), (shutil, "rmtree")),
        ):
            patch.setattr(owner, name, self._limited(getattr(owner, name)))

    def _limited(self, change):
        def limited(*arguments, **options):
            self.changes += 1
            if self.changes > self.last:
                raise Killed
            return change(*arguments, **options)

        return limited


def test_a_kill_at_any_moment_leaves_the_old_page_or_the_new_one(tmp_path: Path) -> None:
    seen = []
    for last in range(1000):
        out = tmp_path / str(last)
        export.write(OLD, out)
        with pytest.MonkeyPatch.context() as patch:
            killer = Killer(patch, last)
            with contextlib.suppress(Killed):
                export.write(NEW, out)
        seen.append(versions(out))
        if killer.changes <= last:
            break
        export.write(NEW, out)  # and the next export completes it
        assert versions(out) == {"2"}
        assert paths(out) == set(NEW.files)
    assert seen[0] == {"1"}
    assert seen[-1] == {"2"}
    assert len(seen) > 10


def test_a_kill_during_the_first_export_leaves_no_page_and_the_next_one_completes_it(
    tmp_path: Path,
) -> None:
    for last in range(20):
        out = tmp_path / str(last)
        with pytest.MonkeyPatch.context() as patch:
            Killer(patch, last)
            with pytest.raises(Killed):
                export.write(OLD, out)
        assert not (out / "index.html").exists()
        page = NEW if last % 2 else OLD  # a newer version leaves nothing of the broken one either
        export.write(page, out)
        assert paths(out) == set(page.files)
        assert {path.name for path in out.iterdir()} == {path.split("/")[0] for path in page.files}


def test_a_kill_while_the_old_files_are_removed_leaves_none_of_them_after_the_next_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove_first_file(folder: Path, **_) -> None:
        for listing in folder.rglob("wince-page.json"):
            listing.unlink()
            raise Killed

    export.write(OLD, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", remove_first_file)
        with pytest.raises(Killed):
            export.write(NEW, tmp_path)
    export.write(NEW, tmp_path)
    assert paths(tmp_path) == set(NEW.files)


def test_a_full_disk_leaves_the_old_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export.write(OLD, tmp_path)

    def fail(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(FileWriteError, match="cannot be written: No space left on device"):
        export.write(NEW, tmp_path)
    assert versions(tmp_path) == {"1"}
    assert paths(tmp_path) == set(OLD.files)


def test_the_same_version_is_written_again_and_repairs_the_folder(tmp_path: Path) -> None:
    export.write(OLD, tmp_path)
    (tmp_path / OLD.folder / "app.js").write_text("damaged")
    (tmp_path / OLD.folder / "models" / "model.onnx").unlink()
    export.write(OLD, tmp_path)
    assert versions(tmp_path) == {"1"}


def test_files_of_others_beside_a_page_stay(tmp_path: Path) -> None:
    export.write(OLD, tmp_path)
    for name in ("web.config", "files-of-mine/note.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine")
    export.write(NEW, tmp_path)
    assert paths(tmp_path) == {*NEW.files, "web.config", "files-of-mine/note.txt"}


def test_a_folder_with_other_files_is_refused_and_unchanged(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(FileWriteError, match=r"has other files, such as index\.html"):
        export.write(OLD, tmp_path)
    assert paths(tmp_path) == {"index.html"}


# The command


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 1) -> str:
    assert main(["export-page", *arguments]) == status
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "subpath", ["https://host/wince", "/a b/", "/../", "a/./b", "/a//b/", '/"x"/', "/é/", "?a=b"]
)
def test_a_wrong_subpath_is_refused(
    subpath: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = complaint(capsys, str(tmp_path / "page"), "--subpath", subpath, status=2)
    assert "is not a path below a host: expected one such as /wince/" in error
    assert not (tmp_path / "page").exists()


@pytest.mark.parametrize(
    ("subpath", "expected"),
    [("wince", "/wince/"), ("/wince", "/wince/"), ("a/b-c/", "/a/b-c/"), ("/", "/"), ("", "/")],
)
def test_a_subpath_may_have_slashes_or_not(subpath: str, expected: str) -> None:
    assert export.normalise_subpath(subpath) == expected


def test_wrong_folders_and_models_are_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, file, run = tmp_path / "page", tmp_path / "file", tmp_path / "run"
    file.write_text("a file")
    run.mkdir()
    (run / "config.json").write_text("{}")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    assert "is not a folder" in complaint(capsys, str(file))
    assert "is not a folder" in complaint(capsys, str(link))
    assert "has other files, such as config.json" in complaint(capsys, str(run))
    error = complaint(capsys, str(page), "--model", str(run))
    assert "There is no model.json" in error
    assert "wince export" in error
    assert not page.exists()
    assert file.read_text() == "a file"


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("a file")
    page = tmp_path / "file" / "page"
    assert f"{page} cannot be written: Not a directory" in complaint(capsys, str(page))


def test_the_command_writes_the_page_and_says_how_to_try_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page"
    assert main(["export-page", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{out} has the page with the model wince-starter")
    assert f"python -m http.server --directory {out}" in lines[1]
    listing = json.loads(next(out.glob("files-*/wince-page.json")).read_text())
    assert set(listing["sha256"]) | {f"files-{listing['version']}/wince-page.json"} == paths(out)
