"""Statements in the console: what comes in, found again, and why it is no completion."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Account, Console, Sender, Settings
from lms_bridge.lrs import browsing
from lms_bridge.lrs.browsing import Asked
from lms_bridge.store.engine import Store
from tests.console.conftest import Visitor, text_of
from tests.webhook.conftest import basic
from webhook.console import code

NIP = "198703152010012001"
LMS = "https://lms.example"
IDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CONSOLE_KEY", "k" * 40)
    monkeypatch.setenv("SENDER", "rahasia")
    return Settings(
        language="en",
        console=Console(key=Secret("env:CONSOLE_KEY")),
        senders=(Sender(name="moodle", username="moodle", password=Secret("env:SENDER")),),
        accounts=(Account(home_page=LMS, holds="nip"),),
    )


@pytest.fixture
def visiting(visitor: Callable[[], Visitor], bridge: Bridge) -> Visitor:
    """An administrator, and three statements: two of Siti, one that voids another."""
    budi = visitor().as_(Role.IT)
    siti = {"account": {"homePage": LMS, "name": NIP}, "name": f"Siti {NIP}"}
    done = {"id": "http://adlnet.gov/expapi/verbs/completed"}
    course = {"id": f"{LMS}/course/7", "definition": {"name": {"id": "Pelayanan <Publik>"}}}
    other = {"mbox": "mailto:budi@example.id"}
    sent = [
        {"id": IDS[0], "actor": siti, "verb": done, "object": course},
        {"id": IDS[1], "actor": other, "verb": {"id": "act:read"}, "object": course},
        {
            "id": IDS[2],
            "actor": other,
            "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
            "object": {"objectType": "StatementRef", "id": IDS[1]},
        },
    ]
    headers = {
        "Authorization": basic("moodle", "rahasia"),
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    }
    answer = budi.client.post("/xapi/statements", data=json.dumps(sent), headers=headers)
    assert answer.status_code == 200
    bridge.recogniser.run()
    bridge.index.catch_up(utc_now(), seconds=5)
    return budi


def test_what_came_in_is_told_with_what_came_of_it_and_without_nips(visiting: Visitor) -> None:
    page = visiting.get("/statements")
    assert "completed" in page.text
    assert "Pelayanan &lt;Publik&gt;" in page.text
    assert NIP not in page.text
    assert 'hx-trigger="every 2s"' in page.text
    assert 'hx-trigger="every 2s"' not in visiting.get("/statements?still=1").text
    one = visiting.get(f"/statements/{IDS[0]}")
    assert NIP not in one.text
    assert "1987************01" in one.text
    assert "is not in the catalogue" in text_of(one) or "catalogue" in text_of(one)
    assert '<span class="j-name">&#34;verb&#34;</span>' in one.text
    assert "taken back by another" in text_of(visiting.get(f"/statements/{IDS[1]}"))
    assert visiting.get("/statements/nothing").status_code == 404


def test_an_account_is_searched_without_standing_in_an_address(visiting: Visitor) -> None:
    found = visiting.post("/statements/search", {"person": NIP})
    assert IDS[0] in found.text
    assert IDS[1] not in found.text
    assert NIP not in found.text.replace(f'value="{NIP}"', "")
    by_id = visiting.post("/statements/search", {"id": IDS[0].upper()})
    assert by_id.headers["Location"].endswith(f"/statements/{IDS[0]}")
    assert "There is no statement" in visiting.post("/statements/search", {"id": "x"}).text


def test_each_filter_finds_what_it_says(visiting: Visitor, store: Store, bridge: Bridge) -> None:
    def ids(**asked: str) -> list[str]:
        page = browsing.search(store, Asked(**asked), bridge.settings)
        return [line.id for line in page.lines]

    assert ids(verb="http://adlnet.gov/expapi/verbs/completed") == [IDS[0]]
    assert IDS[0] in ids(activity=f"{LMS}/course/7")
    assert ids(sender="moodle", person="budi@example.id")[0] == IDS[2]
    assert ids(sender="nobody") == []
    assert ids(person="nobody") == []
    with store.reading() as db:
        first = browsing.newest(db, limit=2)
        assert [line.id for line in first.lines] == [IDS[2], IDS[1]]
        rest = browsing.newest(db, before=first.before, limit=2)
    assert [line.id for line in rest.lines] == [IDS[0]]
    assert rest.before is None


def test_a_statement_is_judged_again_when_a_rule_has_changed(
    visiting: Visitor, visitor: Callable[[], Visitor], bridge: Bridge
) -> None:
    bridge.recogniser.run()
    page = f"/statements/{IDS[0]}"
    assert "Judge again" in text_of(visiting.get(page))
    assert "Judge again" not in text_of(visitor().as_(Role.AUDITOR).get(page))
    visiting.post(f"{page}/judge")
    assert "It is judged again; what came of it stands below." in text_of(visiting.get(page))
    visiting.post(f"/statements/{IDS[1]}/judge")  # it was taken back
    assert "Nothing of it is judged again" in text_of(visiting.get(page))
    assert visiting.post("/statements/nothing/judge").status_code == 404


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
)


@given(_json)
def test_what_is_laid_out_says_the_same(value: object) -> None:
    assert json.loads(code.laid_out(json.dumps(value))) == value


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert code.shown("<b>no  such\nrow</b>") == "&lt;b&gt;no  such\nrow&lt;/b&gt;"
