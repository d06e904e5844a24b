"""Shared fixtures: one public-domain portrait and a handful of rendered faces with their labels."""

import os
from collections.abc import Generator
from typing import TypeVar

import hypothesis
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.frames import Frame, read_frames
from tests.support.media import encode_image
from wince.runtime.assessor import Assessor

# No deadline: on a shared machine a slow call says nothing about the code.
hypothesis.settings.register_profile("wince", deadline=None)
hypothesis.settings.load_profile("wince")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "network: needs a package index")
    for name in [name for name in os.environ if name.startswith("WINCE_")]:
        if name != "WINCE_REQUIRE_ALL":
            del os.environ[name]  # the settings of whoever runs the tests are not the tests'


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skipped test fail where nothing may be missing, as in the project's own checks."""
    return _not_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Let a file that is skipped as a whole fail in the same way."""
    return _not_skipped((yield))


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _not_skipped(report: Report) -> Report:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("WINCE_REQUIRE_ALL"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}; with WINCE_REQUIRE_ALL set nothing may be skipped"
    return report


@pytest.fixture(scope="session")
def frames() -> list[Frame]:
    """The 21 rendered faces of tests/data, twelve subjects."""
    return read_frames()


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """NASA's portrait of Eileen Collins, public domain: uint8 (512, 512, 3), a frontal face."""
    data = pytest.importorskip("skimage.data", reason="needs scikit-image for its portrait")
    picture = np.asarray(data.astronaut())
    picture.setflags(write=False)
    return picture


@pytest.fixture(scope="session")
def assessor() -> Assessor:
    """The packaged model, loaded once; it is safe to share."""
    return Assessor()


@pytest.fixture(scope="session")
def portrait_jpeg(astronaut: NDArray[np.uint8]) -> bytes:
    """The astronaut's portrait as a JPEG file."""
    return encode_image(astronaut)
