"""The server's log: one line per request on stderr, as text or as JSON.

A line contains what was requested and how long it took. It never contains an image, a result, a
token, a query or the address of a client.
"""

import json
import logging
from datetime import UTC, datetime

from wince.server.settings import Settings

_ACCESS_LOG = "wince.access"
# Only these loggers write. The parsers of forms and images log parts of what a client sent.
_LOG_LEVELS = {
    _ACCESS_LOG: logging.INFO,
    "wince.server": logging.INFO,
    "uvicorn": logging.WARNING,
    "asyncio": logging.WARNING,
}
LINE_SECONDS = 1.0
"""Least time between two lines of one kind, except those of requests."""

# uvicorn logs this as an error for each WebSocket that the server refuses.
_REFUSED_SOCKET = "ASGI callable returned without completing handshake."


class _RepetitionFilter(logging.Filter):
    """Leaves out lines that repeat sooner than after LINE_SECONDS; the next one has their number.

    Lines repeat when the same place in the code logs the same class of exception, or none.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write a record."""
        if record.name == _ACCESS_LOG:
            return True
        error_class = record.exc_info[0] if record.exc_info else None
        kind = record.pathname, record.lineno, error_class
        seconds, left_out = self._last.get(kind, (-LINE_SECONDS, 0))
        if record.created - seconds < LINE_SECONDS:
            self._last[kind] = seconds, left_out + 1
            return False
        self._last[kind] = record.created, 0
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out} more before)"
            record.args = None
        return True


class JsonFormatter(logging.Formatter):
    """Formats a log record as one JSON object per line.

    The keys are time (UTC), level, logger and message. The line of a request also has id, method,
    path, status and milliseconds; a line with a traceback has error.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= getattr(record, "request", {})
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def configure_logging(settings: Settings) -> None:
    """Send the server's log lines to stderr in the format of the settings, and no others."""
    handler = logging.StreamHandler()
    if settings.log_format == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    handler.addFilter(_RepetitionFilter())
    for name, level in _LOG_LEVELS.items():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.handlers[:] = [handler]
        logger.propagate = False
    logging.captureWarnings(True)
    # Without a handler Python would use one of its own, which writes to stderr.
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    logging.getLogger("uvicorn.error").addFilter(_without_faults_of_clients)


def _without_faults_of_clients(record: logging.LogRecord) -> bool:
    """Return whether to write a record of uvicorn; text that is not UTF-8 gets no traceback."""
    if record.exc_info and record.exc_info[0] is UnicodeDecodeError:
        record.exc_info = None
    return record.getMessage() != _REFUSED_SOCKET
