"""Proving an Open edX site step by step, without changing anything in it."""

from __future__ import annotations

from collections.abc import Iterator

from lms_bridge.checks import Check
from lms_bridge.errors import DeliveryError
from lms_bridge.i18n import mark
from lms_bridge.lms.base import BadgeAward
from lms_bridge.lms.openedx.awards import Awards
from lms_bridge.lms.openedx.learning import Learning
from lms_bridge.lms.openedx.service import Service

_NO_PROGRAM = BadgeAward(
    route="direct", name="lms-bridge check", key="00000000-0000-0000-0000-000000000000"
)


def checks(service: Service, learning: Learning, awards: Awards) -> Iterator[Check]:
    """The lines of ``lms-bridge check``; without a token nothing else is tried."""
    subject = f"{service.remote}: site"
    try:
        name = learning.own_name()
    except DeliveryError as error:
        yield Check.that_failed(subject, error.reason)
        return
    signed_in = mark("%(url)s lets the bridge in as %(name)s.")
    yield Check(subject, "ok", signed_in, details={"url": service.lms, "name": name})
    for what, lines in (
        ("people", _people(service, learning)),
        ("courses", _courses(service, learning)),
        ("credentials", _credentials(service, awards, name)),
    ):
        try:
            yield from lines
        except DeliveryError as error:
            yield Check.that_failed(f"{service.remote}: {what}", error.reason)


def _people(service: Service, learning: Learning) -> Iterator[Check]:
    subject = f"{service.remote}: people"
    seen = learning.are_seen()
    if seen is None:
        yield Check(
            subject,
            "warning",
            mark("No known account is configured, so nobody was looked up."),
            mark("Set %(setting)s to the username of an account that certainly exists."),
            {"setting": f"{service.remote}.known_user"},
        )
    elif seen:
        yield Check(subject, "ok", mark("The bridge sees accounts as global staff do."))
    else:
        yield Check(
            subject,
            "failed",
            mark("The bridge does not see accounts as global staff do."),
            mark("Make the user of its OAuth2 application global staff, or correct %(setting)s."),
            {"setting": f"{service.remote}.known_user"},
        )


def _courses(service: Service, learning: Learning) -> Iterator[Check]:
    first = next(learning.courses(), None)
    if first is None:
        yield Check(f"{service.remote}: courses", "warning", mark("It lists no course."))
        return
    count = sum(1 for _ in learning.passed(first.id))
    yield Check(
        f"{service.remote}: courses",
        "ok",
        mark("The grades of %(course)s can be read; passed by: %(count)s."),
        details={"course": first.id, "count": count},
    )


def _credentials(service: Service, awards: Awards, name: str) -> Iterator[Check]:
    subject = f"{service.remote}: credentials"
    if not service.credentials:
        without = mark("Without %(setting)s, no badge is awarded.")
        setting = f"{service.remote}.credentials_url"
        yield Check(subject, "ok", without, details={"setting": setting})
        return
    awards.find(f"{name}-nobody", _NO_PROGRAM)
    yield Check(subject, "ok", mark("The credentials of others can be seen there."))
