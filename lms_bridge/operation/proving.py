"""Proving that an outside system can be used: its secrets, its address, what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.checks import SAMPLE, Check
from lms_bridge.config.secrets import SecretMissing, secrets_in
from lms_bridge.events.settings import EventTarget
from lms_bridge.i18n import mark
from lms_bridge.uploads.check import FileCheck


def checkable(bridge: Bridge, section: str) -> Mapping[str, Any]:
    """By name, what checks itself of a section: ``lms``, ``registry`` or ``forward``."""
    if section == "lms":
        return bridge.lms
    if section == "forward":
        return bridge.targets
    files = {
        name: FileCheck(name, form, bridge.store, utc_now()) for name, form in bridge.forms.items()
    }
    return {**bridge.registries, **files}


def remote_checks(bridge: Bridge, section: str, name: str) -> Iterator[Check]:
    """What one outside system says of itself, once what it needs is there to try it with."""
    settings = getattr(bridge.settings, section)[name]
    path = f"{section}.{name}"
    missing = [one for one in secret_checks(path, settings) if one.verdict == "failed"]
    yield from missing
    if getattr(settings, "url", "") == SAMPLE:
        yield Check(
            f"{path}.url",
            "failed",
            mark("it is still the example, %(url)s"),
            mark("Set it to the address of your LMS."),
            {"url": SAMPLE},
        )
    elif not missing:
        yield from checkable(bridge, section)[name].check()


def secret_checks(path: str, settings: Any) -> Iterator[Check]:
    """Whether each secret that `settings`, which stand at `path`, name is where they say."""
    for place, secret in secrets_in(settings, path):
        try:
            secret.read()
        except SecretMissing as error:
            yield Check(
                place,
                "failed",
                "%(error)s",
                mark("Put it there; a restart is not needed for a file."),
                {"error": str(error)},
            )
        else:
            source = {"source": secret.source()}
            yield Check(place, "ok", mark("it is kept in %(source)s"), details=source)


def event_checks(bridge: Bridge, target: EventTarget) -> Iterator[Check]:
    """Whether `target` takes a webhook, once its secret is there to sign it with."""
    missing = [one for one in secret_checks(target.remote, target) if one.verdict == "failed"]
    yield from missing
    if not missing:
        yield from bridge.teller(target).check()
