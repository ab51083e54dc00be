"""``--help``, ``init``, ``check``: from nothing to a bridge that can be started."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from lms_bridge.cli import main
from lms_bridge.cli.session import Session
from lms_bridge.config.loading import load
from lms_bridge.sandbox.server import Server
from lms_bridge.sandbox.siasn import SiasnSandbox
from lms_bridge.sandbox.siasn import app as siasn
from tests.cli.conftest import Terminal
from tests.conftest import on_sqlite


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that there is."""
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = sorted(commands(main))
GROUPS = sorted({path[:-1] for path in ALL if len(path) > 1})


def test_help_lists_the_commands_in_the_order_in_which_they_are_needed(nowhere: Terminal) -> None:
    told = nowhere.run("--help").stdout
    order = re.findall(r"^  (\w+) ", told.partition("Commands:")[2], re.MULTILINE)
    assert order[:6] == ["demo", "init", "check", "doctor", "serve", "worker"]
    assert "First steps: lms-bridge demo" in told


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_help_that_reads_well(nowhere: Terminal, path: tuple[str, ...]) -> None:
    told = nowhere.read(*path, "--help")
    sentence = told.partition("Usage:")[2].partition("]")[2]
    assert re.search(r"[A-Z][a-z].*\.", sentence)
    assert "TODO" not in told


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_has_help(path: tuple[str, ...]) -> None:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []


@pytest.mark.parametrize("path", [(), *GROUPS], ids=" ".join)
def test_no_first_line_of_a_help_is_cut_in_the_list_of_commands(
    nowhere: Terminal, path: tuple[str, ...]
) -> None:
    nowhere.width = 80
    told = nowhere.run(*path, "--help").stdout.partition("Commands:")[2]
    assert told
    assert "..." not in told


def test_init_writes_a_configuration_that_can_be_used(nowhere: Terminal) -> None:
    told = nowhere.read("init")
    settings = load(nowhere.config)
    assert settings.senders[0].password.read()
    assert settings.lms["moodle"].url == "https://lms.example.go.id"
    assert f"Written: {nowhere.config}" in told


def test_init_says_what_to_do_next(nowhere: Terminal) -> None:
    told = nowhere.read("init")
    kept = nowhere.config.parent / "secrets"
    for path in kept.iterdir():
        assert str(path) in told
    for step in ("1. Put the secrets", "2. In ", "3. lms-bridge check", "4. lms-bridge serve"):
        assert step in told
    assert "set the address of your LMS" in told
    assert "http://127.0.0.1:8080/xapi" in told
    assert "1. Isikan rahasia" in Terminal(kept / "x.toml").read("init", language="id")


def test_init_takes_the_address_of_the_lms(nowhere: Terminal) -> None:
    told = nowhere.read("init", "--lms-url", "https://lms.kota.go.id")
    assert load(nowhere.config).lms["moodle"].url == "https://lms.kota.go.id"
    assert "describe your courses" in told
    other = Terminal(nowhere.config.parent / "other.toml")
    assert "https://" in other.refused("init", "--lms-url", "lms.kota.go.id", code=2)


def test_the_secrets_can_be_read_by_their_owner_only(nowhere: Terminal) -> None:
    nowhere.read("init")
    kept = nowhere.config.parent / "secrets"
    assert kept.stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o777 for path in kept.iterdir()} == {0o600}
    assert (kept / "sender-password").read_text().strip() not in nowhere.config.read_text()


def test_init_overwrites_nothing(nowhere: Terminal) -> None:
    kept = nowhere.config.parent / "secrets"
    kept.mkdir(parents=True)
    (kept / "moodle-token").write_text("mine")
    nowhere.read("init")
    assert (kept / "moodle-token").read_text() == "mine"
    nowhere.config.write_text("language = 'en'")
    assert "is there already" in nowhere.refused("init")
    assert nowhere.config.read_text() == "language = 'en'"


def test_init_where_nothing_may_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = Terminal(tmp_path / "file" / "lms-bridge.toml").refused("init")
    assert "Not a directory" in told


def test_check_of_what_init_wrote_names_everything_that_is_missing(nowhere: Terminal) -> None:
    nowhere.read("init")
    told = nowhere.read("check", code=1)
    assert "✓ senders.moodle.password: it is kept in file:secrets/sender-password" in told
    assert "! catalogue: it is empty" in told
    assert "✗ lms.moodle.token: the file" in told
    assert "moodle-token is empty → Put it there" in told
    assert "✗ lms.moodle.url: it is still the example, https://lms.example.go.id" in told
    for name in ("consumer_key", "consumer_secret", "sso_token"):
        assert f"✗ registry.siasn.{name}: the file" in told
    assert "Failed: 5 of" in told


def test_check_for_machines_has_one_entry_for_each_proof(nowhere: Terminal) -> None:
    nowhere.read("init")
    found = nowhere.json("check", code=1)
    assert {"subject", "verdict", "finding", "remedy"} == set(found[0])
    assert {one["verdict"] for one in found} == {"ok", "warning", "failed"}


@on_sqlite
def test_check_proves_each_connection(terminal: Terminal) -> None:
    with Server(SiasnSandbox([])) as registry:
        lines = [f'api_url = "{registry.url}{siasn.API}"', f'apim_token_url = "{registry.url}/x"']
        text = terminal.config.read_text().replace(
            '"siasn"\n', '"siasn"\n' + "\n".join(lines) + "\n"
        )
        terminal.config.write_text(text)
        told = terminal.read("check", code=1)
    assert "✓ lms.moodle: token: The token is valid" in told
    assert "✓ registry.siasn: address:" in told
    assert "✗ registry.siasn: consumer key" in told
    assert "✓ catalogue: courses: 2" in told


@on_sqlite
def test_check_is_told_in_indonesian_as_well(terminal: Terminal) -> None:
    told = terminal.read("check", code=1, language="id")
    assert "Token sah dan milik LMS Bridge (lmsbridge)." in told
    assert "Layanan memuat semua fungsi yang diperlukan." in told
    assert "Gagal: " in told


@on_sqlite
def test_check_changes_nothing(terminal: Terminal) -> None:
    before = terminal.json("completions")
    terminal.run("check")
    assert terminal.json("completions") == before


@pytest.mark.parametrize(
    ("written", "spoken"),
    [("language = 'id'\n[lms.moodle]\ntype = 'moodel'", "id"), ("language = ", "en"), (None, "en")],
)
def test_a_command_that_opens_no_bridge_speaks_as_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str | None, spoken: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    if written is not None:
        (tmp_path / "lms-bridge.toml").write_text(written)
    assert Session(tmp_path / "lms-bridge.toml", None).language == spoken
