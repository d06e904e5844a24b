"""Files are written completely or not at all, and nothing is overwritten by accident."""

import json
import math
from pathlib import Path

import pytest

from wince import files
from wince.errors import FileWriteError


def test_a_file_is_replaced_and_no_other_file_remains(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.txt"
    files.write_text(path, "first")
    files.write_text(path, "second\r\n")
    assert path.read_bytes() == b"second\r\n"
    assert list(path.parent.iterdir()) == [path]


def test_the_old_file_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with files.replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.parent == path.parent
        assert temporary.suffix == ".txt"
    assert path.read_text() == "new"


def test_two_writers_of_one_file_use_different_temporary_files(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with files.replacing(path) as first, files.replacing(path) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"


def test_the_longest_file_name_can_be_written(tmp_path: Path) -> None:
    for name in ("a" * 251 + ".txt", "é" * 125 + ".txt"):
        files.write_text(tmp_path / name, "text")
        assert (tmp_path / name).read_text() == "text"


def test_an_error_while_writing_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.txt/b.txt", "folder"])
def test_a_path_that_cannot_be_written_is_an_error_with_the_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text("a file")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileWriteError, match=f"{name} cannot be written: .* choose another place"):
        files.write_text(tmp_path / name, "text")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "folder"]


def test_json_is_indented_unicode_and_has_no_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, {"name": "é"})
    assert path.read_text("utf-8") == '{\n "name": "é"\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(path, math.nan)
    assert json.loads(path.read_text("utf-8")) == {"name": "é"}


def test_a_file_name_that_is_not_unicode_is_written_with_escapes(tmp_path: Path) -> None:
    files.write_text(tmp_path / "a.txt", "caf\udce9.jpg")
    assert (tmp_path / "a.txt").read_text("utf-8") == "caf\\udce9.jpg"


def test_an_existing_path_is_refused_with_the_remedy(tmp_path: Path) -> None:
    files.refuse_existing(tmp_path / "new", "Choose another --out.")
    (tmp_path / "broken link").symlink_to(tmp_path / "nothing")
    for path in (tmp_path, tmp_path / "broken link"):
        with pytest.raises(FileWriteError, match=r"exists already .* Choose another --out\."):
            files.refuse_existing(path, "Choose another --out.")


def test_the_digest_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    # The first example of FIPS 180-2, appendix B.1.
    assert files.sha256(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_the_digest_of_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.sha256(tmp_path / "nothing")
