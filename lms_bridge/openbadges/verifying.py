"""Whether a credential holds: read as a stranger reads it.

Of who has issued it nothing is known
but what is fetched from the address in their did. That they are who they say they are rests on that
address; whoever reads the verdict has to know it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, TypeAlias

import msgspec

from lms_bridge.i18n import mark
from lms_bridge.openbadges import identity, reading, status
from lms_bridge.openbadges.untrue import Untrue

_SKEW: Final = dt.timedelta(minutes=5)
"""by how much clocks may differ"""

Fetch: TypeAlias = Callable[[str], bytes]
"""gives what is at an address; raises :exc:`Untrue` in words that say why it cannot"""
Verdict: TypeAlias = Literal["ok", "failed", "warning"]


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at, what came of it, and in words why."""

    what: str
    verdict: Verdict
    says: str
    details: dict[str, Any] = {}


class Report(msgspec.Struct, frozen=True):
    """All that was found of a credential, and what it says."""

    findings: tuple[Finding, ...]
    document: dict[str, Any] | None

    @property
    def holds(self) -> bool:
        """Whether nothing was found against it, and everything could be looked at."""
        return all(one.verdict == "ok" for one in self.findings)


def verify(content: bytes, *, fetch: Fetch, now: dt.datetime) -> Report:
    """Whether the credential in the file `content` holds `now`."""
    findings: list[Finding] = []
    document = None
    try:
        text = reading.taken_out(content)
        document, method, check = reading.opened(text)
        reading.check_form(document)
        findings.append(_form(document))
        issuer = _issuer(document)
        _check_method(method, issuer)
        key = identity.key_in(_fetched(fetch, identity.address_of(issuer)), issuer, method)
        check(key)
    except Untrue as error:
        findings.append(Finding("signature", "failed", error.message, error.details))
        return Report(tuple(findings), document)
    said = mark("signed by %(issuer)s, and unchanged since")
    findings.append(Finding("signature", "ok", said, {"issuer": issuer}))
    findings.append(_time(document, now))
    findings += _status(document, issuer, fetch, now)
    return Report(tuple(findings), document)


def _form(document: dict[str, Any]) -> Finding:
    badge = str(document["credentialSubject"]["achievement"]["name"])
    told = {"badge": badge, "person": reading.recipient(document)}
    return Finding("form", "ok", mark("an Open Badge 3.0: %(badge)s, earned by %(person)s"), told)


def _issuer(document: dict[str, Any]) -> str:
    issuer = document.get("issuer")
    did = issuer.get("id") if isinstance(issuer, dict) else issuer
    if not isinstance(did, str) or not did.startswith("did:web:"):
        raise Untrue(mark("its issuer is not named by a did:web, so that none can be asked"))
    try:
        identity.address_of(did)
    except ValueError:
        raise Untrue(
            mark("its issuer is not named by a did:web, so that none can be asked")
        ) from None
    return did


def _check_method(method: str, issuer: str) -> None:
    if method.partition("#")[0] != issuer:
        raise Untrue(mark("it is signed by somebody else than its issuer"))


def _fetched(fetch: Fetch, address: str) -> dict[str, Any]:
    try:
        return reading.parsed(fetch(address))
    except UnicodeDecodeError:
        raise Untrue(mark("%(address)s does not give JSON"), address=address) from None


def _time(document: dict[str, Any], now: dt.datetime) -> Finding:
    try:
        begins = _moment(document.get("validFrom"))
        ends = _moment(document["validUntil"]) if "validUntil" in document else None
    except ValueError:
        return Finding("time", "failed", mark("it does not say from when on it holds"))
    if begins > now + _SKEW:
        return Finding("time", "failed", mark("it holds only from %(day)s on"), _on(begins))
    if ends is not None and ends <= now:
        return Finding("time", "failed", mark("it has expired on %(day)s"), _on(ends))
    if ends is not None:
        return Finding("time", "ok", mark("it is valid until %(day)s"), _on(ends))
    return Finding("time", "ok", mark("it does not expire"))


def _status(
    document: dict[str, Any], issuer: str, fetch: Fetch, now: dt.datetime
) -> Iterator[Finding]:
    entries = document.get("credentialStatus", [])
    for entry in entries if isinstance(entries, list) else [entries]:
        try:
            taken_back = _is_set(entry, issuer, fetch, now)
        except Untrue as error:
            yield Finding("status", "warning", error.message, error.details)
            continue
        says = mark("it was taken back") if taken_back else mark("it was not taken back")
        yield Finding("status", "failed" if taken_back else "ok", says)
    if not entries:
        yield Finding("status", "ok", mark("it cannot be taken back"))


def _is_set(entry: Any, issuer: str, fetch: Fetch, now: dt.datetime) -> bool:
    """Whether the list that `entry` names says so of it. Raises :exc:`Untrue` if it cannot tell."""
    address = entry.get("statusListCredential") if isinstance(entry, dict) else None
    index = str(entry.get("statusListIndex")) if isinstance(entry, dict) else ""
    if not isinstance(address, str) or not (index.isascii() and index.isdigit()):
        raise Untrue(mark("whether it was taken back is said in a way that is not known here"))
    if entry.get("type") != status.ENTRY or str(entry.get("statusSize", 1)) != "1":
        raise Untrue(mark("whether it was taken back is said in a way that is not known here"))
    content = fetch(address)
    text = content.decode("utf-8", "replace").strip()
    listed, method, check = reading.opened(text)
    _check_method(method, issuer)
    if _issuer(listed) != issuer:
        raise Untrue(mark("the status list is not that of the issuer"))
    check(identity.key_in(_fetched(fetch, identity.address_of(issuer)), issuer, method))
    if _time(listed, now).verdict != "ok":
        raise Untrue(mark("the status list is out of date"))
    subject = listed.get("credentialSubject")
    if not isinstance(subject, dict) or listed.get("id") != address:
        raise Untrue(mark("the status list cannot be read"))
    if subject.get("statusPurpose") != entry.get("statusPurpose"):
        raise Untrue(mark("the status list is for something else"))
    return status.is_set(str(subject.get("encodedList")), int(index))


def _moment(text: Any) -> dt.datetime:
    if not isinstance(text, str):
        raise ValueError
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _on(moment: dt.datetime) -> dict[str, Any]:
    return {"day": moment.date().isoformat()}
