"""``lti show``, and what ``check`` proves of the learner's page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import responses
from click.testing import CliRunner, Result

from lms_bridge.cli import main
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Learner, Settings, Web
from lms_bridge.learner.checking import checks
from tests.conftest import Clock, on_sqlite
from tests.learner import platform as platforms
from tests.learner.platform import ISSUER, JWKS, Platform
from tests.learner.world import KEY

CONFIGURATION = f"""
language = "en"
[database]
url = "{{database}}"
[web]
public_url = "https://bridge.example"
[learner]
key = "env:KEY"
[lms.moodle]
type = "moodle"
url = "{ISSUER}"
token = "env:TOKEN"
"""
PLATFORM = f"""
[[lti]]
issuer = "{ISSUER}"
client_id = "abc"
auth_url = "{ISSUER}/mod/lti/auth.php"
jwks_url = "{JWKS}"
deployments = ["1", "2"]
"""


def run(folder: Path, database: str, more: str, *arguments: str) -> Result:
    config = folder / "lms-bridge.toml"
    config.write_text(CONFIGURATION.format(database=database) + more)
    return CliRunner().invoke(main, ["-c", str(config), "lti", "show", *arguments])


@on_sqlite
def test_what_to_type_in_the_lms_is_printed(tmp_path: Path, database_url: str) -> None:
    before = run(tmp_path, database_url, "").stdout
    for address in ("/learner", "/lti/login", "/lti/launch", "/lti/jwks.json"):
        assert f"    https://bridge.example{address}\n" in before
    assert f'auth_url = "{ISSUER}/mod/lti/auth.php"' in before
    after = run(tmp_path, database_url, PLATFORM).stdout
    assert "client id abc, deployments 1, 2." in after
    told = json.loads(run(tmp_path, database_url, PLATFORM, "--json").stdout)
    assert told["redirection_uri"] == "https://bridge.example/lti/launch"
    assert told["platforms"][0]["lms"] == "moodle"


def verdicts(settings: Settings, learner: Learner) -> dict[str, str]:
    return {one.subject: one.verdict for one in checks(settings, learner)}


def test_keys_and_addresses_are_proven(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    learner = Learner(key=Secret("env:KEY"), links={"moodle": Secret("env:LINKS")})
    monkeypatch.setenv("KEY", KEY)
    monkeypatch.setenv("LINKS", "short")
    web = Web(public_url="http://bridge.example")
    settings = Settings(web=web, learner=learner, lti=(platforms.settings(),))
    with responses.RequestsMock() as mock:
        mock.get(JWKS, status=404)
        assert verdicts(settings, learner) == {
            "learner.key": "ok",
            "learner.links.moodle": "failed",
            "learner": "warning",
            "lti #1": "failed",
        }
    monkeypatch.setenv("LINKS", KEY)
    with responses.RequestsMock() as mock:
        Platform(clock).show_keys(mock)
        settings = Settings(learner=learner, lti=settings.lti, web=Web(public_url="https://b"))
        assert set(verdicts(settings, learner).values()) == {"ok"}
