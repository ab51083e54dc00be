"""``events``: who is told what happens, at the command line."""

from __future__ import annotations

import pytest
import responses

from lms_bridge.store.engine import Store
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite
from tests.events.conftest import SECRET, URL

TARGET = f"""
[[events]]
name = "dasbor"
url = "{URL}"
secret = "env:EVENTS_SECRET"
"""


@on_sqlite
def test_a_target_is_tried_watched_and_helped_over_an_event(
    terminal: Terminal, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENTS_SECRET", SECRET)
    text = terminal.config.read_text(encoding="utf-8")
    terminal.config.write_text(text + TARGET, encoding="utf-8")
    with responses.RequestsMock() as network:
        network.add(responses.POST, URL, status=204)
        assert "took it" in terminal.read("events", "test", "dasbor")
        network.replace(responses.POST, URL, status=401, body="no")
        assert "events.dasbor.secret" in terminal.refused("events", "test", "dasbor")
        assert terminal.json("events", "list")[0]["waiting"] == 0
    assert "has been told everything" in terminal.refused("events", "skip", "dasbor")
    assert "no [[events]]" in terminal.refused("events", "skip", "lain", code=2)
