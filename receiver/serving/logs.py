"""Logs as one JSON object a line on standard error."""

import datetime
import json
import logging
import sys

EVENT = "transferline"
FIELDS = "fields"


class JsonLines(logging.Formatter):
    """Time, level and event, then the fields that were given, then a traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        entry = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def write_json_lines() -> None:
    """Send everything that is logged to standard error, one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # What it says below that is said here in other words.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def say(event: str, **fields: object) -> None:
    """Log an event with its fields."""
    logging.getLogger(EVENT).info(event, extra={FIELDS: fields})


def say_error(event: str, **fields: object) -> None:
    """Log the exception that is being handled, with its traceback."""
    logging.getLogger(EVENT).exception(event, extra={FIELDS: fields})
