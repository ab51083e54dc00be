"""``registry tokens`` and ``registry token``: what an operator sees, and pastes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import health
from lms_bridge.http.surroundings import Issued
from lms_bridge.jobs.watch_tokens import WatchTokens
from lms_bridge.manners import tokens
from lms_bridge.reasons import Reason
from tests.cli.conftest import Terminal
from tests.manners.test_tokens import jwt

SIASN = 'type = "siasn"\n'


@pytest.fixture
def operated(terminal: Terminal) -> Terminal:
    """A terminal beside a bridge to which an operator gives the SSO token."""
    text = terminal.config.read_text().replace(
        SIASN, f'{SIASN}sso_token = "file:sso-token"\nsso_client_id = "siantarservice"\n'
    )
    terminal.config.write_text(text)
    return terminal


def folder(terminal: Terminal) -> Path:
    return terminal.config.parent


def a_token(hours: float, **claims: Any) -> str:
    return jwt(utc_now() + dt.timedelta(hours=hours), **claims)


def down(terminal: Terminal) -> Any:
    bridge = Bridge.open(terminal.config)
    with bridge.store.reading() as db:
        known = health.read(db, "registry.siasn", now=utc_now())
    bridge.close()
    return known


def test_without_tokens_there_is_nothing_to_show(terminal: Terminal) -> None:
    assert terminal.read("registry", "tokens") == "No tokens are known."


def test_a_token_is_shown_with_its_times_and_never_itself(operated: Terminal) -> None:
    token = a_token(48)
    (folder(operated) / "sso-token").write_text(token)
    told = operated.read("registry", "tokens")
    assert "registry.siasn: sso_token" in told
    assert "file:sso-token" in told
    assert "given; a person renews it" in told
    assert token not in told
    (line,) = operated.json("registry", "tokens")
    assert line["good_until"] is not None
    assert line["fingerprint"] == tokens.fingerprint(token)


def test_a_token_that_expires_soon_is_told_everywhere(operated: Terminal) -> None:
    (folder(operated) / "sso-token").write_text(a_token(3))
    sentence = "The token of registry.siasn.sso_token is good until"
    remedy = "Give a fresh one before then: lms-bridge registry token siasn"
    for command in (("registry", "tokens"), ("status",)):
        told = operated.read(*command, code=1)
        assert sentence in told
        assert remedy in told
    assert operated.json("status", code=1)["to_renew"] == 1
    told = operated.run("check").output
    assert "registry.siasn: token sso_token: The token of" in told


@pytest.mark.parametrize(
    ("hours", "said"), [(48, "is good until 20"), (None, "does not say until when it is good")]
)
def test_status_says_until_when_a_given_token_is_good(
    operated: Terminal, hours: float | None, said: str
) -> None:
    (folder(operated) / "sso-token").write_text(a_token(hours) if hours else "opaque")
    assert f"The token of registry.siasn.sso_token {said}" in operated.read("status", code=1)


def test_an_issued_token_is_shown_as_such(terminal: Terminal) -> None:
    bridge = Bridge.open(terminal.config)
    issued = Issued("apim", "consumer_key, consumer_secret", "secret-thing", None)
    tokens.note_issued(bridge.store, "registry.siasn", issued, clock=utc_now)
    bridge.close()
    told = terminal.read("registry", "tokens")
    assert "registry.siasn: apim" in told
    assert "issued for the bridge, which renews it" in told
    assert "it does not say" in told
    assert "secret-thing" not in told


# --- pasting


def test_a_pasted_token_goes_into_the_file_and_the_registry_is_probed(operated: Terminal) -> None:
    assert down(operated).is_down
    token = a_token(48)
    told = operated.read("registry", "token", "siasn", input=f"Bearer {token}\n")
    file = folder(operated) / "sso-token"
    assert file.read_text() == token + "\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "Good until: 20" in told
    assert "registry.siasn is tried at once" in told
    assert token not in told
    known = down(operated)
    assert known.is_down, "until a probe has succeeded"
    assert known.may_be_used(utc_now())
    (line,) = operated.json("registry", "tokens")
    assert line["fingerprint"] == tokens.fingerprint(token)


def test_a_registry_that_is_well_is_left_so(operated: Terminal) -> None:
    bridge = Bridge.open(operated.config)
    with bridge.store.writing() as db:
        health.reset(db, "registry.siasn", now=utc_now())
    bridge.close()
    told = operated.read("registry", "token", "siasn", input=a_token(48))
    assert "It is used from the next call on." in told
    assert not down(operated).is_down


@pytest.mark.parametrize(
    ("pasted", "why"),
    [
        ("", "there is no token in what was given"),
        ("hunter2", "the token was not taken: it is no JWT"),
        (jwt(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)), "it has expired at 2020-01-01 00:00 UTC"),
        (jwt(azp="medanservice"), "it was issued for the client medanservice"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_the_old_token_stays(
    operated: Terminal, pasted: str, why: str
) -> None:
    file = folder(operated) / "sso-token"
    file.write_text("the old one")
    told = operated.refused("registry", "token", "siasn", input=pasted)
    assert why in told
    assert "hunter2" not in told
    assert file.read_text() == "the old one"


def test_who_knows_better_can_have_it_taken(operated: Terminal) -> None:
    result = operated.run("registry", "token", "siasn", "--force", input="opaque-token")
    assert result.exit_code == 0
    assert "it is no JWT" in result.stderr
    assert "Good until: it does not say" in result.stdout
    assert (folder(operated) / "sso-token").read_text() == "opaque-token\n"


def test_a_registry_that_takes_no_token_says_what_to_set(terminal: Terminal) -> None:
    assert "set sso_token (SIASN)" in terminal.refused("registry", "token", "siasn", input="x")
    assert "there is no [registry.simpeg]" in terminal.refused(
        "registry", "token", "simpeg", input="x"
    )


def test_a_variable_of_the_environment_cannot_be_written(operated: Terminal) -> None:
    text = operated.config.read_text().replace("file:sso-token", "env:SSO_TOKEN")
    operated.config.write_text(text)
    assert "only a file can be written" in operated.refused(
        "registry", "token", "siasn", input=a_token(1)
    )


def test_a_file_that_cannot_be_written_is_told(operated: Terminal) -> None:
    text = operated.config.read_text().replace("file:sso-token", "file:nowhere/sso-token")
    operated.config.write_text(text)
    told = operated.refused("registry", "token", "siasn", input=a_token(1))
    assert "cannot be written: No such file or directory" in told


# --- the job, and its neighbours


def test_the_job_has_work_once_for_each_token(operated: Terminal) -> None:
    (folder(operated) / "sso-token").write_text(a_token(3))
    bridge = Bridge.open(operated.config)
    job = WatchTokens(bridge)
    assert job.has_work()
    assert job.run(lambda _done, _all: None) == {"told": 1}
    assert not job.has_work()
    bridge.close()


def test_hours_are_shown_where_the_registry_is(terminal: Terminal) -> None:
    tomorrow = (utc_now() + dt.timedelta(days=2)).strftime("%a")
    text = terminal.config.read_text().replace(
        SIASN, f'{SIASN}working_hours = "{tomorrow} 10:00-11:00"\n'
    )
    terminal.config.write_text(text)
    bridge = Bridge.open(terminal.config)
    with bridge.store.writing() as db:
        health.reset(db, "registry.siasn", now=utc_now())
    bridge.close()
    closed = "registry.siasn is called in its working hours only; they begin again on"
    assert closed in terminal.read("status", code=1)
    assert closed in terminal.read("deliveries", "list", "--remote", "registry.siasn")
    checked = terminal.run("check").output
    assert f"! registry.siasn: address: {closed}" in " ".join(checked.split())
    sent = terminal.run("registry", "try", "3", "--send")
    assert sent.exit_code == 1
    assert f"nothing is sent: {closed}" in " ".join(sent.stderr.split())


def test_reasons_of_tokens_say_what_to_do() -> None:
    for code in ("token_expires_soon", "token_expired"):
        reason = Reason(code, remote="r", setting="r.t", until="x", name="siasn")
        assert "lms-bridge registry token siasn" in reason.remedy()
