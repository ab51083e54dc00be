"""What a test catches of the log, whatever wrote to it before."""

from __future__ import annotations

import structlog
from structlog.testing import capture_logs

from tests.logged import logged

log = structlog.get_logger(__name__)


def test_a_logger_that_a_command_has_used_is_caught_as_any_other() -> None:
    with logged():
        log.warning("by a command")
    with capture_logs() as caught:
        log.warning("by a test")
    assert [entry["event"] for entry in caught] == ["by a test"]
