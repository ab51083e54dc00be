"""API tokens in the console: made, shown once, revoked."""

from __future__ import annotations

import re
from collections.abc import Callable

from lms_bridge.accounts.audit import Entry
from lms_bridge.accounts.roles import Role
from tests.console.conftest import HERE, Visitor, text_of


def test_a_token_is_shown_once_and_can_be_used_until_it_is_revoked(
    visitor: Callable[[], Visitor], audited: Callable[[], list[Entry]]
) -> None:
    it = visitor().as_(Role.IT)
    made = it.post("/tokens", {"name": "Dasbor", "scope": "people", "days": "30"})
    found = re.search(r"lmsb_[\w-]{43}", made.text)
    assert found
    assert found[0] not in it.get("/tokens").text
    headers = HERE | {"Authorization": f"Bearer {found[0]}"}
    asked = it.client.get("/api/v1/employees", headers=headers)
    assert asked.status_code == 200
    assert it.post("/tokens/dasbor/revoke").status_code == 303
    assert "dasbor is revoked" in text_of(it.get("/tokens"))
    assert [one.action for one in audited()][:2] == ["token.revoked", "token.created"]


def test_what_is_wrong_with_a_token_is_said_and_the_form_is_kept(
    visitor: Callable[[], Visitor],
) -> None:
    it = visitor().as_(Role.IT)
    refused = it.post("/tokens", {"name": "dasbor 1", "scope": "people"})
    assert refused.status_code == 422
    assert "is no name" in text_of(refused)
    assert 'value="dasbor 1"' in refused.text
    assert it.post("/tokens", {"name": "x1"}).status_code == 422
    assert it.post("/tokens", {"name": "x1", "scope": "people", "unit": "a|b"}).status_code == 422
