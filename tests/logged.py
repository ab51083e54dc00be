"""Catching what is logged, as it would be written."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from lms_bridge import logs
from lms_bridge.config.settings import Log


@contextmanager
def logging_as_it_was() -> Iterator[None]:
    """Whatever the block sets up for the log, as each command does, is undone in the end."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


@contextmanager
def logged(**settings: Any) -> Iterator[io.StringIO]:
    """What is written to standard error inside the block; afterwards all is as it was."""
    written, stderr = io.StringIO(), sys.stderr
    with logging_as_it_was():
        sys.stderr = written
        try:
            logs.set_up(Log(**{"level": "debug"} | settings))
        finally:
            sys.stderr = stderr
        yield written
