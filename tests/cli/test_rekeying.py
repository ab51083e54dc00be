"""Another key for the secrets of second factors: nobody is kept out, and the old one can go."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from lms_bridge.accounts import totp, users
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.totp import Vault
from lms_bridge.bridge import utc_now
from lms_bridge.checks import Check
from lms_bridge.config.secrets import Secret
from lms_bridge.operation.doctor import examined
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import audit_entries
from lms_bridge.store.schema import users as table
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite

SECRETS = {name: f"20 bytes of {name:8}".encode() for name in ("agus", "budi", "citra")}
CONSOLE = '[console]\nkey = "file:{key}"\n'
OLD_KEY = 'old_key = "file:{old}"\n'


class Office:
    """The accounts of a bridge, whose key is in the file ``old``; ``new`` is there as well."""

    def __init__(self, store: Store, terminal: Terminal) -> None:
        self.store, self.terminal = store, terminal
        self.folder = terminal.config.parent
        self._text = terminal.config.read_text("utf-8")
        for name in ("old", "new", "other"):
            (self.folder / name).write_text(name * 12, encoding="utf-8")
            (self.folder / name).chmod(0o600)
        self.configure("old")
        for username in SECRETS:
            self.enrol(username, self.vault("old"))

    def configure(self, key: str, old: str = "") -> None:
        """Have this key, and the one before it."""
        more = CONSOLE.format(key=key) + (OLD_KEY.format(old=old) if old else "")
        self.terminal.config.write_text(self._text + more, encoding="utf-8")

    def vault(self, key: str, old: str = "") -> Vault:
        """What opens secrets by these keys."""
        return Vault(
            Secret(f"file:{key}", self.folder), Secret(f"file:{old}", self.folder) if old else None
        )

    def enrol(self, username: str, vault: Vault) -> None:
        """Make an account with a second factor."""
        with self.store.writing() as db:
            user = users.create(
                db, username=username, role=Role.IT, password="hujan bulan juni", now=utc_now()
            )
            users.set_totp(db, user.id, vault.locked(SECRETS[username]))

    def opened(self, key: str, old: str = "") -> dict[str, bytes | None]:
        """What these keys open."""
        vault = self.vault(key, old)
        with self.store.reading() as db:
            rows = db.execute(select(table.c.username, table.c.totp_secret)).all()
        return {row.username: vault.opened(row.totp_secret) for row in rows}

    def amiss(self) -> list[Check]:
        """What the doctor says of second factors."""
        return [
            one
            for one in examined(self.terminal.config, outside=False)
            if one.subject == "Second factors" and one.verdict != "ok"
        ]


@pytest.fixture
def office(store: Store, terminal: Terminal) -> Office:
    return Office(store, terminal)


def test_all_are_encrypted_with_the_new_key_and_the_old_one_can_go(office: Office) -> None:
    office.configure("new", "old")
    assert office.opened("new", "old") == SECRETS, "until then either key is good"
    assert office.terminal.read("users", "rekey") == (
        "Encrypted with the new key: 3; they were before: 0."
    )
    assert office.opened("new") == SECRETS
    assert set(office.opened("old").values()) == {None}
    assert office.terminal.json("users", "rekey") == {
        "new": ["agus", "budi", "citra"],
        "old": [],
        "none": [],
    }
    with office.store.reading() as db:
        [entry] = db.execute(
            select(audit_entries).where(audit_entries.c.action == "account.rekeyed")
        ).all()
    assert entry.details == {"accounts": 3}


def test_killed_half_way_it_has_done_nothing_and_is_given_again(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    office.configure("new", "old")
    done = subprocess.run([sys.executable, "-c", _KILLED, str(office.terminal.config)])
    assert done.returncode == -signal.SIGKILL
    assert office.opened("old") == office.opened("new", "old") == SECRETS
    office.terminal.read("users", "rekey")
    assert office.opened("new") == SECRETS


_KILLED = """
import os, signal, sys
from lms_bridge.accounts.totp import Vault
from lms_bridge.cli import main
lock, done = Vault.locked, []
def locked(vault, secret):
    done.append(secret)
    if len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return lock(vault, secret)
Vault.locked = locked
main(["--config", sys.argv[1], "users", "rekey"])
"""


@on_sqlite
def test_what_no_key_opens_stays_and_is_told_of(office: Office) -> None:
    with office.store.writing() as db:
        budi = users.find_by_username(db, "budi")
        assert budi
        users.set_totp(db, budi.id, office.vault("other").locked(SECRETS["budi"]))
    office.configure("new", "old")
    said = office.terminal.run("users", "rekey")
    assert said.exit_code == 1
    assert "Encrypted with the new key: 2" in said.stdout
    assert "no key opens the second factor of budi" in said.stderr
    assert office.opened("new") == SECRETS | {"budi": None}
    assert office.opened("other")["budi"] == SECRETS["budi"]


@on_sqlite
def test_without_a_key_nothing_is_done(office: Office) -> None:
    for key in ("", "missing"):
        office.configure(key or "old")
        if not key:
            office.terminal.config.write_text(office._text, encoding="utf-8")
        assert "[console] key" in office.terminal.refused("users", "rekey")
    assert office.opened("old") == SECRETS


@on_sqlite
def test_an_old_key_that_is_gone_keeps_nobody_out_whom_the_new_one_lets_in(
    office: Office,
) -> None:
    assert office.opened("old", "missing") == SECRETS


@on_sqlite
def test_the_doctor_says_each_step(office: Office) -> None:
    assert office.amiss() == []
    office.configure("new")
    [lost] = office.amiss()
    assert lost.verdict == "failed"
    assert "no key opens that of agus, budi, citra" in lost.found_in("en")
    office.configure("new", "old")
    [before] = office.amiss()
    assert "users rekey" in before.remedy_in("en")
    office.terminal.read("users", "rekey")
    [after] = office.amiss()
    assert "Take [console] old_key out" in after.remedy_in("en")
    office.configure("new")
    assert office.amiss() == []
    (office.folder / "new").unlink()
    [missing] = office.amiss()
    assert "3 accounts cannot sign in" in missing.found_in("en")


@on_sqlite
def test_nothing_is_said_where_nobody_has_a_second_factor(store: Store, terminal: Terminal) -> None:
    assert not [
        one for one in examined(terminal.config, outside=False) if one.subject == "Second factors"
    ]


def test_only_the_new_key_encrypts(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name * 40, encoding="utf-8")
    new, old = (Secret(f"file:{name}", tmp_path) for name in ("a", "b"))
    made = Vault(new, old).locked(b"x")
    assert Vault(new).opened(made) == b"x"
    assert Vault(old).opened(made) is None
    assert Vault(old).is_new(made) is None
    assert totp.Vault(old, new).is_new(made) is False
