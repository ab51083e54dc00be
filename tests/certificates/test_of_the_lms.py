"""Certificates that the LMS has issued: fetched, and what is done when they cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from lms_bridge import completions as completion
from lms_bridge import lms
from lms_bridge.catalogue.course import Course
from lms_bridge.certificates import checking
from lms_bridge.certificates.papers import Papers
from lms_bridge.certificates.rendering import Renderer
from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import IssuesCertificates
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.sandbox.city import LITDIG, SITI
from lms_bridge.sandbox.faults import Fault
from lms_bridge.sandbox.moodle.records import Certificate
from lms_bridge.store.schema import completions
from tests.certificates.test_certificates import HERE, SETTINGS, text_of
from tests.deliveries.street import SECRETS, Street, a_street
from tests.deliveries.yard import COURSE, REGISTRY, Yard
from tests.webhook.conftest import settings

WITH = {**COURSE, "lms_certificate": "57"}
LIST, FIND = "mod_customcert_list_issues", "core_course_get_course_module"
THEIRS = b"%PDF-1.7 dari Moodle"
SITI_THERE, BUDI_THERE = 4, 5


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def papers_of(street: Street) -> Papers:
    return Papers(
        street.yard.store,
        Renderer(SETTINGS),
        home_page=HERE,
        lms={"moodle": street.moodle()},
    )


def issuing(street: Street) -> Certificate:
    """The activity, which has issued something to Siti and to Budi."""
    certificate = street.city.moodle.site.add_certificate(57, 9, LITDIG)
    certificate.pdf = THEIRS
    certificate.issued = {SITI_THERE: 1_795_500_000, BUDI_THERE: 1_795_600_000}
    return certificate


@pytest.fixture
def street(yard: Yard) -> Iterator[Street]:
    with a_street(yard) as found:
        issuing(found)
        found.papers = papers_of(found)
        yield found


@pytest.fixture
def yard(store: Any, clock: Any) -> Yard:
    return Yard(store, clock)


def record(street: Street, **more: Any) -> int:
    """A completion of Siti, whose own certificate has its page."""
    delivery = street.record(SITI, **{"content": WITH, "lms_user_id": str(SITI_THERE)} | more)
    with street.yard.store.writing() as db:
        named = completions.c.public_id.is_(None)
        db.execute(update(completions).where(named).values(public_id=completion.new_public_id()))
    return delivery


def sent(street: Street) -> bytes:
    """The one document that the registry has of Siti's row."""
    (row,) = street.our_rows(SITI)
    (document,) = street.city.registry.documents(row["id"])
    return document


def is_ours(content: bytes) -> bool:
    return "BKPSDM" in text_of(content)


# --- whose certificate


def test_the_one_that_the_lms_has_issued_is_sent(street: Street) -> None:
    delivery = record(street)
    assert street.deliver() == {"done": 2}
    assert sent(street) == THEIRS
    assert street.document(delivery).state == "done"


@pytest.mark.parametrize(
    "changes",
    [
        {"content": COURSE},
        {"lms_user_id": ""},
        {"lms_user_id": "6"},  # to whom none was issued
    ],
)
def test_where_the_lms_has_none_ours_is_made(street: Street, changes: dict[str, Any]) -> None:
    record(street, **changes)
    street.deliver()
    assert is_ours(sent(street))


def test_who_taught_gets_ours(street: Street) -> None:
    record(street)
    with street.yard.store.writing() as db:
        db.execute(update(completions).values(role="instructor"))
    street.deliver()
    assert is_ours(sent(street))


def test_an_lms_that_is_configured_no_more_has_none(street: Street) -> None:
    record(street)
    with street.yard.store.writing() as db:
        db.execute(update(completions).values(lms="lama"))
    street.deliver()
    assert is_ours(sent(street))


def test_the_activity_is_looked_up_once(street: Street) -> None:
    moodle = street.moodle()
    for _ in range(3):
        assert moodle.certificate_of(str(SITI_THERE), "57") == THEIRS
    names = [seen.name for seen in street.city.moodle.requests]
    assert (names.count(FIND), names.count(LIST)) == (1, 3)


# --- what goes wrong there is no trouble of the registry


def health_of(street: Street) -> list[tuple[str, str]]:
    with street.yard.store.reading() as db:
        rows = db.exec_driver_sql("SELECT name, state FROM remotes").all()
    return [(row.name, row.state) for row in rows if row.name == REGISTRY]


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.RESET, Fault.MAINTENANCE])
def test_an_lms_that_cannot_be_reached_is_asked_again_later(street: Street, fault: Fault) -> None:
    delivery = record(street)
    street.faults.force(fault, where=FIND)
    assert street.deliver() == {"done": 1, "postpone": 1}
    document = street.document(delivery)
    assert (document.state, document.reason_code) == ("retrying", "remote_unavailable")
    assert street.yard.reason(document.id).details["remote"] == "lms.moodle"
    assert ("registry.siasn", "down") not in health_of(street)
    street.settle()
    assert sent(street) == THEIRS


