"""Log lines: time, level, process, then an event's name with its fields; for people, or as JSON for programs."""

import json
import logging
import re
from datetime import UTC, datetime

from app.log_context import facts

_FIELD = re.compile(r"\b([a-z_]+)=([^\s,]+)")
_OURS = ("app.", "grader.", "client.")
_EVENT = re.compile(r"[a-z_]+\.[a-z_]+:?")
_TEXT = "%(asctime)s %(levelname)-7s [%(process)d] %(message)s"


def configure(form: str = "text") -> None:
    """Sends log lines of this process to standard error, as `text` or as `json`."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else TextLines(_TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Alembic tells each step at this level; the command says what was done.
    logging.getLogger("alembic").setLevel(logging.WARNING)


class TextLines(logging.Formatter):
    """Lines for people. What a line is about stands at its end, unless its text says so."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """The line without an exception's trace."""
        said = fields_of(record.getMessage())
        missing = "".join(f" {name}={value}" for name, value in facts().items() if name not in said)
        return super().formatMessage(record) + missing


class JsonLines(logging.Formatter):
    """One JSON object a line: time in UTC, level, process, event, the fields of the line and what it is about, message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        text = record.getMessage()
        body: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": record.process,
            "logger": record.name,
            "event": event_of(record.name, text),
            **facts(),
            **(fields_of(text) if record.name.startswith(_OURS) else {}),
            "message": text,
        }
        if record.exc_info:
            body["exception"] = self.formatException(record.exc_info)
        return json.dumps(body, ensure_ascii=False, default=str)


def event_of(logger: str, text: str) -> str:
    """The name of the event with which our own lines begin; `log` for those of libraries."""
    first = text.partition(" ")[0]
    return first.rstrip(":") if logger.startswith(_OURS) and _EVENT.fullmatch(first) else "log"


def fields_of(text: str) -> dict[str, str | int]:
    """The fields of a line by name; whole numbers as numbers."""
    return {name: int(value) if value.isdecimal() else value.rstrip(":;") for name, value in _FIELD.findall(text)}
