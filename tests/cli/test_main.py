"""Errors, exit statuses and --debug of the command line."""

import errno
from pathlib import Path

import pytest

from tests.support.command_line import Run


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["assess"], "Missing argument"),
        (["assess", "--json", "--csv", "x.jpg"], "exclude each other"),
        (["assess", "--nothing", "x.jpg"], "No such option"),
        (["asess", "x.jpg"], "No such command"),
    ],
)
def test_a_wrong_command_is_explained_in_one_line(
    run: Run, arguments: list[str], expected: str
) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("wince: ")
    assert expected in err
    assert "--help'." in err
    assert len(err.splitlines()) == 1


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    status, out, err = run()
    assert (status, out) == (2, "")
    assert "Usage: wince" in err


@pytest.mark.parametrize("place", [0, 1, 3])
def test_debug_shows_the_traceback_before_and_after_the_command(
    run: Run, tmp_path: Path, place: int
) -> None:
    arguments = ["assess", "--model", str(tmp_path / "nowhere"), "x.jpg"]
    arguments.insert(place, "--debug")
    status, _, err = run(*arguments)
    assert status == 1
    assert err.startswith("Traceback")
    assert err.splitlines()[-1].startswith("wince: There is no model.json")


def test_after_two_dashes_debug_is_a_file(run: Run) -> None:
    status, _, err = run("assess", "--", "--debug")
    assert status == 1
    assert err.startswith("wince: --debug cannot be opened")


def test_a_full_disk_is_named_with_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/results/a.csv")

    monkeypatch.setattr("wince.runtime.assessor.Assessor.model", property(fail))
    status, _, err = run("version")
    assert status == 1
    assert err == (
        "wince: a disk is full: /results/a.csv. Free some room and run the same command again.\n"
    )


def test_an_unexpected_error_is_called_a_bug_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object) -> None:
        raise ZeroDivisionError("somewhere\ndeep")

    monkeypatch.setattr("wince.runtime.assessor.Assessor.model", property(fail))
    status, _, err = run("version")
    assert status == 1
    assert err.startswith("wince: this is a bug in wince (ZeroDivisionError: somewhere\\ndeep)")
    assert "--debug" in err
    assert len(err.splitlines()) == 1
    assert "Traceback" in run("version", "--debug")[2]
