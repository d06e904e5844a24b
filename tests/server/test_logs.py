import io
import logging

import pytest

from wince.server.logs import configure_logging
from wince.server.settings import Settings


@pytest.fixture
def written():
    """What the server logs from now on."""
    stream = io.StringIO()
    configure_logging(Settings())
    handlers = {
        handler
        for name in ("wince.server", "wince.access", "uvicorn", "asyncio")
        for handler in logging.getLogger(name).handlers
    }
    for handler in handlers:
        handler.setStream(stream)
    return stream


def log_bad_request(seconds, name="uvicorn.error"):
    record = logging.LogRecord(name, logging.WARNING, "h11.py", 7, "Bad %s.", ("request",), None)
    record.created = seconds
    logging.getLogger(name).handle(record)


def test_line_that_repeats_is_written_once_a_second_with_the_number_left_out(written):
    for hundredths in range(250):
        log_bad_request(1000 + hundredths / 100)
    lines = [line[9:] for line in written.getvalue().splitlines()]
    assert lines == [
        "Bad request.",
        "Bad request. (99 more before)",
        "Bad request. (99 more before)",
    ]


def test_every_request_has_its_line(written):
    for _ in range(5):
        log_bad_request(1000, "wince.access")
    assert len(written.getvalue().splitlines()) == 5


def test_different_errors_at_one_place_are_all_written(written):
    for error in (ValueError("a"), KeyError("b"), ValueError("c")):
        try:
            raise error
        except (ValueError, KeyError):
            logging.getLogger("wince.server").exception("failed")
    text = written.getvalue()
    assert "ValueError: a" in text
    assert "KeyError" in text
    assert "ValueError: c" not in text
