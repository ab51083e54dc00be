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
def logged(**settings: Any) -> Iterator[io.StringIO]:
    """What is written to standard error inside the block; afterwards all is as it was."""
    written, root = io.StringIO(), logging.getLogger()
    handlers, level, stderr = list(root.handlers), root.level, sys.stderr
    sys.stderr = written
    try:
        logs.set_up(Log(**{"level": "debug"} | settings))
        sys.stderr = stderr
        yield written
    finally:
        sys.stderr = stderr
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
