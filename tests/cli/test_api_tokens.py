"""``api-tokens``: made, shown and ended at the command line."""

from __future__ import annotations

import re

from lms_bridge.accounts import api_tokens
from lms_bridge.store.engine import Store
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite


@on_sqlite
def test_a_token_is_shown_once_listed_and_revoked(terminal: Terminal, store: Store) -> None:
    told = terminal.read("api-tokens", "create", "dasbor", "--scope", "people", "--days", "30")
    found = re.search(r"lmsb_[\w-]{43}", told)
    assert found
    with store.reading() as db:
        [token] = api_tokens.in_force(db).values()
    assert token.expires_at is not None
    [listed] = terminal.json("api-tokens", "list")
    assert listed["scopes"] == ["people"]
    shown = terminal.read("api-tokens", "list")
    assert "expires" in shown
    assert found[0] not in shown
    terminal.read("api-tokens", "revoke", "dasbor")
    assert "revoked" in terminal.read("api-tokens", "list")
    assert "revoked before" in terminal.refused("api-tokens", "revoke", "dasbor")
