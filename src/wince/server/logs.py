"""The server's log: one line a request, on stderr, as text or as JSON.

A line says what happened and how long it took. It never holds a picture, a result, a token, a query
or the address of a caller.
"""

import json
import logging
from datetime import UTC, datetime

from wince.server.settings import Settings

# These alone are heard: the parsers of forms and pictures quote what a caller has sent.
_HEARD = {
    "wince.access": logging.INFO,
    "wince.server": logging.INFO,
    "uvicorn": logging.WARNING,
    "asyncio": logging.WARNING,
}
# uvicorn takes a refused socket for a mistake of ours and says so on each one.
_NEEDLESS = "ASGI callable returned without completing handshake."


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and the facts of a request.

    The facts are id, method, path, status and milliseconds; `error` holds a traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(settings: Settings) -> None:
    """Send what the server logs to stderr in the form of the settings, and nothing else."""
    handler = logging.StreamHandler()
    if settings.log_format == "json":
        handler.setFormatter(JsonLines())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    for name, level in _HEARD.items():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.handlers[:] = [handler]
        logger.propagate = False
    logging.captureWarnings(True)
    logging.getLogger().handlers[:] = [
        logging.NullHandler()
    ]  # with none, Python has one of its own
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.getMessage() != _NEEDLESS)
