"""How outside systems are reached: until when their certificate is good, and what time they have.

A connection is opened to each host and nothing is asked of it but its headers, without any
credential; what a connection is good for is proven by ``lms-bridge check``.
"""

from __future__ import annotations

import datetime as dt
import http.client
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

from lms_bridge.checks import Check
from lms_bridge.config.settings import Settings
from lms_bridge.i18n import mark
from lms_bridge.mendable import address

_SECONDS = 10.0
_SOON = dt.timedelta(days=21)
_APART = dt.timedelta(seconds=60)
"""the header has whole seconds, and the answer was some time on its way"""


class Host(NamedTuple):
    """Where something is reached."""

    https: bool
    name: str
    port: int
    ca_bundle: str


class Met(NamedTuple):
    """What a host has shown."""

    good_until: dt.datetime | None
    """of its certificate"""
    apart: dt.timedelta | None
    """how far its clock is from ours"""


def hosts(settings: Settings, closed: Iterable[str] = ()) -> dict[Host, str]:
    """The hosts of all outside systems that may be called now, and what each is first used for.

    Those behind a proxy are left out.
    """
    found: dict[Host, str] = {}
    sections: Mapping[str, Mapping[str, Any]] = {
        "lms": settings.lms,
        "registry": settings.registry,
        "lrs": settings.forward,
        "events": {one.name: one for one in settings.events},
    }
    for section, remotes in sections.items():
        for name, each in remotes.items():
            remote = f"{section}.{name}"
            proxied = getattr(each, "proxy", "") or ("direct" if not getproxies() else "")
            if remote in closed or proxied != "direct":
                continue
            for field in (one for one in each.__struct_fields__ if one not in each.uncalled()):
                value = getattr(each, field)
                host = _host(value, each) if isinstance(value, str) and "url" in field else None
                if host is not None:
                    found.setdefault(host, remote)
    return found


def checks(
    hosts: Mapping[Host, str],
    now: Callable[[], dt.datetime],
    meet: Callable[..., Met] | None = None,
) -> Iterator[Check]:
    """What is to be said of each of `hosts`."""
    meet = meet or meeting
    with ThreadPoolExecutor(8) as pool:
        met = list(pool.map(lambda host: _tried(meet, host, now), hosts))
    for host, found in zip(hosts, met, strict=True):
        yield from _judged(f"{hosts[host]} ({address(host.name, host.port)})", found, now())


def meeting(host: Host, now: Callable[[], dt.datetime]) -> Met:
    """Connect to `host`. Raises :exc:`OSError` and :exc:`http.client.HTTPException`."""
    connection: http.client.HTTPConnection
    if host.https:
        context = ssl.create_default_context(cafile=host.ca_bundle or None)
        connection = http.client.HTTPSConnection(
            host.name, host.port, timeout=_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(host.name, host.port, timeout=_SECONDS)
    try:
        connection.connect()
        good_until = None
        if isinstance(connection.sock, ssl.SSLSocket):
            ends = (connection.sock.getpeercert() or {}).get("notAfter")
            if isinstance(ends, str):
                good_until = dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), dt.UTC)
        connection.request("HEAD", "/")
        date = connection.getresponse().headers.get("Date")
        return Met(good_until, _apart(date, now()))
    finally:
        connection.close()


def _tried(meet: Callable[..., Met], host: Host, now: Callable[[], dt.datetime]) -> Met | Exception:
    try:
        return meet(host, now)
    except (OSError, http.client.HTTPException) as error:
        return error


def _judged(subject: str, found: Met | Exception, now: dt.datetime) -> Iterator[Check]:
    if isinstance(found, ssl.SSLCertVerificationError):
        yield Check(
            subject,
            "failed",
            mark("its certificate is not accepted: %(why)s"),
            mark(
                "If it has expired its operator has to renew it; if an authority of your own"
                " signed it name that with ca_bundle."
            ),
            {"why": found.verify_message},
        )
    elif isinstance(found, Exception):
        yield Check(
            subject,
            "failed",
            mark("it cannot be reached: %(why)s"),
            mark("Nothing is lost, it is tried again by itself. See whether this machine may."),
            {"why": str(found) or type(found).__name__},
        )
    else:
        yield from _looked_at(subject, found, now)


def _looked_at(subject: str, met: Met, now: dt.datetime) -> Iterator[Check]:
    details = {
        "day": f"{met.good_until:%Y-%m-%d}" if met.good_until else "",
        "seconds": round(met.apart.total_seconds()) if met.apart is not None else 0,
    }
    if met.apart is not None and abs(met.apart) > _APART:
        yield Check(
            subject,
            "warning",
            mark("its clock and that of this machine differ by %(seconds)s s."),
            mark("timedatectl shows whether it is ours: System clock synchronized: yes."),
            details,
        )
    if met.good_until is not None and met.good_until - now < _SOON:
        says = mark("its certificate is good until %(day)s only.")
        yield Check(subject, "warning", says, mark("Tell its operator to renew it."), details)
    elif met.good_until is not None:
        says = mark("it can be reached; its certificate is good until %(day)s.")
        yield Check(subject, "ok", says, details=details)
    else:
        yield Check(subject, "ok", mark("it can be reached, not encrypted."))


def _host(url: str, settings: Any) -> Host | None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    https = parts.scheme == "https"
    port = parts.port or (443 if https else 80)
    return Host(https, parts.hostname, port, getattr(settings, "ca_bundle", ""))


def _apart(date: str | None, now: dt.datetime) -> dt.timedelta | None:
    try:
        theirs = parsedate_to_datetime(date) if date else None
    except ValueError:
        return None
    if theirs is None:
        return None
    return theirs - now if theirs.tzinfo else None
