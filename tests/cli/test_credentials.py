"""``credentials``: made, shown, changed and ended at the command line."""

from __future__ import annotations

import re

import pytest

from lms_bridge import credentials
from lms_bridge.store.engine import Store
from tests.cli.conftest import Terminal
from tests.conftest import NOW, on_sqlite

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def fits(store: Store, secret: str, name: str = "konten") -> bool:
    with store.reading() as db:
        return any(
            key.fits(secret.encode(), NOW)
            for one, key in credentials.in_force(db)
            if one.name == name
        )


def test_a_credential_is_made_limited_rotated_and_revoked(terminal: Terminal, store: Store) -> None:
    made = terminal.json("credentials", "create", "konten", "--scope", "state")
    assert fits(store, made["secret"])
    terminal.json("credentials", "limit", "konten", "--scope", "all", "--per-minute", "60")
    again = terminal.json("credentials", "rotate", "konten", "--overlap-hours", "0")
    assert (fits(store, made["secret"]), fits(store, again["secret"])) == (False, True)
    [listed] = terminal.json("credentials", "list")
    assert (listed["scopes"], listed["per_minute"]) == (["all"], 60)
    assert terminal.json("credentials", "revoke", "konten")["revoked_at"].endswith("Z")
    assert not fits(store, again["secret"])
    assert "revoked" in terminal.read("credentials", "list")


@on_sqlite
def test_its_secret_is_shown_once_with_where_to_send(terminal: Terminal, store: Store) -> None:
    told = terminal.read("credentials", "create", "konten", "--username", "pemutar")
    found = re.fullmatch(
        r"endpoint: http://127.0.0.1:8080/xapi/ username: pemutar secret: (\S+)"
        r" Keep the secret now: it is not shown again.",
        told,
    )
    assert found
    assert SECRET.fullmatch(found[1])
    assert fits(store, found[1])
    shown = terminal.run("credentials", "list").output
    shown += terminal.run("credentials", "list", "--json").output
    assert found[1] not in shown
    assert credentials.fingerprint(found[1].encode()) not in shown


@on_sqlite
def test_the_endpoint_is_the_address_by_which_others_know_the_bridge(terminal: Terminal) -> None:
    text = terminal.config.read_text(encoding="utf-8")
    address = "https://bridge.example.go.id"
    terminal.config.write_text(f'{text}\n[web]\npublic_url = "{address}/"\n', encoding="utf-8")
    assert terminal.json("credentials", "create", "konten")["endpoint"] == f"{address}/xapi/"


@on_sqlite
def test_a_secret_that_looks_like_a_nip_is_shown_whole(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    nip = "198703152010012001"
    monkeypatch.setattr("lms_bridge.credentials._secret", lambda random: f"{nip}-x")
    assert terminal.json("credentials", "create", "konten")["secret"] == f"{nip}-x"
    assert f"secret: {nip}-x" in terminal.read("credentials", "rotate", "konten")


@on_sqlite
def test_a_rotation_says_until_when_the_old_secret_is_taken(terminal: Terminal) -> None:
    terminal.read("credentials", "create", "konten")
    told = terminal.read("credentials", "rotate", "konten")
    assert re.search(r"The secret it had is taken until \d{4}-\d\d-\d\d \S+ as well\.", told)
    assert "old one until" in terminal.read("credentials", "list")
    terminal.read("credentials", "rotate", "konten", "--overlap-hours", "0")
    assert "old one until" not in terminal.read("credentials", "list")


@on_sqlite
def test_credentials_are_listed_with_what_each_may(terminal: Terminal) -> None:
    assert terminal.read("credentials", "list") == "No credentials."
    origins = ("--origin", "https://a.example", "--origin", "http://localhost:3000")
    more = ("--scope", "state", "--per-minute", "60", "--lms", "moodle")
    terminal.read("credentials", "create", "konten", *origins, *more)
    told = terminal.read("credentials", "list")
    for part in ("konten", "state", "60 requests a minute", "lms.moodle", "https://a.example"):
        assert part in told
    terminal.read("credentials", "limit", "konten", "--no-origin", "--lms", "")
    [listed] = terminal.json("credentials", "list")
    assert (listed["origins"], listed["lms"], listed["per_minute"]) == ([], "", 60)


@on_sqlite
def test_what_cannot_be_is_told_in_a_sentence(terminal: Terminal) -> None:
    terminal.read("credentials", "create", "konten")
    for arguments, sentence in (
        (("create", "x", "--scope", "stat"), "there is no scope stat; did you mean state?"),
        (("create", "moodle"), "there is a sender or a credential moodle already"),
        (("create", "x", "--origin", "*"), "* is no origin; name each one"),
        (("create", "x", "--lms", "modle"), "there is no [lms.modle]; did you mean moodle?"),
        (("limit", "kontn", "--per-minute", "1"), "did you mean konten?"),
        (("rotate", "kontn"), "there is no credential kontn"),
        (("revoke", "kontn"), "there is no credential kontn"),
    ):
        assert sentence in terminal.refused("credentials", *arguments)
    both = ("--origin", "https://a.example", "--no-origin")
    assert "not both" in terminal.refused("credentials", "limit", "konten", *both, code=2)
    assert "say what to change" in terminal.refused("credentials", "limit", "konten", code=2)
    assert len(terminal.json("credentials", "list")) == 1


@on_sqlite
def test_credentials_are_told_of_in_indonesian_as_well(terminal: Terminal) -> None:
    told = terminal.read("credentials", "create", "konten", language="id")
    assert "rahasia: " in told
    assert "Simpan rahasia ini sekarang" in told
    assert "tidak ada scope x" in terminal.refused(
        "credentials", "limit", "konten", "--scope", "x", language="id"
    )


@on_sqlite
def test_the_list_fits_the_terminal(terminal: Terminal) -> None:
    terminal.read("credentials", "create", "k" * 40, "--origin", f"https://{'a' * 50}.example")
    for terminal.width in (50, 80, 200):
        lines = terminal.run("credentials", "list").stdout.splitlines()
        assert max(map(len, lines)) <= terminal.width


@on_sqlite
def test_check_finds_a_sender_that_took_the_name_of_a_credential(terminal: Terminal) -> None:
    terminal.read("credentials", "create", "konten", "--username", "pemutar")
    found = {one["subject"] for one in terminal.json("check", code=1)}
    assert "credentials.konten" not in found
    text = terminal.config.read_text(encoding="utf-8")
    again = text.replace('username = "moodle"', 'username = "pemutar"')
    terminal.config.write_text(again, encoding="utf-8")
    [one] = [
        one for one in terminal.json("check", code=1) if one["subject"] == "credentials.konten"
    ]
    assert one["verdict"] == "failed"
