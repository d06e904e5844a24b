"""`wince version` and `wince --version`."""

import sys

import pytest

import wince
from tests.support.command_line import Run
from wince.runtime.assessment import Assessment


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_version_names_all_that_a_report_needs(
    run: Run, argument: str, assessment: Assessment
) -> None:
    status, out, err = run(argument)
    versions = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert (status, err) == (0, "")
    assert set(versions) == {"wince", "Python", "onnxruntime", "model"}
    assert versions["wince"] == wince.__version__
    assert versions["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert versions["onnxruntime"].startswith("1.28.")
    assert versions["model"] == " ".join(assessment.model.values())