def test_however_often_it_fails_the_registry_goes_on(street: Street) -> None:
    street.city.moodle.site.maintenance = True
    for _ in range(5):
        record(street)
    street.deliver()
    assert ("registry.siasn", "down") not in health_of(street)
    assert [row.state for row in street.rows() if row.step == "record"] == ["done"] * 5
    assert {row.state for row in street.rows() if row.step == "document"} == {"retrying"}


def test_what_it_answers_does_not_bring_a_registry_up_that_is_down(street: Street) -> None:
    delivery = record(street)
    street.faults.force(Fault.MAINTENANCE, where=FIND)
    street.deliver()
    street.yard.bring_down()
    street.city.moodle.site.capabilities.discard("mod/customcert:viewallcertificates")
    before = health_of(street)
    assert before == [("registry.siasn", "down")]
    street.yard.clock.forward(hours=1)
    street.deliver()  # the probe: the registry is not called, for there is no certificate
    assert street.document(delivery).reason_code == "lms_permission_missing"
    assert health_of(street) == before


def test_a_dead_token_waits_for_a_new_one(street: Street) -> None:
    delivery = record(street)
    site = street.city.moodle.site
    token, site.token = site.token, "another"
    street.deliver()
    document = street.document(delivery)
    assert (document.state, document.reason_code) == ("retrying", "lms_token_rejected")
    site.token = token
    street.settle()
    assert sent(street) == THEIRS


def test_what_the_lms_answers_is_kept_with_the_attempt(street: Street) -> None:
    delivery = record(street)
    street.city.moodle.site.without = {LIST}
    street.deliver()
    assert street.document(delivery).state == "blocked"
    with street.yard.store.reading() as db:
        kept = str(db.exec_driver_sql("SELECT exchanges FROM attempts").scalars().all())
    assert LIST in kept


@pytest.mark.parametrize("pdf", [None, b"<html>"])
def test_one_without_its_pdf_is_none(street: Street, pdf: bytes | None) -> None:
    delivery = record(street)
    street.city.moodle.site.certificates[57].pdf = pdf
    street.deliver()
    assert street.document(delivery).reason_code == "unreadable_answer"
    street.city.moodle.site.certificates[57].pdf = THEIRS
    street.settle()
    assert sent(street) == THEIRS


# --- refusals name what is missing, in a delivery and in the check


def amiss(street: Street, what: str) -> None:
    site = street.city.moodle.site
    match what:
        case "function":
            site.functions.discard(LIST)
        case "plugin":
            site.without = {LIST}
        case "activity":
            del site.certificates[57]
        case _:
            site.capabilities.discard(what)


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("function", "lms_access_refused", f"Add {LIST} to the external service"),
        ("plugin", "lms_function_unknown", "Have the LMS administrator install it"),
        ("activity", "lms_certificate_unknown", "Correct lms_certificate of the course"),
        ("mod/customcert:viewallcertificates", "lms_permission_missing", "viewallcertificates"),
        ("mod/customcert:view", "lms_permission_missing", "mod/customcert:view, moodle/course:"),
        (
            "moodle/course:ignoreavailabilityrestrictions",
            "lms_permission_missing",
            "moodle/course:ignoreavailabilityrestrictions",
        ),
    ],
)
def test_a_refusal_says_what_is_missing(street: Street, what: str, code: str, said: str) -> None:
    amiss(street, what)
    delivery = record(street)
    assert street.deliver() == {"done": 1, "block": 1}
    document = street.document(delivery)
    assert document.reason_code == code
    assert said in street.yard.reason(document.id).remedy()
    (line,) = checked(street)
    assert (line.verdict, said in line.remedy) == ("failed", True)
    assert line.found_in("id")
    assert line.remedy_in("id")


def checked(street: Street, **changes: Any) -> list[Any]:
    configured = msgspec.structs.replace(settings(), certificates=SETTINGS)
    course = msgspec.convert({**WITH, **changes}, Course)
    found = checking.checks(configured, [], {"moodle": street.moodle()}, [course])
    return [line for line in found if line.subject == "certificates: LITDIG-2026"]


def test_the_check_proves_it_without_fetching_one(street: Street) -> None:
    (line,) = checked(street)
    assert (line.verdict, line.finding) == (
        "ok",
        "those that lms.moodle issues can be fetched",
    )
    (asked,) = [seen for seen in street.city.moodle.requests if seen.name == LIST]
    assert asked.target == f"{LIST} 1"  # the guest account, to whom nothing is issued


def test_the_check_says_nothing_of_a_course_that_has_none(street: Street) -> None:
    assert checked(street, lms_certificate="") == []


def test_an_activity_that_is_no_certificate_is_told(street: Street) -> None:
    with pytest.raises(DeliveryError) as caught:
        street.moodle().certificate_of("4", str(LITDIG + 1))  # a page
    assert caught.value.reason.code == "lms_certificate_unknown"
    with pytest.raises(DeliveryError) as caught:
        street.moodle().certificate_of("4", "view.php")
    assert caught.value.reason.code == "lms_certificate_unknown"


def test_moodle_is_an_lms_that_issues_certificates(street: Street) -> None:
    moodle = street.moodle()
    assert isinstance(moodle, IssuesCertificates)
    made = lms.make("moodle", MoodleSettings(url="https://moodle.example", token=Secret("env:T")))
    assert type(made) is type(moodle)
