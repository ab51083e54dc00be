"""Proving the way to WS SIASN step by step, without writing anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from lms_bridge.checks import Check
from lms_bridge.errors import DeliveryError
from lms_bridge.http.client import NoAnswerError
from lms_bridge.i18n import mark
from lms_bridge.reasons import SENTENCES
from lms_bridge.registries.base import RatesEmployees, Registry
from lms_bridge.registries.checking import NOBODY, in_turn, known_nip, look_up
from lms_bridge.registries.jwt import announced_from, expiry, issued_at
from lms_bridge.registries.siasn import units
from lms_bridge.registries.siasn.api import Api
from lms_bridge.registries.siasn.rows import STRUCTURAL
from lms_bridge.registries.siasn.settings import SiasnSettings

_KURSUS = 3


def checks(registry: Registry, api: Api, settings: SiasnSettings) -> Iterator[Check]:
    """The lines of ``lms-bridge check``; what rests on a step that failed is not tried."""
    steps: dict[str, Iterator[Check]] = {
        "address": _address(api),
        "consumer key": _consumer_key(api),
        "SSO token": _sso_token(registry, api, settings),
        "employee look-up": look_up(registry, api.remote, settings.check_nip),
        "training history": _history(registry, api, settings),
        "IP-ASN": _professionality(registry, api, settings),
        "work units": _units(api),
    }
    return in_turn(api.remote, steps)


def _address(api: Api) -> Iterator[Check]:
    subject = f"{api.remote}: address"
    try:
        # Without tokens, so it is refused; that there is an answer is all that is asked.
        answer = api.http.exchange("GET", api.url, headers={"Accept": "application/json"})
    except NoAnswerError as failure:
        remedy = (
            mark("Give %(setting)s the certificate authority of this address.")
            if "TLS" in failure.what
            else mark(
                "See that %(url)s is right, that its port is open outbound, and that BKN has put"
                " this server's address on its list."
            )
        )
        details = {"url": api.url, "what": failure.what, "setting": f"{api.remote}.ca_bundle"}
        yield Check(subject, "failed", "%(url)s: %(what)s.", remedy, details)
        return
    yield Check(
        subject,
        "ok",
        mark("%(url)s answers (HTTP %(status)s)."),
        details={"url": api.url, "status": answer.status},
    )


def _consumer_key(api: Api) -> Iterator[Check]:
    api.tokens.apim.get()
    yield Check(f"{api.remote}: consumer key", "ok", mark("A token was issued for it."))


def _sso_token(registry: Registry, api: Api, settings: SiasnSettings) -> Iterator[Check]:
    subject = f"{api.remote}: SSO token"
    try:
        registry.find_employee(NOBODY)
    except DeliveryError as error:
        if error.reason.code != "registry_refused":  # a refusal of the NIP, not of the token
            raise
    token = api.tokens.sso.get()
    until = expiry(token)
    if settings.sso_token is None:
        yield Check(
            subject, "ok", mark("A token was issued for the operator's account and accepted.")
        )
    elif until is None:
        yield Check(
            subject, "ok", mark("The operator's token is accepted; it does not say until when.")
        )
    else:
        since = issued_at(token)
        now = dt.datetime.now(dt.UTC)
        soon = now >= announced_from(until, since, settings.warn_before_hours)
        yield Check(
            subject,
            "warning" if soon else "ok",
            mark("The operator's token is accepted, until %(until)s UTC."),
            SENTENCES["token_expires_soon"].remedy if soon else "",
            {"until": f"{until:%Y-%m-%d %H:%M}", "name": registry.name},
        )


def _history(registry: Registry, api: Api, settings: SiasnSettings) -> Iterator[Check]:
    nip = known_nip(api.remote, settings.check_nip)
    employee = registry.find_employee(nip) if nip else None
    if employee:
        kursus = len(registry.trainings_of(employee, _KURSUS))
        diklat = len(registry.trainings_of(employee, STRUCTURAL))
        yield Check(
            f"{api.remote}: training history",
            "ok",
            mark("It can be read: %(kursus)s rows of kursus, %(diklat)s of diklat."),
            details={"kursus": kursus, "diklat": diklat},
        )


def _professionality(registry: Registry, api: Api, settings: SiasnSettings) -> Iterator[Check]:
    """That IP-ASN can be read; everything else works without it."""
    subject = f"{api.remote}: IP-ASN"
    nip = known_nip(api.remote, settings.check_nip)
    employee = registry.find_employee(nip) if nip else None
    if employee and isinstance(registry, RatesEmployees):
        try:
            index = registry.professionality_of(employee)
        except DeliveryError as error:
            yield _missing(subject, error, mark("It is not shown then; all else works without it."))
            return
        said = mark("It can be read.") if index else mark("None was computed for this employee.")
        yield Check(subject, "ok", said)


def _units(api: Api) -> Iterator[Check]:
    """That the work units can be read; people have units without that, and no tree."""
    subject = f"{api.remote}: work units"
    try:
        count = len(units.read_all(api).units)
    except DeliveryError as error:
        advice = mark("Employees have their units all the same; only the tree of them is missing.")
        yield _missing(subject, error, advice)
        return
    yield Check(subject, "ok", mark("%(count)s are listed."), details={"count": count})


def _missing(subject: str, error: DeliveryError, advice: str) -> Check:
    details = {"error": error.reason.what()}
    return Check(subject, "warning", mark("It cannot be read: %(error)s"), advice, details)
