"""Accounts in the console: made, changed, kept out; each act stands in the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable

from lms_bridge.accounts import audit, passwords, users
from lms_bridge.accounts.audit import Entry
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import utc_now
from lms_bridge.people import units
from lms_bridge.registries.base import RegistryUnit, UnitList
from lms_bridge.store.engine import Store
from tests.console.conftest import Visitor, text_of

Visiting = Callable[[], Visitor]
Audited = Callable[[], list[Entry]]

NEW = {"username": "Siti.Rahma", "name": "Siti Rahma", "role": "hr"}


def test_a_new_account_gets_a_password_that_is_shown_once(
    visitor: Visiting, store: Store, audited: Audited
) -> None:
    budi = visitor().as_(Role.IT)
    answer = budi.post("/accounts/new", NEW)
    assert answer.status_code == 200
    (password,) = re.findall(r'<pre class="secret">([^<]+)</pre>', answer.text)
    with store.reading() as db:
        made = users.find_by_username(db, "siti.rahma")
        assert made is not None
        assert made.must_change
        assert made.role == Role.HR
        assert passwords.matches(users.password_hash_of(db, made.id), password)
    assert password not in budi.get("/accounts").text
    entry = audited()[0]
    assert (entry.action, entry.by) == ("account.created", "it.x")
    assert password not in str(entry)


def test_an_officer_needs_a_unit_and_the_form_keeps_what_was_typed(
    visitor: Visiting, store: Store
) -> None:
    with store.writing() as db:
        units.put(db, "siasn", UnitList((RegistryUnit("U-7", "Dinas Kesehatan"),)), now=utc_now())
    budi = visitor().as_(Role.IT)
    answer = budi.post("/accounts/new", NEW | {"role": "officer"})
    assert answer.status_code == 422
    assert "Choose the unit" in answer.text
    assert "Siti Rahma" in answer.text
    assert "Dinas Kesehatan" in answer.text
    assert (
        budi.post("/accounts/new", NEW | {"role": "officer", "unit": "siasn|U-7"}).status_code
        == 200
    )
    with store.reading() as db:
        made = users.find_by_username(db, "siti.rahma")
    assert made is not None
    assert made.unit is not None
    assert made.unit.name == "Dinas Kesehatan"


def test_what_is_done_to_an_account_is_done_at_once(
    visitor: Visiting, store: Store, audited: Audited
) -> None:
    budi, siti = visitor().as_(Role.IT), visitor().as_(Role.HR)
    assert siti.user is not None
    place = f"/accounts/{siti.user.id}"
    budi.post(f"{place}/sign-out")
    assert siti.get("/profile").status_code == 303
    shown = re.search(r'<pre class="secret">([^<]+)</pre>', budi.post(f"{place}/password").text)
    budi.post(f"{place}/totp-off")
    budi.post(f"{place}/disable")
    assert "disabled" in text_of(budi.get("/accounts"))
    budi.post(f"{place}/enable")
    budi.post(place, {"name": "Siti R.", "role": "auditor"})
    with store.reading() as db:
        now_ = users.find(db, siti.user.id)
        assert now_ is not None
        assert shown is not None
        assert passwords.matches(users.password_hash_of(db, now_.id), shown[1])
    assert (now_.name, now_.role, now_.disabled_at) == ("Siti R.", Role.AUDITOR, None)
    assert [entry.action for entry in reversed(audited())] == [
        "account.signed_out_everywhere",
        "account.reset",
        "account.totp_off",
        "account.disabled",
        "account.enabled",
        "account.changed",
    ]


def test_nobody_shuts_themselves_out(visitor: Visiting, store: Store) -> None:
    budi = visitor().as_(Role.IT)
    assert budi.user is not None
    place = f"/accounts/{budi.user.id}"
    for act in ("password", "totp-off", "sign-out", "disable"):
        assert budi.post(f"{place}/{act}").status_code == 303
    assert budi.post(place, {"role": "hr"}).status_code == 422
    assert budi.get("/accounts").status_code == 200


def test_the_audit_log_says_in_words_what_was_done(visitor: Visiting, store: Store) -> None:
    actor, now = audit.Actor(name="wati", role="it"), utc_now()
    scopes = {"scopes": ["statements/write", "state"], "unit": ""}
    with store.writing() as db:
        audit.note(db, actor, "credential.created", "credential:m", scopes, now=now)
        audit.note(db, actor, "account.created", "account:9", {"role": "officer"}, now=now)
        audit.note(db, actor, "course.changed", "course:K3", {"hours": [6, 40]}, now=now)
    said = text_of(visitor().as_(Role.AUDITOR).get("/audit?lang=id"))
    assert "boleh: statements/write, state" in said
    assert "unit" not in said.partition("Rincian")[2]
    assert "peran: pengelola kepegawaian OPD" in said
    assert "jam pelajaran (JP): 6 → 40" in said


def test_the_audit_log_is_narrowed_and_paged(visitor: Visiting, store: Store) -> None:
    actor = audit.Actor(name="wati", role="it")
    with store.writing() as db:
        for number in range(60):
            audit.note(db, actor, "job.run", f"job:{number}", {"n": number}, now=utc_now())
        audit.note(db, actor, "account.reset", "account:9", now=utc_now())
    auditor = visitor().as_(Role.AUDITOR)
    first = auditor.get("/audit?action=job")
    assert "account:9" not in first.text
    assert "job:59" in first.text
    assert "job:9<" not in first.text
    (link,) = re.findall(r'href="/console(/audit\?[^"]+before[^"]+)" rel="next"', first.text)
    assert "job:9<" in auditor.get(link.replace("&amp;", "&")).text
    assert "Nothing is found" in auditor.get("/audit?until=2001-01-01").text
    assert "Nobody has done anything yet" not in auditor.get("/audit?until=2001-01-01").text
    assert "account:9" in auditor.get("/audit?since=2001-01-01").text
