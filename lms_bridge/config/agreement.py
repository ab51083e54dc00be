"""What each setting by itself allows and all together forbid."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from lms_bridge import cron
from lms_bridge.badges.badge import in_order
from lms_bridge.config.address import address_of
from lms_bridge.config.problems import Problem, nearest, shown
from lms_bridge.config.remote import ConnectionSettings, PacedSettings, RegistrySettings
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import (
    Certificates,
    Console,
    Jobs,
    OpenBadges,
    Platform,
    Settings,
    Web,
)
from lms_bridge.lrs.authority import BRIDGE
from lms_bridge.manners.hours import Hours

_USUAL = Jobs()
"""whose cron lines need no proof, which takes a while"""


def disagreements(settings: Settings) -> Iterator[Problem]:
    """Everything that is wrong with `settings` whose single values are right."""
    yield from _database(settings.database.url)
    yield from _host(settings.web.host)
    yield from _proxies(settings.web)
    yield from _addresses("web", settings.web)
    yield from _times(settings)
    yield from _twice("senders", "name", [sender.name for sender in settings.senders])
    for number, sender in enumerate(settings.senders, start=1):
        if sender.name == BRIDGE:
            yield Problem(f"senders #{number}.name", "is what the bridge itself is called")
        if sender.confirm and not settings.lms_of(sender.lms):
            there = "is required with confirm, unless there is exactly one [lms.NAME]"
            yield Problem(f"senders.{sender.name}.lms", there)
    yield from _twice("senders", "username", [sender.username for sender in settings.senders])
    yield from _twice("accounts", "home_page", [one.home_page for one in settings.accounts])
    yield from _twice("courses", "key", [course.key for course in settings.courses])
    yield from _twice("badges", "key", [badge.key for badge in settings.badges])
    yield from _lms_names(settings)
    yield from _badges(settings)
    yield from _twice("events", "name", [one.name for one in settings.events])
    for one in settings.events:
        yield from _addresses(f"events.{one.name}", one)
        yield from _proxy(f"events.{one.name}", one)
    remotes: dict[str, dict[str, Any]] = {
        "lms": settings.lms,
        "registry": settings.registry,
        "forward": settings.forward,
    }
    for section, named in remotes.items():
        for name, remote in named.items():
            yield from _addresses(f"{section}.{name}", remote)
            yield from _proxy(f"{section}.{name}", remote)
            yield from _hours(f"{section}.{name}", remote)
            yield from remote.disagreements(f"{section}.{name}")
    yield from _order(settings.registry)
    for name, platform in settings.lms.items():
        if platform.told_of and platform.told_of not in settings.registry:
            hint = nearest(platform.told_of, settings.registry)
            there = f"there is no [registry.{platform.told_of}]{hint}"
            yield Problem(f"lms.{name}.recorded_at", there)
    if settings.certificates:
        yield from _certificates(settings.certificates, settings.web)
    if settings.openbadges:
        yield from _openbadges(settings.openbadges, settings.web)
    yield from _learner(settings)
    yield from _twice("notices", "name", [one.name for one in settings.notices])
    for told in settings.notices:
        yield from _proxy(f"notices.{told.name}", told)
        if told.email and settings.email is None:
            yield Problem(f"notices.{told.name}.email", "needs the mail server in [email]")
    yield from _oidc(settings.console)


def _oidc(console: Console) -> Iterator[Problem]:
    oidc = console.oidc
    if oidc is None:
        return
    if console.key is None:
        yield Problem("console.key", "is required with [console.oidc]")
    if not oidc.issuer.startswith(("https://", "http://")):
        yield Problem("console.oidc.issuer", "expected an address that begins with https://")
    if oidc.roles and not oidc.roles_claim:
        yield Problem("console.oidc.roles_claim", "is required with console.oidc.roles")
    if "officer" in oidc.roles and not oidc.unit_claim:
        yield Problem("console.oidc.unit_claim", "is required with a role for officers")
    yield from oidc.disagreements("console.oidc")


def _order(registries: Mapping[str, Any]) -> Iterator[Problem]:
    """Each comes after one that there is, and none after itself by way of others."""
    for name, registry in registries.items():
        path, first = f"registry.{name}.after", registry.after
        if first and first not in registries:
            hint = nearest(first, registries)
            yield Problem(path, f"there is no [registry.{first}]{hint}")
            continue
        seen = [name]
        while first and first in registries and first not in seen:
            seen.append(first)
            first = registries[first].after
        if first == name:
            yield Problem(path, f"{' after '.join([*seen, name])}: none would ever begin")


def _badges(settings: Settings) -> Iterator[Problem]:
    """They need only each other, none itself, and it is clear which LMS issues each."""
    try:
        in_order(settings.badges)
    except ValueError as error:
        yield Problem("badges", str(error))
    for badge in settings.badges:
        if badge.issue and not badge.lms and len(settings.lms) != 1:
            yield Problem(
                f"badges.{badge.key}.lms",
                "is required with issue, unless there is exactly one [lms.NAME]",
            )


def _certificates(settings: Certificates, web: Web) -> Iterator[Problem]:
    if not web.public_url:
        yield Problem(
            "web.public_url", "is required with [certificates]: their QR codes lead to that address"
        )
    from lms_bridge.certificates import certificate  # not everyone makes some; it is large

    for name in ("title", "text", "instructor_text"):
        for field in certificate.unknown_fields(getattr(settings, name)):
            known = ", ".join(f"{{{one}}}" for one in certificate.FIELDS)
            yield Problem(f"certificates.{name}", f"{{{field}}} is none of {known}")


def _openbadges(settings: OpenBadges, web: Web) -> Iterator[Problem]:
    if urlsplit(web.public_url).scheme != "https":
        yield Problem(
            "web.public_url",
            "must begin with https:// with [openbadges]: by that address a badge is verified",
        )
    for name in ("url", "image"):
        value = getattr(settings, name)
        if value and not is_address(value):
            yield Problem(
                f"openbadges.{name}",
                f"expected an address that begins with https:// (or http://), got {shown(value)}",
            )
    if settings.email and not re.fullmatch(r"[^@\s]+@[^@\s]+", settings.email):
        yield Problem(
            "openbadges.email", f"expected an e-mail address, got {shown(settings.email)}"
        )


def _learner(settings: Settings) -> Iterator[Problem]:
    """The page has an address, and it is clear whose users come to it from where."""
    if settings.learner and not settings.web.public_url:
        yield Problem("web.public_url", "is required with [learner]: links lead to that address")
    if settings.lti and not settings.learner:
        yield Problem("learner", "is required with [[lti]]: it is the page that is opened")
    for name in settings.learner.links if settings.learner else ():
        if name not in settings.lms:
            hint = nearest(name, settings.lms)
            yield Problem(f"learner.links.{name}", f"there is no [lms.{name}]{hint}")
    for number, platform in enumerate(settings.lti, start=1):
        path = f"lti #{number}"
        yield from _addresses(path, platform)
        yield from _proxy(path, platform)
        yield from _platform(path, platform, settings)
    yield from _twice("lti", "client_id", [f"{one.issuer} {one.client_id}" for one in settings.lti])


def _platform(path: str, platform: Platform, settings: Settings) -> Iterator[Problem]:
    if not platform.lms and len(settings.lms) != 1:
        yield Problem(f"{path}.lms", "is required, unless there is exactly one [lms.NAME]")
    for site in platform.frames:
        if not is_address(site):
            yield Problem(
                f"{path}.frames",
                f"expected addresses that begin with https:// (or http://), got {shown(site)}",
            )


def _database(url: str) -> Iterator[Problem]:
    path, forms = "database.url", "expected sqlite:///FILE or postgresql://…"
    if url.startswith(("env:", "file:")):
        try:
            Secret(url)
        except ValueError as error:
            yield Problem(path, str(error))
        return
    try:
        parsed = address_of(url)
        kind = parsed.get_backend_name()
    except ValueError:
        yield Problem(path, forms)  # the value may have a password in it
        return
    if parsed.password is not None:
        yield Problem(
            path, "has a password in it; give the whole URL as env:NAME or file:PATH instead"
        )
    elif kind not in ("sqlite", "postgresql"):
        hint = "; did you mean postgresql?" if kind == "postgres" else ""
        yield Problem(path, f"{forms}, got {shown(parsed.drivername)}{hint}")
    elif kind == "sqlite" and parsed.database in (None, "", ":memory:"):
        yield Problem(path, f"{forms}; a database without a file would forget everything")


def _host(host: str) -> Iterator[Problem]:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        meant = "; did you mean 127.0.0.1?" if host == "localhost" else ""
        yield Problem(
            "web.host",
            "expected an IP address, such as 127.0.0.1 (this machine only) or 0.0.0.0,"
            f" got {shown(host)}{meant}",
        )


def _proxies(web: Web) -> Iterator[Problem]:
    for place in web.proxies:
        try:
            ipaddress.ip_network(place)
        except ValueError:
            yield Problem(
                "web.proxies",
                "expected addresses such as 192.0.2.11, or networks such as 192.0.2.0/24,"
                f" got {shown(place)}",
            )


def _times(settings: Settings) -> Iterator[Problem]:
    if problem := _time_zone("time_zone", settings.time_zone):
        yield problem
        return
    for name in settings.jobs.__struct_fields__:
        job, usual = getattr(settings.jobs, name), getattr(_USUAL, name)
        if job.time_zone and (problem := _time_zone(f"jobs.{name}.time_zone", job.time_zone)):
            yield problem
        elif job.cron and job.cron != usual.cron:
            try:
                cron.trigger(job.cron, ZoneInfo(job.time_zone or settings.time_zone))
            except ValueError as error:
                yield Problem(
                    f"jobs.{name}.cron",
                    f"expected minute hour day month weekday, got {shown(job.cron)}: {error}",
                )


def _time_zone(path: str, name: str) -> Problem | None:
    if name in _time_zones():
        return None
    close = difflib.get_close_matches(name, _time_zones(), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return Problem(
        path,
        "expected a time zone, such as Asia/Jakarta (WIB), Asia/Makassar (WITA) or"
        f" Asia/Jayapura (WIT), got {shown(name)}{hint}",
    )


@cache
def _time_zones() -> set[str]:
    """All that there are; to look through the folders of the system for them takes a while."""
    return available_timezones()


def _twice(section: str, field: str, values: Sequence[str]) -> Iterator[Problem]:
    for number, value in enumerate(values):
        if value in values[:number]:
            yield Problem(f"{section} #{number + 1}.{field}", f"{shown(value)} stands there twice")


def _lms_names(settings: Settings) -> Iterator[Problem]:
    named = [
        *((f"senders.{one.name}", one.lms) for one in settings.senders),
        *((f"accounts #{n}", one.lms) for n, one in enumerate(settings.accounts, start=1)),
        *((f"courses.{one.key}", one.lms) for one in settings.courses),
        *((f"badges.{one.key}", one.lms) for one in settings.badges),
        *((f"lti #{n}", one.lms) for n, one in enumerate(settings.lti, start=1)),
    ]
    for path, name in named:
        if name and name not in settings.lms:
            yield Problem(f"{path}.lms", f"there is no [lms.{name}]{nearest(name, settings.lms)}")


def _addresses(path: str, settings: ConnectionSettings | Web) -> Iterator[Problem]:
    for field in settings.__struct_fields__:
        if field != "url" and not field.endswith("_url"):
            continue
        value = getattr(settings, field)
        if not is_address(value) and (path, value) != ("web", ""):
            # With what stands before an @ left out, which may be a password.
            seen = shown(value.rpartition("@")[2])
            yield Problem(
                f"{path}.{field}",
                "expected an address that begins with https:// (or http://), and no password in"
                f" it, got {seen}",
            )


def _proxy(path: str, settings: ConnectionSettings) -> Iterator[Problem]:
    if settings.proxy not in ("", "direct") and not is_address(settings.proxy):
        yield Problem(
            f"{path}.proxy",
            'expected "direct", or the address of a proxy that begins with http:// (or https://),'
            f" its password in proxy_credentials, got {shown(settings.proxy.rpartition('@')[2])}",
        )


def _hours(path: str, settings: ConnectionSettings) -> Iterator[Problem]:
    if not isinstance(settings, RegistrySettings | PacedSettings):
        return
    zone = settings.time_zone
    if zone and (problem := _time_zone(f"{path}.time_zone", zone)):
        yield problem
        return
    if not isinstance(settings, RegistrySettings):
        return
    try:
        Hours(settings.windows, ZoneInfo(zone or "UTC"))
    except ValueError as error:
        yield Problem(f"{path}.working_hours", str(error))


def is_address(value: str) -> bool:
    """Whether `value` is the address of a site, with nobody's username and password in it."""
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        )
    except ValueError:
        return False
