"""The progress bar of `wince assess`."""

import io
import json
import sys

import pytest

from tests.support.command_line import Terminal
from tests.support.frames import Frame
from wince import cli
from wince.cli.assess import file_progress


def test_a_progress_bar_is_shown_on_stderr_and_leaves_stdout_alone(
    frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = io.StringIO(), Terminal()
    monkeypatch.setattr(file_progress, "SHOW_AFTER", 0.0)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    assert cli.main(["assess", "--json", *(str(frame.path) for frame in frames)]) == 0
    assert len(json.loads(out.getvalue())) == len(frames)
    assert "Assessing" in err.getvalue()


def test_a_quick_command_shows_no_progress_bar(
    frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = io.StringIO(), Terminal()
    monkeypatch.setattr(file_progress, "SHOW_AFTER", 3600.0)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert cli.main(["assess", "--json", str(frames[0].path), str(frames[1].path)]) == 0
    assert "Assessing" not in err.getvalue()
