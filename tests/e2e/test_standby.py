"""A standby of PostgreSQL takes over while completions come in and are carried out."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from lms_bridge.operation.doctor import examined
from lms_bridge.store.engine import open_store
from tests.e2e import crashing, town
from tests.postgres import postgres_pair

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PEOPLE = 20


def may_lose_some(config: Path) -> bool:
    """Whether the doctor says that the server may fail with what nobody else has."""
    found = examined(config, outside=False)
    return any("before a standby has it" in one.finding for one in found)


def test_when_a_standby_takes_over_all_goes_on_and_nothing_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        pair = stack.enter_context(postgres_pair(tmp_path))
        around = stack.enter_context(town.sandboxes("--people", str(PEOPLE)))
        database, port = crashing.own_database(pair.url), town.free_port()
        config = town.configure(tmp_path, around, database=database, port=port, more=crashing.RULE)
        service = town.Service(tmp_path, config, port)
        stack.callback(service.stop)
        service.start()
        service.wait_until_ready()
        crashing.apply(config)
        over = threading.Event()
        stack.callback(over.set)
        crashing.in_background(lambda: crashing.cron(around, over))
        running, answered = service.processes(), list[str]()

        def send() -> None:
            for number in range(PEOPLE):
                made = town.statement(crashing.FIRST_USER + number)
                answered.extend(town.send(service, [made]))
                time.sleep(0.1)

        sending = crashing.in_background(send)
        while len(answered) < PEOPLE // 2:
            time.sleep(0.02)
        assert not may_lose_some(config)
        pair.fail_over()
        assert may_lose_some(config), "until there is another standby"
        sending.join()
        store = open_store(database)
        stack.callback(store.close)
        counted = crashing.counted_in_the_end(store, around, config, answered, PEOPLE, patience=150)
        assert counted["rows"] == counted["awards"] == PEOPLE
        assert service.processes() == running, "nobody had to start one of them again"
