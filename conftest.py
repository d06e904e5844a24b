"""Fixtures for all tests: a public-domain portrait, and rendered faces with their labels."""

import os
import signal
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import hypothesis
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.frames import Frame, read_frames
from tests.support.media import encode_image
from wince.runtime.assessor import Assessor

if TYPE_CHECKING:
    from tests.support.s3_store import Store

# No deadline, because calls may be slow on a busy machine. For a longer search than that of all
# tests: scripts/test --hypothesis-profile=thorough tests/runtime
hypothesis.settings.register_profile("wince", deadline=None, max_examples=40)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("wince")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "network: needs a package index")
    for name in [name for name in os.environ if name.startswith("WINCE_")]:
        if name != "WINCE_REQUIRE_ALL":
            del os.environ[name]  # settings of the person who runs the tests
    # A shell lets programs in the background ignore Ctrl+C, and the commands that the tests start
    # would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "PYTEST_XDIST_WORKER" in os.environ:  # two threads for each process would be too many
        os.environ.setdefault("OMP_NUM_THREADS", "1")


FOLDERS_WITH_SHARED_FIXTURES = (
    "tests/cluster/",
    "tests/page/",
    "tests/project/privacy/",
    "tests/training/",
    "tools/starter/tests/",
)
"""A cluster, a browser, a watched server, or trained runs: made once for all tests of a folder."""

SLOWEST_SCOPES = (
    "tests/page/",
    "tests/training/",
    "tools/starter/tests/",
    "tests/project/test_readme.py",
    "tests/project/test_docs.py",
    "tests/project/test_wheel.py",
    "tests/server/test_contract.py",
    "tests/archive/test_prepare_interrupted.py",
)
"""These begin first, so that no process has a long rest alone. The others follow by their size."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let pytest-xdist run tests of one file, or of a folder that shares fixtures, in one process.

    Its own way to do so, `--dist=loadgroup`, has no effect with pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class FolderScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return next((f for f in FOLDERS_WITH_SHARED_FIXTURES if file.startswith(f)), file)

        def _assign_work_unit(self, node: Any) -> None:
            slowest = next((scope for scope in SLOWEST_SCOPES if scope in self.workqueue), None)
            if slowest:
                self.workqueue.move_to_end(slowest, last=False)
            super()._assign_work_unit(node)

    return FolderScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a skipped test fail if WINCE_REQUIRE_ALL is set, as in the project's own checks."""
    return _fail_if_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do the same for a test file that is skipped as a whole."""
    return _fail_if_skipped((yield))


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _fail_if_skipped(report: Report) -> Report:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("WINCE_REQUIRE_ALL"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}; WINCE_REQUIRE_ALL is set, so no test may be skipped"
    return report


@pytest.fixture(scope="session")
def frames() -> list[Frame]:
    """The 21 rendered faces of tests/data, twelve subjects."""
    return read_frames()


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """NASA's portrait of Eileen Collins, public domain: uint8 (512, 512, 3), a frontal face."""
    data = pytest.importorskip("skimage.data", reason="needs scikit-image for its portrait")
    portrait = np.asarray(data.astronaut())
    portrait.setflags(write=False)
    return portrait


@pytest.fixture
def undrawn_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write plots as empty images, for tests that do not look at plots."""
    pytest.importorskip("matplotlib", reason="needs wince[train]")
    from tests.support import undrawn_plots

    undrawn_plots.use(monkeypatch)


@pytest.fixture(scope="session")
def assessor() -> Assessor:
    """The packaged model, loaded once; tests may share it."""
    return Assessor()


@pytest.fixture(scope="session")
def portrait_jpeg(astronaut: NDArray[np.uint8]) -> bytes:
    """The astronaut's portrait as a JPEG file."""
    return encode_image(astronaut)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Any]:
    """An S3 server on this machine, in a thread."""
    pytest.importorskip("s3fs", reason="needs wince[urls]")
    pytest.importorskip("moto.server", reason="needs moto, an S3 server for tests")
    from tests.support import s3_store

    with s3_store.running_server() as server:
        yield server


@pytest.fixture
def store(s3_server: Any, request: pytest.FixtureRequest) -> "Iterator[Store]":
    """A new bucket, with the environment in which commands find the server."""
    from tests.support import s3_store

    with pytest.MonkeyPatch.context() as patch:
        for name, value in s3_store.environment(s3_server).items():
            patch.setenv(name, value)
        s3_store.Store.forget_lists()
        yield s3_store.Store(s3_server, f"bucket-{abs(hash(request.node.nodeid))}")
        s3_store.Store.forget_lists()
