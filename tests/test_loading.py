"""What a process loads before it does anything: no more of what is large than it works with.

Every command waits for it, and so do those who send while the web service is started again.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CONFIGURATION = """
[database]
url = "{database}"
[[senders]]
name = "moodle"
username = "moodle"
password = "file:secret"
[lms.moodle]
type = "moodle"
url = "https://lms.example"
token = "file:secret"
[registry.siasn]
type = "siasn"
consumer_key = "file:secret"
consumer_secret = "file:secret"
working_hours = "Mon-Fri 07:00-17:00"
[registry.simpeg]
type = "simpeg"
profile = "bearer-json"
url = "https://simpeg.example"
auth.way = "bearer"
auth.token = "file:secret"
[registry.kantor]
type = "file"
profile = "siasn-kursus"
[forward.pusat]
url = "https://lrs.example"
username = "file:secret"
password = "file:secret"
"""

LARGE = {
    "alembic",
    "apscheduler",
    "flask",
    "fpdf",
    "jinja2",
    "psycopg",
    "python_calamine",
    "requests",
    "rich",
    "sqlalchemy",
    "structlog",
    "tincan",
    "urllib3",
    "uvicorn",
    "werkzeug",
    "xlsxwriter",
}

COMMAND = """
from lms_bridge.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    if end.code:
        raise
"""

WEB = """
from pathlib import Path
from lms_bridge.bridge import Bridge
from webhook import __main__
from webhook.app import create_app
client = create_app(Bridge.open(Path("lms-bridge.toml"))).test_client()
statement = {
    "actor": {"mbox": "mailto:siti@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://lms.example/course/view.php?id=7"},
}
how = {"auth": ("moodle", "rahasia"), "headers": {"X-Experience-API-Version": "1.0.3"}}
assert client.post("/xapi/statements", json=statement, **how).status_code == 200
assert client.get("/xapi/statements", **how).status_code == 200
assert client.get("/console/sign-in").status_code == 200
"""

SAY = """
import sys
print(*{name.partition(".")[0] for name in sys.modules})
"""


@pytest.fixture
def folder(database_url: str, tmp_path: Path) -> Path:
    """A folder with a configuration in it, whose database has been used before."""
    (tmp_path / "secret").write_text("rahasia", encoding="utf-8")
    text = CONFIGURATION.format(database=database_url)
    (tmp_path / "lms-bridge.toml").write_text(text, encoding="utf-8")
    return tmp_path


def loaded(folder: Path, code: str) -> set[str]:
    """What of all that is large is loaded by a process that does `code`."""
    done = subprocess.run(
        [sys.executable, "-c", code + SAY], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return LARGE & set(done.stdout.splitlines()[-1].split())


def test_the_version_is_told_with_nothing_loaded(tmp_path: Path) -> None:
    assert loaded(tmp_path, COMMAND.format(arguments=["--version"])) == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("arguments", [["status"], ["completions"]], ids=" ".join)
def test_a_command_that_shows_something_loads_the_database_and_what_it_prints_with(
    folder: Path, arguments: list[str]
) -> None:
    needed = {"rich", "sqlalchemy", "structlog"}
    assert loaded(folder, COMMAND.format(arguments=arguments)) == needed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_web_service_loads_nothing_that_speaks_to_other_systems(folder: Path) -> None:
    needed = {"flask", "jinja2", "rich", "sqlalchemy", "structlog", "werkzeug"}
    assert loaded(folder, WEB) == needed


def test_the_list_of_commands_loads_what_they_print_with_and_not_what_they_do(
    tmp_path: Path,
) -> None:
    needed = {"apscheduler", "rich", "sqlalchemy", "structlog"}
    assert loaded(tmp_path, COMMAND.format(arguments=["--help"])) == needed
