"""The unit tests of the page's scripts, which Node.js runs."""

import re
import shutil
import subprocess

import pytest

from tests.support.frames import ROOT

NODE = shutil.which("node")
FILES = sorted((ROOT / "tests/page/unit").glob("*.test.js"))


@pytest.mark.skipif(NODE is None, reason="needs Node.js")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".test.js"))
def test_scripts(file):
    command = [NODE, "--test-reporter=tap", file]  # with --test it would start a second process
    process = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert process.returncode == 0, process.stdout + process.stderr
    assert int(re.search(r"^# pass (\d+)$", process.stdout, re.MULTILINE)[1]) > 0
    assert re.search(r"^# skipped 0$", process.stdout, re.MULTILINE)
