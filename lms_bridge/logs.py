"""Logs: one line for each event, to standard error, with nothing personal or secret in it.

What a line is about stands in it under the same names everywhere, so that one search finds all of
it: ``request``, ``statement``, ``completion``, ``delivery``, ``job``, ``run``. Who works on one
binds its name, and each line that is written meanwhile has it:

>>> with bound_contextvars(statement=one.statement_id):
...     ...
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from lms_bridge.config.settings import Log
from lms_bridge.redaction import mask_nip, redact, redact_fields


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
    # It warns of each time that a job is due while it still runs, which is as it should be.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def _renderer(settings: Log) -> Any:
    if settings.format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _redacted(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Every field as it may be seen; `exception`, a traceback, at its full length."""
    for name, value in event.items():
        match value:
            case None | bool() | float():
                pass
            case str():
                event[name] = redact(value)
            case int() | dict() | list() | tuple() | bytes():
                event[name] = redact_fields(value)
            case _:
                event[name] = redact(str(value))
    return event


class _Line:
    """The rendered line, in which no NIP is left wherever in it one may have been."""

    def __init__(self, render: Any) -> None:
        self._render = render

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
        return mask_nip(str(self._render(logger, method, event)))
