"""``lms-bridge forward``, and where else one sees how far other LRSs have come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lms_bridge.bridge import utc_now
from lms_bridge.config.settings import Breaker
from lms_bridge.deliveries import health
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import Store
from tests.cli.conftest import Terminal
from tests.conftest import Clock
from tests.forwarding.relay import NAME, PASSWORD, REMOTE, Relay, a_relay, statement

CONFIGURATION = """
language = "en"
[database]
url = "{database}"
[log]
level = "error"
[[senders]]
name = "moodle"
username = "moodle"
password = "env:PUSAT_PASSWORD"
[forward.pusat]
url = "{target}/xapi"
username = "env:PUSAT_USER"
password = "env:PUSAT_PASSWORD"
start = "beginning"
"""


@pytest.fixture
def relay(
    store: Store,
    clock: Clock,
    tmp_path: Path,
    migrated_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Relay]:
    monkeypatch.setenv("PUSAT_USER", NAME)
    monkeypatch.setenv("PUSAT_PASSWORD", PASSWORD)
    with a_relay(store, clock, tmp_path, migrated_file) as relay:
        yield relay


@pytest.fixture
def terminal(relay: Relay, database_url: str, tmp_path: Path) -> Terminal:
    config = tmp_path / "lms-bridge.toml"
    url = tmp_path / "url"
    url.write_text(database_url)
    config.write_text(CONFIGURATION.format(database=f"file:{url}", target=relay.target.url))
    return Terminal(config)


@pytest.fixture
def refused(relay: Relay) -> str:
    """One of three statements that the target does not take."""
    ids = relay.tell_many(3)
    relay.target.refuses = lambda some: (
        "400 Bad Request" if any(one["id"] == ids[1] for one in some) else ""
    )
    relay.forward()
    relay.target.refuses = lambda _: ""
    return ids[1]


def test_the_list_says_how_far_each_has_come(terminal: Terminal, relay: Relay) -> None:
    assert "pusat ✓ in order 0" in terminal.read("forward", "list")
    relay.tell_many(2)
    assert "pusat ✓ in order 2 since 2026-11-24 10:00:00" in terminal.read("forward", "list")
    [one] = terminal.json("forward", "list")
    assert (one["waiting"], one["since"]) == (2, "2026-11-24T03:00:00Z")


def test_what_was_not_taken_is_shown_with_the_answer(terminal: Terminal, refused: str) -> None:
    shown = terminal.read("forward", "show", NAME)
    assert refused in shown
    assert "blocked" in shown
    assert "this one is not taken" in shown
    assert f"lms-bridge forward skip pusat {refused} --why" in shown
    [one] = terminal.json("forward", "show", NAME)
    assert one["reason"]["code"] == "statement_refused"


def test_it_is_offered_again_on_command(terminal: Terminal, relay: Relay, refused: str) -> None:
    assert terminal.read("forward", "retry", NAME) == "Statements that are offered again: 1."
    assert terminal.read("jobs", "run", "forward") == "forward: forwarded: 1"
    assert refused in relay.target.ids()
    assert "It took all" in terminal.read("forward", "show", NAME)


def test_it_is_given_up_on_command(terminal: Terminal, relay: Relay, refused: str) -> None:
    said = terminal.read("forward", "skip", NAME, refused, "--why", "not theirs")
    assert said == "Statements that are given up: 1."
    assert "not theirs" in terminal.read("forward", "show", NAME)
    assert terminal.json("forward", "list")[0]["cancelled"] == 1
    assert terminal.run("status").exit_code == 0


def test_what_was_lost_there_is_sent_again_on_command(terminal: Terminal, relay: Relay) -> None:
    relay.tell_many(3)
    relay.forward()
    terminal.read("forward", "rewind", NAME, "--to", "2026-11-25")
    assert terminal.read("jobs", "run", "forward") == "forward: nothing to do"
    terminal.read("forward", "rewind", NAME, "--to", "2026-11-24")
    assert terminal.read("jobs", "run", "forward") == "forward: forwarded: 3"


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["show", "pusst"], "there is no [forward.pusst] in the configuration", 2),
        (["retry", NAME, "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"], "there is no statement fd41", 1),
        (["skip", NAME, "fd41c918", "--why", "x"], "there is no statement fd41c918", 1),
    ],
)
def test_what_cannot_be_done_is_said(
    terminal: Terminal, arguments: list[str], said: str, code: int
) -> None:
    assert said in terminal.refused("forward", *arguments, code=code)


def test_a_statement_that_was_taken_is_not_offered_again(terminal: Terminal, relay: Relay) -> None:
    [told] = relay.tell(statement())
    relay.forward()
    assert f"did not refuse the statement {told}" in terminal.refused(
        "forward", "retry", NAME, told
    )


def test_the_status_tells_of_it(terminal: Terminal, relay: Relay, refused: str) -> None:
    shown = terminal.read("status", code=1)
    assert "Statements that another LRS does not take: 1. lms-bridge forward list" in shown
    relay.tell_many(2)
    assert "lrs.pusat: statements since 2026-11-24 10:00:00" in terminal.read("status", code=1)
    found = terminal.json("status", code=1)
    assert found["not_forwarded"] == 1
    assert found["forward"][0]["waiting"] == 2
    assert "Statements that lrs.pusat does not take: 1." in terminal.read("attention")
    assert terminal.json("attention")["forward"][0]["blocked"] == 1


def test_a_target_that_is_down_is_one_of_the_remotes(terminal: Terminal, relay: Relay) -> None:
    with relay.store.writing() as db:
        health.note_failure(
            db,
            REMOTE,
            Reason("lrs_credentials_rejected", remote=REMOTE, name=NAME, message="HTTP 401"),
            now=utc_now(),
            policy=Breaker(),
            certain=True,
        )
    shown = terminal.read("status", code=1)
    assert "lrs.pusat: down since" in shown
    assert "Correct forward.pusat.username" in shown
    assert "✗ cannot be used" in terminal.read("forward", "list")


def test_the_check_proves_it(terminal: Terminal, relay: Relay) -> None:
    shown = terminal.read("check", code=0)
    assert "lrs.pusat: address: It is an LRS that speaks xAPI 1.0" in shown
    assert "lrs.pusat: credentials: It takes statements from the bridge." in shown
    assert relay.target.ids() == []


def test_a_bridge_that_forwards_nothing_says_so(terminal: Terminal, tmp_path: Path) -> None:
    text = terminal.config.read_text()
    terminal.config.write_text(text.partition("[forward")[0])
    assert terminal.read("forward", "list") == "Statements are sent on to no other LRS."
    assert "lrs." not in terminal.read("check")
