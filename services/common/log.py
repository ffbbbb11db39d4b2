"""The log: one JSON line per event on standard output, of the same shape as the edge's."""

import json
import logging
import sys
from typing import Any


def write_log(event: str, **values: Any) -> None:
    """Writes one line. Never pass tokens, bodies or paths."""
    sys.stdout.write(json.dumps({"event": event, **values}, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


class _JsonLines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        failure = None
        if record.exc_info and record.exc_info[1] is not None:
            # A traceback's last line names the error; its values may be anybody's.
            failure = type(record.exc_info[1]).__name__
        line = {"logger": record.name, "level": record.levelname.lower(), "message": record.getMessage()}
        write_log("library", **line, **({"failure": failure} if failure else {}))


def take_over_logging(level: int = logging.WARNING) -> None:
    """Libraries' own log messages become lines of the same log."""
    logging.basicConfig(level=level, handlers=[_JsonLines()], force=True)
