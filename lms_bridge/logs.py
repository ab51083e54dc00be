"""Logs: one line for each event, to standard error, with nothing personal or secret in it.

What a line is about stands in it under the same names everywhere, so that one search finds all of
it: ``request``, ``statement``, ``completion``, ``delivery``, ``job``, ``run``. Who works on one
binds its name, and each line that is written meanwhile has it:

>>> with bound_contextvars(statement=one.statement_id):
...     ...

What comes from outside can neither begin a line of its own, by which another event would be made
up, nor act on the terminal that shows it: such characters are written as ``\\x1b``. The lines of a
traceback stand behind a bar.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from lms_bridge.config.settings import Log
from lms_bridge.redaction import mask_nip, redact, redact_fields

_ACTING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""controls, ends of lines, and what turns the direction in which a line is read"""
_BAR = "  | "


def set_up(settings: Log) -> None:
    """Send structlog and the standard library's loggers through one redacting formatter."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redacted,
                _Line(_renderer(settings)),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    # These say at "info" what our own lines say better, and name whole URLs.
    for noisy in ("urllib3", "alembic", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # These warn of each time that a job is due while it still runs, which is as it should be, and
    # of each request that is none.
    for noisy in ("apscheduler", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _renderer(settings: Log) -> Any:
    if settings.format == "json":
        return _as_json
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _redacted(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Every field as it may be seen; `exception`, a traceback, at its full length."""
    for name, value in event.items():
        if name == "exception" and isinstance(value, str):
            lines = redact(value).splitlines()
            event[name] = "\n".join(_BAR + harmless(line) for line in lines)
            continue
        match value:
            case None | bool() | float():
                pass
            case str():
                event[name] = harmless(redact(value))
            case int() | dict() | list() | tuple() | bytes():
                event[name] = redact_fields(value)
            case _:
                event[name] = harmless(redact(str(value)))
    return event


def harmless(text: str) -> str:
    """`text` in one line, with nothing in it that acts on a terminal.

    >>> harmless("a\\nb")
    'a\\\\nb'
    """
    return _ACTING.sub(lambda found: repr(found[0])[1:-1], text)


class _Line:
    """The rendered line, in which no NIP is left wherever in it one may have been."""

    def __init__(self, render: Any) -> None:
        self._render = render

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
        return mask_nip(str(self._render(logger, method, event)))


def _as_json(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    """The line as JSON, in which also what JSON lets stand is written as ``\\u2028``."""
    line = str(structlog.processors.JSONRenderer(ensure_ascii=False)(logger, method, event))
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", line)
