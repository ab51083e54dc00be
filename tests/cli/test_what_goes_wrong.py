"""What is the user's to mend is told in a sentence, with an exit status and no traceback."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite


def configured(terminal: Terminal, text: str) -> Terminal:
    terminal.config.parent.mkdir(exist_ok=True, parents=True)
    terminal.config.write_text(text, encoding="utf-8")
    return terminal


def test_no_configuration(nowhere: Terminal) -> None:
    told = nowhere.refused("status", code=2)
    assert told == (
        f"lms-bridge: {nowhere.config}:\n"
        "  there is no such file; lms-bridge init writes a first one"
    )


def test_a_wrong_configuration_is_told_with_everything_that_is_wrong_with_it(
    nowhere: Terminal,
) -> None:
    told = configured(nowhere, "[wbe]\n[log]\nlevel = 'loud'").refused("status", code=2)
    assert "  wbe: there is no such setting; did you mean web?" in told
    assert "  log.level: expected one of" in told


@pytest.mark.parametrize("command", ["status", "check", "serve", "worker"])
def test_a_database_that_does_not_answer(nowhere: Terminal, command: str) -> None:
    url = "postgresql://bridge@127.0.0.1:1/bridge"
    told = configured(nowhere, f'[database]\nurl = "{url}"').refused(command)
    assert told.startswith("lms-bridge: the database cannot be used: ")
    assert "Connection refused" in told
    assert told.endswith("see [database] url in the configuration")


def test_a_folder_of_the_database_that_is_not_there(nowhere: Terminal) -> None:
    told = configured(nowhere, '[database]\nurl = "sqlite:///no/such/bridge.db"').refused("status")
    assert "unable to open database file" in told


def test_a_file_that_is_no_database(nowhere: Terminal) -> None:
    configured(nowhere, '[database]\nurl = "sqlite:///lms-bridge.toml"')
    assert "file is not a database" in nowhere.refused("status")


def test_a_database_whose_address_is_a_secret_that_is_missing(nowhere: Terminal) -> None:
    told = configured(nowhere, '[database]\nurl = "env:NO_SUCH_URL"').refused("status", code=2)
    assert "database.url: the environment variable NO_SUCH_URL is not set" in told


def test_a_database_of_a_newer_version(nowhere: Terminal, migrated_file: Path) -> None:
    import sqlite3

    configured(nowhere, "")
    path = nowhere.config.parent / "lms-bridge.db"
    path.write_bytes(migrated_file.read_bytes())
    with sqlite3.connect(path) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "upgrade lms-bridge" in nowhere.refused("status")


def test_serve_where_somebody_listens_already(nowhere: Terminal) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = configured(nowhere, f"[web]\nport = {port}").refused("serve")
    assert f"cannot listen on 127.0.0.1:{port}: another program listens there" in told
    assert told.endswith("see [web] in the configuration")


def test_serve_on_an_address_that_is_not_this_machines(nowhere: Terminal) -> None:
    told = configured(nowhere, '[web]\nhost = "192.0.2.1"').refused("serve")
    assert "192.0.2.1:8080: this machine does not have that address" in told


def test_serve_without_a_single_sender_that_could_be_admitted(nowhere: Terminal) -> None:
    nowhere.read("init")
    (nowhere.config.parent / "secrets" / "sender-password").write_text("")
    told = nowhere.run("serve")
    assert told.exit_code == 1
    assert "setting=senders.moodle.password" in told.stderr
    assert "no sender has a password" in told.stderr
    assert "Traceback" not in told.stderr


@on_sqlite
def test_a_delivery_that_is_not_there_or_cannot_be_retried(terminal: Terminal) -> None:
    assert terminal.refused("deliveries", "retry", "99") == "lms-bridge: there is no delivery 99"
    assert "delivery 1 is done and cannot be" in terminal.refused("deliveries", "retry", "1")
    cancel = ("deliveries", "cancel", "1", "--why", "x")
    assert "delivery 1 is done and cannot be" in terminal.refused(*cancel)
    assert "--all-blocked" in terminal.refused("deliveries", "retry", code=2)
    told = terminal.refused("deliveries", "retry", "1", "--all-blocked", code=2)
    assert "--all-blocked" in told


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("courses", "import", "no-such.csv"), "does not exist"),
        (("jobs", "run", "no-such-job"), "is not one of"),
        (("deliveries", "list", "--state", "lost"), "is not one of"),
        (("completions", "--limit", "0"), "is not in the range"),
        (("completions", "show", "x"), "is not a valid integer"),
        (("statuss",), "No such command"),
        (("deliveries", "cancel", "1"), "Missing option '--why'"),
    ],
)
def test_a_command_that_was_not_given_rightly(
    nowhere: Terminal, arguments: tuple[str, ...], why: str
) -> None:
    assert why in nowhere.refused(*arguments, code=2)


@on_sqlite
def test_an_lms_that_is_not_there(terminal: Terminal) -> None:
    told = terminal.refused("courses", "import", "--from-lms", "mudle", code=2)
    assert told == "lms-bridge: there is no [lms.mudle]; did you mean moodle?"
    assert "--from-lms" in terminal.refused("courses", "import", code=2)


@on_sqlite
def test_sentences_are_told_in_indonesian_as_well(terminal: Terminal) -> None:
    told = terminal.refused("completions", "show", "99", language="id")
    assert told == "lms-bridge: tidak ada penyelesaian 99"
