"""PostgreSQL: by its own programs, which have to be on the PATH, of the server's version or newer.

The password reaches them by the environment, where other users cannot see it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import Connection, text

from lms_bridge.errors import BackupError
from lms_bridge.redaction import redact
from lms_bridge.store.engine import Store, manner

_PACKAGE = "install PostgreSQL's client programs (Debian: apt install postgresql-client)"
_MENDED_BY_UPGRADE = "install those of the newer version and put them first on the PATH"


def dump(store: Store, db: Connection, to: Path) -> None:
    """Write the whole database, as it is at one moment, to the file `to`."""
    program = _program("pg_dump")
    server = int(db.scalar(text("SHOW server_version_num"))) // 10_000
    if (ours := _major(program)) < server:
        raise BackupError(
            f"pg_dump is of version {ours} and the server of version {server}; {_MENDED_BY_UPGRADE}"
        )
    schema = f"--schema={db.scalar(text('SELECT current_schema()'))}"
    # The very state of the database that is told of beside it.
    snapshot = f"--snapshot={db.scalar(text('SELECT pg_export_snapshot()'))}"
    how = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges", schema, snapshot]
    _run([program, *how, f"--file={to}"], store)
    _run([_program("pg_restore"), "--list", str(to)])


def is_empty(db: Connection) -> bool:
    """Whether nothing is in the database yet."""
    query = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() LIMIT 1"
    return db.scalar(text(query)) is None


def put_aside(store: Store, name: str) -> None:
    """Keep what is there under the schema `name`, and leave an empty one in its place."""
    with store.writing() as db:
        schema = db.scalar(text("SELECT current_schema()"))
        db.execute(text(f'ALTER SCHEMA "{schema}" RENAME TO "{name}"'))
        db.execute(text(f'CREATE SCHEMA "{schema}"'))


def load(store: Store, dump: Path) -> None:
    """Put what is in the file `dump` into the empty database: all of it, or nothing."""
    how = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    listed = _run([_program("pg_restore"), "--list", str(dump)])
    # The schema itself is there already.
    wanted = [line for line in listed.splitlines() if not re.search(r" SCHEMA - ", line)]
    contents = dump.with_suffix(".list")
    contents.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    _run([_program("pg_restore"), *how, f"--use-list={contents}", str(dump)], store)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(f"the program {name} is not there; {_PACKAGE}")
    return found


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"(\d+)(?:\.\d+)*", said.stdout)
    return int(found[1]) if found else 0


def _run(command: list[str], store: Store | None = None) -> str:
    """What `command` says; it is told where the database of `store` is, if that is given."""
    secret: dict[str, str] = {}
    if store is not None:
        where, secret = _place(store)
        command = [*command[:1], where, *command[1:]]
    done = subprocess.run(  # noqa: S603 - found on the PATH by name
        command, env=os.environ | secret, capture_output=True, text=True, check=False
    )
    if done.returncode:
        why = redact(" ".join(done.stderr.split())[-500:])
        newer = "version" in why and "unsupported" in why
        raise BackupError(
            f"{Path(command[0]).name} failed: {why}" + (f"; {_MENDED_BY_UPGRADE}" * newer)
        )
    return done.stdout


def _place(store: Store) -> tuple[str, dict[str, str]]:
    """Where the database is, as the programs take it, and the password in a variable of libpq."""
    from psycopg.conninfo import make_conninfo  # not for everyone: SQLite needs no driver

    _, said = store.engine.dialect.create_connect_args(store.engine.url)
    said.update(manner(store.engine.url))
    password = str(said.pop("password", ""))
    del said["context"]
    return f"--dbname={make_conninfo('', **said)}", {"PGPASSWORD": password} if password else {}
