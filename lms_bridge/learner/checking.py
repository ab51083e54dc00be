"""What ``lms-bridge check`` proves of the learner's page and of the ways to it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from lms_bridge.checks import Check
from lms_bridge.config.secrets import Secret, SecretMissing
from lms_bridge.config.settings import Learner, Platform, Settings
from lms_bridge.i18n import mark
from lms_bridge.learner import passes


def checks(settings: Settings, learner: Learner) -> Iterator[Check]:
    """The secrets, the address, and the keys of each platform."""
    yield _secret("learner.key", learner.key)
    for name, secret in learner.links.items():
        yield _secret(f"learner.links.{name}", secret)
    if urlsplit(settings.web.public_url).scheme != "https":
        yield Check(
            "learner",
            "warning",
            mark("web.public_url does not begin with https://: what people see can be read"),
            mark("Put a reverse proxy that speaks TLS in front, and its address there."),
        )
    for number, platform in enumerate(settings.lti, start=1):
        yield _platform(f"lti #{number}", platform)


def _secret(path: str, secret: Secret) -> Check:
    try:
        passes.key_of(secret)
    except SecretMissing as error:
        advice = mark("Put one there: openssl rand -hex 32")
        return Check(path, "failed", "%(error)s", advice, {"error": str(error)})
    source = {"source": secret.source()}
    return Check(path, "ok", mark("it is kept in %(source)s"), details=source)


def _platform(subject: str, platform: Platform) -> Check:
    """Whether its keys can be had, as for a launch."""
    from lms_bridge.lti.keys import PlatformKeys  # it brings what speaks to other systems along

    keys, said = PlatformKeys(platform).all()
    if keys:
        found = mark("the keys of %(issuer)s can be read: %(count)s")
        return Check(subject, "ok", found, details={"issuer": platform.issuer, "count": len(keys)})
    return Check(
        subject,
        "failed",
        mark("no keys at %(url)s: %(why)s"),
        mark("Correct jwks_url; in Moodle it stands as Public keyset URL in the tool's details."),
        {"url": platform.jwks_url, "why": said},
    )
