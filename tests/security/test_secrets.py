"""Where secrets are kept, and where they are not."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner
from sqlalchemy import select

from lms_bridge import credentials
from lms_bridge.accounts import api_tokens, sessions, totp, users
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.cli import main
from lms_bridge.config.settings import Settings
from lms_bridge.store import schema
from lms_bridge.store.engine import Store
from tests.conftest import on_sqlite
from tests.console.conftest import PASSWORD, Visitor
from tests.logged import logged
from tests.webhook.conftest import PASSWORD as SENDERS_PASSWORD
from tests.webhook.conftest import Client

TOTP = b"12345678901234567890"


@on_sqlite
def test_no_secret_is_in_the_database(
    store: Store, bridge: Bridge, settings: Settings, lrs: Client, visitor: Callable[[], Visitor]
) -> None:
    """Whoever has a copy of it, a backup say, can sign in as nobody."""
    now = utc_now()
    assert lrs.post([]).status_code == 200
    with store.writing() as db:
        made = credentials.create(db, "pemutar", settings=settings, now=now)
        actor = Actor(name="budi", role="it")
        token = api_tokens.create(db, "laporan", scopes=["people"], actor=actor, now=now)
        budi = users.create(db, username="budi", role=Role.IT, password=PASSWORD, now=now)
        vault = totp.Vault(settings.console.key)
        users.set_totp(db, budi.id, vault.locked(TOTP))
        session = sessions.begin(db, budi.id, now=now)
    kept = _everything(store)
    secrets = [made.secret, token.secret, PASSWORD, session, SENDERS_PASSWORD, totp.shown(TOTP)]
    for secret in (*secrets, TOTP.decode(), TOTP.hex(), "k" * 40):
        assert len(secret) >= 12
        assert secret not in kept


def _everything(store: Store) -> str:
    with store.reading() as db:
        rows = [row for table in schema.metadata.sorted_tables for row in db.execute(select(table))]
    return "\n".join(repr(tuple(row)) for row in rows)


@on_sqlite
def test_no_secret_is_in_a_traceback(store: Store, bridge: Bridge) -> None:
    class Password(str):
        pass

    secret = Password("rahasia-negara-2026")
    with logged() as written:
        try:
            raise ValueError(f"login failed: password={secret} token: {secret}")
        except ValueError:
            structlog.get_logger("x").exception("failed", authorization=f"Basic {secret}")
    assert secret not in written.getvalue()


def test_the_files_of_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    config = tmp_path / "bridge.toml"
    done = CliRunner().invoke(main, ["--config", str(config), "init"])
    assert done.exit_code == 0, done.output
    kept = sorted((tmp_path / "secrets").iterdir())
    assert len(kept) > 3
    modes = {stat.S_IMODE(path.stat().st_mode) for path in kept}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    for path in kept:
        said = path.read_text().strip()
        assert not said or (said not in done.output and said not in config.read_text())


def test_no_command_shows_a_secret_of_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "bridge.toml"
    CliRunner().invoke(main, ["--config", str(config), "init"])
    secret = "rahasia-yang-panjang-sekali"
    for path in (tmp_path / "secrets").iterdir():
        path.write_text(secret)
    for command in (["status", "--json"], ["credentials", "list", "--json"], ["tokens", "status"]):
        said = CliRunner().invoke(main, ["--config", str(config), *command])
        assert secret not in said.output, command


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bridge:rahasia-negara@127.0.0.1:1/bridge",
        "postgresql//bridge:rahasia-negara@127.0.0.1/bridge",
    ],
    ids=["away", "misspelt"],
)
@pytest.mark.slow
def test_a_process_that_fails_shows_no_secret(tmp_path: Path, url: str) -> None:
    """The address of a database has the password in it, and a driver may repeat the address."""
    config = tmp_path / "bridge.toml"
    config.write_text('[database]\nurl = "env:DATABASE_URL"\n')
    done = subprocess.run(
        [sys.executable, "-m", "lms_bridge", "--config", str(config), "status"],
        capture_output=True,
        text=True,
        env=os.environ | {"DATABASE_URL": url},
        check=False,
    )
    assert done.returncode
    assert not re.search("rahasia", done.stdout + done.stderr)
